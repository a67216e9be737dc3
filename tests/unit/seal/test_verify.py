"""The verifier on logs in memory; what can be done to a real log is in tests/log."""

from __future__ import annotations

import tracemalloc
from base64 import b64encode

import orjson
import pytest

from tests.unit.seal.made import SEED, event, made_log, sealer, stamp
from tracer.codec.log import control
from tracer.model.sealed import End, Previous
from tracer.seal import verify
from tracer.seal.anchor import Anchor
from tracer.seal.erased import erased_line
from tracer.seal.keys import first_signer
from tracer.seal.note import Head
from tracer.seal.report import Report, Verdict
from tracer.seal.stage import Sealer
from tracer.seal.tree import Frontier, leaf_hash
from tracer.seal.verify import Trust, Verifier

KEY = first_signer(SEED).public
NAME = "000000000000.jsonl"
BY_KEY = Trust(KEY)


def run(lines: list[bytes], trust: Trust = BY_KEY, second: float = 5, block: int = 7) -> Report:
    """One segment, block by block."""
    verifier = Verifier(trust)
    verifier.begin(0, NAME, None)
    for first in range(0, len(lines), block):
        verifier.feed(lines[first : first + block])
    verifier.end()
    return verifier.report(stamp(second).wall_ns)


def short_log() -> list[bytes]:
    """A header, events and a plain seal, a checkpoint, an event and a seal."""
    log = sealer()
    lines = [log.segment(stamp(), None), *log.add([event("one"), event("two")])]
    lines += [log.seal(stamp(1)), log.checkpoint(stamp(2)), *log.add([event("three")])]
    return [*lines, log.seal(stamp(3))]


def head_of(lines: list[bytes]) -> Head:
    tree = Frontier()
    tree.extend([leaf_hash(line) for line in lines])
    return Head(tree.size, tree.root())


def anchor(lines: list[bytes]) -> Anchor:
    return Anchor(KEY.name, head_of(lines))


@pytest.mark.parametrize("block", [1, 2, 100])
def test_which_layer_vouches_for_what(block: int) -> None:
    """A checkpoint for all before it, a MAC for its seal too, an anchor for its records."""
    lines = short_log()
    assert dict(run(lines, block=block).layers) == {"signatures": 4, "hashes": 6}
    found = run(lines, Trust(KEY, SEED, (anchor(lines[:3]),)), block=block)
    assert dict(found.layers) == {"anchors": 3, "signatures": 4, "mac": 7, "hashes": 6}
    assert (found.verdict, found.vouched, found.head) == (Verdict.OK, 7, head_of(lines))
    assert found.checkpoint is not None
    assert found.checkpoint.head == head_of(lines[:4])


def test_nothing_from_elsewhere() -> None:
    """Agreeing with itself is no proof; disagreeing is one."""
    lines = short_log()
    assert run(lines, Trust()).verdict is Verdict.UNVERIFIABLE
    lines[1] = lines[1].replace(b"one", b"own")
    found = run(lines, Trust())
    assert (found.verdict, found.first_bad, found.is_whole) == (Verdict.TAMPERED, 0, False)


def test_an_anchor_is_trust() -> None:
    """Below it the first key is named, which leads to all others; one of nothing is none."""
    lines = short_log()
    assert run(lines, Trust(anchors=(anchor(lines[:2]),))).vouched == 4
    assert run(lines, Trust(anchors=(anchor([]),))).verdict is Verdict.UNVERIFIABLE


def test_a_log_without_records() -> None:
    """There is nothing to say, but for an anchor that was longer."""
    assert Verifier(Trust(KEY)).report(0).verdict is Verdict.UNVERIFIABLE
    longer = Trust(anchors=(anchor(short_log()),))
    assert Verifier(longer).report(0).verdict is Verdict.ROLLBACK


def test_nothing_sealed_yet() -> None:
    """Is not OK."""
    found = run(short_log()[:3])
    assert (found.verdict, found.vouched) == (Verdict.UNVERIFIABLE, 0)


def test_a_key_that_the_log_does_not_reach() -> None:
    """It was longer when the key was taken."""
    lines = made_log(2)
    rekey = next(n for n, line in enumerate(lines) if b'"action":"rekey"' in line)
    later = orjson.loads(lines[rekey])["ttytrace"]["log"]["next"]
    trust = Trust(verify.PublicKey.parse(later))
    assert run(lines, trust, 64).vouched == len(lines) - 1
    assert run(lines[:rekey], trust).verdict is Verdict.ROLLBACK


def test_a_header_stands_first_and_only_there() -> None:
    """In each segment."""
    lines = short_log()
    for wrong in (lines[1:], [lines[1], *lines[1:]], [*lines[:1], lines[0]]):
        found = run(wrong)
        assert found.verdict is Verdict.TAMPERED


def two_segments(end: End, **fields: object) -> tuple[list[bytes], list[bytes], Previous]:
    log = sealer()
    one = [log.segment(stamp(), None), *log.add([event("one")]), log.checkpoint(stamp(1))]
    previous = Previous("000000000000", end)._replace(**fields)
    two = [log.segment(stamp(2), previous), *log.add([event("two")]), log.checkpoint(stamp(3))]
    return one, two, previous


@pytest.mark.parametrize(
    ("end", "verdict"),
    [
        (End.SEALED, Verdict.OK),
        (End.TORN, Verdict.INCOMPLETE),
        (End.IO_ERROR, Verdict.INCOMPLETE),
        (End.BEHIND, Verdict.ROLLBACK),
    ],
)
def test_how_a_segment_ended(end: End, verdict: Verdict) -> None:
    """As the one behind it declares."""
    one, two, _ = two_segments(end)
    verifier = Verifier(Trust(KEY, SEED))
    for first, lines, until in ((0, one, 3), (3, two, None)):
        verifier.begin(first, f"{first:012d}.jsonl", until)
        verifier.feed(lines)
        verifier.end()
    assert verifier.report(stamp(4).wall_ns).verdict is verdict


def test_the_disk_lost_a_rekey() -> None:
    """No signature leads any further: what is known is that the log is behind."""
    log = sealer()
    one = [log.segment(stamp(), None), log.checkpoint(stamp(1))]
    tree = log.tree()
    log.rekey(stamp(2), bytes(32))
    log = Sealer(log.keys(log.head()), tree)
    two = [log.segment(stamp(3), Previous("000000000000", End.BEHIND)), log.checkpoint(stamp(4))]
    verifier = Verifier(Trust(KEY))
    for first, lines, until in ((0, one, 2), (2, two, None)):
        verifier.begin(first, f"{first:012d}.jsonl", until)
        verifier.feed(lines)
        verifier.end()
    found = verifier.report(stamp(5).wall_ns)
    assert (found.verdict, found.is_whole, found.vouched) == (Verdict.ROLLBACK, False, 1)


def test_a_segment_ends_with_a_seal() -> None:
    """Lines that a crash left unsealed are no records."""
    log = sealer()
    one = [log.segment(stamp(), None), log.checkpoint(stamp(1)), *log.add([event("unsealed")])]
    two = [log.segment(stamp(2), Previous("000000000000", End.TORN)), log.checkpoint(stamp(3))]
    verifier = Verifier(Trust(KEY))
    for first, lines, until in ((0, one, 3), (3, two, None)):
        verifier.begin(first, f"{first:012d}.jsonl", until)
        verifier.feed(lines)
        verifier.end()
    assert "does not end with a seal" in verifier.report(stamp(4).wall_ns).problems[0].text


def test_a_segment_that_can_t_be_read() -> None:
    """Is a verdict, with its place."""
    verifier = Verifier(Trust(KEY))
    verifier.begin(0, NAME, None)
    verifier.feed(short_log()[:3])
    verifier.fail("a line is longer than any can be")
    (found,) = verifier.report(0).problems
    assert (found.verdict, found.record, found.place) == (Verdict.TAMPERED, 3, f"{NAME}:4")


def test_what_counts_only_once_it_is_sealed() -> None:
    """A stop and an erase behind the last checkpoint say nothing, unless the seed proves them."""
    log = sealer()
    lines = [log.segment(stamp(), None), *log.add([event("secret")]), log.checkpoint(stamp(1))]
    erase = control("erase", stamp(2), index=1, leaf=b64encode(leaf_hash(lines[1])).decode())
    lines += [*log.add([erase, control("stop", stamp(2))]), log.seal(stamp(3))]
    lines[1] = erased_line(leaf_hash(lines[1]))
    assert run(lines, Trust(KEY, SEED), 999).verdict is Verdict.OK
    verdicts = [found.verdict for found in run(lines, Trust(KEY), 999).problems]
    assert verdicts == [Verdict.TAMPERED, Verdict.INCOMPLETE, Verdict.OK]


@pytest.mark.parametrize(("close", "verdict"), [("seal", "TAMPERED"), ("checkpoint", "OK")])
def test_a_rekey_stands_behind_a_checkpoint(close: str, verdict: str) -> None:
    """So that the key that is dropped has signed all before it."""
    log = sealer()
    lines = [log.segment(stamp(), None), log.checkpoint(stamp(1)), getattr(log, close)(stamp(2))]
    lines += [log.rekey(stamp(3), bytes(32)), log.checkpoint(stamp(4))]
    assert run(lines, Trust(KEY, SEED)).verdict == verdict


@pytest.mark.parametrize("action", ["erase", "prune"])
def test_claims_without_their_fields(action: str) -> None:
    """Are none."""
    log = sealer()
    lines = [log.segment(stamp(), None), *log.add([control(action, stamp(), index=-1, until="9")])]
    assert run([*lines, log.checkpoint(stamp(1))]).first_bad == 1


def test_memory_does_not_grow_with_the_log() -> None:
    """Nor with what it claims in one batch."""
    blocks = made_log(1)
    verifier = Verifier(Trust(KEY, SEED, (anchor(blocks[:3]),)))
    verifier.begin(0, NAME, None)
    log = sealer()
    verifier.feed([log.segment(stamp(), None)])
    tracemalloc.start()
    for second in range(200):
        verifier.feed(
            [*log.add([event("x" * 900)] * 1 + [event("y")] * 50), log.seal(stamp(second))]
        )
        if second == 20:
            tracemalloc.reset_peak()
            early, _ = tracemalloc.get_traced_memory()
    late, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert late - early < 20_000


def test_claims_between_seals_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is never that long."""
    monkeypatch.setattr(verify, "_MAX_DELAYED", 3)
    log = sealer()
    lines = [log.segment(stamp(), None), *log.add([control("stop", stamp()) for _ in range(4)])]
    assert run([*lines, log.checkpoint(stamp(1))]).verdict is Verdict.TAMPERED
