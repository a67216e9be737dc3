"""tracer.codec.ecs"""

from __future__ import annotations

import time
from base64 import b64decode

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import samples
from tracer.codec.ecs import Encoder
from tracer.model.context import Client
from tracer.model.events import ProcessKey
from tracer.model.findings import TmuxChanged


@pytest.fixture
def encoder() -> Encoder:
    return Encoder(samples.HOST, samples.names, samples.FixedClock())


def test_every_finding_is_one_line_of_json(encoder):
    """Whatever it holds: the line ends in its only newline and says what encode() says."""
    for finding in samples.FINDINGS:
        line = encoder.to_json(finding)
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        again = encoder.encode(finding)
        again["event"]["sequence"] -= 1
        assert orjson.loads(line) == again


def test_events_are_numbered_from_one(encoder):
    """Each counts, whatever its kind."""
    numbers = [encoder.encode(finding)["event"]["sequence"] for finding in samples.FINDINGS]
    assert numbers == list(range(1, len(samples.FINDINGS) + 1))


@pytest.mark.parametrize(
    ("finding", "category", "type_", "action"),
    [
        (samples.EXEC, "process", "start", "exec"),
        (samples.FINDINGS[1], "process", "start", "fork"),
        (samples.ENDED, "process", "end", "end"),
        (samples.OUTPUT, "process", "change", "text_output"),
        (samples.INPUT, "process", "change", "text_input"),
        (samples.INJECTED, "process", "change", "input-injected"),
        (samples.TRACED, "process", "access", "process-traced"),
        (samples.LOST, "process", "info", "lost"),
        (samples.RENAMED, "session", "info", "session-renamed"),
        (samples.RENAMED._replace(action="client-attached"), "session", "start", "client-attached"),
        (samples.RENAMED._replace(action="session-closed"), "session", "end", "session-closed"),
    ],
)
def test_each_kind_has_its_place_in_ecs(encoder, finding, category, type_, action):
    """kind, category, type and action as ECS allows them."""
    event = encoder.encode(finding)["event"]
    assert (event["kind"], event["category"], event["type"]) == ("event", [category], [type_])
    assert event["action"] == action


def test_every_event_says_when_and_on_which_host(encoder):
    """Wall time to the microsecond, the kernel's own time, and the boot that it counts from."""
    event = encoder.encode(samples.OUTPUT)
    assert event["@timestamp"] == "2026-11-20T01:23:20.123456Z"
    assert event["ttytrace"]["boottime_ns"] == samples.NOW
    assert event["ecs"] == {"version": "9.4.0"}
    assert event["host"] == {
        "id": samples.HOST.machine_id,
        "name": "lab",
        "boot": {"id": samples.HOST.boot_id},
        "pid_ns_ino": "7",
    }


def test_a_second_that_ends_rounds_down(encoder):
    """Never into the next second, and the text of the second follows."""
    last = samples.OUTPUT._replace(time_ns=samples.NOW // 10**9 * 10**9 + 999_999_999)
    assert encoder.encode(last)["@timestamp"] == "2026-11-20T01:23:20.999999Z"
    after = last._replace(time_ns=last.time_ns + 1)
    assert encoder.encode(after)["@timestamp"] == "2026-11-20T01:23:21.000000Z"


def test_a_clock_step_is_followed():
    """Events that follow have the new wall time."""
    clock = samples.FixedClock()
    encoder = Encoder(samples.HOST, samples.names, clock)
    encoder.encode(samples.OUTPUT)
    clock.boot_ns += 3600 * samples.SECOND
    assert encoder.encode(samples.OUTPUT)["@timestamp"] == "2026-11-20T02:23:20.123456Z"


def test_a_host_without_machine_id_has_none():
    """Nothing is made up."""
    host = samples.HOST._replace(machine_id=None, name="caf\udce9")
    event = Encoder(host, samples.names, samples.FixedClock()).encode(samples.OUTPUT)
    assert "id" not in event["host"]
    assert event["host"]["name"] == "caf\ufffd"


def test_a_program_has_who_and_where(encoder):
    """Process, parent, terminal, user, audit identity."""
    event = encoder.encode(samples.EXEC)
    process = event["process"]
    assert process["pid"] == 4711
    assert process["start"] == "2026-11-20T01:23:10.000000Z"
    assert (process["executable"], process["name"]) == ("/usr/bin/ls", "ls")
    assert process["parent"]["pid"] == 1000
    assert process["parent"]["executable"] == "/usr/bin/bash"
    assert process["session_leader"] == {"pid": 1000}
    assert process["tty"] == {"char_device": {"major": 136, "minor": 3}}
    alice = {"id": "1000", "name": "alice", "group": {"id": "1001"}}
    assert event["user"] == {**alice, "effective": alice}
    assert (event["ttytrace"]["loginuid"], event["ttytrace"]["audit_session"]) == (1000, 4)
    assert "container" not in event


def test_rights_that_are_not_the_users_show(encoder):
    """A setuid program has its user and root's rights."""
    event = encoder.encode(
        samples.EXEC._replace(process=samples.PROCESS._replace(who=samples.SETUID))
    )
    assert event["user"]["name"] == "alice"
    assert event["user"]["effective"] == {"id": "0", "name": "root", "group": {"id": "0"}}


def test_unset_audit_identity_is_null_and_the_rest_absent(encoder):
    """Never 0, which is root's."""
    event = encoder.encode(samples.EXEC._replace(process=samples.DELETED))
    assert event["ttytrace"]["loginuid"] is None
    assert event["ttytrace"]["audit_session"] is None
    assert not {"session_leader", "tty"} & event["process"].keys()


def test_a_process_that_nobody_saw_start_is_bare(encoder):
    """Its pid is known, and no user is named."""
    event = encoder.encode(samples.EXEC._replace(process=samples.UNKNOWN))
    assert event["process"] == {"pid": 4712}
    assert "user" not in event
    assert "loginuid" not in event["ttytrace"]


def test_a_user_without_a_name_has_an_id(encoder):
    """Accounts may be gone."""
    who = samples.WHO._replace(uid=77)
    event = encoder.encode(samples.EXEC._replace(process=samples.PROCESS._replace(who=who)))
    assert event["user"]["id"] == "77"
    assert "name" not in event["user"]


def test_a_container_is_named(encoder):
    """In programs and in output."""
    for finding in (samples.EXEC, samples.OUTPUT):
        event = encoder.encode(finding._replace(process=samples.ODD))
        assert event["container"] == {"id": "c0ffee"}


def test_the_entity_id_is_one_for_all_events_of_a_process(encoder):
    """The same in exec, output and end, as a parent, and with a start time from /proc."""
    events = [encoder.encode(finding) for finding in (samples.EXEC, samples.OUTPUT, samples.ENDED)]
    key = samples.PROCESS.key
    finer = samples.PROCESS._replace(key=key._replace(start_time_ns=key.start_time_ns + 9_999_999))
    child = samples.PROCESS._replace(
        key=ProcessKey(1, 1), who=samples.WHO._replace(parent=key), ancestors=()
    )
    events.append(encoder.encode(samples.EXEC._replace(process=finer)))
    ids = {event["process"]["entity_id"] for event in events}
    parent = encoder.encode(samples.EXEC._replace(process=child))["process"]["parent"]
    assert ids == {parent["entity_id"]}
    assert "executable" not in parent


def test_the_entity_id_is_no_other_processes():
    """Another pid, start, pid namespace or boot is another process; an unknown start is none."""
    clock = samples.FixedClock()
    key = samples.PROCESS.key
    hosts = [
        samples.HOST,
        samples.HOST._replace(pid_ns_ino=8),
        samples.HOST._replace(boot_id="0" * 36),
    ]
    keys = [key, key._replace(tgid=4710), key._replace(start_time_ns=key.start_time_ns + 10**7)]
    ids = {
        Encoder(host, samples.names, clock).encode(
            samples.EXEC._replace(process=samples.PROCESS._replace(key=key))
        )["process"]["entity_id"]
        for host in hosts
        for key in keys
    }
    assert len(ids) == 9


def test_an_end_says_how_and_after_how_long(encoder):
    """Exit code, time, nanoseconds since the fork; no signal."""
    event = encoder.encode(samples.ENDED)
    assert event["process"]["exit_code"] == 3
    assert event["process"]["end"] == event["@timestamp"]
    assert event["event"]["duration"] == samples.NOW - samples.PROCESS.key.start_time_ns
    assert "signal" not in event["ttytrace"]


def test_a_signal_is_told_from_an_exit_code(encoder):
    """137 by SIGKILL has the signal, 137 by exit has not."""
    killed = encoder.encode(samples.ENDED._replace(status=9))
    exited = encoder.encode(samples.ENDED._replace(status=137 << 8))
    assert killed["process"]["exit_code"] == exited["process"]["exit_code"] == 137
    assert killed["ttytrace"]["signal"] == {"number": 9, "name": "SIGKILL", "core_dumped": False}
    assert "signal" not in exited["ttytrace"]


def test_output_has_text_place_and_size(encoder):
    """The text as it was, where in the pane's output, on which terminal of which size."""
    event = encoder.encode(samples.OUTPUT)
    assert event["process"]["io"] == {
        "type": "tty",
        "text": "total 0\r\n",
        "total_bytes_captured": 9,
        "total_bytes_skipped": 0,
    }
    assert event["process"]["tty"] == {
        "char_device": {"major": 136, "minor": 3}, "rows": 24, "columns": 80
    }  # fmt: skip
    assert event["ttytrace"]["io"] == {"offset": 37}
    assert event["event"]["duration"] == 40_000_000


@given(st.binary())
def test_no_byte_of_output_is_lost(data):
    """The text is exact, or the base64 beside it is."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    event = orjson.loads(encoder.to_json(samples.OUTPUT._replace(data=data)))
    exact = event["ttytrace"]["io"].get("bytes")
    text = event["process"]["io"]["text"].encode()
    assert (text if exact is None else b64decode(exact)) == data
    assert event["process"]["io"]["total_bytes_captured"] == len(data)


def test_output_without_a_known_process_has_a_terminal_only(encoder):
    """The terminal is the kernel's; who leads it was not known."""
    event = encoder.encode(samples.OUTPUT._replace(process=None))
    assert event["process"].keys() == {"tty", "io"}
    assert "user" not in event


def test_input_has_text_size_and_authors(encoder):
    """As output has; the foreground process is named, and apart from it who typed."""
    event = encoder.encode(samples.INPUT)
    assert event["process"]["io"] == {
        "type": "tty",
        "text": "ls -l\r",
        "total_bytes_captured": 6,
        "total_bytes_skipped": 0,
    }
    assert event["ttytrace"]["io"] == {"offset": 12, "size": 6}
    assert event["event"]["duration"] == 30_000_000
    assert [part["user"]["name"] for part in event["tmux"]["typed_by"]] == ["alice"]
    assert event["process"]["pid"] == 4711


@pytest.mark.parametrize("why", ["no-echo", "prompt", "nested", "not-captured", "policy"])
def test_input_that_is_withheld_is_a_length_with_a_reason(encoder, why):
    """Nothing of it is in any field, and how much it was is."""
    event = encoder.encode(samples.INPUT._replace(data=None, withheld=why))
    assert event["process"]["io"] == {
        "type": "tty", "total_bytes_captured": 0, "total_bytes_skipped": 6
    }  # fmt: skip
    assert event["ttytrace"]["io"] == {"offset": 12, "size": 6, "withheld": why}


@given(st.binary())
def test_no_byte_of_input_is_lost(data):
    """The text is exact, or the base64 beside it is."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    event = orjson.loads(encoder.to_json(samples.INPUT._replace(data=data, size=len(data))))
    exact = event["ttytrace"]["io"].get("bytes")
    text = event["process"]["io"]["text"].encode()
    assert (text if exact is None else b64decode(exact)) == data


def test_a_command_names_its_authors(encoder):
    """The exec says what it always says, and whose hands made the line."""
    event = encoder.encode(samples.COMMANDED)
    assert event["process"] == encoder.encode(samples.EXEC)["process"]
    assert event["tmux"]["submitted_by"]["user"]["name"] == "alice"
    assert "submitted_by" not in encoder.encode(samples.EXEC)["tmux"]


def test_an_injection_names_who_did_it_how_and_into_what(encoder):
    """The terminal is the victim's; the only user is the one that injected."""
    event = encoder.encode(samples.INJECTED)
    assert event["process"] == {"tty": {"char_device": {"major": 136, "minor": 3}}}
    assert event["ttytrace"]["injection"] == {"way": "tiocsti", "count": 12}
    assert event["tmux"]["injected_by"]["pid"] == samples.BOB.key.tgid
    assert "user" not in event


def test_a_traced_process_is_the_target(encoder):
    """Who traces stands apart from what is traced."""
    event = encoder.encode(samples.TRACED)
    assert (event["process"]["pid"], event["user"]["name"]) == (4711, "alice")
    assert event["tmux"]["traced_by"]["user"] == {"id": "1002", "name": "bob"}
    assert event["ttytrace"]["trace"] == {"request": "PTRACE_ATTACH"}


def test_a_loss_is_placed_in_the_output(encoder):
    """How much of what is missing, why, and where."""
    event = encoder.encode(samples.LOST)
    assert event["ttytrace"]["lost"] == {
        "kind": "text_output", "reason": "ring full", "records": 2, "bytes": 37, "offset": 4096
    }  # fmt: skip
    assert event["process"]["io"]["bytes_skipped"] == [{"offset": 4096, "length": 37}]
    assert event["process"]["io"]["total_bytes_skipped"] == 37


def test_a_loss_says_only_what_is_known(encoder):
    """Lost programs have no bytes, and no place if they have none."""
    event = encoder.encode(samples.LOST._replace(bytes=None, tty=None, place=None, offset=None))
    assert event["ttytrace"]["lost"].keys() == {"kind", "reason", "records"}
    assert not {"process", "tmux"} & event.keys()


def test_clients_and_notes_leave_no_trace_in_later_events(encoder):
    """What repeats is shared between events, what doesn't is not."""
    client = Client(78, None, None, None, None, False)
    encoder.encode(TmuxChanged(samples.NOW, "client-attached", samples.PLACE, client, "note"))
    tmux = encoder.encode(samples.OUTPUT)["tmux"]
    assert "client" not in tmux
    assert len(tmux["claimed"]) == 6


def test_a_note_is_claimed(encoder):
    """It may quote what tmux said."""
    event = encoder.encode(samples.RENAMED._replace(note="was caf\udce9"))
    assert event["ttytrace"]["note"] == "was caf\ufffd"
    assert "ttytrace.note" in event["tmux"]["claimed"]


def test_how_a_client_left_is_not_claimed(encoder):
    """That is what the kernel saw; a former session or size is tmux's word."""
    left = TmuxChanged(
        samples.NOW, "client-detached", samples.PLACE, samples.ATTACHED, "killed by SIGKILL"
    )
    assert "ttytrace.note" not in encoder.encode(left)["tmux"]["claimed"]
    resized = left._replace(action="client-resized", note="was 80x24")
    assert "ttytrace.note" in encoder.encode(resized)["tmux"]["claimed"]


def test_names_of_tmux_are_valid_unicode(encoder):
    """A lone surrogate in a name doesn't stop the encoder."""
    place = samples.PLACE._replace(session_name="\ud800x", window_name="\udcff")
    event = orjson.loads(encoder.to_json(samples.OUTPUT._replace(place=place)))
    assert event["tmux"]["session"]["name"] == "\ufffdx"


def test_output_is_encoded_fast():
    """A full pane makes 20 events a second, a busy host some thousands: far below one core."""
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    best = 1.0
    for _ in range(20):
        began = time.perf_counter()
        for _ in range(200):
            encoder.to_json(samples.OUTPUT)
        best = min(best, (time.perf_counter() - began) / 200)
    assert best < 50e-6


def test_a_state_is_what_is_and_not_what_happened(encoder):
    """In the fields of an event of the same client; a process that is no client says so."""
    state = encoder.state(samples.NOW, samples.PLACE, samples.ATTACHED)
    event = encoder.encode(
        TmuxChanged(samples.NOW, "client-attached", samples.PLACE, samples.ATTACHED, None)
    )
    assert state["tmux"] == event["tmux"]
    assert (state["event"]["kind"], event["event"]["kind"]) == ("state", "event")
    assert state["event"]["start"] == "2026-11-20T00:05:00.000000Z"
    peer = samples.ATTACHED._replace(person=samples.ALICE._replace(is_client=False))
    assert encoder.state(0, samples.PLACE, peer)["event"]["action"] == "client-connected"
