"""Rules that follow a real log in a real worker: whatever is killed, changed or skipped, each match
is told once, or it is told what was left out."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.ruling import ID, Ruling, rule
from tests.written import output
from tracer.privileges import effective_of, worker_account
from tracer.settings import RuleSettings

WORD = "shibboleth"
KILLS = 5
MIB = 1 << 20


@pytest.fixture
def ruling() -> Iterator[Ruling]:
    ruling = Ruling()
    ruling.put("rule.yml", rule(WORD))
    yield ruling
    ruling.close()


def started(ruling: Ruling, **settings: object) -> Ruling:
    """With rules that are read."""
    before = len(ruling.said("loaded"))
    ruling.start(**settings)
    ruling.until(lambda: len(ruling.said("loaded")) > before)
    return ruling


def test_the_worker_has_no_rights(ruling: Ruling) -> None:
    """And reads as its account can."""
    started(ruling)
    status = Path(f"/proc/{ruling.pid}/status").read_text()
    account = worker_account()
    assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}\t{account.uid}\n" in status
    assert "Groups:\t \n" in status
    assert "NoNewPrivs:\t1\n" in status
    assert effective_of(ruling.pid) == 0


def test_it_reads_a_log_where_its_account_cannot_come(ruling: Ruling) -> None:
    """As the service gave it the directory."""
    ruling.put("rule.yml", rule(WORD))
    started(ruling)
    ruling.written.place.joinpath("log").chmod(0o700)
    os.kill(ruling.pid, signal.SIGKILL)
    ruling.skip_s(11)
    ruling.run("ls", WORD)
    ruling.until(ruling.alerted)


def test_a_worker_that_is_killed_tells_each_once(ruling: Ruling) -> None:
    """At any moment: what it had told and what it had not."""
    chance = random.Random(7)
    started(ruling)
    wanted = []
    for _ in range(KILLS):
        wanted += [ruling.run("ls", WORD) for _ in range(chance.randrange(1, 40))]
        turns = chance.randrange(4)
        for _ in range(turns):
            time.sleep(chance.random() * 0.02)
            ruling.turn()
        os.kill(ruling.pid, signal.SIGKILL)
        ruling.skip_s(11)
    ruling.until(lambda: len(ruling.causes()) >= len(wanted))
    ruling.until_caught_up()
    assert sorted(ruling.causes()) == wanted


def record_until_killed(place: Path, seed: int) -> None:
    """Records matches for ever, as a run does."""
    chance = random.Random(seed)
    ruling = Ruling(place)
    ruling.start()
    while True:
        ruling.run(*["ls", WORD][: chance.randrange(1, 3)])
        ruling.turn()
        time.sleep(chance.random() * 0.01)


def killed(place: Path, seed: int) -> None:
    """The service, and its worker by that, at a random moment."""
    pid = os.fork()
    if pid == 0:
        try:
            record_until_killed(place, seed)
        finally:
            os._exit(1)
    time.sleep(0.3 + random.Random(seed).random())
    os.kill(pid, signal.SIGKILL)
    assert os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def test_a_service_that_is_killed_tells_each_once(ruling: Ruling) -> None:
    """The next run goes on where the log and what is kept beside it say."""
    place = ruling.release()
    for seed in range(KILLS):
        killed(place, seed)
    ruling.reopen()
    started(ruling)
    ruling.until_caught_up()
    programs = [r for r in ruling.written.records() if r["event"]["action"] == "exec"]
    wanted = [r["event"]["sequence"] for r in programs if WORD in r["process"]["args"]]
    assert len(wanted) > KILLS
    assert sorted(ruling.causes()) == wanted


def test_a_run_that_ends_leaves_the_rest_to_the_next(ruling: Ruling) -> None:
    """Though it ended at once."""
    ruling.start()
    sequence = ruling.run("ls", WORD)
    ruling.stop()
    assert ruling.causes() == []
    started(ruling)
    ruling.until(ruling.alerted)
    assert ruling.causes() == [sequence]


def test_what_was_before_counts(ruling: Ruling) -> None:
    """A correlation that began before the worker did is met by what comes behind it."""
    ruling.put("rule.yml", rule(WORD) + CORRELATION)
    started(ruling)
    first = ruling.run("ls", WORD)
    ruling.until_caught_up()
    assert ruling.causes() == []
    ruling.stop()
    started(ruling)
    second = ruling.run("ls", WORD)
    ruling.until(ruling.alerted)
    assert ruling.causes() == [first, second]


CORRELATION = """---
title: Twice
status: test
level: high
correlation:
    type: event_count
    rules: [7d1b9c1e-0f1c-4a53-8a0e-0b2b6c7d8e9f]
    group-by: [User]
    timespan: 10m
    condition:
        gte: 2
"""


def test_a_changed_file_takes_over_between_two_records(ruling: Ruling) -> None:
    """By itself; a broken one is named, and the others stay."""
    started(ruling)
    ruling.put("other.yml", rule("password", id_=f"{ID[:-1]}0"))
    ruling.until(lambda: [said for said in ruling.said("loaded") if said["rules"] == 2])
    ruling.put("other.yml", "title: [")
    said = ruling.until(lambda: [each for each in ruling.said("loaded") if each["refused"]])[0]
    assert (said["rules"], said["refused"]) == (1, 1)
    assert said["refusals"][0]["place"].startswith(str(ruling.rules / "other.yml"))
    sequence = ruling.run("ls", WORD)
    ruling.until(ruling.alerted)
    assert ruling.causes() == [sequence]


def test_other_settings_take_over(ruling: Ruling) -> None:
    """In the same worker: what it knows still counts."""
    started(ruling)
    pid = ruling.pid
    assert ruling.alerts
    ruling.alerts.configure(ruling.asked(level="critical", repeat_s=60))
    ruling.until(lambda: [said for said in ruling.said("loaded") if said["rules"] == 0])
    ruling.run("ls", WORD)
    ruling.until_caught_up()
    assert (ruling.causes(), ruling.pid) == ([], pid)
    ruling.alerts.configure(ruling.asked(directories=()))
    assert (ruling.alerts.state, ruling.alerts.trouble) == ({}, None)


def test_rules_that_others_can_write_to_are_not_used(ruling: Ruling) -> None:
    """Nor what stands beside them: who can write there could silence the rest."""
    ruling.put("mine.yml", rule("password", id_=f"{ID[:-1]}0")).chmod(0o666)
    started(ruling)
    said = ruling.said("loaded")[0]
    assert (said["rules"], said["refused"]) == (0, 1)
    assert "others than its owner can write to" in said["refusals"][0]["reason"]


def test_who_is_too_far_behind_skips_and_says_so(ruling: Ruling) -> None:
    """From where to where."""
    sequence = ruling.run("ls", WORD)
    for number in range(12):
        ruling.append(output(number, "x" * 300_000))
    ruling.start(behind_mib=2)
    (dropped,) = ruling.until(lambda: ruling.said("dropped"))
    assert (dropped["reason"], dropped["first"]) == ("behind", ruling.first)
    assert dropped["first"] <= sequence < dropped["until"]
    assert dropped["records"] == dropped["until"] - dropped["first"]
    later = ruling.run("ls", WORD)
    ruling.until(ruling.alerted)
    assert ruling.causes() == [later]


def test_the_pack_runs_by_default(ruling: Ruling) -> None:
    """All of its rules can be used."""
    ruling.settings = replace(RuleSettings(), level="informational")
    started(ruling)
    said = ruling.said("loaded")[0]
    assert said["rules"] >= 40
    assert (said["refusals"], said["foreign"]) == ([], 0)
