"""tracer.store.acts"""

from __future__ import annotations

from contextlib import suppress

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import ALICE, EXEC, HOST, INPUT, LOST, NOW, OUTPUT, PLACE, PTS, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.model.capture import Capture, Cursor, Modes
from tracer.model.findings import ClientOutput, Finding, PaneCaptured, TerminalResized
from tracer.store.acts import Act, Device, act_of

MODES = Modes(is_cursor_visible=True, inserts=False, is_origin=False, wraps=True)
CAPTURE = Capture(90, 20, Cursor(3, 4), MODES, 0, 19, (8, 16), b"one\n\xff\n")
PANE = Device(HOST.boot_id, 900, "pane", 136, 3)
CLIENT = PANE._replace(kind="client")
NO_PANE = PLACE._replace(pane_id=None, pane_pid=None)


def act(finding: Finding) -> Act | None:
    """What its record says."""
    event = orjson.loads(Encoder(HOST, names, FixedClock()).to_json(finding))
    return act_of(event["event"]["action"], event)


def test_what_a_pane_showed_is_exact() -> None:
    """Its bytes too, where they are no text."""
    shown = Act("text_output", PANE, 1000, 37, 3, 80, 24, b"\xff\x1b[")
    assert act(OUTPUT._replace(data=b"\xff\x1b[")) == shown
    assert act(OUTPUT._replace(data="né".encode())) == shown._replace(data=b"n\xc3\xa9")


def test_a_client_is_not_the_pane_with_its_terminal() -> None:
    """Where tmux runs in tmux the same terminal is both, of two servers."""
    output = ClientOutput(NOW, NOW, ALICE, NO_PANE, PTS, 24, 80, 5, b"x")
    assert act(output) == Act("client_output", CLIENT, 77, 5, 1, 80, 24, b"x")
    assert act(output._replace(person=None)) == Act(
        "client_output", CLIENT, None, 5, 1, 80, 24, b"x"
    )


def test_a_size_is_a_panes_or_a_clients() -> None:
    """As its place says."""
    resized = TerminalResized(NOW, PLACE, None, PTS, 50, 132, 9)
    assert act(resized) == Act("terminal-resized", PANE, 1000, None, None, 132, 50, b"")
    client = act(resized._replace(place=NO_PANE, person=ALICE))
    assert client == Act("terminal-resized", CLIENT, 77, None, None, 132, 50, b"")


def test_what_is_lost_of_a_terminal() -> None:
    """Output alone; of input, or where nobody knows what, there is nothing to say here."""
    assert act(LOST) == Act("lost", PANE, 1000, 4096, 37, 0, 0, b"")
    assert act(LOST._replace(kind="client_output")) == Act(
        "lost", CLIENT, None, 4096, 37, 0, 0, b""
    )
    assert act(LOST._replace(kind="text_input")) is None
    assert act(LOST._replace(tty=None)) is None


def test_a_picture_is_had_whole() -> None:
    """With the size that it has; not where its terminal isn't known."""
    found = act(PaneCaptured(NOW, PLACE, PTS, CAPTURE))
    assert found is not None
    assert found.device == PANE
    assert found.screen is not None
    assert (found.screen.columns, found.screen.lines[0].text()) == (90, "one")
    assert act(PaneCaptured(NOW, PLACE, None, CAPTURE)) is None


@pytest.mark.parametrize(("finding", "pid"), [(INPUT, 1000), (EXEC, None)])
def test_input_names_its_terminal(finding: Finding, pid: int | None) -> None:
    """A program that starts does not."""
    found = act(finding)
    assert (found and (found.device, found.pid)) == (pid and (PANE, pid))


EVENTS = [
    orjson.loads(Encoder(HOST, names, FixedClock()).to_json(finding))
    for finding in (OUTPUT, LOST, PaneCaptured(NOW, PLACE, PTS, CAPTURE))
]
VALUES = st.none() | st.booleans() | st.integers(-5, 1 << 70) | st.text() | st.just({})


@given(st.sampled_from(EVENTS), st.data(), VALUES)
def test_a_damaged_record_is_refused_or_read(
    event: dict[str, object], data: st.DataObject, value: object
) -> None:
    """Any other value at any place."""
    damaged = orjson.loads(orjson.dumps(event))
    part = damaged
    while isinstance(part, dict) and part:
        name = data.draw(st.sampled_from(sorted(part)))
        if not isinstance(part[name], dict) or data.draw(st.booleans()):
            part[name] = value
            break
        part = part[name]
    with suppress(ValueError, KeyError, TypeError, AttributeError, IndexError):
        act_of(event["event"]["action"], damaged)  # type: ignore[index]
