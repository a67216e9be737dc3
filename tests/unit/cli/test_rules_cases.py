"""tracer.cli.rules_cases"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.made_rules import BROKEN, LS, MANY, WINDOWS, jsonl, looks, rules
from tracer.cli.rules_cases import passed

HIT, MISS = looks("ls", "my file"), looks("ls", "other")


def told(directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[bool, str]:
    is_good = passed([directory])
    return is_good, capsys.readouterr().out


def test_hits_raise_and_misses_do_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each line by itself, or a list of them in order."""
    directory = rules(tmp_path / "rules", look=LS)
    jsonl(directory / "look.hit.jsonl", HIT, [MISS, HIT])
    jsonl(directory / "look.miss.jsonl", MISS)
    is_good, text = told(directory, capsys)
    assert is_good
    assert "look.yml: 3 cases" in text
    assert text.endswith("1 file, 3 cases: 0 failed, 0 refused, 0 without all tests\n")


def test_a_record_needs_what_the_rule_looks_at_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """When it was, and where it stands, is filled in."""
    directory = rules(tmp_path / "rules", look=LS)
    bare = {"event": {"action": "exec"}, "process": {"executable": "/bin/ls"}}
    hit = bare | {"process": {"executable": "/bin/ls", "command_line": "ls my file"}}
    jsonl(directory / "look.hit.jsonl", hit)
    jsonl(directory / "look.miss.jsonl", bare)
    assert told(directory, capsys)[0]


def test_what_goes_wrong_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the line of the case."""
    directory = rules(tmp_path / "rules", look=LS)
    jsonl(directory / "look.hit.jsonl", HIT, MISS)
    jsonl(directory / "look.miss.jsonl", MISS, HIT)
    is_good, text = told(directory, capsys)
    assert not is_good
    assert "look.hit.jsonl:2: raises no alert" in text
    assert "look.miss.jsonl:2: raises an alert" in text
    assert "FAILED" in text
    assert "1 failed" in text


def test_the_records_of_a_correlation_are_one_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its rules may stand elsewhere; three times within a minute, not in five."""
    directory = rules(tmp_path / "rules", look=LS, many=MANY)
    jsonl(directory / "many.hit.jsonl", *(looks("ls", "my file", after_s=n) for n in range(3)))
    jsonl(
        directory / "many.miss.jsonl", *(looks("ls", "my file", after_s=n * 99) for n in range(3))
    )
    is_good, text = told(directory, capsys)
    assert is_good
    assert "many.yml: 2 cases" in text


def test_each_rule_of_a_file_is_raised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One that nothing raises has no test."""
    other = LS.replace("1111-1111", "1111-5555").replace("name: looks", "name: other")
    other = other.replace("my file", "elsewhere").replace("Somebody looks", "Never")
    directory = rules(tmp_path / "rules", look=f"{LS}---{other}")
    jsonl(directory / "look.hit.jsonl", HIT)
    is_good, text = told(directory, capsys)
    assert not is_good
    assert "Never: nothing raises it" in text


def test_a_rule_without_tests_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is no failure; nor is a rule of another system. A broken one is."""
    directory = rules(tmp_path / "rules", look=LS, windows=WINDOWS)
    jsonl(directory / "look.hit.jsonl", HIT)
    is_good, text = told(directory, capsys)
    assert is_good
    assert "there is no look.miss.jsonl" in text
    rules(directory, broken=BROKEN)
    is_good, text = told(directory, capsys)
    assert not is_good
    assert "refused" in text
    assert "broken.yml:2" in text


@pytest.mark.parametrize("line", [b"{", b"3", b"[]", b"[1]", b"\xff", b""])
def test_what_is_no_record(tmp_path: Path, capsys: pytest.CaptureFixture[str], line: bytes) -> None:
    """Is a failure that names the line."""
    directory = rules(tmp_path / "rules", look=LS)
    (directory / "look.hit.jsonl").write_bytes(line)
    is_good, text = told(directory, capsys)
    assert not is_good
    assert "line 1" in text or "there is no record in it" in text
