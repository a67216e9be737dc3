"""The recording that a command line means: one of the log, on record before anything of it is
shown, or a file.

Invariant: whoever gets a recording of this host's log here is in that log, with what and which
stretch of time they may see.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tracer.cli.hands import counted
from tracer.cli.indexed import note_reader, unnoted_searcher
from tracer.cli.labels import duration, name_of
from tracer.cli.player_goto import moment_named
from tracer.cli.when import moment, now_us, written
from tracer.codec.safe import safe_text
from tracer.errors import ManyRecordings, NoRecording, TtytraceError
from tracer.replay.files import open_recording
from tracer.replay.recording import Recording
from tracer.replay.target import SESSION, Choice, meant
from tracer.replay.views import views_of
from tracer.store.errands import Watched
from tracer.store.query import Query

_MAX_CHOICES: Final = 8
_TERMINAL: Final = re.compile(r"(?:/dev/)?pts/[0-9]+")


class Wish(NamedTuple):
    """What was asked for. Times: microseconds since 1970; `at_ns`: a moment that was counted from
    the recording's beginning. `timing`: of a typescript."""

    target: str
    at_us: int | None
    since_us: int | None
    until_us: int | None
    timing: Path | None = None
    at_ns: int | None = None

    @property
    def query(self) -> Query:
        """What must have been recorded at that time."""
        since = self.since_us if self.at_us is None else self.at_us
        until = self.until_us if self.at_us is None else self.at_us
        return Query(since_us=since, until_us=until)


class Chosen(NamedTuple):
    """`views`: the recording that was meant, then others of the same time. Moments of it: from
    where to where it may be seen, and where to begin."""

    views: Sequence[Recording]
    first_ns: int
    last_ns: int
    at_ns: int


def wish_of(target: str, at: str, since: str, until: str) -> Wish:
    """Of the words of a command line. Raises BadSearch."""
    now = now_us()
    at_ns = moment_named(at, 0, 0, None) if at.startswith("+") else None
    options = (("--at", "" if at_ns is not None else at), ("--since", since), ("--until", until))
    at_us, since_us, until_us = (moment(option, text, now) for option, text in options)
    return Wish(target, at_us, since_us, until_us, at_ns=at_ns)


@contextmanager
def chosen(log: Path | None, wish: Wish) -> Iterator[Chosen]:
    """The recording that is meant. Raises NoRecording, ManyRecordings, BadRecording of a file, and
    as opened() and note_reading() do."""
    if is_file(wish.target):
        with closing(open_recording(Path(wish.target), wish.timing)) as recording:
            yield _stretch([recording], wish, wish.at_ns)
        return
    with unnoted_searcher(log) as asking:
        try:
            choice = _only(wish, meant(asking, wish.target, wish.query))
        except TtytraceError:
            note_reader(log)  # what the error says is of the log, too
            raise
        named_ns = choice.at_ns if wish.at_ns is None else wish.at_ns
        stretch = _stretch(views_of(asking, choice), wish, named_ns)
        note_reader(log, _watched(stretch))
        yield stretch


def is_file(target: str) -> bool:
    """Whether a file is meant, not something of the log."""
    # Nobody who can put a file where we are makes a name of the log mean that.
    return "/" in target and not _TERMINAL.fullmatch(target)


def described(choice: Choice, gaps: int) -> str:
    """A line for people: #12 2026-11-20 14:30:05 1h 2m pane %3 in work on web1 ..."""
    length = duration((choice.last_us - choice.first_us) * 1000)
    parts = [f"{safe_text(choice.handle)} {written(choice.first_us)} {length}  {label_of(choice)}"]
    people = ", ".join(map(name_of, choice.people)) or "?"
    parts += [people, f"{counted(choice.size, 'byte')} shown, {counted(gaps, 'gap')}"]
    return "  ".join(parts)


def label_of(choice: Choice) -> str:
    """pane %3 in work on web1; what nothing captured can be taken for."""
    inside = f" in {', '.join(map(name_of, choice.sessions))}" if choice.sessions else ""
    host = f" on {', '.join(map(name_of, choice.hosts))}" if choice.hosts else ""
    if choice.kind == SESSION:
        inside = ""
    name = " ".join(filter(None, (name_of(choice.name), choice.terminal)))
    return f"{choice.kind} {name}{inside}{host}"


def _only(wish: Wish, choices: list[Choice]) -> Choice:
    when = "" if wish.query == Query() else " at that time"
    if not choices:
        raise NoRecording(target=name_of(wish.target), when=when)
    if len(choices) > 1:
        told = [f"{_brief(choice)}" for choice in choices[-_MAX_CHOICES:]]
        more = len(choices) - len(told)
        listed = "; ".join([*([f"{more} before"] if more else []), *told])
        target = name_of(wish.target)
        raise ManyRecordings(target=target, count=len(choices), when=when, choices=listed)
    return choices[0]


def _brief(choice: Choice) -> str:
    return f"{choice.handle} ({label_of(choice)}, from {written(choice.first_us)})"


def _stretch(views: Sequence[Recording], wish: Wish, named_ns: int | None) -> Chosen:
    recording = views[0]

    def at(time_us: int | None, default_ns: int) -> int:
        if time_us is None or recording.start_ns is None:
            return default_ns
        return min(max(0, time_us * 1000 - recording.start_ns), recording.duration_ns)

    first_ns, last_ns = at(wish.since_us, 0), at(wish.until_us, recording.duration_ns)
    at_ns = at(wish.at_us, first_ns if named_ns is None else named_ns)
    return Chosen(views, first_ns, last_ns, min(max(first_ns, at_ns), last_ns))


def _watched(chosen: Chosen) -> Watched:
    recording = chosen.views[0]
    start_ns = recording.start_ns or 0
    from_us, to_us = ((start_ns + ns) // 1000 for ns in (chosen.first_ns, chosen.last_ns))
    return Watched(recording.title, from_us, to_us)
