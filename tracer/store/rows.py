"""The screens of all terminals of a log: which rows came up in which record, and keyframes.

Invariant: what is in memory is bounded, in cells and in terminals; a terminal that must make room
is packed, and goes on where it was. A row belongs to the record that left it on the screen; the row
of the cursor, when it is left as it is, to the one that drew it last. What a screen is made of is
terminal.py's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple

import orjson

from tracer.screen.state import pack
from tracer.store.acts import SHOWN, Act, Device
from tracer.store.index_entry import Entry
from tracer.store.terminal import Terminal
from tracer.store.tracks import PANE, StoredKeyframe, TrackKey

OPEN_CELLS: Final = 1 << 20  # some 250 bytes each, if a program is out for it
IDLE_US: Final = 5_000_000
FRAME_BYTES: Final = 256 << 10
RECORD_BYTES: Final = 128  # what a record counts at least: it has to be read

_BEGINNING: Final = frozenset((*SHOWN, "terminal-resized", "pane-captured"))


class Packed(NamedTuple):
    """A terminal as it is stored; `pid` as in its TrackKey, `sequence`: what drew on it last,
    `is_waiting`: its cursor is in a row that has not come up as it is."""

    name: str
    server: int
    kind: str
    pid: int | None
    sequence: int
    is_waiting: bool
    state: bytes
    screen: bytes


class Shown(NamedTuple):
    """What a record comes to: whose it is, the rows that came up, and a keyframe if one is due."""

    key: TrackKey
    rows: list[str]
    frame: StoredKeyframe | None


LateRow = tuple[int, str]
Load = Callable[[str], Packed | None]
"""Gives a terminal by its name, if it is stored."""


class _Open:
    """A terminal that is in memory. `is_sized`: resizes tell its size; `since_bytes`: so much
    came since the last keyframe, which has `frame_bytes`; `doubt`: see StoredKeyframe, and so many
    rows have left the screen since."""

    def __init__(self, key: TrackKey, terminal: Terminal) -> None:
        self.key = key
        self.terminal = terminal
        self.sequence = self.time_us = 0
        self.next_offset: int | None = None
        self.is_sized = False
        self.doubt: int | None = None
        self.doubt_rows = self.since_bytes = self.frame_bytes = 0
        self.cells = 0

    def packed(self, name: str) -> Packed:
        """As it is stored."""
        state, screen = self.terminal.state()
        fields = {name: getattr(self, name) for name in _KEPT}
        data = orjson.dumps([tuple(self.key), fields, state])
        of = (self.key.server, self.key.kind, self.key.pid, self.sequence)
        return Packed(name, *of, bool(self.terminal.unfinished), data, screen)

    @classmethod
    def of(cls, packed: Packed) -> _Open:
        """From what was stored; ValueError, TypeError if it was something else."""
        key, fields, state = orjson.loads(packed.state)
        opened = cls(TrackKey(*key), Terminal.from_state(state, packed.screen))
        for name in _KEPT:
            setattr(opened, name, fields[name])
        return opened

    def doubts(self, sequence: int) -> None:
        """From this record on, what is shown may be wrong."""
        self.doubt, self.doubt_rows = sequence, 0

    def goes_on(self, act: Act) -> bool:
        """Whether this is of the same terminal, and not of one that has its numbers now."""
        if act.pid is None or self.key.pid is None or act.pid == self.key.pid:
            return True
        is_continued = bool(act.offset) and act.offset == self.next_offset
        return is_continued and self.key.kind == PANE


_KEPT: Final = (
    "sequence", "time_us", "next_offset", "is_sized", "doubt", "doubt_rows", "since_bytes",
    "frame_bytes",
)  # fmt: skip


class Rows:
    """All terminals of a log. A row of the cursor that is left as it is becomes a late one.
    `waiting`: the names of the stored ones that are, in the order they were drawn on."""

    def __init__(self, load: Load, waiting: Iterable[str] = ()) -> None:
        self._load = load
        self._open: OrderedDict[Device, _Open] = OrderedDict()  # the one drawn on last is last
        self._cells = 0
        self._changed: set[Device] = set()
        self._packed: dict[str, Packed | None] = {}
        self._late: list[LateRow] = []
        self._checked_us = 0
        for name in waiting:  # what isn't in memory has no row to give
            self._get(_device(name))

    def feed(self, sequence: int, act: Act, entry: Entry) -> Shown:
        """What this record of a terminal comes to."""
        opened = self._get(act.device)
        if opened is not None and not opened.goes_on(act):
            self._end(act.device)
            opened = None
        if opened is None:
            if act.action not in _BEGINNING:
                return Shown(_key(act), [], None)
            opened = self._begin(act)
        rows = self._happen(opened, sequence, act, entry.time_us)
        self._changed.add(act.device)
        self._weigh(opened)
        return Shown(opened.key, rows, _frame(opened, sequence, entry))

    def tick(self, time_us: int) -> None:
        """Gives the cursor's rows of terminals that nothing was drawn on for IDLE_US."""
        if time_us < self._checked_us + IDLE_US // 5:
            return
        self._checked_us = time_us
        for device, opened in self._open.items():
            if opened.time_us > time_us - IDLE_US:
                break
            self._give(device, opened)

    def flush(self) -> None:
        """Gives all rows that cursors are in; they may still grow."""
        for device, opened in self._open.items():
            self._give(device, opened)

    def close(self, names: Iterable[str]) -> None:
        """These terminals are gone; others may get their numbers."""
        for name in names:
            self._end(_device(name))

    def open_of(self, server: int, kind: str, pid: int) -> Iterator[str]:
        """The names of a process's terminals that are in memory."""
        for device, opened in [*self._open.items()]:
            if (device.server, device.kind, opened.key.pid) == (server, kind, pid):
                yield _name(device)

    def late(self) -> list[LateRow]:
        """The late rows since the last call."""
        rows, self._late = self._late, []
        return rows

    def changes(self) -> dict[str, Packed | None]:
        """By name, each terminal that changed since the last call; None: it is gone."""
        for device in self._changed:
            if (opened := self._open.get(device)) is not None:
                name = _name(device)
                self._packed[name] = opened.packed(name)
        changed, self._packed, self._changed = self._packed, {}, set()
        return changed

    # ---- what happens to one ----

    def _happen(self, opened: _Open, sequence: int, act: Act, time_us: int) -> list[str]:
        rows: list[str] = []
        match act.action:
            case "text_output" | "client_output":
                rows = self._draw(opened, sequence, act)
                opened.sequence, opened.time_us = sequence, time_us
            case "lost":
                opened.doubts(sequence)
                is_known = act.offset is not None and act.size is not None
                opened.next_offset = (act.offset or 0) + (act.size or 0) if is_known else None
            case "terminal-resized":
                opened.is_sized = True
                opened.terminal.resize(act.columns, act.rows)
            case "pane-captured" if act.screen is not None:
                self._give(act.device, opened)
                opened.terminal = Terminal(act.screen)
                opened.doubts(sequence)
        return rows

    def _draw(self, opened: _Open, sequence: int, act: Act) -> list[str]:
        if opened.next_offset not in (None, act.offset):
            opened.doubts(sequence)
        if not opened.is_sized:
            opened.terminal.resize(act.columns, act.rows)
        assert act.offset is not None
        assert act.size is not None
        opened.next_offset = act.offset + act.size
        seen = opened.terminal.feed(act.data)
        if seen.left:
            self._late.append((opened.sequence, seen.left))
        opened.doubt_rows += seen.scrolled
        if opened.doubt_rows >= opened.terminal.screen.rows:
            opened.doubt = None
        opened.since_bytes += max(act.size, RECORD_BYTES)
        return seen.rows

    def _give(self, device: Device, opened: _Open) -> None:
        if row := opened.terminal.give():
            self._late.append((opened.sequence, row))
            self._changed.add(device)

    # ---- which ones there are ----

    def _get(self, device: Device) -> _Open | None:
        opened = self._open.get(device)
        if opened is None:
            name = _name(device)
            packed = self._packed.pop(name) if name in self._packed else self._load(name)
            if packed is None:
                return None
            opened = self._open[device] = _Open.of(packed)
            self._weigh(opened)
        self._open.move_to_end(device)
        return opened

    def _begin(self, act: Act) -> _Open:
        blank = Terminal.blank(act.columns, act.rows)
        opened = self._open[act.device] = _Open(_key(act), blank)
        return opened

    def _weigh(self, opened: _Open) -> None:
        cells = opened.terminal.cells
        self._cells += cells - opened.cells
        opened.cells = cells
        while self._cells > OPEN_CELLS and len(self._open) > 1:
            device, oldest = self._open.popitem(last=False)
            self._cells -= oldest.cells
            if row := oldest.terminal.give():
                self._late.append((oldest.sequence, row))
            name = _name(device)
            self._packed[name] = oldest.packed(name)

    def _end(self, device: Device) -> None:
        if (opened := self._get(device)) is not None:
            self._give(device, opened)
            self._cells -= opened.cells
            del self._open[device]
        self._packed[_name(device)] = None


def _frame(opened: _Open, sequence: int, entry: Entry) -> StoredKeyframe | None:
    # Nobody makes keyframes take more than was shown between them.
    if opened.since_bytes < max(FRAME_BYTES, opened.frame_bytes):
        return None
    state, times = pack(opened.terminal.screen), (entry.time_us, entry.boottime_ns)
    opened.since_bytes, opened.frame_bytes = 0, len(state)
    return StoredKeyframe(sequence + 1, *times, state, opened.is_sized, opened.doubt)


def _key(act: Act) -> TrackKey:
    device = act.device
    return TrackKey(device.boot, device.server, device.kind, act.pid, device.major, device.minor)


def _name(device: Device) -> str:
    return orjson.dumps(tuple(device)).decode()


def _device(name: str) -> Device:
    fields: list[Any] = orjson.loads(name)
    return Device(*fields)
