"""Work goes on in steps; what takes long is done elsewhere, and nothing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.keeping import Kept
from tracer.store.tasks import Task, Workplace


@pytest.fixture
def place(kept: Kept) -> Iterator[Workplace]:
    place = Workplace(kept.settings)
    yield place
    place.close()


def test_a_job_is_done_elsewhere(kept: Kept, place: Workplace) -> None:
    """Steps come back while it runs; then the task goes on with its result."""
    gate, seen = threading.Event(), []

    def job(number: int) -> int:
        gate.wait()
        seen.append(threading.current_thread() is threading.main_thread())
        return number + 1

    def task() -> Task[None]:
        seen.append((yield from place.elsewhere(job, 6)))

    work = task()
    for _ in range(50):
        assert place.step(work, kept.log, kept.now)
    assert not seen
    gate.set()
    kept.until(lambda: not place.step(work, kept.log, kept.now))
    assert seen == [False, 7]


def test_what_a_job_raises_comes_back(kept: Kept, place: Workplace) -> None:
    """In the step that finds it done."""
    work = place.elsewhere(Path("/nonexistent").read_bytes)
    with pytest.raises(FileNotFoundError):
        kept.until(lambda: not place.step(work, kept.log, kept.now))


def test_a_record_is_safe_when_its_task_goes_on(
    kept: Kept, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before: the disk decides."""
    work = place.record("read", command="x")
    with monkeypatch.context() as patch:
        patch.setattr(kept.log, "sync", lambda stamp: False)
        assert all(place.step(work, kept.log, kept.now) for _ in range(5))
    assert not kept.ours("read")
    assert not place.step(work, kept.log, kept.now)
    ((_, fields),) = kept.ours("read")
    assert fields == {"command": "x"}


def test_the_log_is_there_for_a_step_alone(kept: Kept, place: Workplace) -> None:
    """So no thread can come by it."""
    with pytest.raises(AssertionError):
        _ = place.log
