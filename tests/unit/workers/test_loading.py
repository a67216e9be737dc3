"""The loader as who waits for it sees it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.need import lacking
from tracer.capture.program import MAPS
from tracer.errors import LoaderFailed, UnknownPlan
from tracer.settings import RingSizes, Settings
from tracer.workers.loading import Loading

pytestmark = pytest.mark.kernel
SETTINGS = Settings(rings=RingSizes(critical_pages=2, bulk_pages=4))


@pytest.fixture
def loading() -> Iterator[Loading]:
    if os.geteuid() != 0:
        lacking("loading BPF programs needs root")
    with closing(Loading(None, SETTINGS)) as begun:
        yield begun


def is_there(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_what_it_attached_stays_when_it_has_ended(loading: Loading) -> None:
    """Descriptors of maps, programs and links, which nothing that we start inherits."""
    with closing(loading.result()) as program:
        assert not is_there(loading.pid)
        assert set(program.maps) == set(MAPS)
        assert program.programs and program.links
        held = [*program.maps.values(), *program.programs.values(), *program.links]
        assert not any(map(os.get_inheritable, held))
        program.follow(4_000_001, 4_000_000, 4_000_001)
        assert program.lineage[4_000_001,] == (4_000_000, 4_000_001, 0)


def test_its_error_is_raised_here() -> None:
    """The same class, with what it was about."""
    if os.geteuid() != 0:
        lacking("loading BPF programs needs root")
    with pytest.raises(UnknownPlan, match="no plan named nonesuch") as caught:
        Loading("nonesuch", SETTINGS).result()
    assert caught.value.exit_code == 2


def test_one_that_is_killed_is_an_error(loading: Loading) -> None:
    """That says how it ended."""
    os.kill(loading.pid, signal.SIGKILL)
    with pytest.raises(LoaderFailed, match="ended with -9, so nothing is"):
        loading.result()


def test_one_that_hangs_is_ended(loading: Loading, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the deadline; nothing of it is left."""
    monkeypatch.setattr("tracer.workers.loading._GRACE_S", 0.1)
    os.kill(loading.pid, signal.SIGSTOP)
    with pytest.raises(LoaderFailed, match="said nothing for 0 s"):
        loading.result(deadline_s=0.01)
    assert not is_there(loading.pid)


def test_who_does_not_wait_any_more_ends_it(loading: Loading) -> None:
    """At once, and it takes with it what was temporary."""
    loading.close()
    assert not is_there(loading.pid)
