"""tracer.store.log; what a kill or a disk does to it is tests/log's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.attributes import changeable
from tests.written import SECOND, Written, note
from tracer.codec.identity import Fields
from tracer.errors import BadLog, BadState, LogBusy, NoLog
from tracer.seal.report import Verdict
from tracer.store.log import Log, Pace

RARELY = Pace(checkpoint_ns=10 * SECOND)  # to sync less


def file_size(written: Written) -> int:
    return sum(path.stat().st_size for path in written.segments.iterdir())


def seals(written: Written) -> list[Fields]:
    return written.about("seal")


def test_a_run(written: Written) -> None:
    """What was added is there, in order, and the verifier agrees; so it is behind another run."""
    for run in range(3):
        log = written.open()
        assert log.recovery.after == ("stop" if run else "first")
        for nth in range(100):
            log.append([note(run * 300 + nth * 3 + n) for n in range(3)], written.stamp(10))
            log.tick(written.stamp(10))
        written.stop(log)
        assert log.size == len(written.records())
    assert written.numbers() == list(range(900))
    assert len(written.names()) == 3
    assert written.verdict() is Verdict.OK


def test_a_batch_waits_for_its_tick(written: Written) -> None:
    """At most for the pace, then it is one write with one seal; an idle tick writes nothing."""
    log = written.open()
    before = len(seals(written))
    log.append([note(0)], written.stamp(1))
    log.append([note(1)], written.stamp(1))
    assert log.has_batch
    log.tick(written.stamp())
    assert written.numbers() == []
    log.tick(written.stamp(1))
    assert not log.has_batch
    assert written.numbers() == [0, 1]
    assert len(seals(written)) == before + 1
    assert "note" not in seals(written)[-1]
    size = file_size(written)
    log.tick(written.stamp(100))
    assert file_size(written) == size
    log.close(written.stamp())


def test_many_events_do_not_wait(written: Written) -> None:
    """64 KiB are written at once, with a seal."""
    log = written.open()
    log.append([note(0, "x" * 40_000)], written.stamp())
    assert written.numbers() == []
    log.append([note(1, "x" * 40_000)], written.stamp())
    assert written.numbers() == [0, 1]
    log.close(written.stamp())


def test_a_checkpoint_each_second(written: Written) -> None:
    """Even when nothing happens; the keys follow each, so a log that is behind them was cut."""
    log = written.open()
    for _ in range(100):
        log.tick(written.stamp(100))
    noted = [seal for seal in seals(written) if "note" in seal]
    assert len(noted) == len(seals(written)) == 11
    assert written.keys().head.size == log.size
    log.close(written.stamp())


def test_a_key_each_minute(written: Written) -> None:
    """The rekey directly behind a checkpoint, and a checkpoint by the new key behind it."""
    log = written.open(RARELY)
    for _ in range(20):
        log.append([note(0)], written.stamp(1))
        log.tick(written.stamp(9999))
    log.close(written.stamp())
    records = written.records()
    places = [n for n, record in enumerate(records) if record["event"]["action"] == "rekey"]
    assert len(places) == 3
    for place in places:
        before, after = (records[place + n]["ttytrace"]["log"] for n in (-1, 1))
        assert "note" in before
        assert "note" in after
        number = after["epoch"], after["interval"], after["seal"]
        assert number == (before["epoch"] + 1, 0, 0)
    assert written.keys().ratchet.epoch == 3
    assert written.verdict() is Verdict.OK


def test_a_segment_is_closed_at_its_size(tmp_path: Path) -> None:
    """At the checkpoint then; what grows goes on in the next."""
    written = Written(tmp_path, segment_mib=1)
    log = written.open()
    for number in range(30):
        log.append([note(number, "x" * 100_000)], written.stamp(1))
        log.tick(written.stamp(200))
    log.close(written.stamp())
    sizes = [path.stat().st_size for path in sorted(written.segments.iterdir())]
    assert len(sizes) == 3
    assert all(1 << 20 <= size < 2 << 20 for size in sizes[:-1])
    assert written.numbers() == list(range(30))
    assert written.verdict() is Verdict.OK
    written.remove()


def test_a_segment_is_closed_on_demand(written: Written) -> None:
    """With all that was added."""
    log = written.open()
    log.append([note(0)], written.stamp())
    log.rotate(written.stamp())
    assert written.numbers() == [0]
    assert len(written.names()) == 2
    log.close(written.stamp())
    assert written.verdict() is Verdict.OK


def test_a_sync_on_demand(written: Written) -> None:
    """Says that all is on the disk: the keys follow it."""
    log = written.open()
    log.append([note(0)], written.stamp())
    assert log.sync(written.stamp())
    assert written.keys().head.size == log.size == len(written.records())
    log.close(written.stamp())


def test_a_run_that_crashed(written: Written) -> None:
    """Is told from one that ended, with the moment of its last seal; even in a moment that looks
    like an end."""
    log = written.open()
    log.append([note(0)], written.stamp())
    last = written.stamp(5)
    assert log.sync(last)
    log._closing.close()
    again = written.open()
    assert again.recovery == ("crash", last)
    written.stop(again)
    third = written.open()
    third._closing.close()
    assert written.open().recovery.after == "crash"


def test_a_log_has_one_writer(written: Written) -> None:
    """Until it is closed."""
    log = written.open()
    with pytest.raises(LogBusy):
        written.open()
    log.close(written.stamp())
    written.open().close(written.stamp())


def test_what_is_no_log(written: Written) -> None:
    """Says which cure there is, and leaves nothing locked."""
    keys = written.place / "keys/state"
    keys.rename(written.place / "elsewhere")
    with pytest.raises(BadState):
        written.open()
    (written.place / "elsewhere").rename(keys)
    (written.place / "log").chmod(0o777)
    with pytest.raises(BadLog, match="others than root may write"):
        written.open()
    (written.place / "log").chmod(0o700)
    written.segments.rename(written.place / "segments")
    with pytest.raises(NoLog):
        written.open()
    (written.place / "log/log").symlink_to(written.place / "segments")
    with pytest.raises(BadLog):
        written.open()
    (written.place / "log/log").unlink()
    (written.place / "segments").rename(written.segments)
    written.open().close(written.stamp())


def test_a_directory_that_is_swapped(written: Written, tmp_path: Path) -> None:
    """The writer stays in the one that it opened, for its next segments as well."""
    log = written.open()
    (written.place / "log").rename(tmp_path / "moved")
    (tmp_path / "trap/log").mkdir(parents=True)
    (written.place / "log").symlink_to(tmp_path / "trap")
    log.append([note(0)], written.stamp())
    log.rotate(written.stamp())
    log.close(written.stamp())
    assert not list((tmp_path / "trap/log").iterdir())
    assert len(list((tmp_path / "moved/log").iterdir())) == 2
    changeable(tmp_path)


def test_records_are_guarded_while_they_are_written(written: Written) -> None:
    """As far as the file system can: nobody cuts or overwrites them."""
    log = written.open()
    (path,) = written.segments.iterdir()
    if log.is_append_only:
        for mode in ("r+b", "wb"):
            with pytest.raises(PermissionError):
                path.open(mode)
    log.close(written.stamp())
    if log.is_append_only:
        with pytest.raises(PermissionError):
            path.open("ab")
    assert path.stat().st_mode & 0o777 == 0o440


def test_the_pace_is_the_callers(written: Written) -> None:
    """Each part by itself."""
    log = Log.open(written.settings, written.stamp(), Pace(0, 10 * SECOND, 20 * SECOND))
    log.append([note(0)], written.stamp())
    log.tick(written.stamp())
    assert written.numbers() == [0]
    for _ in range(40):
        log.tick(written.stamp(1000))
    assert len(written.about("rekey")) == 2
    assert len([seal for seal in seals(written) if "note" in seal]) == 1 + 4 + 2
    log.close(written.stamp())


def test_where_it_stands_can_be_told(written: Written) -> None:
    """What waits and since when, what was written, and the last checkpoint on the disk."""
    log = written.open()
    log.tick(written.stamp(1000))
    checkpoint = log.standing
    assert (checkpoint.checkpoint, checkpoint.waiting) == (log.size, 0)
    assert checkpoint.written_bytes > 0 and checkpoint.error is None
    log.append([note(0), note(1)], written.stamp(5))
    standing = log.standing
    assert (standing.waiting, standing.waiting_since_ns) == (2, written.now_ns)
    assert standing.checkpoint == checkpoint.checkpoint
    log.tick(written.stamp(1000))
    assert log.standing.checkpoint == log.size == log.standing.sequence
    assert log.standing.checkpoint_at == written.stamp()
    assert log.standing.written_bytes > standing.written_bytes
    log.close(written.stamp())


def test_why_it_can_not_be_written_is_told(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as that is so."""
    log = written.open()

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.write", full)
        log.append([note(0)], written.stamp())
        log.tick(written.stamp(1000))
        assert log.standing.error == "ENOSPC"
    log.tick(written.stamp(1000))
    log.tick(written.stamp(1000))
    assert log.standing.error is None
    log.close(written.stamp())


def test_other_settings_hold_from_then_on(written: Written) -> None:
    """The size of a segment, and the room that is kept."""
    log = written.open()
    log.configure(replace(written.settings, segment_mib=1, ballast_mib=1))
    assert (written.place / "log/ballast").stat().st_size == 1 << 20
    for nth in range(20):
        log.append([note(nth, "x" * 100_000)], written.stamp())
    before = len(written.names())
    log.tick(written.stamp(1000))
    assert len(written.names()) == before + 1
    log.configure(replace(written.settings, ballast_mib=0))
    assert not (written.place / "log/ballast").exists()
    log.close(written.stamp())
