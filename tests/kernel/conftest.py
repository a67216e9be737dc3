"""Fixtures of the kernel tests: `tmux` is a private server, `tracer` a tracer that runs,
`room` a session that other users may share.

TTYTRACE_PLAN picks the plan (default: the one that the tracer chooses); TTYTRACE_SCALE is the size
of big outputs in percent of what they are on a real machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.logged import Log, Run
from tests.kernel.recording import Tracer
from tests.kernel.room import Room
from tests.kernel.tmux import Tmux
from tests.need import lacking
from tests.variants import VARIANTS
from tracer.errors import TtytraceError
from tracer.probe.btf import Btf
from tracer.probe.plan import choose
from tracer.probe.survey import survey

WORKLOADS = Path(__file__).parents[1] / "workload"
PLAN = os.environ.get("TTYTRACE_PLAN") or None
IN_GUEST = "TTYTRACE_GUEST" in os.environ

StartRun = Callable[[], Run]
StartTracer = Callable[..., Tracer]
Workload = Callable[[str], Path]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that share a tracer come last: it would slow down the others."""
    items.sort(key=lambda item: "watching" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def scale() -> float:
    """What to multiply big sizes with."""
    return float(os.environ.get("TTYTRACE_SCALE", "100")) / 100


@pytest.fixture(scope="session")
def plan() -> str | None:
    """The plan that was asked for, and can be had here; None: the tracer chooses."""
    if os.geteuid() != 0:
        lacking("loading BPF programs needs root")
    if not shutil.which("tmux"):
        lacking("tmux is not installed")
    try:
        wanted = "tracepoint" if PLAN in VARIANTS else PLAN
        choose(survey(Btf.load(), wanted), wanted)
    except TtytraceError as error:
        lacking(str(error))
    return PLAN


@pytest.fixture
def start_tracer(
    plan: str | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartTracer]:
    """Starts a tracer, with the options of tests.kernel.tracing; it sees when this returns."""
    started: list[Tracer] = []

    def start(*options: str) -> Tracer:
        started.append(Tracer(tmp_path_factory.mktemp("tracer"), plan, *options))
        return started[-1]

    yield start
    for tracer in started:
        tracer.kill()


@pytest.fixture
def tracer(start_tracer: StartTracer) -> Tracer:
    """A tracer with the default settings that has seen nothing yet."""
    return start_tracer()


def _shared(fixture_name: str, config: pytest.Config) -> str:
    # A start takes half a minute where the compiler is emulated. Elsewhere tests show more.
    return "session" if IN_GUEST else "module"


@pytest.fixture(scope=_shared)
def watching(plan: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tracer]:
    """A tracer that all tests of a file share, and in a guest those of all files."""
    tracer = Tracer(tmp_path_factory.mktemp("tracer"), plan)
    try:
        yield tracer
        tracer.stop()
    finally:
        tracer.kill()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    """A private server; it starts with the first session."""
    server = Tmux(tmp_path)
    yield server
    server.close()


@pytest.fixture
def room() -> Iterator[Room]:
    """An empty room that other users can come into."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o711)
        room = Room(Path(place))
        yield room
        room.close()


@pytest.fixture
def log(plan: str | None, tmp_path: Path) -> Iterator[Log]:
    """A log of its own."""
    log = Log(tmp_path)
    yield log
    log.release()


@pytest.fixture
def start_run(log: Log, plan: str | None) -> Iterator[StartRun]:
    """Starts `ttytrace run` into `log`; it records when this returns."""
    started: list[Run] = []

    def start() -> Run:
        started.append(Run(log, plan))
        return started[-1]

    yield start
    for run in started:
        run.kill()


@pytest.fixture(scope="session")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    """The program that tests/workload/NAME.c makes."""
    place = tmp_path_factory.mktemp("workload")

    def build(name: str) -> Path:
        program = place / name
        if not program.exists():
            source = WORKLOADS / f"{name}.c"
            flags = ["-O1", "-Wall", "-Wextra", "-Werror", "-pthread"]
            subprocess.run(["cc", *flags, "-o", program, source], check=True)
        return program

    return build
