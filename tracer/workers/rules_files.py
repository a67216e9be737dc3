"""The rule files, read when the settings say so, and whenever one of them changes.

Invariant: whoever matches goes on with what was read before, until what is read anew is there. What
others than its owner can write to is not used.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Final, NamedTuple

import watchfiles

from tracer.detect.load import RuleSet, load
from tracer.detect.pack import pack
from tracer.detect.rule import Level, Place, Refusal
from tracer.settings import RuleSettings

_LOOK_MS: Final = 2000
_OTHERS_WRITE: Final = 0o022
_BUG: Final = 70  # EX_SOFTWARE


class Loaded(NamedTuple):
    """What was read with these settings: the rules that are wanted, and what can't be used.
    `digest`: of the texts of those rules."""

    settings: RuleSettings
    rules: RuleSet
    refused: tuple[Refusal, ...]
    foreign: int
    digest: str


class RuleFiles:
    """`owner`: the uid whose files are trusted, besides root's. Threads of its own read and
    watch."""

    def __init__(self, settings: RuleSettings, owner: int) -> None:
        self._settings, self._owner = settings, owner
        self._asked: SimpleQueue[None] = SimpleQueue()
        self._read: SimpleQueue[Loaded] = SimpleQueue()
        self._is_other = Event()
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._asked.put(None)
        for work in (self._reading, self._watching):
            Thread(target=_for_ever, args=(work,), name="rule files", daemon=True).start()

    def fileno(self) -> int:
        """Readable when take() has something."""
        return self._wake

    def configure(self, settings: RuleSettings) -> None:
        """Has them read with these settings."""
        self._settings = settings
        self._is_other.set()
        self._asked.put(None)

    def take(self) -> Loaded | None:
        """What was read last, once."""
        with suppress(BlockingIOError):
            os.read(self._wake, 1 << 10)
        found = None
        with suppress(Empty):
            while True:
                found = self._read.get_nowait()
        return found

    def _reading(self) -> None:
        self._asked.get()
        with suppress(Empty):
            while True:
                self._asked.get_nowait()
        self._read.put(read(self._settings, self._owner))
        with suppress(BlockingIOError):
            os.write(self._waker, b"\n")

    def _watching(self) -> None:
        self._is_other.clear()
        there = _places(self._settings)
        try:
            for nth, changes in enumerate(self._changes(there)):
                is_other = _places(self._settings) != there
                if changes or is_other or nth == 0:  # what changed before it was watched
                    self._asked.put(None)
                if is_other:
                    return
        except (OSError, RuntimeError):  # more is watched on this host than may be, or it has gone
            self._is_other.wait(_LOOK_MS / 1000)
            self._asked.put(None)

    def _changes(self, there: dict[Path, int]) -> Iterator[object]:
        """What changes; nothing, again and again, while nothing does."""
        if there:
            yield from watchfiles.watch(
                *there,
                watch_filter=None,
                stop_event=self._is_other,
                rust_timeout=_LOOK_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            )
        while not self._is_other.wait(_LOOK_MS / 1000):
            yield ()


def read(settings: RuleSettings, owner: int) -> Loaded:
    """All that is there now."""
    refused = list(filter(None, (_refusal(Path(each), owner) for each in settings.directories)))
    untrusted = {refusal.place.path for refusal in refused}
    places = [place for place in _places(settings) if str(place) not in untrusted]
    found = load(places, pack() if settings.pack else {})
    refused += (each for each in found.refusals if not each.is_foreign)
    foreign = sum(each.is_foreign for each in found.refusals)
    wanted = found.wanted(Level[settings.level.upper()], settings.without)
    return Loaded(settings, wanted, tuple(refused), foreign, _digest(wanted))


def _places(settings: RuleSettings) -> dict[Path, int]:
    """The directories that exist, and which they are: one may come, or take another's place."""
    found = {}
    for place in map(Path, settings.directories):
        with suppress(OSError):
            found[place] = place.stat().st_ino
    return found


def _refusal(directory: Path, owner: int) -> Refusal | None:
    """Why nothing of it is used, where that is so."""
    try:
        if not _is_there(directory):
            is_missed = str(directory) not in RuleSettings().directories
            return _refused(directory, "there is no such directory") if is_missed else None
        places = chain(filter(_is_free, _above(directory)), _below(directory))
        others = next(filter(partial(_is_others, owner=owner), places), None)
    except OSError as error:
        return _refused(directory, f"it can't be read: {error.strerror}")
    if others is None:
        return None
    reason = f"others than its owner can write to {others}: nothing in here is used"
    return _refused(directory, reason)


def _is_there(directory: Path) -> bool:
    # Path.exists() takes any error for no, since Python 3.14.
    with suppress(FileNotFoundError, NotADirectoryError):
        directory.stat()
        return True
    return False


def _refused(directory: Path, reason: str) -> Refusal:
    return Refusal(Place(str(directory), 1), directory.name, reason)


def _above(directory: Path) -> set[Path]:
    """Where another could take its place."""
    return {*directory.parents, *directory.resolve().parents}


def _below(directory: Path) -> Iterator[Path]:
    yield directory
    for here, directories, names in os.walk(directory):
        yield from (Path(here, name) for name in (*directories, *names))


def _is_others(path: Path, owner: int) -> bool:
    try:
        state = path.stat()
    except FileNotFoundError:  # it went just now, or is a link to nowhere
        return False
    return state.st_uid not in (0, owner) or bool(state.st_mode & _OTHERS_WRITE)


def _is_free(directory: Path) -> bool:
    """Whether who can write there can rename what others own."""
    state = directory.stat()
    return state.st_uid != 0 or not state.st_mode & stat.S_ISVTX


def _digest(rules: RuleSet) -> str:
    abouts = [*(each.about for each in rules.rules), *(each.about for each in rules.correlations)]
    lines = sorted(f"{about.key} {about.version}\n" for about in abouts)
    return hashlib.sha256("".join(lines).encode(errors="replace")).hexdigest()


def _for_ever(work: Callable[[], None]) -> None:
    try:
        while True:
            work()
    finally:
        os._exit(_BUG)  # so that the service hears of it, and starts another
