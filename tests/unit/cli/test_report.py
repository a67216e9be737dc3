"""A status as people read it."""

from __future__ import annotations

import pytest

from tests.unit.service.states import part, state
from tracer.cli.report import lines_of, size
from tracer.codec.safe import columns_of


def test_the_state_comes_first() -> None:
    """And what is wrong right behind it."""
    assert lines_of(state(), 80)[0].split() == ["state", "well"]
    lines = lines_of(state(troubles=["one thing", "another"]), 80)
    assert lines[0].split(maxsplit=1) == ["state", "not as it should be"]
    assert lines[1:3] == ["  ! one thing", "  ! another"]


def test_what_a_person_asks_is_there() -> None:
    """Numbers with units, kinds that came, processes and what they may."""
    text = "\n".join(lines_of(state(), 100))
    for part_of_it in (
        "ttytrace 0.1.0, pid 4242, up 1 d 2 h",
        "kprobe: nothing is missed",
        "/etc/ttytrace/config.toml (abababababab)",
        "without_users ann",
        "/var/log/ttytrace, 5.0 GiB, 70.0 GiB free",
        "89990 at 2026-11-21T20:21:11.700158Z, 3.0 MiB since the start",
        "2.0 KiB of 24.0 MiB wait, lag 12.5 ms",
        "3 watch, 11 records dropped for them",
        "host: working, 4.0 KiB behind, 5 dropped",
        "41 rules, 3 correlations",
        "13, and 5 repeated; 2.0 KiB behind, 0 dropped",
        "44.0 MiB",
        "bpf, perfmon",
    ):
        assert part_of_it in text, part_of_it
    assert "client_input" not in text


def test_what_came_of_actions_is_counted() -> None:
    """But for what never did."""
    counts = {"done": 3, "failed": 0, "dry-run": 0, "limited": 2, "refused": 0, "late": 0}
    lines = lines_of(state(actions={"tell": counts | {"kind": "notify", "state": "working"}}), 80)
    assert any(line.endswith(" tell: working, 3 done, 2 limited") for line in lines)


@pytest.mark.parametrize("columns", [40, 80, 132])
def test_it_fits_the_terminal(columns: int) -> None:
    """However long names are."""
    long = state(troubles=["x" * 300], **part("config", path="/" + "漢" * 300))
    assert max(map(columns_of, lines_of(long, columns))) <= columns


def test_what_is_said_is_escaped() -> None:
    """Paths and names may hold anything."""
    text = "\n".join(lines_of(state(troubles=["\x1b]0;x\x07"], sinks={}), 80))
    assert "\x1b" not in text and "\\x1b" in text


def test_what_is_not_known_is_left_out() -> None:
    """Just after the start."""
    early = state(heartbeat={}, rules={}, **part("log", checkpoint=None, space=None))
    text = "\n".join(lines_of(early, 80))
    assert "sealed" not in text and "heartbeat" not in text and "free" not in text


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (3 << 30, "3.0 GiB"),
        (1 << 62, "4096.0 PiB"),
    ],
)
def test_sizes_have_units(count: int, shown: str) -> None:
    """Of 1024."""
    assert size(count) == shown
