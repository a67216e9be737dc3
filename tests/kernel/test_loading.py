"""The process that records has nothing of the compiler, and nothing that it doesn't need."""

from __future__ import annotations

from pathlib import Path

from tests.kernel.conftest import StartRun
from tracer.privileges import SERVICE, effective_of, set_of


def test_no_compiler_is_in_the_process_that_records(start_run: StartRun) -> None:
    """Neither BCC nor LLVM is mapped: whoever compiled has ended."""
    run = start_run()
    maps = Path(f"/proc/{run.pid}/maps").read_text()
    assert "python" in maps
    assert not [line for line in maps.splitlines() if "libbcc" in line or "LLVM" in line]
    children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children]
    assert commands and not [each for each in commands if b"tracer.workers.loader" in each]
    run.stop()


def test_what_is_not_needed_is_given_up(start_run: StartRun) -> None:
    """By every thread."""
    run = start_run()
    for thread in Path(f"/proc/{run.pid}/task").iterdir():
        assert effective_of(int(thread.name)) | set_of(SERVICE) == set_of(SERVICE)
    run.stop()
