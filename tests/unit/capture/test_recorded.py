"""A recording plays the drains that were recorded, and nothing that was not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packing import drain
from tests.playbook import at_ns, exec_, fork, output
from tracer.capture.recorded import RecordedSource, record
from tracer.model import abi
from tracer.model.stage import Batch, Drain


def recording(place: Path, drains: list[Drain]) -> Path:
    path = place / "run.rec"
    with path.open("wb") as file:
        record(drains, file)
    return path


def played(path: Path) -> list[Drain]:
    source = RecordedSource(path)
    drains = []
    while (found := source.drain()) is not None:
        drains.append(found)
    source.close()
    return drains


def test_what_was_recorded_is_played(tmp_path: Path) -> None:
    """Drain by drain, empty ones too, and the number of CPUs with the first."""
    counts = [1] * (2 * abi.KINDS)
    drains = [
        drain([(fork(5), 0, 0), (exec_(5, b"ls\n", b'"'), 0, 1)], counts, 1),
        drain([], counts, 2),
        drain([(output(b"\n{}\n\xff"), 0, 0)], counts, 3),
    ]
    path = recording(tmp_path, drains)
    assert played(path) == drains
    assert RecordedSource(path).cpus == 2


_DRAIN = st.builds(
    lambda began, rings: Drain(
        began,
        [7] * abi.KINDS,
        tuple(Batch(b"".join(ring), _spans(ring)) for ring in rings),
    ),
    st.integers(0, 2**63),
    st.lists(st.lists(st.binary(max_size=50), max_size=5), max_size=2),
)


def _spans(ring: list[bytes]) -> list[tuple[int, int]]:
    return [(sum(map(len, ring[:n])), len(part)) for n, part in enumerate(ring)]


@given(drains=st.lists(_DRAIN, max_size=5))
def test_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, drains: list[Drain]) -> None:
    """Newlines and braces in records are bytes like others."""
    assert played(recording(tmp_path_factory.mktemp("any"), drains)) == drains


def test_only_records_are_kept_of_a_ring(tmp_path: Path) -> None:
    """Headers and padding between them are left out; the records are the same."""
    wide = Drain(at_ns(1), [0] * abi.KINDS, (Batch(b"--one---two-", [(2, 3), (8, 3)]),))
    (back,) = played(recording(tmp_path, [wide]))
    assert back.batches == (Batch(b"onetwo", [(0, 3), (3, 3)]),)


def test_a_recording_that_is_cut_is_an_error(tmp_path: Path) -> None:
    """At every byte, but between two drains."""
    path = recording(tmp_path, [drain([(fork(5), 0, 0)], [0] * abi.KINDS)])
    whole = path.read_bytes()
    for size in range(1, len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ValueError):
            played(path)


@pytest.mark.parametrize("text", [b"no recording\n", b"[]\n", b"{}\n", b'{"sizes": [1]}\n'])
def test_what_is_no_recording_is_an_error(tmp_path: Path, text: bytes) -> None:
    """Whatever else a file has."""
    path = tmp_path / "run.rec"
    path.write_bytes(text)
    with pytest.raises(ValueError):
        RecordedSource(path)


def test_an_empty_file_is_an_empty_run(tmp_path: Path) -> None:
    """It has ended at once, and one CPU."""
    (tmp_path / "run.rec").touch()
    source = RecordedSource(tmp_path / "run.rec")
    assert (source.drain(), source.cpus) == (None, 1)


def test_a_recording_tells_no_more_than_it_has(tmp_path: Path) -> None:
    """Nothing can be asked of a kernel that isn't there; stopping it is nothing."""
    source = RecordedSource(recording(tmp_path, [drain([], [0] * abi.KINDS)]))
    source.stop()
    assert (source.skipped(), source.tty_states()) == ([], [])
    assert source.drain() is not None
