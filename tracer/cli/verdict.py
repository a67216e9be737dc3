"""A verification's report, as text and as JSON.

Invariant: the verdict comes first, and what would not have shown with what was given is said even
when all is well.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import Any, Final

from tracer.codec.safe import safe_text
from tracer.seal.note import Head
from tracer.seal.report import Problem, Report, Verdict
from tracer.seal.verify import Trust

_SENTENCES: Final = {
    Verdict.OK: "nothing was changed or cut out",
    Verdict.INCOMPLETE: "nothing was changed, but something is missing",
    Verdict.UNVERIFIABLE: "whether it was changed can't be told",
    Verdict.ROLLBACK: "the log is behind what it was, or other than it was",
    Verdict.TAMPERED: "the log can't have been written so",
}
_LAYERS: Final = {
    "anchors": "anchors",
    "signatures": "signatures",
    "mac": "MACs",
    "hashes": "hashes alone",
}
_CUT: Final = "the end cut off less than 30 s ago, with no anchor from after that"
_LAST_SECOND: Final = (
    "changes behind the last checkpoint by a thief who read its key off the raw disk or from freed "
    "memory, before it was overwritten"
)
_NO_SEED: Final = (
    "changes behind the last checkpoint, and by a thief of the live keys those in the last epoch "
    "(a minute), unless an anchor is from after them: --seed shows them"
)
_ON_RECORD: Final = (
    "whether it was a thief of the live keys who did what the log says was done: prune, erase, "
    "stop, a crash that took the second before it"
)
_ALL: Final = "everything: whoever can write the log can write a new one"


def still_open(trust: Trust) -> list[str]:
    """Which attacks would not show with what was given."""
    if trust == Trust():
        return [_ALL]
    return [_CUT, _NO_SEED if trust.seed is None else _LAST_SECOND, _ON_RECORD]


def as_text(report: Report, trust: Trust) -> Iterator[str]:
    """Lines that are safe to print."""
    yield f"{report.verdict}: {_SENTENCES[report.verdict]}."
    yield ""
    yield f"  log         {safe_text(report.origin) or '?'}"
    yield f"  records     {_range(report.first, report.head.size)}"
    yield f"  head        {_head(report.head)}"
    if report.checkpoint:
        at = safe_text(report.checkpoint.timestamp)
        yield f"  checkpoint  {_head(report.checkpoint.head)} at {at}"
    yield from _vouching(report)
    yield from _problems(report)
    yield from ("", "Would not show:")
    yield from (f"  {sentence}" for sentence in still_open(trust))


def as_json(report: Report, trust: Trust) -> dict[str, Any]:
    """The same for programs. `first_bad`: the first record that can't be believed; `tail`: records
    that nothing vouches for."""
    checkpoint = report.checkpoint
    return {
        "verdict": report.verdict,
        "exit_code": report.verdict.exit_code,
        "origin": report.origin,
        "first": report.first,
        "head": _json_head(report.head),
        "is_whole": report.is_whole,
        "first_bad": report.first_bad,
        "checkpoint": checkpoint
        and {**_json_head(checkpoint.head), "timestamp": checkpoint.timestamp},
        "layers": {name: {"first": report.first, "until": n} for name, n in report.layers},
        "tail": report.head.size - report.vouched,
        "problems": [problem._asdict() for problem in report.problems],
        "open": still_open(trust),
    }


def _vouching(report: Report) -> Iterator[str]:
    yield from ("", "Vouched for by:")
    for name, until in report.layers:
        yield f"  {_LAYERS[name]:<14}{_range(report.first, until)}"
    tail = max(0, report.head.size - report.vouched)
    yield f"  {'nothing':<14}{_range(report.vouched, report.head.size) if tail else 'no record'}"
    if not report.is_whole:
        yield "  Behind the first record that can't be believed, nothing was looked at."


def _problems(report: Report) -> Iterator[str]:
    if report.problems:
        yield from ("", "Found:")
    for problem in report.problems:
        yield f"  {_label(problem.verdict):<13}{safe_text(_sentence(problem))}"


def _label(verdict: Verdict) -> str:
    return "warning" if verdict is Verdict.OK else str(verdict)


def _sentence(problem: Problem) -> str:
    text = f"{problem.text}: {problem.detail}" if problem.detail else problem.text
    if problem.record is not None:
        place = f", {problem.place}" if problem.place else ""
        text += f" (record {problem.record}{place})"
    return f"{text}, {problem.times} times" if problem.times > 1 else text


def _range(first: int, until: int) -> str:
    return f"{first} to {until - 1}" if until > first else "none"


def _head(head: Head) -> str:
    return f"{head.size} {b64encode(head.root).decode()}"


def _json_head(head: Head) -> dict[str, Any]:
    return {"size": head.size, "root": b64encode(head.root).decode()}
