"""kill -9 at any moment loses nothing that a checkpoint covers, and the next start goes on."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from tests.written import MS, Written, note
from tracer.model.sealed import Stamp
from tracer.seal.report import Verdict
from tracer.store.log import Log, Pace

FAST = Pace(1 * MS, 4 * MS, 8 * MS)
LOGS = 20
KILLS = 10


def now(written: Written) -> Stamp:
    """Of the real clock."""
    written.now_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    return written.stamp()


def record(written: Written, chance: random.Random, number: int, covered: int) -> None:
    """Records numbered events for ever; tells `covered` how many a checkpoint covers."""
    log = Log.open(written.settings, now(written), FAST)
    while True:
        count = chance.randrange(20)
        log.append(
            [note(number + n, "x" * chance.randrange(300)) for n in range(count)], now(written)
        )
        number += count
        log.tick(now(written))
        match chance.randrange(12):
            case 0:
                assert log.sync(now(written))
                os.write(covered, number.to_bytes(8, "little"))
            case 1:
                log.rotate(now(written))
                os.write(covered, number.to_bytes(8, "little"))
            case 2 | 3:
                time.sleep(0.002)


def killed(written: Written, chance: random.Random, number: int) -> int:
    """Records until it is killed; how many events were covered at least."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            record(written, chance, number, writer)
        finally:
            os._exit(1)
    os.close(writer)
    time.sleep(chance.random() * 0.05)
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), "it ended by itself"
    with os.fdopen(reader, "rb") as told:
        covered = told.read()
    return int.from_bytes(covered[-8:], "little") if covered else number


@pytest.mark.parametrize("seed", range(LOGS))
def test_killed_at_a_random_moment(written: Written, seed: int) -> None:
    """Ten times in a row: each event is there once and in order, up to some that no checkpoint
    covered; the log verifies, before it is opened again and behind that."""
    chance = random.Random(seed)
    number = 0
    for _ in range(KILLS):
        covered = killed(written, chance, number)
        numbers = written.numbers()
        assert numbers == list(range(len(numbers)))
        assert len(numbers) >= covered
        assert written.verdict() in (Verdict.OK, Verdict.INCOMPLETE, Verdict.UNVERIFIABLE)
        number = len(numbers)
        log = Log.open(written.settings, now(written), FAST)
        assert log.recovery.after in ("first", "crash")
        log.append([note(number)], now(written))
        log.close(now(written))
        number += 1
        assert written.numbers() == list(range(number))
        assert written.verdict() in (Verdict.OK, Verdict.INCOMPLETE)
    assert written.report().head.size == len(written.records())
