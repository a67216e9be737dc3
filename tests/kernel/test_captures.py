"""Panes that were there before tracing began: their server's picture, and what follows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel import moments
from tests.kernel.conftest import StartTracer
from tests.kernel.recording import Tracer
from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually
from tests.seen import Seen, captured, shown
from tracer.model.findings import Finding, PaneCaptured, TextOutput
from tracer.store.captured import screen_of

_COLOURS = (
    r"""printf '\033[1;31mred\033[0m 漢字 \033[44;4mblue\033[0m \033(0lqk\033(B\n$ '; exec cat"""
)
# What a full-screen program leaves standing, and what it answers to a line.
_FULL_SCREEN = r"""printf 'shell\n\033[?1049h\033[2J\033[2;5r\033[7mtitle\033[0m\033[9;3H~'
read line; printf '\033[5;1H\n%s\033[?25l' "$line"; exec sleep infinity"""
_COUNTER = r"""n=0; until [ -e {stop} ]; do
    n=$((n + 1)); printf '%d \033[3%dmx\033[m\n' $n $((n % 8)); sleep 0.005
done; printf 'done'; exec sleep infinity"""


def _is_of(pane: Pane, finding: Finding) -> bool:
    place = finding.place
    return place is not None and (place.server.tgid, place.pane_pid) == (pane.server_pid, pane.pid)


def _picture(tracer: Tracer, pane: Pane) -> PaneCaptured:
    found = tracer.until(lambda f: isinstance(f, PaneCaptured) and _is_of(pane, f))
    assert isinstance(found, PaneCaptured)
    return found


def _truth(tmux: Tmux, pane: Pane) -> Seen:
    moment = moments.capture(tmux, [pane])[pane.id]
    return captured(moment.columns, moment.rows, moment.cursor, moment.captured)


def _is_true(found: PaneCaptured, pane: Pane, tmux: Tmux) -> None:
    assert (found.tty, found.place.pane_id, found.place.verified) == (pane.tty, pane.id, True)
    assert not shown(screen_of(found.capture)).difference(_truth(tmux, pane))


def _replays(findings: list[Finding], pane: Pane) -> Iterator[Seen]:
    """The picture, and what the pane showed behind it; of which the picture may have so much."""
    mine = [found for found in findings if _is_of(pane, found)]
    (first,) = [nth for nth, found in enumerate(mine) if isinstance(found, PaneCaptured)]
    picture = mine[first]
    assert isinstance(picture, PaneCaptured)
    behind = b"".join(found.data for found in mine[first:] if isinstance(found, TextOutput))
    for known in range(picture.unsure + 1):
        screen = screen_of(picture.capture)
        screen.feed(behind[known:])
        yield shown(screen)


@pytest.fixture
def panes(tmux: Tmux) -> list[Pane]:
    """A line of every look, and a full screen."""
    made = [tmux.new_session(_COLOURS), tmux.new_session(_FULL_SCREEN, columns=43, rows=11)]
    for pane, text in zip(made, ("$", "~"), strict=True):
        eventually(lambda pane=pane, text=text: text in tmux.screen(pane))
    return made


def test_a_pane_begins_with_what_its_server_says(
    panes: list[Pane], tmux: Tmux, start_tracer: StartTracer
) -> None:
    """Colours, wide characters, line drawing, the alternate screen and its cursor; and whatever
    follows changes it as it changes the pane. What nobody recorded between two runs is in the
    picture with which the next one begins."""
    tracer = start_tracer()
    for pane in panes:
        _is_true(_picture(tracer, pane), pane, tmux)
        tmux.send_keys(pane, "word 漢", "Enter")
        eventually(lambda pane=pane: "word" in tmux.screen(pane))
    truths = [_truth(tmux, pane) for pane in panes]
    findings = tracer.stop().findings
    for pane, truth in zip(panes, truths, strict=True):
        (end,) = _replays(findings, pane)
        assert not end.difference(truth)
    tmux.send_keys(panes[0], "unseen", "Enter")
    tracer = start_tracer()
    for pane in panes:
        _is_true(_picture(tracer, pane), pane, tmux)


def test_what_a_busy_pane_shows_stands_on_the_right_side(
    tmux: Tmux, tmp_path: Path, start_tracer: StartTracer
) -> None:
    """No line stands twice or is missing, though it was printed while the server was asked."""
    stop = tmp_path / "stop"
    pane = tmux.new_session(_COUNTER.format(stop=stop), rows=1000)
    eventually(lambda: "9" in tmux.screen(pane))
    tracer = start_tracer()
    _picture(tracer, pane)
    time.sleep(0.2)
    stop.touch()
    eventually(lambda: "done" in tmux.screen(pane))
    truth = _truth(tmux, pane)
    ends = _replays(tracer.stop().findings, pane)
    assert any(not end.difference(truth) for end in ends)
