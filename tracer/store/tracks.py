"""Tracks: one terminal's life each, as the index knows it.

Invariant: a track is of one terminal of one server, from the first record that drew on it to the
last; whatever its records are elsewhere in, they are found without a look at others. How they are
read is in track_read.py, what the shards keep of them in track_write.py.
"""

from __future__ import annotations

from typing import Final, NamedTuple

PANE: Final = "pane"
CLIENT: Final = "client"


class TrackKey(NamedTuple):
    """Which terminal of which server; `boot` tells equal pids apart.

    `kind`: PANE or CLIENT. `pid`: the pane's first process, or the client; None where no record
    says it.
    """

    boot: str
    server: int
    kind: str
    pid: int | None
    major: int
    minor: int


class Track(NamedTuple):
    """What a terminal's life amounts to. Times: microseconds since 1970 (`_us`) and CLOCK_BOOTTIME
    (`_ns`), of records that are about the terminal itself, as their sequences are.

    `size`: bytes that it showed; `lost`: how often some of that is missing. `columns` and `rows`:
    its first size. `people`: the client's user, or whoever typed.
    """

    key: TrackKey
    host: str | None
    pane_id: str | None
    session_ids: tuple[str, ...]
    session_names: tuple[str, ...]
    people: tuple[str, ...]
    first_us: int
    last_us: int
    first_ns: int
    last_ns: int
    first_sequence: int
    last_sequence: int
    columns: int
    rows: int
    size: int
    lost: int

    def join(self, later: Track) -> Track:
        """With what was recorded of it later."""
        return self._replace(
            pane_id=later.pane_id or self.pane_id,
            session_ids=_joined(self.session_ids, later.session_ids),
            session_names=_joined(self.session_names, later.session_names),
            people=_joined(self.people, later.people),
            last_us=max(self.last_us, later.last_us),
            last_ns=max(self.last_ns, later.last_ns),
            last_sequence=later.last_sequence,
            columns=self.columns or later.columns,
            rows=self.rows or later.rows,
            size=self.size + later.size,
            lost=self.lost + later.lost,
        )


class StoredKeyframe(NamedTuple):
    """A terminal's screen (`state`, of screen/state.py) before the record `sequence`, at the end of
    the one that it was made after.

    `is_sized`: its size is told by resizes; else each output's own size counts. `doubt`: the lost
    or captured record that what stands there may still depend on.
    """

    sequence: int
    time_us: int
    boottime_ns: int
    state: bytes
    is_sized: bool
    doubt: int | None


class Moment(NamedTuple):
    """A record of a track; `command`: the line of an `exec` or `end`, the title of an
    `alert`."""

    sequence: int
    time_us: int
    boottime_ns: int
    kind: str
    command: str | None


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))
