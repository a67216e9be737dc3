"""Records of every kind, as rules see them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import (
    ATTACHED,
    BOB,
    CAPTURED,
    ENDED,
    EXEC,
    FINDINGS,
    INJECTED,
    INPUT,
    LOGIN,
    LOST,
    METADATA,
    NOW,
    OUTPUT,
    PLACE,
    PROCESS,
    RENAMED,
    SCREEN,
    TRACED,
    WHO,
)
from tests.viewed import only, record, said
from tracer.detect.first_seen import LEARNING_NS, FirstSeen
from tracer.detect.view import (
    AUDITD,
    PROCESS_CREATION,
    SOURCES,
    TMUX_CLIENT,
    TTY_INJECT,
    TTY_INPUT,
    TTY_OUTPUT,
    TTYTRACE,
    View,
)
from tracer.detect.views import Views
from tracer.model.findings import AuditChanged, ProcessForked, TmuxChanged

BOBS = TmuxChanged(NOW, "client-attached", PLACE, ATTACHED._replace(person=BOB), None)


def test_a_program_is_seen_in_four_ways() -> None:
    """Process creation comes first: a rule for all of them is met by that one."""
    views = Views().feed(record(EXEC))
    assert [view.source for view in views] == [PROCESS_CREATION, AUDITD, AUDITD, AUDITD]


def test_a_program_is_told_with_its_parents() -> None:
    """From the parent's own start, or from when it was forked."""
    child = EXEC._replace(process=PROCESS._replace(who=WHO._replace(parent=PROCESS.key)))
    for before in (EXEC, ProcessForked(NOW, PROCESS._replace(is_fork=True), PLACE)):
        views = Views()
        views.feed(record(before))
        fields = views.feed(record(child))[0].fields
        assert fields["ParentCommandLine"] == ("ls -l my file",)
    views.feed(record(ENDED))
    assert "ParentCommandLine" not in views.feed(record(child))[0].fields


def test_a_client_is_told_with_what_is_claimed() -> None:
    """Who it is, from where, and what tmux says of it."""
    fields = only(TMUX_CLIENT, BOBS._replace(client=ATTACHED)).fields
    expected = {
        "Action": ("client-attached",),
        "User": ("alice",),
        "LoginUid": ("1000",),
        "Origin": ("ssh",),
        "RemoteAddress": ("10.0.0.7",),
        "IsReadOnly": ("true",),
        "IsControl": ("false",),
        "IsByOther": ("false",),
        "Terminal": ("pts/7",),
        "Session": ("work",),
    }
    assert expected.items() <= fields.items()
    assert only(TMUX_CLIENT, BOBS).fields["IsByOther"] == ("true",)


def test_who_comes_first_is_told_once() -> None:
    """By what was known before; what nobody knows is not told."""
    assert "IsFirst" not in only(TMUX_CLIENT, BOBS).fields
    first_seen = FirstSeen.from_state({"since_ns": -LEARNING_NS, "seen": []})
    views = Views(first_seen=first_seen)
    assert only(TMUX_CLIENT, BOBS, views=views).fields["IsFirst"] == ("true",)
    assert only(TMUX_CLIENT, BOBS, views=views).fields["IsFirst"] == ("false",)
    (view,) = views.feed(record(BOBS) | {"@timestamp": "x"})
    assert "IsFirst" not in view.fields


def test_what_else_changes_in_tmux_is_told() -> None:
    """Sessions, windows and panes have no client, and nobody is said to be another."""
    view = only(TMUX_CLIENT, RENAMED)
    assert view.fields["Action"] == ("session-renamed",)
    assert view.fields["Note"] == ("was play",)
    assert "IsByOther" not in view.fields
    assert "Session=work" in view.text


def test_injected_input_is_told_with_who_did_it() -> None:
    """And where it went."""
    fields = only(TTY_INJECT, INJECTED).fields
    expected = {
        "Action": ("input-injected",),
        "Way": ("tiocsti",),
        "Count": ("12",),
        "User": ("bob",),
        "IsByOther": ("true",),
        "Terminal": ("pts/3",),
    }
    assert expected.items() <= fields.items()


def test_a_traced_process_is_told_with_who_traces() -> None:
    """Who does it, and to whom, are fields of their own."""
    fields = only(TTY_INJECT, TRACED).fields
    expected = {
        "Request": ("PTRACE_ATTACH",),
        "User": ("bob",),
        "TargetUser": ("alice",),
        "TargetImage": ("/usr/bin/ls",),
        "TargetProcessId": ("4711",),
        "Terminal": ("pts/8",),
    }
    assert expected.items() <= fields.items()


def test_typed_lines_are_seen() -> None:
    """With their text where it is kept."""
    assert only(TTY_INPUT, INPUT).fields["Text"] == ("ls -l",)
    assert "Text" not in only(TTY_INPUT, METADATA).fields


def test_lost_input_makes_a_line_partial() -> None:
    """Losses of other kinds don't."""
    begun, lost = INPUT._replace(data=b"ls", size=2), LOST._replace(kind="text_input")
    for loss, is_partial in ((LOST, "false"), (lost, "true")):
        views = Views()
        for finding in (begun, loss):
            views.feed(record(finding))
        (view,) = views.feed(record(INPUT))
        assert view.fields["IsPartial"] == (is_partial,)


def test_rows_are_seen_where_they_are_wanted() -> None:
    """Else no screen is drawn; who begins to want them sees what comes from then on."""
    views, event = Views(), record(OUTPUT)
    assert views.feed(event) == []
    views.want_output(True)
    (view,) = views.feed(event)
    assert view.source == TTY_OUTPUT
    assert view.text == "total 0"
    assert view.fields["Text"] == ("total 0",)
    assert view.fields["IsFinished"] == ("true",)
    assert view.fields["Image"] == ("/usr/bin/ls",)
    views.feed(record(OUTPUT._replace(data=b"a")))
    views.want_output(False)
    assert views.feed(event) == []
    views.want_output(True)
    assert views.feed(record(OUTPUT._replace(data=b"x")))[0].text == "x"


def test_equal_rows_of_one_record_are_one() -> None:
    """A rule is met by it once, whichever it is."""
    event = record(OUTPUT._replace(data=b"y\r\nz\r\ny\r\n"))
    assert [view.text for view in Views(wants_output=True).feed(event)] == ["y", "z"]


def test_a_pane_that_closes_is_forgotten() -> None:
    """Its line and its screen, so that another doesn't go on with them."""
    views = Views(wants_output=True)
    prompt = OUTPUT._replace(data=b"$ ")
    for finding in (INPUT._replace(data=b"ls"), prompt):
        views.feed(record(finding))
    (closed,) = views.feed(record(RENAMED._replace(action="pane-closed", place=PLACE)))
    assert closed.source == TMUX_CLIENT
    assert views.feed(record(INPUT._replace(data=b"id\r")))[0].text == "id"
    assert views.feed(record(prompt._replace(data=b"%")))[0].text == "%"


@pytest.mark.parametrize(
    ("action", "type_", "result"),
    [
        ("login", "USER_LOGIN", "success"),
        ("login-failed", "USER_LOGIN", "failed"),
        ("logout", "USER_LOGOUT", "success"),
    ],
)
def test_logins_are_records_of_auditd(action: str, type_: str, result: str) -> None:
    """As rules for its own log expect them."""
    fields = only(AUDITD, LOGIN._replace(action=action)).fields
    expected = {
        "type": (type_,),
        "res": (result,),
        "acct": ("alice",),
        "addr": ("10.0.0.7",),
        "exe": ("/usr/sbin/sshd",),
        "terminal": ("ssh",),
        "auid": ("1000",),
        "pid": ("4300",),
    }
    assert expected.items() <= fields.items()


def test_what_is_changed_of_the_audit_is_seen_in_two_ways() -> None:
    """In the kernel's words."""
    change = AuditChanged(NOW, "op=remove_rule res=1", 1000, 4)
    ours, auditd = Views().feed(record(change))
    assert ours.source == TTYTRACE
    assert ours.fields["Note"] == ("op=remove_rule res=1",)
    assert auditd.fields["type"] == ("CONFIG_CHANGE",)
    assert auditd.text == "type=CONFIG_CHANGE op=remove_rule res=1"


def test_what_the_service_says_of_itself_is_seen() -> None:
    """Why it ended, and who did that."""
    by = {"pid": 5, "user": {"id": "1000", "name": "alice"}, "executable": "/bin/kill"}
    event = said("stop", reason="signal", signal={"name": "SIGTERM"}, sender=by)
    (view,) = Views().feed(event)
    assert view.source == TTYTRACE
    assert view.fields == {
        "Action": ("stop",),
        "Reason": ("signal",),
        "Signal": ("SIGTERM",),
        "User": ("alice",),
        "Uid": ("1000",),
        "ProcessId": ("5",),
        "Image": ("/bin/kill",),
    }
    assert "Signal=SIGTERM" in view.text


def test_losses_and_doubtful_servers_are_seen() -> None:
    """They are the service's health, too."""
    assert only(TTYTRACE, LOST).fields["Kind"] == ("text_output",)
    odd = TmuxChanged(NOW, "server-unverified", PLACE, None, "hostile: READ_OPEN")
    assert only(TTYTRACE, odd).fields["Note"] == ("hostile: READ_OPEN",)


def test_how_a_segment_ended_is_seen() -> None:
    """A disk that lost what was on it may have been made to."""
    (view,) = Views().feed(said("segment", previous={"name": "0", "end": "behind"}))
    assert view.fields == {"Action": ("segment",), "Previous": ("behind",)}


@pytest.mark.parametrize("action", ["seal", "rekey", "response"])
def test_what_only_keeps_the_log_is_not_seen(action: str) -> None:
    """Nor is what was done about an alert."""
    assert Views().feed(said(action, state="done")) == []


def test_alerts_are_not_seen() -> None:
    """They would cause alerts."""
    event = record(EXEC)
    event["event"] |= {"kind": "alert", "action": "alert"}
    assert Views().feed(event) == []
    event["event"] |= {"action": "exec"}
    assert Views().feed(event) == []


def test_what_clients_show_is_not_seen() -> None:
    """It is what panes show, once more."""
    assert Views(wants_output=True).feed(record(SCREEN)) == []


RECORDS = (
    *map(record, (*FINDINGS, CAPTURED)),
    *(said(action, by={"pid": 1}) for action in ("start", "stop", "read", "heartbeat")),
)


def paths(value: Any) -> Iterator[tuple[Any, ...]]:
    """Of all that stands in a record."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, below in inside:
        yield (key,)
        if isinstance(below, dict | list):
            yield from ((key, *path) for path in paths(below))


PATHS = sorted({path for event in RECORDS for path in paths(event)}, key=str)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3) | st.sampled_from(("id", "pid", "user")), inner)
    ),
    max_leaves=8,
)


def sound(views: list[View]) -> bool:
    """Whether rules can be tried on them."""
    return all(
        view.source in SOURCES
        and isinstance(view.text, str)
        and all(isinstance(each, str) for values in view.fields.values() for each in values)
        for view in views
    )


def put(record: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The record with something else in one place, if it has that."""
    if not path:
        return value
    key, *below = path
    if isinstance(record, dict):
        return record | {key: put(record.get(key), tuple(below), value)}
    if isinstance(record, list) and isinstance(key, int) and key < len(record):
        return [*record[:key], put(record[key], tuple(below), value), *record[key + 1 :]]
    return record


@given(st.lists(st.tuples(st.sampled_from(RECORDS), st.sampled_from(PATHS), ANYTHING), max_size=5))
def test_whatever_a_record_holds_nothing_fails(
    changes: list[tuple[dict[str, Any], tuple[Any, ...], Any]],
) -> None:
    """A hostile, damaged or newer one has views or it has none; those behind it have theirs."""
    views = Views(wants_output=True)
    for event, path, value in changes:
        assert sound(views.feed(put(event, path, value)))
    assert sound(views.feed(record(EXEC)))


@given(ANYTHING)
def test_what_is_no_record_has_no_views(anything: Any) -> None:
    """Whatever JSON can say."""
    assert Views().feed({"event": anything, "ttytrace": anything}) == []
