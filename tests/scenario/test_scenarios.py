"""Recorded runs, played again: what the pipeline makes of them is what it made before, and what
those sessions were known to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.lines import from_line, to_line
from tests.scenario.record import HERE, SCENARIOS, findings_of
from tracer.model.findings import Finding, Lost, ProcessEnded, ProgramStarted, TextOutput


def recorded(name: str) -> list[Finding]:
    return findings_of(HERE / f"{name}.rec")


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recording_gives_its_golden_findings(name: str) -> None:
    """All of them, in order, field for field. Where a change is wanted, `python -m
    tests.scenario.record --goldens` writes them anew; a changed abi.h needs a new recording."""
    golden = (HERE / f"{name}.jsonl").read_bytes().splitlines()
    assert [from_line(to_line(finding)) for finding in recorded(name)] == [
        from_line(line) for line in golden
    ]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recording_lost_nothing(name: str) -> None:
    """And each program that started has its end."""
    findings = recorded(name)
    assert not [finding for finding in findings if isinstance(finding, Lost)]
    started = {f.process.key for f in findings if isinstance(f, ProgramStarted)}
    assert started <= {f.process.key for f in findings if isinstance(f, ProcessEnded)}


def test_commands_and_their_ends() -> None:
    """What the shell ran, with arguments as given, and how each ended."""
    findings = recorded("commands")
    argvs = [f.process.argv for f in findings if isinstance(f, ProgramStarted)]
    assert (b"/bin/echo", b"a  b", b"", b'c"d') in argvs
    assert {(b"sh", b"-c", b"kill -9 $$"), (b"/bin/sh", b"-c", b"/bin/true")} <= set(argvs)
    ends = {f.process.argv: f.status for f in findings if isinstance(f, ProcessEnded)}
    assert ends[b"sh", b"-c", b"kill -9 $$"] == 9
    statuses = [f.status for f in findings if isinstance(f, ProcessEnded)]
    assert statuses.count(3 << 8) == 1


def test_output_is_whole() -> None:
    """Every number, every byte that isn't text, in one stream without a hole."""
    texts = [f for f in recorded("output") if isinstance(f, TextOutput)]
    data = b"".join(text.data for text in texts)
    numbers = b"".join(b"%d\r\n" % n for n in range(1, 3001))
    assert data == b"\r\n" + numbers + b"\xff\xfe\x1b[31mred\x1b[0m\r\n4\r\n5\r\n"
    end = texts[0].offset
    for text in texts:
        assert text.offset == end
        end += len(text.data)


def test_recordings_are_small() -> None:
    """They are in the repository."""
    assert sum(path.stat().st_size for path in Path(HERE).iterdir() if path.is_file()) < 200_000
