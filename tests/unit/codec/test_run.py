"""Who records and who ended it, as JSON."""

from __future__ import annotations

from tests.playbook import seen
from tests.samples import HOST, names
from tracer.codec.identity import Identities
from tracer.codec.run import failure_fields, process_fields, signal_fields
from tracer.errors import BadLog
from tracer.model.events import ProcessKey

IDENTITIES = Identities(HOST, names)
KILLER = seen(77, exe=b"/usr/bin/caf\xe9")


def test_a_process_is_named_as_in_events() -> None:
    """The same entity_id, so that its events can be found."""
    fields = process_fields(KILLER, IDENTITIES)
    key = ProcessKey(KILLER.tgid, KILLER.start_time_ns)
    assert fields.items() >= IDENTITIES.process(key).items()
    assert fields["user"] == IDENTITIES.account(KILLER.uid)
    assert fields["loginuid"] == KILLER.loginuid
    assert fields["executable"].startswith("/usr/bin/caf")


def test_a_kernel_thread_has_no_program() -> None:
    """There is no file."""
    assert "executable" not in process_fields(KILLER._replace(exe=None), IDENTITIES)


def test_a_signal_names_its_sender() -> None:
    """The uid is the signal's: the process may have changed its own since."""
    fields = signal_fields(15, 77, 1000, KILLER._replace(uid=0), IDENTITIES)
    assert fields["signal"] == {"number": 15, "name": "SIGTERM"}
    assert fields["sender"]["pid"] == 77
    assert fields["sender"]["user"] == {"id": "1000", "name": "alice"}
    assert "executable" in fields["sender"]


def test_a_sender_that_has_gone_is_a_pid_and_a_user() -> None:
    """All that the kernel said."""
    fields = signal_fields(15, 77, 0, None, IDENTITIES)
    assert fields["sender"] == {"pid": 77, "user": {"id": "0", "name": "root"}}


def test_a_key_that_was_pressed_has_no_sender() -> None:
    """Ctrl-C comes from the kernel."""
    assert signal_fields(2, 0, 0, None, IDENTITIES) == {
        "reason": "signal",
        "signal": {"number": 2, "name": "SIGINT"},
    }


def test_an_error_says_what_it_says_to_users_alone() -> None:
    """What a bug says may hold captured bytes."""
    error = BadLog(place="/log", reason="it is odd")
    assert failure_fields(error) == {"reason": "error", "error": "/log: it is odd."}
    assert failure_fields(KeyError("secret"))["error"] == "KeyError"
