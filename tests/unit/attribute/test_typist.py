"""Never a wrong name: a simulated loop with everything at once, and a recording of a real one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.attribute import recorded
from tests.unit.attribute.play import NAMES
from tests.unit.attribute.server import Server
from tracer.model.hands import Range


def names(ranges: Sequence[Range]) -> list[str | None]:
    """For each byte who is named."""
    named: list[str | None] = []
    for each in ranges:
        hand = each.hand
        process = hand.process.tgid if hand and hand.process else None
        who = NAMES[hand.tty] if hand and hand.tty else process and str(process)
        named += [who] * each.size
    return named


def compared(server: Server) -> Counter[str]:
    """How many bytes have the right name, a wrong one, or none."""
    count: Counter[str] = Counter()
    for typed, truth in zip(server.play.typed(), server.truth, strict=True):
        for who, name in zip(truth, names(typed.ranges), strict=True):
            count["unknown" if name is None else "right" if name == who else "wrong"] += 1
    return count


TEXTS = (b"", b"make", b"xyz\r")


@settings(max_examples=200, deadline=None)
@given(st.data(), st.permutations("ABC"), st.integers(1, 12), st.sampled_from(((), TEXTS)))
def test_never_a_wrong_name(
    data: st.DataObject, clients: list[str], turns: int, texts: Sequence[bytes]
) -> None:
    """Whatever three clients type with two letters, tmux keeps, and a process asks for."""
    server = Server(clients, lambda choices: data.draw(st.sampled_from(list(choices))), texts)
    for _ in range(turns):
        server.turn()
    server.end()
    assert compared(server)["wrong"] == 0


@pytest.mark.parametrize("seed", range(12))
def test_never_a_wrong_name_at_length(seed: int) -> None:
    """A longer run of the same, where what is learned is used."""
    server = Server("BCA" if seed % 2 else "BA", Random(seed).choice)
    for _ in range(150):
        server.turn()
    server.end()
    count = compared(server)
    assert count["wrong"] == 0, count
    assert count["right"] > 0


def test_a_real_server() -> None:
    """Three clients typed at once for 45 s, with pastes, function keys, the mouse, prefixes, copy
    mode, panes in sync and send-keys: no name is wrong, and nearly all bytes have one."""
    told, truth = recorded.play()
    count: Counter[str] = Counter()
    for typed, owners in zip(told.typed(), truth, strict=True):
        assert sum(each.size for each in typed.ranges) == typed.size
        for who, name in zip(owners, names(typed.ranges), strict=True):
            said = "process" if name and name.isdigit() else name
            count["untold" if who is None else said or "unknown"] += 1
            assert who is None or said is None or said == who
    assert min(count["A"], count["B"], count["C"]) > 1000
    assert count["process"] > 5
    assert count["unknown"] < 0.005 * count.total()
