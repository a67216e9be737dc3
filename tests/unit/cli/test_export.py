"""tracer.cli.export"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from tests.unit.export.made import lines, showing, written
from tracer.cli.main import app
from tracer.errors import BadFilter, BadSearch, CantExport
from tracer.export.asciicast import write_v2

SHOWN = ("hello\r\n", "\x1b]0;x\x07wor\x1b[31mld\x1b[m\r\n", "end")


@pytest.fixture
def cast(tmp_path: Path) -> Path:
    """A recording of somebody else."""
    path = tmp_path / "recorded.cast"
    path.write_bytes(written(write_v2, showing(*SHOWN), is_exact=True))
    return path


def export(cast: Path, *options: str | Path) -> Result:
    return CliRunner().invoke(app, ["export", str(cast), *map(str, options)])


def test_a_file(cast: Path, tmp_path: Path) -> None:
    """asciicast of what draws, for its owner alone."""
    out = tmp_path / "out.cast"
    assert export(cast, "-o", out).exit_code == 0
    header, *events = lines(out.read_bytes())
    assert header["version"] == 2
    assert [data for _, _, data in events] == ["hello\r\n", "wor\x1b[31mld\x1b[m\r\n", "end"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_exactly(cast: Path, tmp_path: Path) -> None:
    """Sequences are kept where that was asked for."""
    out = tmp_path / "out.cast"
    assert export(cast, "-o", out, "--exact").exit_code == 0
    assert "".join(data for _, _, data in lines(out.read_bytes())[1:]) == "".join(SHOWN)


@pytest.mark.parametrize(
    ("format_", "begins"),
    [
        ("asciicast", b'{"version":2'),
        ("asciicast3", b'{"version":3'),
        ("text", b"hello\nworld\nend\n"),
        ("html", b"<!doctype html>"),
        ("svg", b"<svg "),
        ("ndjson", b'{"event":"output"'),
    ],
)
def test_formats(cast: Path, format_: str, begins: bytes) -> None:
    """Each to a pipe."""
    done = export(cast, "--format", format_)
    assert done.exit_code == 0
    assert done.stdout_bytes.startswith(begins)


def test_a_typescript_is_two_files(cast: Path, tmp_path: Path) -> None:
    """FILE and FILE.timing."""
    out = tmp_path / "typescript"
    assert export(cast, "--format", "typescript", "-o", out).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "recorded.cast",
        "typescript",
        "typescript.timing",
    ]
    assert isinstance(export(cast, "--format", "typescript").exception, CantExport)


def test_a_part(cast: Path) -> None:
    """From a moment to another, of the clock; a still is of one."""
    start = "2023-11-14T22:13:2{}Z"
    part = ("--since", start.format(2), "--until", start.format(2))
    header, *events = lines(export(cast, *part).stdout_bytes)
    assert (header["timestamp"], header["duration"]) == (1_700_000_002, 0.0)
    assert events[-1][:2] == [0.0, "o"]
    assert "wor" in events[-1][2]
    early, late = (export(cast, "--format", "svg", "--at", start.format(n)).stdout for n in (1, 2))
    assert (">hello<" in early, ">wor<" in early) == (True, False)
    assert (">hello<" in late, ">wor<" in late) == (True, True)
    assert ">end<" in export(cast, "--format", "svg").stdout


def test_nothing_is_written_over(cast: Path, tmp_path: Path) -> None:
    """Unless that was asked for, and it is a file."""
    out, fifo, link = tmp_path / "out", tmp_path / "fifo", tmp_path / "link"
    out.write_text("mine")
    os.mkfifo(fifo)
    link.symlink_to(out)
    for path in (out, fifo, link):
        assert isinstance(export(cast, "-o", path).exception, CantExport)
    for path in (fifo, link):
        assert isinstance(export(cast, "-o", path, "--force").exception, CantExport)
    assert out.read_text() == "mine"
    assert export(cast, "-o", out, "--force").exit_code == 0
    assert orjson.loads(out.read_bytes().splitlines()[0])["version"] == 2


def test_nothing_half_written_is_left(cast: Path, tmp_path: Path) -> None:
    """Where the second file can't be made, the first goes, too."""
    (tmp_path / "out.timing").mkdir()
    done = export(cast, "--format", "typescript", "-o", tmp_path / "out")
    assert isinstance(done.exception, CantExport)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("format_", "status"), [("asciicast", 73), ("text", 0)])
def test_a_terminal_gets_text_alone(cast: Path, format_: str, status: int) -> None:
    """What programs read is no use there."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "tracer.cli.main", "export", cast, "--format", format_]
    done = subprocess.run(command, check=False, stdout=theirs, stderr=subprocess.PIPE)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == status


def test_what_makes_no_sense(cast: Path) -> None:
    """It is said before anything is read."""
    assert isinstance(export(cast, "--format", "gif").exception, BadFilter)
    assert isinstance(export(cast, "--at", "1h").exception, BadSearch)
    assert isinstance(export(cast, "--format", "html", "--exact").exception, CantExport)


def test_a_gap_is_said(tmp_path: Path) -> None:
    """On stderr, beside what is written."""
    broken = tmp_path / "broken.cast"
    broken.write_bytes(written(write_v2, showing("x")) + b"{]\n")
    assert "1 gap in it" in export(broken).stderr
