"""The files of the index: an SQLite database over SHARD_RECORDS records each, called by the first.

Invariant: a file is a function of its records, and of the screens that the terminals of the file
before it had at its end, which it takes over: `taken` is the digest of these, `handed` that of its
own at its end. So a file whose `taken` isn't what the one before handed is not used.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from hashlib import sha256
from typing import Final, NamedTuple
from urllib.parse import quote

from tracer.store.directory import Directory
from tracer.store.track_write import SCHEMA as TRACK_SCHEMA

VERSION: Final = 4
SHARD_RECORDS: Final = 2_000_000
_CACHE_KIB: Final = 16 << 10
_SCHEMA: Final = """
CREATE TABLE state (
    next INTEGER, segment INTEGER, offset INTEGER, last_us INTEGER, run_end TEXT, taken TEXT,
    handed TEXT);
CREATE TABLE label (
    id INTEGER PRIMARY KEY, kind TEXT, host TEXT, boot TEXT, server INTEGER, session_id TEXT,
    session_name TEXT, pane TEXT, pane_pid INTEGER, client_pid INTEGER, major INTEGER,
    minor INTEGER, user_name TEXT, user_id TEXT, exit_code INTEGER, rule TEXT,
    rule_name TEXT, level TEXT, people TEXT);
CREATE TABLE person (label INTEGER, name TEXT, PRIMARY KEY (label, name)) WITHOUT ROWID;
CREATE TABLE account (name TEXT, uid TEXT, PRIMARY KEY (name, uid)) WITHOUT ROWID;
CREATE TABLE block (first INTEGER PRIMARY KEY, earliest_us INTEGER, latest_us INTEGER);
CREATE TABLE block_label (label INTEGER, block INTEGER, PRIMARY KEY (label, block)) WITHOUT ROWID;
CREATE TABLE columns (block INTEGER PRIMARY KEY, data BLOB);
CREATE TABLE page (block INTEGER PRIMARY KEY, first INTEGER, last INTEGER, data BLOB);
CREATE TABLE late (sequence INTEGER, block INTEGER, PRIMARY KEY (sequence, block)) WITHOUT ROWID;
CREATE VIRTUAL TABLE text USING fts5(command, shown, content='', columnsize=0);
CREATE TABLE terminal (
    name TEXT PRIMARY KEY, server INTEGER, kind TEXT, pid INTEGER, sequence INTEGER,
    is_waiting INTEGER, state BLOB, screen BLOB);
CREATE TABLE gap (
    sequence INTEGER, since_us INTEGER, until_us INTEGER, why TEXT, session_id TEXT,
    session_name TEXT, pane TEXT);
CREATE TABLE session (
    boot TEXT, server INTEGER, session_id TEXT, host TEXT, names TEXT, people TEXT,
    first_us INTEGER, last_us INTEGER, last_sequence INTEGER, commands INTEGER, shown INTEGER,
    typed INTEGER, lost INTEGER, alerts INTEGER,
    PRIMARY KEY (boot, server, session_id)) WITHOUT ROWID;
"""


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


def make(directory: Directory, start: Position, before: int | None) -> None:
    """Makes a file of no records yet, the next of which is at `start`. `before`: the first record
    of the file before it, which is full; None if there is none."""
    name = shard_name(first_of_shard(start.next))
    os.close(directory.create(name))  # for nobody else's eyes, which SQLite doesn't see to
    with closing(sqlite3.connect(directory.path / name, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN")
        for statement in f"{_SCHEMA}{TRACK_SCHEMA}".split(";"):
            db.execute(statement)
        last_us, run_end, taken = None, "", ""
        if before is not None:
            with closing(connect(directory, shard_name(before))) as previous:
                state = previous.execute("SELECT last_us, run_end, handed FROM state")
                last_us, run_end, taken = state.fetchone()
                marks = ", ".join("?" * 8)
                terminals = previous.execute("SELECT * FROM terminal")
                db.executemany(f"INSERT INTO terminal VALUES ({marks})", terminals)
        row = (*start, last_us, run_end, taken)
        db.execute("INSERT INTO state VALUES (?, ?, ?, ?, ?, ?, '')", row)
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")


def check_taken(directory: Directory, db: sqlite3.Connection, before: int | None) -> None:
    """Raises sqlite3.DatabaseError where the file took over something else than that the one before
    hands to it."""
    if before is None:
        return
    with closing(connect(directory, shard_name(before))) as previous:
        handed = previous.execute("SELECT handed FROM state").fetchone()
    if db.execute("SELECT taken FROM state").fetchone() != handed:
        raise sqlite3.DatabaseError("it goes on from something else")


def digest_of_terminals(db: sqlite3.Connection) -> str:
    """Of what this file hands to the next one."""
    digest = sha256()
    for row in db.execute("SELECT * FROM terminal ORDER BY name"):
        digest.update(repr(row).encode())
    return digest.hexdigest()
