"""Whatever the files hold: a verdict or an error for users, no other exception, in bounded time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.log.tamper import Copy, Seized, about, check, make
from tracer.cli.trust import read_trust
from tracer.cli.verdict import as_json, as_text
from tracer.errors import BadTrust
from tracer.seal.anchor import Anchor
from tracer.seal.note import Head
from tracer.seal.report import Report, Verdict
from tracer.seal.verify import Trust

FEW = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["sealed", "behind", "torn", "seal", "segment", "A" * 43 + "="]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)
"""Values that a field may be given."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Seized:
    return make(tmp_path_factory.mktemp("log"))


def trusts(log: Seized) -> list[Trust]:
    anchor = Anchor(log.key.name, log.heads[9])
    return [Trust(), Trust(log.key), Trust(log.key, log.seed), Trust(log.key, None, (anchor,))]


def drawn(found: Report, trust: Trust) -> Verdict:
    """The verdict; after both forms of the report were made of it."""
    assert all(line.isprintable() for line in as_text(found, trust))
    orjson.dumps(as_json(found, trust))
    return found.verdict


def emptied(place: Path) -> Path:
    for path in place.iterdir():
        path.unlink()
    return place


@FEW
@given(
    contents=st.dictionaries(
        st.sampled_from([0, 1, 3, 64, 10**17]),
        st.tuples(st.booleans(), st.binary(max_size=300)),
        max_size=3,
    ),
    epochs=st.none() | st.binary(max_size=99),
)
def test_any_bytes(log: Seized, tmp_path: Path, contents: Any, epochs: bytes | None) -> None:
    """As segments, plain or compressed, and as epochs.jsonl."""
    place = emptied(tmp_path)
    for first, (is_compressed, data) in contents.items():
        (place / f"{first:012d}.jsonl{'.zst' * is_compressed}").write_bytes(data)
    if epochs is not None:
        (place / "epochs.jsonl").write_bytes(epochs)
    for trust in trusts(log):
        assert drawn(check(place, trust, log.now_ns), trust) is not Verdict.OK


@FEW
@given(data=st.data())
def test_any_value_in_any_field(log: Seized, tmp_path: Path, data: st.DataObject) -> None:
    """The log is as it was, but for one field of one of its own records."""
    copy = Copy(log)
    # The last seal is behind what a key vouches for.
    places = [n for n, line in enumerate(copy.lines[:-1]) if about(line)[0]]
    index = data.draw(st.sampled_from([0, 1, *copy.indices("rekey"), *copy.indices("segment")]))
    index = data.draw(st.just(index) | st.sampled_from(places))
    record = orjson.loads(copy.lines[index])
    replace(record, data)
    line = orjson.dumps(record)
    is_same = line == copy.lines[index]
    copy.replace(index, line)
    copy.write(emptied(tmp_path))
    for trust in trusts(log):
        verdict = drawn(check(tmp_path, trust, log.now_ns), trust)
        assert is_same or verdict is not Verdict.OK


def replace(record: Any, data: st.DataObject) -> None:
    """Puts another value somewhere into it."""
    while True:
        name = data.draw(st.sampled_from(sorted(record)))
        if not isinstance(record[name], dict) or not record[name] or data.draw(st.booleans()):
            record[name] = data.draw(JSON)
            return
        record = record[name]


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"event":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"event":{"action":"x","sequence":' + b"[" * 900 + b"]" * 900 + b'},"ttytrace":{}}',
        b'{"event":{"action":"x","sequence":' + b"9" * 5000 + b'},"ttytrace":{}}',
        b'{"event":{"action":"x","sequence":NaN},"ttytrace":{}}',
        b'{"event":{"action":"x","sequence":0.0},"ttytrace":{}}',
        b'{"event":{"action":"x","sequence":false},"ttytrace":{}}',
        b'{"erased":"' + b"A" * 43 + b'="}',
        b'{"erased":7}',
        b"null",
        b"",
        b"\xff\xfe",
        b"\0" * 1000,
    ],
    ids=range(14),
)
@pytest.mark.parametrize("index", [0, 1, 70])
def test_hostile_json(log: Seized, tmp_path: Path, line: bytes, index: int) -> None:
    """In the place of a header, a seal, an event."""
    copy = Copy(log)
    copy.replace(index, line)
    copy.write(tmp_path)
    for trust in trusts(log):
        assert drawn(check(tmp_path, trust, log.now_ns), trust) is Verdict.TAMPERED


def given_to(option: str, raw: bytes, place: Path) -> Trust | None:
    path = place / "given"
    path.write_bytes(raw)
    options: dict[str, Callable[[], Trust]] = {
        "key": lambda: read_trust(raw.decode("utf-8", "surrogateescape"), None, []),
        "seed": lambda: read_trust(None, path, []),
        "anchor": lambda: read_trust(None, None, [path]),
    }
    try:
        return options[option]()
    except BadTrust as error:
        assert str(error)
        return None


@FEW
@given(option=st.sampled_from(["key", "seed", "anchor"]), raw=st.binary(max_size=200))
def test_any_bytes_as_what_is_trusted(tmp_path: Path, option: str, raw: bytes) -> None:
    """Nothing is trusted that isn't whole."""
    trust = given_to(option, raw, tmp_path)
    assert trust is None or trust == Trust()


@FEW
@given(
    size=st.integers(0, 10**18), text=st.text("ttytrace/0aA=\n\r— +", max_size=80), data=st.data()
)
def test_nearly_an_anchor(tmp_path: Path, size: int, text: str, data: st.DataObject) -> None:
    """A checkpoint with something put into it: refused, or an anchor of its size still."""
    note = Head(size, bytes(32)).text("ttytrace/0123456789abcdef") + "\n— x AAAA\n"
    place = data.draw(st.integers(0, len(note)))
    trust = given_to("anchor", (note[:place] + text + note[place:]).encode(), tmp_path)
    assert trust is None or len(trust.anchors) >= 1
