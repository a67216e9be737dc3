"""What can be done to a log, and what verify says of it: with the first public key (P), with the
seed as well (S), with the key and anchors from before the epoch in progress (A)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from tests.log.tamper import (
    Copy,
    Forger,
    Seized,
    about,
    check,
    checkpoint,
    continued,
    make,
    renumbered,
    stamp_of,
)
from tests.written import SECOND, Written
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.model.sealed import End, Previous
from tracer.seal.anchor import Anchor
from tracer.seal.erased import erased_line
from tracer.seal.keys import new_secret
from tracer.seal.note import Head, Signer
from tracer.seal.report import Report, Verdict
from tracer.seal.stage import Keys
from tracer.seal.tree import leaf_hash
from tracer.seal.verify import Trust

OK, TAMPERED, ROLLBACK = Verdict.OK, Verdict.TAMPERED, Verdict.ROLLBACK
INCOMPLETE, UNVERIFIABLE = Verdict.INCOMPLETE, Verdict.UNVERIFIABLE
TWO_HOURS_NS = 7200 * SECOND


class Row(NamedTuple):
    """`expected`: in modes P, S and A. `log`: which of the logs is changed."""

    name: str
    expected: tuple[Verdict, Verdict, Verdict]
    change: Callable[[Copy], None]
    log: str


ROWS: list[Row] = []


def row(
    name: str, *expected: Verdict, log: str = "plain"
) -> Callable[[Callable[[Copy], None]], Callable[[Copy], None]]:
    def add(change: Callable[[Copy], None]) -> Callable[[Copy], None]:
        p, s, a = expected * 3 if len(expected) == 1 else expected
        ROWS.append(Row(name, (p, s, a), change, log))
        return change

    return add


# ---- the logs ----


def gap(written: Written) -> list[Fields]:
    return [control("gap", written.stamp(), reason="disk-full")]


def lost(written: Written) -> list[Fields]:
    return [{"event": {"action": "lost"}, "ttytrace": {"lost": {"records": 3}}}]


def removals(written: Written) -> list[Fields]:
    """Says that the first two segments are removed and one record of the third is erased."""
    firsts = sorted(int(path.stem) for path in written.segments.glob("*.jsonl"))
    index, line = erasable(lines_of(written, firsts[2]), firsts[2])
    leaf = b64encode(leaf_hash(line)).decode()
    return [
        control("prune", written.stamp(), first=0, until=firsts[2]),
        control("erase", written.stamp(), index=index, leaf=leaf),
    ]


def lines_of(written: Written, first: int) -> list[bytes]:
    return (written.segments / f"{first:012d}.jsonl").read_bytes().split(b"\n")[:-1]


def erasable(lines: list[bytes], first: int) -> tuple[int, bytes]:
    """An event of a segment, and its index."""
    nth = next(n for n in range(6, len(lines)) if not about(lines[n])[0])
    return first + nth, lines[nth]


@pytest.fixture(scope="session")
def logs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seized]:
    def place(name: str) -> Path:
        return tmp_path_factory.mktemp(name)

    return {
        "plain": make(place("plain")),
        "other": make(place("other")),
        "gap": make(place("gap"), gap),
        "lost": make(place("lost"), lost),
        "set back": make(place("back"), set_back_ns=TWO_HOURS_NS),
        "removals": make(place("removals"), removals),
    }


# ---- the table ----


@row("1 nothing", OK)
def nothing(log: Copy) -> None:
    pass


@row("2 a bit flips", TAMPERED)
def bit(log: Copy) -> None:
    index = log.event_behind(60)
    line = bytearray(log.lines[index])
    line[len(line) // 2] ^= 1
    log.replace(index, bytes(line))


# Stricter than by checkpoints alone: the seal behind it has the root.
@row("3 a bit flips behind the last checkpoint", TAMPERED)
def bit_in_tail(log: Copy) -> None:
    log.edit(log.event_behind(log.checkpoints()[-1]))


@row("3b the same, and the seal's root is made right without keys", OK, TAMPERED, OK)
def edit_in_tail(log: Copy) -> None:
    index = log.event_behind(log.checkpoints()[-1])
    log.edit(index)
    log.lines = keyless(log).resealed(log.lines, index)


@row("4 a record is deleted", TAMPERED)
def delete(log: Copy) -> None:
    lines = log.lines
    del lines[log.event_behind(60)]
    log.lines = lines


@row("5 and the rest is renumbered", TAMPERED)
def delete_renumbered(log: Copy) -> None:
    delete(log)
    log.lines = renumbered(log.lines)


@row("6 two records change places", TAMPERED)
def swap(log: Copy) -> None:
    lines, index = log.lines, log.event_behind(60)
    lines[index], lines[index + 1] = lines[index + 1], lines[index]
    log.lines = lines


@row("6b and are renumbered", TAMPERED)
def swap_renumbered(log: Copy) -> None:
    swap(log)
    log.lines = renumbered(log.lines)


@row("7 a record is repeated", TAMPERED)
def repeat(log: Copy) -> None:
    index = log.event_behind(60)
    log.lines = [*log.lines[: index + 1], *log.lines[index:]]


@row("8 a record is invented", TAMPERED)
def invent(log: Copy) -> None:
    repeat(log)
    log.lines = renumbered(log.lines)


@row("9 the tail behind the last checkpoint is dropped", OK)
def drop_tail(log: Copy) -> None:
    log.cut(log.checkpoints()[-1] + 1)


@row("10 a cut within the batch behind the last checkpoint", OK)
def cut_batch(log: Copy) -> None:
    log.cut(log.checkpoints()[-1] + 2)


@row("11 the last seconds are cut off, verified at once", OK)
def cut_end(log: Copy) -> None:
    log.cut(log.checkpoints()[-5] + 1)


@row("12 the same, ten minutes later", INCOMPLETE)
def cut_and_silent(log: Copy) -> None:
    cut_end(log)
    log.now_ns += 600 * SECOND


@row("12b and somebody adds a stop that nothing seals", INCOMPLETE)
def cut_and_stop(log: Copy) -> None:
    cut_and_silent(log)
    stop = control("stop", stamp_of(log))
    stop["event"]["sequence"] = len(log.lines)
    log.lines = [*log.lines, orjson.dumps(stop)]


@row("13 the log goes back behind an anchor, verified at once", OK, OK, ROLLBACK)
def go_back(log: Copy) -> None:
    size = log.seized.heads[len(log.seized.heads) // 3].size
    log.cut(size + 1)


@row("14 a segment in the middle is deleted", TAMPERED)
def delete_segment(log: Copy) -> None:
    del log.segments[sorted(log.segments)[1]]


@row("15 the first segment is deleted", TAMPERED)
def delete_first(log: Copy) -> None:
    del log.segments[0]


@row("16 two segments change names", TAMPERED)
def swap_segments(log: Copy) -> None:
    one, other = sorted(log.segments)[1:3]
    log.segments[one], log.segments[other] = log.segments[other], log.segments[one]


@row("17 an old segment comes again under a new name", TAMPERED)
def replay_segment(log: Copy) -> None:
    log.segments[len(log.lines)] = log.segments[sorted(log.segments)[1]]


@row("18 an old epoch is edited, and signed with the key of the moment", TAMPERED)
def edit_old(log: Copy) -> None:
    index = log.event_behind(60)
    log.edit(index)
    log.lines = stolen(log).resealed(log.lines, index)


@row("18b the same in the epoch that ended last", TAMPERED)
def edit_last_epoch(log: Copy) -> None:
    index = log.event_behind(log.indices("rekey")[-1] - 6)
    log.edit(index)
    log.lines = stolen(log).resealed(log.lines, index)


# The hole that the seed closes; an anchor does where it lies behind the edit.
@row("19 the epoch in progress is edited with its stolen key", OK, TAMPERED, OK)
def edit_live(log: Copy) -> None:
    index = log.event_behind(log.indices("rekey")[-1])
    log.edit(index)
    log.lines = stolen(log).resealed(log.lines, index)


@row("19b and an anchor lies behind the edit", OK, TAMPERED, ROLLBACK)
def edit_live_anchored(log: Copy) -> None:
    edit_live(log)
    log.anchors.append(Anchor(log.origin, log.seized.heads[-2]))


@row("20 a cut in the epoch in progress, and on with the stolen keys", OK, TAMPERED, OK)
def cut_and_go_on(log: Copy) -> None:
    end = log.checkpoints()[-5]
    keys, ratchet = log.seized.stolen, log.seized.stolen.ratchet
    number = about(log.lines[end])[1]["seal"] + 1
    log.lines = log.lines[: end + 1]
    keys = keys._replace(ratchet=ratchet._replace(seal=number))
    log.lines = [*log.lines, *continued(log.lines, keys, log.now_ns - 5 * SECOND)]


# Seals are numbered without a hole.
@row("20b the same, with the seal numbers that the keys have", TAMPERED)
def cut_and_go_on_in_order(log: Copy) -> None:
    log.lines = log.lines[: log.checkpoints()[-5] + 1]
    log.lines = [*log.lines, *continued(log.lines, log.seized.stolen, log.now_ns - 5 * SECOND)]


# The only way to skip seals is to say that the disk lost them.
@row("20c the same, and the disk is blamed", ROLLBACK)
def cut_and_blame(log: Copy) -> None:
    blame(log, End.BEHIND)


@pytest.mark.parametrize("end", [End.TORN, End.IO_ERROR, End.SEALED])
def test_only_a_lost_seal_may_be_skipped(logs: dict[str, Seized], tmp_path: Path, end: End) -> None:
    """Neither a crash nor an I/O error makes seals go that were synced."""
    log = Copy(logs["plain"])
    blame(log, end)
    assert report(log, "S", tmp_path).verdict is TAMPERED


@row("21 a cut across epochs, and on with the stolen keys", TAMPERED)
def cut_epochs(log: Copy) -> None:
    end = [n for n in log.checkpoints() if n < log.indices("rekey")[-1]][-5]
    log.lines = [*log.lines[: end + 1], *continued(log.lines[: end + 1], *thief(log))]


@row("21b the same, with the rekey that there was", TAMPERED)
def cut_epochs_with_rekey(log: Copy) -> None:
    rekey = log.indices("rekey")[-1]
    end = [n for n in log.checkpoints() if n < rekey][-5]
    lines = renumbered([*log.lines[: end + 1], log.lines[rekey]])
    keys, now_ns = thief(log)
    keys = keys._replace(ratchet=keys.ratchet._replace(seal=0))
    log.lines = [*lines, *continued(lines, keys, now_ns)]


@row("22 all checkpoints are deleted", TAMPERED)
def delete_checkpoints(log: Copy) -> None:
    log.lines = [line for line in log.lines if not checkpoint(line)]


@row("22b all signatures are taken out, and roots made right", TAMPERED)
def strip_signatures(log: Copy) -> None:
    log.lines = Forger(lambda _: None, log.seized.stolen.ratchet).resealed(log.lines, 0)


@row("23 checkpoints of another log", TAMPERED)
def other_checkpoints(log: Copy) -> None:
    other = Signer("ttytrace/0123456789abcdef", new_secret())
    forger = Forger(
        lambda head: other.sign(head.text(other.public.name)), log.seized.stolen.ratchet
    )
    log.lines = forger.resealed(log.lines, 0)


@row("24 the last line is cut off", INCOMPLETE)
def half_line(log: Copy) -> None:
    last = max(log.segments)
    log.tails[last] = log.segments[last].pop()[:40]


@row("25 half a line behind a segment in the middle", TAMPERED)
def half_line_inside(log: Copy) -> None:
    log.tails[sorted(log.segments)[1]] = b'{"half'


@row("25b half a line within a segment", TAMPERED)
def half_line_within(log: Copy) -> None:
    index = log.event_behind(60)
    log.replace(index, log.lines[index][:40])


@row("26 the wall clock is set back", OK, log="set back")
def set_back(log: Copy) -> None:
    pass


@row("27 a declared gap", INCOMPLETE, log="gap")
def declared_gap(log: Copy) -> None:
    pass


@row("27b declared loss", INCOMPLETE, log="lost")
def declared_loss(log: Copy) -> None:
    pass


@row("28 another log in its place", TAMPERED)
def other_log(log: Copy) -> None:
    pass  # report() puts it there


@row("29 a record is written anew", TAMPERED)
def rewrite(log: Copy) -> None:
    index = log.event_behind(60)
    log.replace(index, log.lines[index].replace(b'":', b'": ', 1))


@row("30 a key is smuggled in", TAMPERED)
def duplicate_key(log: Copy) -> None:
    index = log.event_behind(60)
    log.replace(index, log.lines[index].replace(b"{", b'{"text":"first",', 1))


@row("31 another format", UNVERIFIABLE)
def other_format(log: Copy) -> None:
    log.replace(0, log.lines[0].replace(b'"format":1', b'"format":2'))


@row("32 segments are removed, as a record says", OK, OK, INCOMPLETE, log="removals")
def prune(log: Copy) -> None:
    """In mode A, an anchor is about what is gone."""
    for first in sorted(log.segments)[:2]:
        log.epochs += [n for n in log.segments.pop(first) if about(n)[0] == "rekey"]


# The seed vouches for the first key that is kept, and so does a later anchor.
@row("32b the same, without epochs.jsonl", UNVERIFIABLE, OK, INCOMPLETE, log="removals")
def prune_without_epochs(log: Copy) -> None:
    prune(log)
    log.epochs.clear()


@row(
    "32c the same, with a rekey in it that nobody signed",
    TAMPERED,
    TAMPERED,
    TAMPERED,
    log="removals",
)
def prune_with_forged_epochs(log: Copy) -> None:
    prune(log)
    record = orjson.loads(log.epochs[0])
    record["ttytrace"]["log"]["root"] = b64encode(bytes(32)).decode()
    log.epochs[0] = orjson.dumps(record)


@row("32d more segments are removed than a record says", TAMPERED, log="removals")
def prune_more(log: Copy) -> None:
    prune(log)
    first = sorted(log.segments)[0]
    log.epochs += [n for n in log.segments.pop(first) if about(n)[0] == "rekey"]


@row("33 a record is erased, as another says", OK, log="removals")
def erase(log: Copy) -> None:
    first = sorted(log.segments)[2]
    index, line = erasable(log.segments[first], first)
    log.replace(index, erased_line(leaf_hash(line)))


@row("33b another one is erased as well", TAMPERED, log="removals")
def erase_more(log: Copy) -> None:
    erase(log)
    first = sorted(log.segments)[1]
    index, line = erasable(log.segments[first], first)
    log.replace(index, erased_line(leaf_hash(line)))


@row("33c and the record of it is not sealed", TAMPERED, log="removals")
def erase_and_say_so(log: Copy) -> None:
    erase_more(log)
    first = sorted(log.segments)[1]
    index, line = erasable(log.seized.segments[first], first)
    leaf = b64encode(leaf_hash(line)).decode()
    record = control("erase", stamp_of(log), index=index, leaf=leaf)
    record["event"]["sequence"] = len(log.lines)
    log.lines = [*log.lines, orjson.dumps(record)]


@row("33d a seal is erased", TAMPERED)
def erase_seal(log: Copy) -> None:
    index = log.checkpoints()[5]
    log.replace(index, erased_line(leaf_hash(log.lines[index])))


@row("34 two anchors of one size differ", OK, OK, ROLLBACK)
def two_heads(log: Copy) -> None:
    log.anchors.append(Anchor(log.origin, anchors(log.seized)[0].head._replace(root=bytes(32))))


@row("35 an anchor of another log", OK, OK, TAMPERED)
def other_anchor(log: Copy) -> None:
    log.anchors.append(Anchor("ttytrace/0123456789abcdef", Head(9, bytes(32))))


@row("36 the public key in the first header is another", TAMPERED)
def other_key(log: Copy) -> None:
    key = Signer(log.origin, new_secret())
    header = orjson.loads(log.lines[0])
    header["ttytrace"]["log"]["key"] = key.public.vkey
    log.replace(0, orjson.dumps(header))
    forger = Forger(lambda head: key.sign(head.text(log.origin)), log.seized.stolen.ratchet)
    log.lines = forger.resealed(log.lines, 0)


# ---- what the rows share ----


def stolen(log: Copy) -> Forger:
    """With the keys of the moment."""
    return Forger(lambda head: log.thief.sign(head.text(log.origin)), log.seized.stolen.ratchet)


def keyless(log: Copy) -> Forger:
    """Without any keys; to be used where no note is."""
    nobody = Signer(log.origin, new_secret())
    forged = log.seized.stolen.ratchet._replace(key=new_secret())
    return Forger(lambda head: nobody.sign(head.text(log.origin)), forged)


def thief(log: Copy) -> tuple[Keys, int]:
    """What continued() takes: the keys of the moment, and when it begins."""
    return log.seized.stolen, log.now_ns - 5 * SECOND


def blame(log: Copy, end: End) -> None:
    """Cuts the epoch in progress, and goes on in a new segment that says how that came."""
    cut = log.checkpoints()[-5]
    lines, keys = log.lines[: cut + 1], log.seized.stolen
    skipped = keys.ratchet.seal - about(log.lines[cut])[1]["seal"] - 1
    log.lines = lines
    previous = Previous(f"{max(log.segments):012d}", end, 0, None, skipped)
    log.segments[len(lines)] = continued(lines, keys, log.now_ns - 5 * SECOND, previous)


def anchors(seized: Seized) -> list[Anchor]:
    """Heads from before the epoch in progress."""
    heads = seized.heads
    chosen = heads[len(heads) // 3], heads[len(heads) * 2 // 3]
    return [Anchor(seized.key.name, head) for head in chosen]


def report(log: Copy, mode: str, place: Path) -> Report:
    seized = log.seized
    trust = {
        "P": Trust(seized.key),
        "S": Trust(seized.key, seized.seed),
        "A": Trust(seized.key, None, (*anchors(seized), *log.anchors)),
    }[mode]
    log.write(place)
    return check(place, trust, log.now_ns)


@pytest.mark.parametrize("mode", ["P", "S", "A"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_table(logs: dict[str, Seized], tmp_path: Path, row: Row, mode: str) -> None:
    """Each row gets its verdict."""
    log = Copy(logs[row.log])
    row.change(log)
    if row.change is other_log:
        log.segments = Copy(logs["other"]).segments
    found = report(log, mode, tmp_path)
    assert found.verdict is row.expected["PSA".index(mode)], found.problems
