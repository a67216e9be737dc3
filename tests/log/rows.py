"""Rows of the table: what is done to records, segments, signatures and epochs."""

from __future__ import annotations

import orjson

from tests.log.table import (
    INCOMPLETE,
    OK,
    ROLLBACK,
    TAMPERED,
    UNVERIFIABLE,
    blame,
    keyless,
    numbered,
    row,
    stolen,
    thief,
)
from tests.log.tamper import (
    Copy,
    Forger,
    checkpoint,
    continued,
    renumbered,
    stamp_of,
    tree_of,
)
from tests.written import SECOND, START_NS
from tracer.codec.log import control
from tracer.model.sealed import End, Stamp
from tracer.seal.anchor import Anchor
from tracer.seal.keys import new_secret
from tracer.seal.note import Signer
from tracer.seal.stage import Sealer


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


@row("19c the epoch in progress is edited, and signed with another key", TAMPERED)
def edit_live_without_keys(log: Copy) -> None:
    index = log.event_behind(log.indices("rekey")[-1])
    log.edit(index)
    log.lines = keyless(log).resealed(log.lines, index)


@row("20 a cut in the epoch in progress, and on with the stolen keys", OK, TAMPERED, OK)
def cut_and_go_on(log: Copy) -> None:
    end = log.checkpoints()[-5]
    keys = numbered(log, end)
    log.lines = log.lines[: end + 1]
    log.lines = [*log.lines, *continued(log.lines, keys, log.now_ns - 5 * SECOND)]


# Seals are numbered without a hole.
@row("20b the same, with the numbers that the keys have", TAMPERED)
def cut_and_go_on_in_order(log: Copy) -> None:
    log.lines = log.lines[: log.checkpoints()[-5] + 1]
    log.lines = [*log.lines, *continued(log.lines, log.seized.stolen, log.now_ns - 5 * SECOND)]


@row("20c the same, and the disk is blamed", ROLLBACK)
def cut_and_blame(log: Copy) -> None:
    blame(log, End.BEHIND)


# A crash takes what was not synced, and that is never more than an interval.
@row("20d the same, and a power cut is blamed", TAMPERED)
def cut_and_blame_power(log: Copy) -> None:
    blame(log, End.TORN)


@row("20e the same, and an I/O error is blamed", TAMPERED)
def cut_and_blame_io(log: Copy) -> None:
    blame(log, End.IO_ERROR)


@row("20f a power cut is blamed, with the number that is due", INCOMPLETE, TAMPERED, INCOMPLETE)
def cut_and_blame_in_order(log: Copy) -> None:
    blame(log, End.TORN, in_order=True)


@row("20g one interval is cut off, and a power cut is blamed", TAMPERED)
def cut_interval_and_blame(log: Copy) -> None:
    blame(log, End.TORN, -2)


# All that is in reach of stolen keys: the interval in progress, and it is said to be missing.
@row("20h the interval in progress is cut off, and a power cut is blamed", INCOMPLETE)
def cut_last_write_and_blame(log: Copy) -> None:
    blame(log, End.TORN, -1)


# Stolen keys are those behind the last write, even where no sync was since.
@row("20i the last write is cut off, and on with the stolen keys", OK, TAMPERED, OK)
def cut_last_write(log: Copy) -> None:
    end = log.checkpoints()[-1]
    keys = numbered(log, end)
    log.lines = log.lines[: end + 1]
    log.lines = [*log.lines, *continued(log.lines, keys, log.now_ns - 5 * SECOND)]


@row("20j the same, with the numbers that the keys have", TAMPERED)
def cut_last_write_in_order(log: Copy) -> None:
    log.lines = log.lines[: log.checkpoints()[-1] + 1]
    log.lines = [*log.lines, *continued(log.lines, log.seized.stolen, log.now_ns - 5 * SECOND)]


@row("20k nothing is cut, and on with the stolen keys", OK)
def go_on(log: Copy) -> None:
    log.lines = [*log.lines, *continued(log.lines, log.seized.stolen, log.now_ns - 5 * SECOND)]


@row("20l seals are missing, and nothing is blamed", TAMPERED)
def cut_without_blame(log: Copy) -> None:
    blame(log, End.SEALED, -1)


# The signature of the rekey is right; but the epoch that begins takes a key that is gone.
@row("20m a cut in the epoch in progress, which is ended there", OK, TAMPERED, OK)
def cut_and_rekey(log: Copy) -> None:
    end = log.checkpoints()[-5]
    lines = log.lines[: end + 1]
    sealer = Sealer(log.seized.stolen, tree_of(lines))
    now_ns = log.now_ns - 5 * SECOND
    lines.append(sealer.rekey(Stamp(now_ns - START_NS, now_ns), new_secret()))
    log.lines = [*lines, *continued(lines, sealer.keys(sealer.head()), now_ns)]


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
    keys = keys._replace(ratchet=keys.ratchet._replace(interval=0, seal=0))
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
