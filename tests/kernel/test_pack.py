"""The pack at work: `ttytrace run` in front of people who do what its rules are for, and of people
who do their work."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.kernel.conftest import StartRun
from tests.kernel.drill import HIT, MARK, MISS, ORDINARY, Drill
from tests.kernel.logged import ERASE, REPO, Log, Record, Run
from tests.kernel.stolen import take_out
from tests.patience import eventually
from tracer.detect.correlation import Correlation
from tracer.detect.load import load
from tracer.detect.rule import Rule
from tracer.paths import rules_dir
from tracer.seal.report import Verdict

SETTINGS = """input = "full"
[scope]
sockets = ["{socket}"]
"""
STALL_S = 6
LEFT_OUT = ("[scope]\n", '[scope]\nwithout_users = ["daemon"]\n')
STOPPED = "ttytrace-stopped"
# Nobody is new within the first day of a log.
NOT_YET = {"client-never-seen"}


@pytest.fixture
def place() -> Iterator[Path]:
    """Where visitors, and workers without rights, can come."""
    with tempfile.TemporaryDirectory(prefix="ttytrace-") as place:
        Path(place).chmod(0o755)
        yield Path(place)


@pytest.fixture
def log(plan: str | None, place: Path) -> Iterator[Log]:
    """A log of its own."""
    log = Log(place)
    log.match("directories = []", 'level = "informational"', "repeat_s = 0")
    log.config.write_text(SETTINGS.format(socket=place / "sock") + log.config.read_text())
    yield log
    log.release()


@pytest.fixture
def drill(log: Log, place: Path) -> Iterator[Drill]:
    drill = Drill(place)
    yield drill
    drill.close()


def test_each_rule_is_raised_by_what_it_is_for(
    log: Log, start_run: StartRun, drill: Drill, scale: float
) -> None:
    """In real panes, by real commands, in the sealed log. Near misses don't raise what they nearly
    are, and a day's work raises nothing."""
    names = {e.about.key: Path(e.about.place.path).stem for e in told_by_pack()}
    run = start_run()
    log.until(lambda record: record["event"]["action"] == "rules")
    drill.open()
    drill.drive()
    drill.visit()
    drill.work()
    if scale >= 1:  # an emulated machine needs minutes for them
        drill.play(MISS)
    drill.play(HIT)
    drill.paste()
    turn_on(run, log, drill)
    wait_for(log, names, NOT_YET | {STOPPED})
    run.process.terminate()
    run.process.wait()
    again = start_run()
    wait_for(log, names, NOT_YET)
    again.stop()
    part_of = parts(log)
    for alert in alerts(log):
        kind, name = part_of(alert["ttytrace"]["alert"]["causes"][-1])
        assert kind != ORDINARY, alert
        assert (kind, name) != (MISS, names[alert["rule"]["id"]]), alert
    assert log.verify() is Verdict.INCOMPLETE  # a stretch wasn't recorded


def told_by_pack() -> list[Rule | Correlation]:
    """All that alerts come from."""
    rules = load([rules_dir()])
    return [each for each in (*rules.rules, *rules.correlations) if not each.is_silent]


def turn_on(run: Run, log: Log, drill: Drill) -> None:
    """Somebody turns on ttytrace itself."""
    record = log.until(is_mark)["event"]["sequence"]
    erase = [*ERASE, str(record), "--config", str(log.config), "--reason", "a test"]
    subprocess.run(erase, cwd=REPO, check=True)
    take_out(run.pid, drill.tmux.pid)
    log.until_ours("watch")
    log.config.write_text(log.config.read_text().replace(*LEFT_OUT))
    run.process.send_signal(signal.SIGHUP)
    log.until_ours("config", lambda fields: "by" in fields)
    run.process.send_signal(signal.SIGSTOP)
    time.sleep(STALL_S)
    run.process.send_signal(signal.SIGCONT)


def alerts(log: Log) -> list[Record]:
    """All that are sealed."""
    return [record for record in log.records() if record["event"]["action"] == "alert"]


def wait_for(log: Log, names: dict[str, str], without: set[str]) -> None:
    """Until each rule has raised an alert."""

    def missing() -> set[str]:
        return {*names.values()} - without - {names[one["rule"]["id"]] for one in alerts(log)}

    eventually(
        lambda: not missing(),
        lambda: f"nothing raised {missing()}; not known who typed: {of_nobody(log)}",
    )


def of_nobody(log: Log) -> list[str]:
    """Why nobody is named for what was typed."""
    inputs = (each for each in log.records() if each["event"]["action"] == "text_input")
    ranges = chain.from_iterable(each["tmux"]["typed_by"] for each in inputs)
    return [each["reason"] for each in ranges if each["how"] == "unknown"]


def is_mark(record: Record) -> bool:
    """Whether a part of the drill begins with it."""
    args = record.get("process", {}).get("args", [])
    return record["event"]["action"] == "exec" and args[1:2] == [MARK]


def parts(log: Log) -> Callable[[int], tuple[str, str]]:
    """In which part of the drill a record is: its kind, and the rule's name."""
    marks = {-1: ("", "")}
    for record in log.records():
        if is_mark(record):
            _, _, kind, name = record["process"]["args"]
            marks[record["event"]["sequence"]] = (kind, name)
    begins = sorted(marks)
    return lambda sequence: marks[begins[bisect(begins, sequence) - 1]]
