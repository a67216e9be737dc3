"""tracer.cli.ending, of real processes; how `live` ends is in tests/kernel/test_ending.py."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = [sys.executable, "-m", "tracer.cli.main"]
EXPLAIN = [*MAIN, "config", "explain"]
LITTLE = [*EXPLAIN, "input"]


@pytest.mark.parametrize("command", [EXPLAIN, LITTLE], ids=["at once", "in the end"])
def test_output_that_cannot_be_written_is_told(command: list[str]) -> None:
    """In one line, with a code of its own."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 74
    assert done.stderr == (
        "ttytrace: Input or output failed: No space left on device. What was to be done or shown is"
        " not complete.\n"
    )


@pytest.mark.parametrize("command", [EXPLAIN, LITTLE], ids=["at once", "in the end"])
def test_a_reader_that_went_is_no_trouble(command: list[str]) -> None:
    """Nothing is said."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writer)
    assert done.stderr == ""


def test_without_standard_output_it_ends_as_it_would() -> None:
    """It was asked for."""
    shell = ["sh", "-c", 'exec "$@" >&-', "sh", *EXPLAIN]
    done = subprocess.run(shell, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&-"])
def test_closed_streams_are_no_trouble(tmp_path: Path, closed: str) -> None:
    """Whatever a command does with them: what is written to none is gone."""
    file = tmp_path / "a.cast"
    file.write_text('{"version": 2, "width": 80, "height": 24}\n[1, "o", "seen"]\n')
    for command in (("search", "--regex", "seen", "--in", file), ("export", file)):
        shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *MAIN, *command]
        done = subprocess.run(shell, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_file_that_cannot_be_used_is_told() -> None:
    """By its name. In a process of its own, whose standard output is given up."""
    code = (
        "from pathlib import Path\n"
        "from tracer.cli.ending import errors_shown, output_written\n"
        "with errors_shown(), output_written():\n"
        "    Path('/nowhere').read_bytes()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 74
    assert "/nowhere: No such file or directory" in done.stderr
