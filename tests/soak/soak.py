"""A soak: a log and a service of its own, work, and a look at it every few seconds.

Invariant: however it ends, the service and all that worked are over.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from tests.kernel.logged import Log, Run
from tests.kernel.tmux import Tmux
from tests.patience import PATIENCE_S
from tests.soak.ledger import Ledger
from tests.soak.operators import Operators
from tests.soak.probe import Held, Kernel, held, in_kernel, left_of, size_mib
from tests.soak.verdict import Sample, problems
from tests.soak.work import Work
from tracer.seal.report import Verdict

STEP_S = 0.25
SAMPLE_S = 2.0
_STEADY_S = 5


class Result(NamedTuple):
    """What a soak came to. `calm`: what was held before and after the work."""

    samples: list[Sample]
    calm: list[dict[str, Held]]
    ledger: Ledger
    problems: list[str]


def soak(place: Path, minutes: float, plan: str | None = None) -> Result:
    """Works for so long."""
    log = Log(place)
    log.set("segment_mib = 1", "keep_mib = 16")
    # Others who use tmux here would be in the figures.
    scope = f'[scope]\nsockets = ["{place}/*"]\n'
    log.config.write_text(log.config.read_text() + scope)
    ledger = Ledger(log.directory)
    try:
        with _running(log, plan) as run:
            calm = [_calm(place / "before", run, ledger)]
            kernel = in_kernel(run.pid)
            with closing(Operators(run.pid, log.config)) as operators:
                samples = list(_at_work(place, run, log, ledger, operators, minutes * 60))
            calm.append(_calm(place / "after", run, ledger))
            family = psutil.Process(run.pid).children(recursive=True)
            run.process.terminate()
            run.process.communicate(timeout=PATIENCE_S)
        ledger.look()
        found = [*problems(samples, calm, ledger), *_left(kernel, family), *unproved(log)]
        found += _unheard(operators, ledger)
        return Result(samples, calm, ledger, found)
    finally:
        log.release()


@contextmanager
def _running(log: Log, plan: str | None) -> Iterator[Run]:
    run = Run(log, plan)
    try:
        yield run
    finally:
        run.kill()


def _at_work(  # noqa: PLR0917 - all that a soak is about
    place: Path, run: Run, log: Log, ledger: Ledger, operators: Operators, seconds: float
) -> Iterator[Sample]:
    begin_s = sampled_s = time.monotonic()
    with closing(Work(place, operators.deeds())) as work:
        work.begin()
        while (now_s := time.monotonic()) - begin_s < seconds:
            work.step()
            time.sleep(STEP_S)
            if now_s - sampled_s >= SAMPLE_S:
                sampled_s = now_s
                ledger.look()
                yield _sample(now_s - begin_s, run, log, ledger)


def _sample(at_s: float, run: Run, log: Log, ledger: Ledger) -> Sample:
    kernel = in_kernel(run.pid)
    size = size_mib(log.directory / "log")
    return Sample(at_s, held(run.pid), size, len(kernel.maps), len(kernel.programs), ledger.lines)


def _calm(place: Path, run: Run, ledger: Ledger) -> dict[str, Held]:
    """What is held when nothing happens: a server has come and gone, so that what is made when it
    is first needed is there."""
    place.mkdir()
    with closing(Tmux(place)) as tmux:
        tmux.new_session("sleep 0.1")
    seen = [held(run.pid)]
    while len(seen) < _STEADY_S or any(
        _shape(each) != _shape(seen[-1]) for each in seen[-_STEADY_S:]
    ):
        time.sleep(1)
        ledger.look()
        seen.append(held(run.pid))
        assert len(seen) < PATIENCE_S, "it never comes to rest"
    return seen[-1]


def _shape(now: dict[str, Held]) -> dict[str, tuple[int, int]]:
    return {name: (each.fds, each.threads) for name, each in now.items()}


def _left(kernel: Kernel, family: Iterable[psutil.Process]) -> Iterator[str]:
    """What is there of a service that has ended."""
    if alive := psutil.wait_procs(family, PATIENCE_S)[1]:
        yield f"processes are left: {alive}"
    if any(left := left_of(kernel)):
        yield f"left in the kernel: {left}"


def _unheard(operators: Operators, ledger: Ledger) -> Iterator[str]:
    """What operators did and is not on record."""
    if ledger.ours["config"] != 1 + operators.reloads:
        yield f"{operators.reloads} reloads, and {ledger.ours['config']} records of settings"
    if not 0 < ledger.ours["read"] <= operators.watched:
        yield f"{operators.watched} watched, and {ledger.ours['read']} are on record"


def unproved(log: Log) -> Iterator[str]:
    """What the verifier says, but for what the events of loss say, which are accounted for."""
    report = log.report()
    if report.verdict not in (Verdict.OK, Verdict.INCOMPLETE):
        yield f"verify says {report.verdict}"
    for each in report.problems:
        if each.verdict is not Verdict.OK and "`lost`" not in each.text:
            yield each.text
