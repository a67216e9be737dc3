"""What was chosen of a log, ready to be played: one recording, and others of the same time.

Invariant: the first view is the one that was meant; times are the same in all.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge

from tracer.replay.recording import Recording
from tracer.replay.session import Part, SessionRecording, Shown, shown_of
from tracer.replay.stored import StoredRecording
from tracer.replay.target import SESSION, Choice
from tracer.store.search import Searcher
from tracer.store.tracks import Track


def views_of(asking: Searcher, choice: Choice) -> list[Recording]:
    """A terminal; or a session, and each of its panes alone where it has several."""
    host = f" on {', '.join(choice.hosts)}" if choice.hosts else ""
    if choice.kind != SESSION:
        names = filter(None, (choice.name, *choice.sessions, choice.terminal))
        return [StoredRecording(asking, choice.tracks[0], " ".join(names) + host)]
    begin_ns = min(track.first_ns for track in choice.tracks)
    parts = [
        Part(label, StoredRecording(asking, track, label), track.first_ns - begin_ns)
        for track in choice.tracks
        for label in (track.pane_id or f"pid {track.key.pid or '?'}",)
    ]
    spans = [(part.begin_ns, part.end_ns) for part in parts]
    typed = merge(
        *(_typed(asking, track, nth, begin_ns) for nth, track in enumerate(choice.tracks))
    )
    session = SessionRecording(choice.name + host, parts, shown_of(spans, typed))
    return [session, *map(session.only, range(len(parts)))] if len(parts) > 1 else [session]


def _typed(asking: Searcher, track: Track, part: int, begin_ns: int) -> Iterator[Shown]:
    for moment in asking.track_moments(track, ("text_input",)):
        yield Shown(moment.boottime_ns - begin_ns, part)
