"""tracer.seal.erased"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.seal.erased import erased_leaf, erased_line, leaf_of
from tracer.seal.tree import leaf_hash

LEAF = leaf_hash(b'{"@timestamp":"2026-01-01T00:00:00.000000Z"}')


def test_an_erased_record_keeps_its_leaf() -> None:
    """The tree doesn't change when a record goes."""
    assert leaf_of(erased_line(LEAF)) == LEAF
    assert leaf_of(b'{"@timestamp":"2026-01-01T00:00:00.000000Z"}') == LEAF


def test_the_line_is_what_the_format_says() -> None:
    """By hand, once."""
    zeros = b"A" * 43 + b"="
    assert erased_line(bytes(32)) == b'{"erased":"' + zeros + b'"}'
    assert erased_leaf(b'{"erased":"' + zeros + b'"}') == bytes(32)


@given(st.binary(min_size=32, max_size=32))
def test_there_and_back(leaf: bytes) -> None:
    """Every hash."""
    assert erased_leaf(erased_line(leaf)) == leaf


@pytest.mark.parametrize(
    "line",
    [
        b'{"erased":""}',
        b'{"erased": "%b"}' % (b"A" * 43 + b"="),
        b'{"erased":"%b"}' % (b"A" * 42 + b"B="),  # bits behind the last byte
        b'{"erased":"%b"} ' % (b"A" * 43 + b"="),
        b'{"erased":"%b"}\n' % (b"A" * 43 + b"="),
        b'{"erased":"%b","mac":""}' % (b"A" * 43 + b"="),
        b'{"erased":null}',
    ],
)
def test_what_only_looks_like_one(line: bytes) -> None:
    """There is one way to write it; another is neither an erased record nor any other."""
    with pytest.raises(ValueError):
        leaf_of(line)
