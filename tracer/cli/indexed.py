"""The index for a command: brought up to date first, with a word on stderr if that takes long."""

from __future__ import annotations

import shlex
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from pyzstd import ZstdError

from tracer.cli.cache import index_place
from tracer.cli.logs import open_log
from tracer.cli.when import written
from tracer.clock import boot_ns
from tracer.codec.safe import safe_text
from tracer.config import load
from tracer.errors import BadLog
from tracer.store.asking import is_own, note_reading
from tracer.store.errands import Watched
from tracer.store.index import Index
from tracer.store.index_notes import Gap
from tracer.store.query import Query
from tracer.store.search import Searcher

_PATIENCE_NS: Final = 1_000_000_000
_MAX_GAPS: Final = 10


def say(text: str) -> None:
    """A line on stderr, in which nothing captured does anything."""
    print(f"ttytrace: {safe_text(text)}", file=sys.stderr, flush=True)


@contextmanager
def opened(log: Path | None) -> Iterator[Index]:
    """The index of a log. Raises NoLog, BadLog, BadConfig."""
    directory = open_log(log)
    is_ours = log is None or is_own(load().log, log)
    index = Index(directory, None if is_ours else index_place(directory))
    try:
        yield index
    finally:
        index.close()


@contextmanager
def searcher(log: Path | None) -> Iterator[Searcher]:
    """To ask all that the log holds; what can't be indexed is said. This host's log records who
    asks. Raises as opened() and note_reader() do."""
    note_reader(log)
    with unnoted_searcher(log) as asking:
        yield asking


def note_reader(log: Path | None, watched: Watched | None = None) -> None:
    """Has this host's log record who reads it, by our command line. Raises as note_reading()."""
    note_reading(load().log, log, shlex.join(["ttytrace", *sys.argv[1:]]), watched)


@contextmanager
def unnoted_searcher(log: Path | None) -> Iterator[Searcher]:
    """The same for whoever has it recorded before they show anything. Raises as opened() does."""
    with opened(log) as index:
        try:
            index.catch_up(Teller(), flush=True)
        except BadLog as error:
            if not index.shards():
                raise
            say(f"not all of the log was searched: {error}")
        try:
            with closing(Searcher(index)) as asking:
                yield asking
        except (sqlite3.Error, ZstdError) as error:
            reason = f"the index is damaged ({error}); `ttytrace reindex` makes it again"
            raise BadLog(place=index.directory.path, reason=reason) from None


class Teller:
    """Tells on stderr how far the index has come; at once: from the beginning on."""

    def __init__(self, *, at_once: bool = False) -> None:
        self._due_ns = boot_ns() + (0 if at_once else _PATIENCE_NS)

    def __call__(self, sequence: int) -> None:
        """`sequence`: the record that comes next."""
        if boot_ns() >= self._due_ns:
            self._due_ns = boot_ns() + _PATIENCE_NS
            say(f"indexing, at record #{sequence}")


def say_gaps(asking: Searcher, query: Query) -> None:
    """Tells on stderr where what was asked for may not have been recorded."""
    gaps = asking.gaps(query)
    for gap in gaps[-_MAX_GAPS:]:
        say(f"not recorded: {_gap(gap)}")
    if len(gaps) > _MAX_GAPS:
        say(f"not recorded: {len(gaps) - _MAX_GAPS} more gaps before these")


def _gap(gap: Gap) -> str:
    place = ", ".join(part for part in (gap.session_name or gap.session_id, gap.pane) if part)
    since, until = written(gap.since_us), written(gap.until_us)
    stretch = since if since == until else f"{since} to {until}"
    return f"{stretch}{f' in {place}' if place else ''}: {gap.why}"
