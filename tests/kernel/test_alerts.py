"""Rules on what `ttytrace run` records: an alert is sealed behind its cause. How the worker lives
and dies is in tests/log/test_rules_worker.py."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.tmux import Tmux
from tests.patience import eventually
from tests.ruling import ID, rule
from tracer.seal.report import Verdict

WORD = "shibboleth"
SAY = "/bin/echo shib''boleth"  # the shell's own command line doesn't have the word
MANY = 211
CHANGES = 7


@pytest.fixture
def log(plan: str | None) -> Iterator[Log]:
    """One where the worker can come, with rules of its own: the directory of a test is root's
    alone."""
    place = Path(tempfile.mkdtemp(prefix="ttytrace-"))
    place.chmod(0o755)
    (place / "rules").mkdir(mode=0o755)
    log = Log(place)
    log.match("pack = false", f'directories = ["{place / "rules"}"]', "repeat_s = 0")
    yield log
    log.release()
    shutil.rmtree(place)


def put(log: Log, text: str, name: str = "rule.yml") -> None:
    """A rule file, whole."""
    new = log.config.parent / "new.yml"
    new.write_text(text)
    new.rename(log.config.parent / "rules" / name)


def alerts(log: Log) -> list[Record]:
    return [record for record in log.records() if record["event"]["action"] == "alert"]


def programs(log: Log) -> dict[int, Record]:
    """Those with that word, by their place in the log."""
    found = [r for r in log.records() if WORD in r.get("process", {}).get("args", ())]
    return {r["event"]["sequence"]: r for r in found if r["event"]["action"] == "exec"}


def test_an_alert_stands_behind_its_cause(log: Log, start_run: StartRun, tmux: Tmux) -> None:
    """And repeats who did what where; the log verifies."""
    put(log, rule(WORD, "Somebody said it"))
    run = start_run()
    log.until_ours("rules", lambda fields: fields["state"] == "loaded")
    tmux.new_session(f"{SAY}; sleep 1001")
    (alert,) = eventually(lambda: alerts(log))
    ((sequence, cause),) = programs(log).items()
    assert alert["event"]["sequence"] > sequence
    assert alert["ttytrace"]["alert"]["causes"] == [sequence]
    assert alert["ttytrace"]["alert"]["id"] == f"{ID}:{sequence}"
    assert alert["ttytrace"]["alert"]["matched"] == {"CommandLine": [f"/bin/echo {WORD}"]}
    assert alert["ttytrace"]["alert"]["clip"]["target"].startswith("pts/")
    assert (alert["rule"]["name"], alert["event"]["severity"]) == ("Somebody said it", 73)
    for part in ("process", "user", "tmux", "host"):
        assert alert[part] == cause[part]
    assert alert["event"]["start"] == cause["@timestamp"]
    run.stop()
    assert log.verify() is Verdict.OK


def test_other_rules_take_over_without_a_loss(log: Log, start_run: StartRun, tmux: Tmux) -> None:
    """While programs start, files change and SIGHUP comes: each program has its alert, once."""
    put(log, rule(WORD))
    run = start_run()
    log.until_ours("rules")
    tmux.new_session(f"for i in $(seq {MANY}); do {SAY} $i; done; sleep 1001")
    for nth in range(CHANGES):
        put(log, rule("nobody-says-this", id_=f"{ID[:-1]}{nth}"), f"{nth}.yml")
        os.kill(run.pid, signal.SIGHUP)
        known = nth + 2
        log.until_ours("rules", lambda fields, known=known: fields["rules"] == known)
    eventually(lambda: len(programs(log)) == MANY)
    eventually(lambda: len(alerts(log)) >= MANY)
    run.kill()
    causes = [cause for each in alerts(log) for cause in each["ttytrace"]["alert"]["causes"]]
    assert sorted(causes) == sorted(programs(log))
