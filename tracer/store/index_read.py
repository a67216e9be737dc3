"""Answers of one shard.

Invariant: what it yields is what the shard's records say at the moment when reading began, newest
first; nobody who adds to the shard meanwhile is in the way.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final

import orjson

from tracer.store.directory import Directory
from tracer.store.index_block import Columns, Page
from tracer.store.index_file import connect, shard_name
from tracer.store.index_notes import Gap, Session, SessionKey
from tracer.store.index_shard import BLOCK_RECORDS, load_session
from tracer.store.query import Query

_CACHED_BLOCKS: Final = 256
_MAX_RANGES: Final = 64
"""More stretches than that are asked for in one go: each question of its own costs time."""


class ShardReader:
    """Reads the shard that begins with record `first`."""

    def __init__(self, directory: Directory, first: int) -> None:
        self.first = first
        self.db = connect(directory, shard_name(first))
        self.db.execute("BEGIN")
        self.blocks: list[int] = [
            row[0] for row in self.db.execute("SELECT first FROM block ORDER BY 1")
        ]
        self.end: int = self.db.execute("SELECT next FROM state").fetchone()[0]
        """The record after its last."""
        self.columns = lru_cache(_CACHED_BLOCKS)(self._load_columns)
        self._page = lru_cache(_CACHED_BLOCKS)(self._load_page)

    def close(self) -> None:
        """Lets go of the moment."""
        self.db.close()

    def find(self, query: Query) -> Iterator[int]:
        """The records that answer, newest first."""
        labels = {row[0] for row in self.db.execute(*query.label_sql())}
        blocks = self._blocks_for(query, labels) if labels else []
        if not blocks:
            return
        if query.regex is not None:
            candidates = self._by_regex(query, blocks)
        elif query.words():
            candidates = self._by_words(query.words(), blocks)
        else:
            candidates = self._all(labels, blocks)
        last = -1
        for sequence in candidates:
            if sequence != last and self._fits(query, labels, sequence):
                last = sequence
                yield sequence

    def blocks_of(self, labels: Collection[int]) -> list[int]:
        """The blocks that hold records with any of these labels, in order."""
        sql = "SELECT block FROM block_label WHERE label IN (SELECT value FROM json_each(?))"
        rows = self.db.execute(sql, (orjson.dumps(sorted(labels)).decode(),))
        return sorted({row[0] for row in rows})

    def block_of(self, sequence: int) -> int:
        """The block that a record is in."""
        return self.blocks[bisect_right(self.blocks, sequence) - 1]

    def offset(self, sequence: int) -> int:
        """Where the record's line begins in its plain segment."""
        columns = self.columns(self.block_of(sequence))
        return columns.offsets[sequence - columns.first]

    def time_us(self, sequence: int) -> int:
        """When it was."""
        columns = self.columns(self.block_of(sequence))
        return columns.times_us[sequence - columns.first]

    def rows(self, sequence: int) -> list[str]:
        """The rows of text of a record, its late one too."""
        late = self.db.execute("SELECT block FROM late WHERE sequence = ?", (sequence,))
        found: list[str] = []
        for number in sorted({self.block_of(sequence), *(row[0] for row in late)}):
            page = self._page(number)
            numbered = zip(page.sequences, page.rows, strict=True)
            found += [row for owner, row in numbered if owner == sequence]
        return found

    def pages_with(self, text: str, blocks: list[int]) -> Iterator[Page]:
        """The pages that hold this text (folded), and may have rows of records of these blocks."""
        for number, _ in self._pages_for(blocks):
            data = self._page_data(number)
            if data is not None and Page.holds(data, text):
                yield Page.unpack(data)

    def gaps(self, query: Query) -> list[Gap]:
        """Where not everything was recorded that is asked for."""
        conditions, values = ["TRUE"], []
        for condition, value in (
            ("until_us >= ?", query.since_us),
            ("since_us <= ?", query.until_us),
            ("(pane IS NULL OR pane = ?)", query.pane or None),
            ("(session_id IS NULL OR ? IN (session_id, session_name))", query.session or None),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        sql = f"SELECT * FROM gap WHERE {' AND '.join(conditions)} ORDER BY sequence"
        return [Gap(*row) for row in self.db.execute(sql, values)]

    def sessions(self) -> Iterator[tuple[SessionKey, Session]]:
        """What the sessions amount to in this shard."""
        return map(load_session, self.db.execute("SELECT * FROM session"))

    def span_us(self) -> tuple[int, int] | None:
        """The time of its first record, and of its latest; None if it holds none."""
        if not self.blocks:
            return None
        latest = self.db.execute("SELECT max(latest_us) FROM block").fetchone()[0]
        return self.columns(self.blocks[0]).times_us[0], latest

    # ---- candidates, newest first ----

    def _all(self, labels: set[int], blocks: list[int]) -> Iterator[int]:
        for block in reversed(blocks):
            columns = self.columns(block)
            for nth in range(len(columns.labels) - 1, -1, -1):
                if columns.labels[nth] in labels:
                    yield block + nth

    def _by_words(self, words: str, blocks: list[int]) -> Iterator[int]:
        sql = "SELECT rowid FROM text WHERE text MATCH ? AND rowid BETWEEN ? AND ?"
        for low, high in self._ranges(blocks):
            bounds = (2 * low, 2 * high + 1)
            for (rowid,) in self.db.execute(f"{sql} ORDER BY rowid DESC", (words, *bounds)):
                yield rowid // 2

    def _by_regex(self, query: Query, blocks: list[int]) -> Iterator[int]:
        # A page can hold late rows of records before its own; so what is found waits until no page
        # that is still to come can hold a later one.
        assert query.regex is not None
        words = query.words()
        among = set(self._by_words(words, blocks)) if words else None
        search, found = query.regex.search, list[int]()
        pages = self._pages_for(blocks)
        for (number, _), (_, next_last) in pairwise([*pages, (0, -1)]):
            page = self._load_page(number)
            for sequence, row in zip(page.sequences, page.rows, strict=True):
                if search(row) and (among is None or sequence in among):
                    heapq.heappush(found, -sequence)
            while found and -found[0] > next_last:
                yield -heapq.heappop(found)

    # ---- blocks ----

    def _blocks_for(self, query: Query, labels: set[int]) -> list[int]:
        sql = "SELECT first FROM block WHERE latest_us >= ? AND earliest_us <= ? ORDER BY first"
        since = 0 if query.since_us is None else query.since_us
        until = (1 << 63) - 1 if query.until_us is None else query.until_us
        blocks = [row[0] for row in self.db.execute(sql, (since, until))]
        if query.is_of_any_kind:
            return blocks
        holding = set(self.blocks_of(labels))
        return [block for block in blocks if block in holding]

    def _ranges(self, blocks: list[int]) -> list[tuple[int, int]]:
        # Stretches of neighbouring blocks as their first and last record, newest first.
        place = {block: nth for nth, block in enumerate(self.blocks)}
        stretches = [
            [block for _, block in group]
            for _, group in groupby(enumerate(blocks), lambda pair: place[pair[1]] - pair[0])
        ]
        if len(stretches) > _MAX_RANGES:
            stretches = [blocks]
        return [(s[0], s[-1] + BLOCK_RECORDS - 1) for s in reversed(stretches)]

    def _pages_for(self, blocks: list[int]) -> list[tuple[int, int]]:
        # Number and last record of the pages that may have rows of these blocks, latest first.
        sql = "SELECT block, first, last FROM page ORDER BY last DESC"
        return [
            (number, last)
            for number, first, last in self.db.execute(sql)
            if _touches(blocks, self.block_of(first), last)
        ]

    def _fits(self, query: Query, labels: set[int], sequence: int) -> bool:
        columns = self.columns(self.block_of(sequence))
        nth = sequence - columns.first
        return columns.labels[nth] in labels and query.takes_time(columns.times_us[nth])

    def _load_columns(self, block: int) -> Columns:
        row = self.db.execute("SELECT data FROM columns WHERE block = ?", (block,)).fetchone()
        return Columns.unpack(block, row[0])

    def _load_page(self, block: int) -> Page:
        data = self._page_data(block)
        return Page.empty() if data is None else Page.unpack(data)

    def _page_data(self, block: int) -> bytes | None:
        row = self.db.execute("SELECT data FROM page WHERE block = ?", (block,)).fetchone()
        return row and bytes(row[0])


def _touches(blocks: list[int], first: int, last: int) -> bool:
    # Whether any of these blocks begins from one record to the other.
    nth = bisect_left(blocks, first)
    return nth < len(blocks) and blocks[nth] <= last
