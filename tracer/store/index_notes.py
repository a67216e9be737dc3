"""What a log says it doesn't hold, and what its sessions amount to; both are kept in the index.

Invariant: time that nothing vouches for is a Gap: no record about the log for longer than SILENCE,
whatever the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, cast

from tracer.codec.identity import Fields
from tracer.store.acts import is_count
from tracer.store.index_entry import Entry, Label, names_of, time_us_of

SILENCE_US: Final = 5_000_000
_MAX_BYTES: Final = 1 << 40  # of a record; SQLite can hold the sum of a shard


class Gap(NamedTuple):
    """From when to when (microseconds since 1970) not everything was recorded, and why.

    `sequence`: of the record that says so. Session and pane are None where it isn't known which:
    then it may be any.
    """

    sequence: int
    since_us: int
    until_us: int
    why: str
    session_id: str | None = None
    session_name: str | None = None
    pane: str | None = None


class GapFinder:
    """Finds gaps, record by record. `last_us`: when the log last said that it is alive; `run_end`:
    how the last run ended, until it is known how long nobody recorded."""

    def __init__(self, last_us: int | None, run_end: str = "") -> None:
        self.last_us = last_us
        self.run_end = run_end
        self._is_told = False  # a gap, by the record just before

    def feed(self, sequence: int, entry: Entry) -> Gap | None:
        """The gap that this record tells of, or ends."""
        if entry.label.kind == "lost":
            return _lost(sequence, entry)
        if entry.log is None:
            return None
        if entry.label.kind == "segment":  # vouches for nothing before it
            previous = entry.log.get("previous")
            end = str(previous["end"]) if isinstance(previous, dict) else ""
            self.run_end = self.run_end if end == "sealed" else end
            return None
        before, self.last_us = self.last_us, max(entry.time_us, self.last_us or 0)
        kind, was_told, self._is_told = entry.label.kind, self._is_told, entry.label.kind == "gap"
        if kind in _TELLING:
            return _TELLING[kind](sequence, entry)
        is_late = before is not None and entry.time_us - before > SILENCE_US
        is_gap = is_late or (kind == "start" and not was_told and not _is_first(entry.log))
        end = self.run_end
        if kind == "stop":
            self.run_end = "stopped"
        elif is_gap or kind == "start":
            self.run_end = ""
        if before is None or not is_gap:
            return None
        why = f"not running ({end})" if end else "not running" if kind == "start" else "silence"
        return Gap(sequence, before, entry.time_us, why)

    def damaged(self, sequence: int, why: str) -> Gap:
        """The gap of a line that can't be read."""
        when = self.last_us or 0
        return Gap(sequence, when, when, why)


def _lost(sequence: int, entry: Entry) -> Gap:
    lost, label = entry.event["ttytrace"]["lost"], entry.label
    amount = f"{lost['bytes']} bytes" if "bytes" in lost else f"{lost.get('records', '?')} records"
    why = f"{amount} of {lost['kind']} lost ({lost['reason']})"
    place = (label.session_id, label.session_name, label.pane)
    return Gap(sequence, entry.time_us, entry.time_us, why, *place)


def _declared(sequence: int, entry: Entry) -> Gap:
    log = entry.log or {}
    since, until = (log.get(name) for name in ("from", "to"))
    reason = str(log.get("reason", "?"))
    return Gap(
        sequence,
        time_us_of(since) if isinstance(since, str) else entry.time_us,
        time_us_of(until) if isinstance(until, str) else entry.time_us,
        f"{log['records']} records not kept ({reason})" if "records" in log else reason,
    )


def _erased(sequence: int, entry: Entry) -> Gap:
    log = entry.log or {}
    kept = log.get("kept")
    at = kept.get("@timestamp") if isinstance(kept, dict) else None
    time_us = time_us_of(at) if isinstance(at, str) else entry.time_us
    return Gap(sequence, time_us, time_us, f"record #{log.get('index')} was erased")


_TELLING: Final = {"gap": _declared, "erase": _erased}


def _is_first(start: Fields) -> bool:
    previous = start.get("previous")
    return isinstance(previous, dict) and previous.get("end") == "first"


class SessionKey(NamedTuple):
    """Which tmux session of which server; `boot` tells equal pids apart."""

    boot: str
    server: int
    session_id: str


class Session:
    """What a session amounts to: bytes shown and typed, commands, alerts, who was there."""

    def __init__(self, host: str | None, first_us: int) -> None:
        self.host = host
        self.names: dict[str, None] = {}  # in the order of their first use
        self.people: dict[str, None] = {}
        self.first_us = self.last_us = first_us
        self.last_sequence = 0
        self.commands = self.shown = self.typed = self.lost = self.alerts = 0

    def add(self, sequence: int, entry: Entry) -> None:
        """Counts one record in."""
        label, event = entry.label, entry.event
        self.last_us, self.last_sequence = max(self.last_us, entry.time_us), sequence
        if label.session_name and label.session_name not in self.names:
            self.names[label.session_name] = None
        match label.kind:
            case "exec":
                self.commands += 1
            case "text_output":
                self.shown += _bytes(event["process"]["io"]["total_bytes_captured"])
            case "text_input":
                self.typed += _bytes(event["ttytrace"]["io"]["size"])
                self._meet(event)
            case "client-attached" | "client-session-changed":
                self._meet(event)
            case "lost":
                self.lost += 1
            case "alert":
                self.alerts += 1

    def join(self, later: Session) -> None:
        """Adds what was recorded of it later."""
        self.names |= later.names
        self.people |= later.people
        self.last_us, self.last_sequence = later.last_us, later.last_sequence
        self.commands += later.commands
        self.shown += later.shown
        self.typed += later.typed
        self.lost += later.lost
        self.alerts += later.alerts

    def _meet(self, event: Fields) -> None:
        self.people |= dict.fromkeys(people_in(event))


def people_in(event: Fields) -> Iterator[str]:
    """What the client of an event, and those who typed it, are called."""
    tmux = event["tmux"]
    for person in (*tmux.get("typed_by", ()), *([tmux["client"]] if "client" in tmux else ())):
        if person.get("how") != "terminal-reply":
            yield str(person.get("user", {}).get("name") or next(names_of(person)))


def _bytes(size: object) -> int:
    if not is_count(size, _MAX_BYTES):
        raise TypeError
    return cast("int", size)


def session_key(label: Label) -> SessionKey | None:
    """Which session a record belongs to."""
    if label.boot is None or label.server is None or label.session_id is None:
        return None
    return SessionKey(label.boot, label.server, label.session_id)
