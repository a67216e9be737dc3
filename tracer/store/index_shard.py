"""The writer of one file of the index.

Invariant: a transaction ends between two records, and the file says which is the next.

Records are kept in blocks of BLOCK_RECORDS (index_block.py), text in FTS5, too: row 2n is what
record n holds, row 2n + 1 its late row.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import orjson

from tracer.store.acts import Act
from tracer.store.directory import Directory
from tracer.store.index_block import Columns, Page
from tracer.store.index_entry import Entry, Label, accounts_of, entry_of
from tracer.store.index_file import (
    Position,
    check_taken,
    connect,
    digest_of_terminals,
    first_of_shard,
    make,
    shard_name,
)
from tracer.store.index_notes import GapFinder, Session, SessionKey, session_key
from tracer.store.rows import Packed, Rows
from tracer.store.track_write import TrackWriter
from tracer.store.tracks import CLIENT, PANE

BLOCK_RECORDS: Final = 1024
_TERMINALS: Final = 4096
_GONE: Final = {"pane-closed": PANE, "client-detached": CLIENT}
NOTHING: Final = 0
"""The label of what isn't there: a line that can't be read, or was erased."""


class ShardWriter:
    """Adds records to the shard of the record at `start`, which is made where there is none.
    `before`: the shard before it, which is full. sqlite3.DatabaseError if the file is no such."""

    def __init__(self, directory: Directory, start: Position, before: int | None) -> None:
        self.first = first_of_shard(start.next)
        name = shard_name(self.first)
        if not directory.has(name):
            make(directory, start, before)
        self._db = connect(directory, name)
        self._path = directory.path / name
        self._inode = self._path.stat().st_ino
        self._is_damaged = False  # as the record before is, of which a gap tells
        try:
            check_taken(directory, self._db, before)
            self._load()
        except BaseException:
            self.close()
            raise

    def _load(self) -> None:
        db = self._db
        row = db.execute("SELECT * FROM state").fetchone()
        self.position, self._gap_finder = Position(*row[:3]), GapFinder(*row[3:5])
        self._labels: dict[Label, int] = {}
        for number, *fields, people in db.execute("SELECT * FROM label"):
            self._labels[Label._make((*fields, tuple(orjson.loads(people))))] = number
        waiting = db.execute("SELECT name FROM terminal WHERE is_waiting ORDER BY sequence")
        with _terminals():
            self._rows = Rows(self._terminal, [name for (name,) in waiting])
        self._sessions = dict(map(load_session, db.execute("SELECT * FROM session")))
        self._tracks = TrackWriter(db)
        self._touched: set[SessionKey] = set()
        self._docs: list[tuple[int, str | None, str | None]] = []
        self._columns, self._page = Columns.empty(self.position.next), Page.empty()
        if self.position.next % BLOCK_RECORDS:
            self._load_block()

    def _load_block(self) -> None:
        # The last one, if it can take more.
        query = "SELECT block, columns.data, page.data FROM columns LEFT JOIN page USING (block)"
        row = self._db.execute(f"{query} ORDER BY block DESC LIMIT 1").fetchone()
        if row and row[0] + len((columns := Columns.unpack(*row[:2])).labels) == self.position.next:
            self._columns = columns
            self._page = Page.unpack(row[2]) if row[2] else self._page

    @property
    def is_full(self) -> bool:
        """Whether the next record belongs to the next shard."""
        return first_of_shard(self.position.next) != self.first

    def is_current(self) -> bool:
        """Whether the file is still there, and nobody else has added to it."""
        try:
            is_there = self._path.stat().st_ino == self._inode
        except FileNotFoundError:
            return False
        return is_there and self._db.execute("SELECT next FROM state").fetchone() == (
            self.position.next,
        )

    def close(self) -> None:
        """Drops what wasn't committed."""
        self._db.close()

    def begin(self) -> None:
        """Begins a transaction."""
        self._db.execute("BEGIN IMMEDIATE")

    def add(self, line: bytes) -> None:
        """The next record; lines that can't be read are a gap."""
        sequence, _, offset = self.position
        try:
            entry = entry_of(line)
            number = self._add(sequence, entry)
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
            number, times = NOTHING, (self._gap_finder.last_us or 0, 0)
            if not (self._is_damaged or line.startswith(b'{"erased":')):
                self._note_gap("lines that can't be read", sequence)
                self._is_damaged = True
        else:
            times, self._is_damaged = (entry.time_us, entry.boottime_ns), False
            self._add_text(sequence, entry)
        self._columns.add(*times, number, offset)
        self._advance(sequence + 1, offset + len(line) + 1)

    def enter(self, segment: int) -> None:
        """The next record is the first of this segment; what should be before it is missing."""
        if missing := segment - self.position.next:
            self._note_gap(f"{missing} records are missing", self.position.next)
            self._next_block(segment)
        self.position = Position(segment, segment, 0)

    def flush(self) -> None:
        """The rows that aren't finished can be found from now on, as they are."""
        self._rows.flush()

    def commit(self) -> None:
        """Ends the transaction: all records so far are in the index."""
        self._take_late_rows()
        self._put_block()
        db = self._db
        self._docs.sort(key=lambda doc: doc[0])
        db.executemany("INSERT INTO text (rowid, command, shown) VALUES (?, ?, ?)", self._docs)
        self._docs.clear()
        self._put_terminals()
        for key in self._touched:
            fields = _session_row(key, self._sessions[key])
            marks = ", ".join("?" * len(fields))
            db.execute(f"INSERT OR REPLACE INTO session VALUES ({marks})", fields)
        self._touched.clear()
        self._tracks.commit()
        gaps, handed = self._gap_finder, digest_of_terminals(db) if self.is_full else ""
        sql = "next = ?, segment = ?, offset = ?, last_us = ?, run_end = ?, handed = ?"
        row = (*self.position, gaps.last_us, gaps.run_end, handed)
        db.execute(f"UPDATE state SET {sql}", row)
        db.execute("COMMIT")

    def _advance(self, sequence: int, offset: int) -> None:
        self.position = Position(sequence, self.position.segment, offset)
        if sequence % BLOCK_RECORDS == 0:
            self._next_block(sequence)

    def _next_block(self, first: int) -> None:
        self._take_late_rows()
        self._put_block()
        self._columns, self._page = Columns.empty(first), Page.empty()

    def _add(self, sequence: int, entry: Entry) -> int:
        gap = self._gap_finder.feed(sequence, entry)
        if gap is not None:
            self._db.execute("INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)", gap)
        number = self._labels.get(entry.label)
        if number is None:
            number = self._new_label(entry)
        if (key := session_key(entry.label)) is not None:
            session = self._sessions.get(key)
            if session is None:
                session = self._sessions[key] = Session(entry.label.host, entry.time_us)
            session.add(sequence, entry)
            self._touched.add(key)
        return number

    def _add_text(self, sequence: int, entry: Entry) -> None:
        rows: list[str] = []
        if entry.act is not None:
            rows = self._show(sequence, entry.act, entry)
        elif entry.command is not None:
            self._docs.append((2 * sequence, entry.command, None))
            rows = entry.command.splitlines()
        elif entry.label.kind in _GONE:
            self._close(entry.label)
        elif entry.label.kind in ("start", "stop"):
            self._rows.flush()
        self._keep(sequence, rows)
        self._rows.tick(entry.time_us)

    def _show(self, sequence: int, act: Act, entry: Entry) -> list[str]:
        with _terminals():
            key, rows, frame = self._rows.feed(sequence, act, entry)
        self._tracks.add(key, sequence, entry)
        if frame is not None:
            self._tracks.keep(key, frame)
        if rows:
            self._docs.append((2 * sequence, None, "\n".join(rows)))
        return rows

    def _close(self, label: Label) -> None:
        kind = _GONE[label.kind]
        pid = label.pane_pid if kind == PANE else label.client_pid
        stored = "SELECT name FROM terminal WHERE server = ? AND kind = ? AND pid = ?"
        names = [row[0] for row in self._db.execute(stored, (label.server, kind, pid))]
        if label.server is not None and pid is not None:
            self._rows.close({*names, *self._rows.open_of(label.server, kind, pid)})

    def _terminal(self, name: str) -> Packed | None:
        row = self._db.execute("SELECT * FROM terminal WHERE name = ?", (name,)).fetchone()
        return Packed(*row) if row else None

    def _put_terminals(self) -> None:
        db = self._db
        for name, packed in self._rows.changes().items():
            if packed is None:
                db.execute("DELETE FROM terminal WHERE name = ?", (name,))
            else:
                db.execute(
                    "INSERT OR REPLACE INTO terminal VALUES (?, ?, ?, ?, ?, ?, ?, ?)", packed
                )
        oldest = "SELECT name FROM terminal ORDER BY sequence DESC LIMIT -1 OFFSET ?"
        db.execute(f"DELETE FROM terminal WHERE name IN ({oldest})", (_TERMINALS,))

    def _take_late_rows(self) -> None:
        for sequence, row in self._rows.late():
            if sequence < self.first:
                continue  # it came up at the end of the shard before
            self._docs.append((2 * sequence + 1, None, row))
            self._keep(sequence, [row])
            place = (sequence, self._columns.first)
            self._db.execute("INSERT OR IGNORE INTO late VALUES (?, ?)", place)

    def _keep(self, sequence: int, rows: list[str]) -> None:
        if rows:
            self._page.rows.extend(rows)
            self._page.sequences.extend([sequence] * len(rows))

    def _new_label(self, entry: Entry) -> int:
        number, label = len(self._labels) + 1, entry.label
        row = (number, *label[:-1], orjson.dumps(label.people).decode())
        self._db.execute(f"INSERT INTO label VALUES ({', '.join('?' * len(row))})", row)
        people = [(number, name) for name in label.people]
        self._db.executemany("INSERT INTO person VALUES (?, ?)", people)
        accounts = [(name, uid) for uid, name in accounts_of(entry.event)]
        self._db.executemany("INSERT OR IGNORE INTO account VALUES (?, ?)", accounts)
        self._labels[label] = number
        return number

    def _note_gap(self, why: str, sequence: int) -> None:
        gap = self._gap_finder.damaged(sequence, why)
        self._db.execute("INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)", gap)

    def _put_block(self) -> None:
        columns, page, db = self._columns, self._page, self._db
        if not columns.labels:
            return
        block = columns.first
        times = (min(columns.times_us), max(columns.times_us))
        db.execute("INSERT OR REPLACE INTO block VALUES (?, ?, ?)", (block, *times))
        labels = [(label, block) for label in set(columns.labels)]
        db.executemany("INSERT OR IGNORE INTO block_label VALUES (?, ?)", labels)
        db.execute("INSERT OR REPLACE INTO columns VALUES (?, ?)", (block, columns.pack()))
        if page.rows:
            row = (block, min(page.sequences), max(page.sequences), page.pack())
            db.execute("INSERT OR REPLACE INTO page VALUES (?, ?, ?, ?)", row)


@contextmanager
def _terminals() -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError) as error:  # a record can't lead to it
        raise sqlite3.DatabaseError("a terminal in it is none") from error


def _session_row(key: SessionKey, session: Session) -> tuple[object, ...]:
    lists = (orjson.dumps(list(names)).decode() for names in (session.names, session.people))
    times = (session.first_us, session.last_us, session.last_sequence)
    counts = (session.commands, session.shown, session.typed, session.lost, session.alerts)
    return (*key, session.host, *lists, *times, *counts)


def load_session(row: tuple[Any, ...]) -> tuple[SessionKey, Session]:
    """A session from its row; sqlite3.DatabaseError if its numbers are none, since SQLite keeps
    anything anywhere and they are printed as they are."""
    boot, server, session_id, host, names, people, first_us, *rest = row
    if not all(type(number) is int for number in (server, first_us, *rest)):
        raise sqlite3.DatabaseError("a session in it is none")
    session = Session(host, first_us)
    session.names = dict.fromkeys(orjson.loads(names))
    session.people = dict.fromkeys(orjson.loads(people))
    session.last_us, session.last_sequence, session.commands = rest[:3]
    session.shown, session.typed, session.lost, session.alerts = rest[3:]
    return SessionKey(boot, server, session_id), session
