"""What replay shows is what tmux showed: at the end, and at random moments before, which are sought
through the index as `ttytrace replay` does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import NamedTuple

import pytest

from tests.kernel.logged import Log, Run
from tests.kernel.moments import Moment
from tests.kernel.programs import PROGRAMS
from tests.kernel.stage import CLIENT, Stage
from tests.seen import Seen, captured, shown
from tracer.replay.playback import Playback
from tracer.replay.recording import Output
from tracer.replay.stored import StoredRecording
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import Query
from tracer.store.search import Searcher
from tracer.store.tracks import Track

_ROUNDS = 100
_TOLERANCE_NS = 20_000_000


class Played(NamedTuple):
    """A stage, and the log of what was done there."""

    stage: Stage
    asking: Searcher

    def track(self, name: str) -> Track:
        """The terminal of a program, or of the client."""
        is_client = name == CLIENT
        pane = self.stage.client if is_client else self.stage.panes.get(name, self.stage.stamping)
        server = self.stage.stamping.server_pid
        kind = CLIENT if is_client else "pane"
        (track,) = (
            track
            for track in self.asking.tracks(Query())
            if (track.key.server, track.key.kind) == (server, kind)
            and (track.key.major, track.key.minor) == pane.tty
        )
        return track


@pytest.fixture(scope="module")
def played(plan: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Everything is recorded once, for all tests of this file."""
    place = tmp_path_factory.mktemp("stage")
    log = Log(place)
    run = Run(log, plan)
    stage = Stage(place)
    try:
        stage.play(_ROUNDS)
        stage.end()
        run.stop()
        with closing(Index(Directory(log.directory))) as index:
            index.catch_up(flush=True)
            with closing(Searcher(index)) as asking:
                yield Played(stage, asking)
    finally:
        run.kill()
        stage.close()
        log.release()


@pytest.mark.parametrize("name", [*PROGRAMS, CLIENT])
def test_the_screen_of(played: Played, name: str) -> None:
    """At each moment it has the same text, colours and cursor; and so it has at the end."""
    track, moments = played.track(name), played.stage.moments[name]
    recording = StoredRecording(played.asking, track, name)
    playback = Playback(recording)
    for number in sorted(range(len(moments)), key=_shuffled):
        moment = moments[number]
        playback.seek(moment.asked_ns - track.first_ns)
        difference = _difference(playback, moment, moment.answered_ns - track.first_ns)
        assert not difference, f"{name}, moment {number}: replayed | true\n{difference}"
    playback.seek(recording.duration_ns)
    difference = shown(playback.scene.screen).difference(_truth(moments[-1]))
    assert not difference, f"{name}, the end: replayed | true\n{difference}"


def test_the_time(played: Played) -> None:
    """What a program showed is shown within 20 ms of when the terminal showed it: after it was
    written, and before the terminal answered a question that was written behind it."""
    track = played.track("stamps")
    recording = StoredRecording(played.asking, track, "stamps")
    at_ns = dict(_stamped(recording, track.first_ns))
    stamps = [each for each in played.stage.stamps() if each[0] in at_ns]
    assert len(stamps) > len(at_ns) * 0.9
    early = sorted(written - at_ns[written] for written, _ in stamps)
    late = sorted(at_ns[written] - answered for written, answered in stamps)
    print(f"{len(stamps)} stamps: at most {early[-1]} ns before, {late[-1]} ns behind")
    assert max(early[-1], late[-1]) <= _TOLERANCE_NS


def _difference(playback: Playback, moment: Moment, until_ns: int) -> str:
    """How the screen differs from the truth, if it does at the moment and at each until `until_ns`:
    what had been written when tmux was asked may have come while it answered."""
    truth = _truth(moment)
    first = shown(playback.scene.screen).difference(truth)
    if not first:
        return ""
    screen = playback.scene.screen
    events = playback.recording.events(playback.recording.keyframe(playback.at_ns))
    for event in events:
        if event.at_ns > until_ns:
            break
        if isinstance(event, Output) and event.at_ns > playback.at_ns:
            for byte in event.data:
                screen.feed(bytes([byte]))
                if shown(screen) == truth:
                    playback.seek(0)  # what was fed is not known to it
                    return ""
    return first


def _truth(moment: Moment) -> Seen:
    return captured(moment.columns, moment.rows, moment.cursor, moment.captured)


def _shuffled(number: int) -> int:
    # Back and forth, so that some are found by going on and some from a keyframe.
    return number * 7919 % 1009


def _stamped(recording: StoredRecording, first_ns: int) -> Iterator[tuple[int, int]]:
    # Each stamp, and when the last byte of it is shown.
    rest = b""
    for event in recording.events(recording.keyframe(0)):
        if isinstance(event, Output):
            *lines, rest = (rest + event.data).split(b"\r\n")
            for line in lines:
                yield int(line.rpartition(b"@")[2]), event.at_ns + first_ns
