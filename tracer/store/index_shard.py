"""One file of the index: an SQLite database over SHARD_RECORDS records.

Invariant: it is a function of these records alone, so it can be thrown away and made again without
the others. A transaction ends between two records, and the file says which is the next.

Records are kept in blocks of BLOCK_RECORDS (index_block.py), text in FTS5, too: row 2n is what
record n holds, row 2n + 1 its late row.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import orjson

from tracer.store.directory import Directory
from tracer.store.index_block import Columns, Page
from tracer.store.index_entry import Entry, Label, accounts_of, entry_of
from tracer.store.index_notes import GapFinder, Session, SessionKey, session_key
from tracer.store.rows import Output, Rows
from tracer.store.track_write import SCHEMA as _TRACK_SCHEMA
from tracer.store.track_write import TrackWriter
from tracer.store.tracks import TrackKey

VERSION: Final = 2
SHARD_RECORDS: Final = 2_000_000
BLOCK_RECORDS: Final = 1024
_CACHE_KIB: Final = 16 << 10
_SCHEMA: Final = """
CREATE TABLE state (
    next INTEGER, segment INTEGER, offset INTEGER, last_us INTEGER, run_end TEXT);
CREATE TABLE label (
    id INTEGER PRIMARY KEY, kind TEXT, host TEXT, boot TEXT, server INTEGER, session_id TEXT,
    session_name TEXT, pane TEXT, pane_pid INTEGER, client_pid INTEGER, major INTEGER,
    minor INTEGER, user_name TEXT, user_id TEXT, exit_code INTEGER, people TEXT);
CREATE TABLE person (label INTEGER, name TEXT, PRIMARY KEY (label, name)) WITHOUT ROWID;
CREATE TABLE account (name TEXT, uid TEXT, PRIMARY KEY (name, uid)) WITHOUT ROWID;
CREATE TABLE block (first INTEGER PRIMARY KEY, earliest_us INTEGER, latest_us INTEGER);
CREATE TABLE block_label (label INTEGER, block INTEGER, PRIMARY KEY (label, block)) WITHOUT ROWID;
CREATE TABLE columns (block INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE page (block INTEGER PRIMARY KEY, first INTEGER, last INTEGER, data BLOB);
CREATE TABLE late (sequence INTEGER, block INTEGER, PRIMARY KEY (sequence, block)) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5(command, shown, content='', columnsize=0);
CREATE TABLE terminal (name TEXT PRIMARY KEY, state TEXT) WITHOUT ROWID;
CREATE TABLE gap (
    sequence INTEGER, since_us INTEGER, until_us INTEGER, why TEXT, session_id TEXT,
    session_name TEXT, pane TEXT);
CREATE TABLE session (
    boot TEXT, server INTEGER, session_id TEXT, host TEXT, names TEXT, people TEXT,
    first_us INTEGER, last_us INTEGER, last_sequence INTEGER, commands INTEGER, shown INTEGER,
    typed INTEGER, lost INTEGER, PRIMARY KEY (boot, server, session_id)) WITHOUT ROWID;
"""
NOTHING: Final = 0
"""The label of what isn't there: a line that can't be read, or was erased."""


class Position(NamedTuple):
    """Where the next record stands: its index, the segment's first one, the byte in it."""

    next: int
    segment: int
    offset: int


def first_of_shard(sequence: int) -> int:
    """The first record of the shard that this one belongs to."""
    return sequence // SHARD_RECORDS * SHARD_RECORDS


def shard_name(first: int) -> str:
    """The file of the shard that begins with this record."""
    return f"{first:012d}.sqlite"


def connect(directory: Directory, name: str) -> sqlite3.Connection:
    """Opens a shard; sqlite3.DatabaseError if it is none of this version."""
    uri = f"file:{quote(str(directory.path / name))}?mode=rw"  # one that is gone is not made
    db = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        db.execute("PRAGMA synchronous = NORMAL")
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.DatabaseError("another version")
    except sqlite3.DatabaseError:
        db.close()
        raise
    return db


class ShardWriter:
    """Adds records to a shard, which is made where there is none."""

    def __init__(self, directory: Directory, start: Position, last_us: int | None) -> None:
        self.first = first_of_shard(start.next)
        name = shard_name(self.first)
        if not directory.has(name):
            _make(directory, name, start, last_us)
        self._db = connect(directory, name)
        self._path = directory.path / name
        self._inode = self._path.stat().st_ino
        row = self._db.execute("SELECT * FROM state").fetchone()
        self.position = Position(*row[:3])
        self._is_damaged = False  # as the record before is, of which a gap tells
        self._gap_finder = GapFinder(*row[3:])
        self._load()

    def _load(self) -> None:
        db = self._db
        self._labels: dict[Label, int] = {}
        for number, *fields, people in db.execute("SELECT * FROM label"):
            self._labels[Label._make((*fields, tuple(orjson.loads(people))))] = number
        states = (orjson.loads(state) for (state,) in db.execute("SELECT state FROM terminal"))
        self._rows = Rows.from_states(states)
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
        return self.position.next >= self.first + SHARD_RECORDS

    @property
    def last_us(self) -> int | None:
        """When the log last said that it is alive."""
        return self._gap_finder.last_us

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
            times, self._is_damaged = (entry.time_us, entry.boottime_ns), False
        except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
            number, times = NOTHING, (self._gap_finder.last_us or 0, 0)
            if not (self._is_damaged or line.startswith(b'{"erased":')):
                self._note_gap("lines that can't be read", sequence)
                self._is_damaged = True
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
        for name, state in self._rows.changes():
            if state is None:
                db.execute("DELETE FROM terminal WHERE name = ?", (name,))
            else:
                row = (name, orjson.dumps(state).decode())
                db.execute("INSERT OR REPLACE INTO terminal VALUES (?, ?)", row)
        for key in self._touched:
            fields = _session_row(key, self._sessions[key])
            marks = ", ".join("?" * len(fields))
            db.execute(f"INSERT OR REPLACE INTO session VALUES ({marks})", fields)
        self._touched.clear()
        self._tracks.commit()
        db.execute(
            "UPDATE state SET next = ?, segment = ?, offset = ?, last_us = ?, run_end = ?",
            (*self.position, self._gap_finder.last_us, self._gap_finder.run_end),
        )
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
        self._add_text(sequence, entry)
        return number

    def _add_text(self, sequence: int, entry: Entry) -> None:
        rows: list[str] = []
        if (act := entry.act) is not None:
            self._tracks.add(TrackKey(*act.device[:3], act.pid, *act.device[3:]), sequence, entry)
        if act is not None and act.action == "text_output":
            rows = self._rows.feed(_output(sequence, entry))
            if rows:
                self._docs.append((2 * sequence, None, "\n".join(rows)))
        elif entry.command is not None:
            self._docs.append((2 * sequence, entry.command, None))
            rows = entry.command.splitlines()
        elif entry.label.kind == "pane-closed":
            pane = entry.event["tmux"]["pane"].get("pid")
            self._rows.close_pane(entry.label.boot or "", pane)
        elif entry.label.kind in ("start", "stop"):
            self._rows.flush()
        self._keep(sequence, rows)
        self._rows.tick(entry.time_us)

    def _take_late_rows(self) -> None:
        for sequence, row in self._rows.late():
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


def _make(directory: Directory, name: str, start: Position, last_us: int | None) -> None:
    os.close(directory.create(name))  # for nobody else's eyes, which SQLite doesn't see to
    db = sqlite3.connect(directory.path / name, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN")
    for statement in f"{_SCHEMA}{_TRACK_SCHEMA}".split(";"):
        db.execute(statement)
    db.execute("INSERT INTO state VALUES (?, ?, ?, ?, '')", (*start, last_us))
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")
    db.close()


def _session_row(key: SessionKey, session: Session) -> tuple[object, ...]:
    lists = (orjson.dumps(list(names)).decode() for names in (session.names, session.people))
    times = (session.first_us, session.last_us, session.last_sequence)
    counts = (session.commands, session.shown, session.typed, session.lost)
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
    session.shown, session.typed, session.lost = rest[3:]
    return SessionKey(boot, server, session_id), session


def _output(sequence: int, entry: Entry) -> Output:
    act = entry.act
    assert act is not None
    assert act.offset is not None
    assert act.size is not None
    device = (act.device.major, act.device.minor)
    return Output(
        sequence,
        entry.time_us,
        act.device.boot,
        device,
        act.pid,
        act.offset,
        act.size,
        act.columns or 80,
        act.data.decode(errors="replace"),
    )
