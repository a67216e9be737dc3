"""What can be done to a log, and what verify says of it: with the first public key (P), with the
seed as well (S), with the key and anchors from before the epoch in progress (A)."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import orjson
import pytest

from tests.log.rows import other_log
from tests.log.table import (
    INCOMPLETE,
    OK,
    ROLLBACK,
    ROWS,
    TAMPERED,
    TWO_HOURS_NS,
    UNVERIFIABLE,
    Row,
    anchors,
    erasable,
    lines_of,
    row,
)
from tests.log.tamper import (
    Copy,
    Forger,
    Seized,
    about,
    check,
    make,
    stamp_of,
)
from tests.written import Written
from tracer.codec.identity import Fields
from tracer.codec.log import control
from tracer.seal.anchor import Anchor
from tracer.seal.erased import erased_line
from tracer.seal.keys import new_secret
from tracer.seal.note import Head, Signer
from tracer.seal.report import Report
from tracer.seal.tree import leaf_hash
from tracer.seal.verify import Trust

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
