"""What all tests share. Those of tests/{kernel,guest,log,screen} are marked by where they lie, so
that no file forgets it, and `make check` stays quick and free of root. Examples of properties have
no deadline: a shared or emulated machine may be slow at any moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.keeping import Kept
from tests.written import Written

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")

TESTS = Path(__file__).parent
MARKED_FOLDERS = ("kernel", "guest", "log", "screen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        room = item.path.relative_to(TESTS).parts[0]
        if room in MARKED_FOLDERS:
            item.add_marker(room)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """A log of its own."""
    log = Written(tmp_path / "written")
    yield log
    log.remove()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    """A log that is looked after."""
    kept = Kept(tmp_path)
    yield kept
    kept.end()
    kept.release()


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    # Indices of logs that are not the host's go there.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
