"""tracer.cli.rules_explain"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.samples import EXEC, METADATA, NOW, PROCESS
from tests.stored import StoredLog
from tests.unit.cli.made_rules import LS, MANY, jsonl, looks, rules
from tracer.cli.rules_explain import explained, of_file, of_log
from tracer.errors import BadRecord, UnknownRule
from tracer.store.directory import Directory


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """#1 is the start, #3 a program, #4 input."""
    log = StoredLog(tmp_path / "log")
    log.segment(NOW)
    log.log("start", NOW)
    log.add(EXEC, METADATA)
    return log


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A rule, and one that counts it."""
    return rules(tmp_path / "rules", look=LS, many=MANY)


def test_a_record_of_the_log(
    log: StoredLog, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each part of the condition, with what the field holds."""
    assert explained(log.path, [directory], "looks", "#3")
    text = capsys.readouterr().out
    assert "#3 (exec) as category process_creation, product linux: met" in text
    assert "yes Image" in text
    assert "/usr/bin/ls" in text
    assert "'ls -l my file'" in text


def test_what_is_not_met_says_so(
    tmp_path: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The parts that are, too."""
    file = jsonl(tmp_path / "record.json", looks("ls", "\x1b[2Jelse"))
    assert not explained(None, [directory], "Somebody looks", str(file))
    text = capsys.readouterr().out
    assert "not met" in text
    assert "no  CommandLine" in text
    assert "yes Image" in text
    assert "\x1b" not in text


def test_a_record_of_another_kind(
    log: StoredLog, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Isn't what the rule is for."""
    assert not explained(log.path, [directory], "looks", "4")
    text = capsys.readouterr().out
    assert "it is for category process_creation, product linux; #4 (text_input) is seen as" in text
    assert "tty_input" in text
    assert not explained(log.path, [directory], "looks", "2")
    assert "#2 (seal) is seen by no rule" in capsys.readouterr().out


def test_a_correlation_by_its_rules(
    log: StoredLog, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It needs more than one record."""
    assert explained(log.path, [directory], "Somebody looks a lot", "3")
    text = capsys.readouterr().out
    assert "event_count within 1m00s by User; of these rules:" in text
    assert "as category process_creation, product linux: met" in text


def test_what_was_before_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The parent of a program is known from its own record."""
    parent = looks("ls", "parent")
    child = looks("ls", "child")
    child["process"] |= {"parent": {"pid": PROCESS.key.tgid}, "entity_id": "other", "pid": 5}
    child["process"]["parent"]["entity_id"] = parent["process"]["entity_id"]
    text = LS.replace('CommandLine|contains: "my file"', "ParentCommandLine|contains: parent")
    directory = rules(tmp_path / "rules", look=text)
    file = jsonl(tmp_path / "records.jsonl", parent, child)
    assert explained(None, [directory], "looks", str(file))


@pytest.mark.parametrize("data", [b"", b"{", b"3", b'{"event": 3}', b'{"erased": {}}'])
def test_what_is_no_record(tmp_path: Path, data: bytes) -> None:
    """Is an error that names it."""
    file = tmp_path / "file"
    file.write_bytes(data)
    with pytest.raises(BadRecord, match="file: "):
        of_file(file)
    with pytest.raises(BadRecord):
        of_file(tmp_path / "none")


def test_a_record_that_the_log_has_not(log: StoredLog, directory: Path) -> None:
    """Nor a rule that isn't there."""
    with pytest.raises(BadRecord, match="#99"):
        of_log(Directory(log.path).inside("log"), 99)
    with pytest.raises(UnknownRule, match="the nearest is looks"):
        explained(log.path, [directory], "loks", "3")


def test_an_erased_record(log: StoredLog) -> None:
    """Is none any more."""
    path = next((log.path / "log").iterdir())
    lines = path.read_bytes().splitlines()
    lines[3] = orjson.dumps({"erased": {}})
    path.write_bytes(b"\n".join([*lines, b""]))
    with pytest.raises(BadRecord, match="erased"):
        of_log(Directory(log.path).inside("log"), 3)
