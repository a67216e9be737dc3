"""tracer.cli.rules_run"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.samples import EXEC, NOW, SECOND, FixedClock
from tests.stored import StoredLog
from tests.unit.cli.made_rules import LS, MANY, rules
from tracer.cli.rules_found import detector_of, rules_in
from tracer.cli.rules_run import Stretch, alerted, alerts_in, told
from tracer.codec.log import parse
from tracer.codec.moment import wall_ns
from tracer.detect.alerts import Alert
from tracer.store.directory import Directory
from tracer.store.follow import Follower

ALL = Stretch(None, None)


@pytest.fixture
def log(tmp_path: Path) -> StoredLog:
    """Somebody looks again and again: in three segments, twenty seconds apart."""
    log = StoredLog(tmp_path / "log")
    for part in range(3):
        log.segment(NOW + part * 200 * SECOND)
        log.log("start", NOW + part * 200 * SECOND)
        for nth in range(10):
            log.add(EXEC._replace(time_ns=at(part, nth)))
    return log


def at(part: int, nth: int) -> int:
    return NOW + (part * 200 + nth * 20) * SECOND


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A rule, and one that counts it."""
    return rules(tmp_path / "rules", look=LS, many=f"{MANY}    generate: true\n")


def live(log: StoredLog, directory: Path, repeat_s: int) -> list[Alert]:
    """As the worker does it: what comes, as it comes."""
    detector = detector_of(rules_in([directory]), repeat_s)
    follower = Follower(Directory(log.path).inside("log"), 0)
    found = []
    while not follower.is_at_end:
        for line in follower.take(100):
            found += detector.feed(line.sequence, parse(line.data))
    return found + detector.flush()


@pytest.mark.parametrize("repeat_s", [0, 60])
def test_the_same_alerts_as_live(log: StoredLog, directory: Path, repeat_s: int) -> None:
    """From the same records, by the same rules."""
    detector = detector_of(rules_in([directory]), repeat_s)
    found = list(alerts_in(Directory(log.path).inside("log"), detector, ALL))
    assert found == live(log, directory, repeat_s)
    assert {alert.about.title for alert in found} == {"Somebody looks", "Somebody looks a lot"}


def test_a_stretch_of_time(log: StoredLog, directory: Path) -> None:
    """What was before it is known; what is told is of it."""
    since, until = (FixedClock().at(at(1, nth)) for nth in (1, 5))
    detector = detector_of(rules_in([directory]), 0)
    segments = Directory(log.path).inside("log")
    found = list(alerts_in(segments, detector, Stretch(since, until)))
    expected = [alert for alert in live(log, directory, 0) if since <= alert.time_ns <= until]
    assert found == expected
    assert "Somebody looks a lot" in {alert.about.title for alert in found}
    assert len(found) < len(live(log, directory, 0)) / 3


def test_they_are_printed_as_search_prints(
    log: StoredLog, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the handle of the record that raised it."""
    assert alerted(log.path, [directory], ALL, is_json=False)
    first = capsys.readouterr().out.splitlines()[0]
    cause = next(n for n, line in enumerate(log.lines) if b'"exec"' in line)
    assert first.startswith(f"#{cause} 2026-11-20 ")
    assert "! high: Somebody looks" in first
    assert "work:0.%3" in first
    assert alerted(log.path, [directory], ALL, is_json=True)
    event = orjson.loads(capsys.readouterr().out.splitlines()[0])
    assert event["event"]["kind"] == "alert"
    assert event["ttytrace"]["alert"]["causes"] == [cause]
    assert wall_ns(event["@timestamp"]) == FixedClock().at(NOW) // 1000 * 1000


def test_none_is_no_success(
    log: StoredLog, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It prints nothing."""
    long_after = Stretch(FixedClock().at(NOW + 9999 * SECOND), None)
    assert not alerted(log.path, [directory], long_after, is_json=False)
    assert capsys.readouterr().out == ""


def test_a_damaged_line_is_passed_over(log: StoredLog, directory: Path) -> None:
    """The rest is matched."""
    path = sorted((log.path / "log").iterdir())[0]
    path.write_bytes(path.read_bytes().replace(b'"@timestamp"', b'"@timestamp', 5))
    detector = detector_of(rules_in([directory]), 0)
    assert list(alerts_in(Directory(log.path).inside("log"), detector, ALL))


def test_an_alert_as_an_event(log: StoredLog, directory: Path) -> None:
    """When it happened is when its cause did."""
    alert = live(log, directory, 0)[0]
    event = told(alert)
    assert event["ttytrace"]["boottime_ns"] == NOW
    assert event["@timestamp"] == event["event"]["start"]
