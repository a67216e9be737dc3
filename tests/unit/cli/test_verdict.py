"""Reports, as people and programs read them."""

from __future__ import annotations

import orjson

from tests.unit.seal.made import SEED
from tracer.cli.verdict import as_json, as_text, still_open
from tracer.seal.anchor import Anchor
from tracer.seal.keys import first_signer
from tracer.seal.note import Head
from tracer.seal.report import HASHES, Checkpoint, Layer, Problem, Report, Verdict
from tracer.seal.verify import Trust

KEY = first_signer(SEED).public
HEAD = Head(9, bytes(32))
ROOT = "A" * 43 + "="
TAMPERED = Problem(Verdict.TAMPERED, "cut \x1b[2J", "here", 5, "000000000003.jsonl:3")
LOST = Problem(Verdict.INCOMPLETE, "lost", "", 4, "000000000003.jsonl:2", 7)
REPORT = Report(
    origin=KEY.name,
    first=3,
    head=HEAD,
    layers=(Layer("signatures", 6), Layer(HASHES, 8)),
    checkpoint=Checkpoint(Head(6, bytes(32)), "2026-01-01T00:00:00.000000Z"),
    problems=(TAMPERED, LOST, Problem(Verdict.OK, "clock")),
    is_whole=False,
)


def test_the_text() -> None:
    """The verdict first; ranges with both ends; hostile bytes escaped."""
    assert list(as_text(REPORT, Trust(KEY))) == [
        "TAMPERED: the log can't have been written so.",
        "",
        f"  log         {KEY.name}",
        "  records     3 to 8",
        f"  head        9 {ROOT}",
        f"  checkpoint  6 {ROOT} at 2026-01-01T00:00:00.000000Z",
        "",
        "Vouched for by:",
        "  signatures    3 to 5",
        "  hashes alone  3 to 7",
        "  nothing       6 to 8",
        "  Behind the first record that can't be believed, nothing was looked at.",
        "",
        "Found:",
        r"  TAMPERED     cut \x1b[2J: here (record 5, 000000000003.jsonl:3)",
        "  INCOMPLETE   lost (record 4, 000000000003.jsonl:2), 7 times",
        "  warning      clock",
        "",
        "Would not show:",
        *(f"  {sentence}" for sentence in still_open(Trust(KEY))),
    ]


def test_nothing_to_report() -> None:
    """Of a log without records, and without a tail."""
    lines = list(as_text(REPORT._replace(origin="", head=Head(3, bytes(32)), layers=()), Trust()))
    assert "  records     none" in lines
    assert "  nothing       no record" in lines


def test_the_json() -> None:
    """Everything, by names that stay."""
    found = orjson.loads(orjson.dumps(as_json(REPORT, Trust(KEY))))
    assert found["verdict"] == "TAMPERED"
    assert (found["exit_code"], found["first_bad"], found["tail"]) == (1, 5, 3)
    assert found["head"] == {"size": 9, "root": ROOT}
    assert found["checkpoint"]["timestamp"].startswith("2026")
    assert found["layers"]["signatures"] == {"first": 3, "until": 6}
    assert found["problems"][1] == {
        "verdict": "INCOMPLETE",
        "text": "lost",
        "detail": "",
        "record": 4,
        "place": "000000000003.jsonl:2",
        "times": 7,
    }
    assert as_json(REPORT._replace(checkpoint=None), Trust())["checkpoint"] is None


def test_what_stays_open() -> None:
    """Less with the seed, and never nothing."""
    anchor = Anchor(KEY.name, HEAD)
    nothing, key, seed = still_open(Trust()), still_open(Trust(KEY)), still_open(Trust(KEY, SEED))
    assert "everything" in nothing[0]
    assert len(key) == len(still_open(Trust(KEY, None, (anchor,)))) == 3
    assert (len(seed), seed[0], seed[2]) == (3, key[0], key[2])
    assert "--seed" in key[1]
    assert "--seed" not in seed[1]
