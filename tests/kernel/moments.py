"""What tmux says that panes show while nothing in them runs: the truth that replay is held to.

Invariant: a `Moment` is of panes whose programs stood still, and whose output tmux had read.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.kernel.tmux import Pane, Tmux
from tests.patience import eventually

_FORMAT = "#{pane_width} #{pane_height} #{cursor_x} #{cursor_y} #{cursor_flag}"
_SETTLED_S = 0.02


class Moment(NamedTuple):
    """`captured` is what `capture-pane -e -N` printed, a row each, some time between `asked_ns` and
    `answered_ns` of CLOCK_BOOTTIME."""

    asked_ns: int
    answered_ns: int
    columns: int
    rows: int
    cursor: tuple[int, int, bool]
    captured: tuple[str, ...]


@contextmanager
def standing_still(parents: Iterable[int], servers: Iterable[int] = ()) -> Iterator[None]:
    """All that descends from these processes is stopped meanwhile, in the midst of what it did. The
    parents, which wait for it, are not: a tmux server that is not stopped itself, as `servers` are,
    lets its panes' first processes go on."""
    stopped: list[int] = []
    try:
        _stop([*parents], [*servers], stopped)
        time.sleep(_SETTLED_S)  # tmux reads what they wrote
        yield
    finally:
        # Children first: a shell would take a child that is still stopped for a suspended job.
        for pid in reversed(stopped):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def capture(tmux: Tmux, panes: Iterable[Pane]) -> dict[str, Moment]:
    """Of each pane, by its id."""
    commands, ids = [], [pane.id for pane in panes]
    for pane in ids:
        commands += [";", "display-message", "-p", "-t", pane, _FORMAT]
        commands += [";", "capture-pane", "-e", "-N", "-p", "-t", pane]
    asked_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    said = iter(tmux.run(*commands[1:]).split("\n"))
    answered_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    moments = {}
    for pane in ids:
        columns, rows, column, row, is_visible = map(int, next(said).split())
        captured = tuple(next(said) for _ in range(rows))
        cursor = (row, column, bool(is_visible))
        moments[pane] = Moment(asked_ns, answered_ns, columns, rows, cursor, captured)
    return moments


def _stop(parents: list[int], servers: list[int], stopped: list[int]) -> None:
    # Parents first, again and again: what was forked meanwhile is found the next time.
    for parent in parents:
        eventually(lambda parent=parent: _children(parent))
    while new := [pid for pid in _below(parents, servers) if pid not in stopped]:
        for pid in new:
            stopped.append(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        eventually(lambda: not any(map(_is_running, stopped)))


def _below(parents: Iterable[int], servers: Iterable[int] = ()) -> list[int]:
    first = [*servers, *(child for parent in parents for child in _children(parent))]
    return first + _below(first) if first else []


def _children(pid: int) -> list[int]:
    try:
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    except (FileNotFoundError, ProcessLookupError):
        return []


def _is_running(pid: int) -> bool:
    # A parent waits in D until the child that it has forked by vfork runs a program.
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] in "RS"
