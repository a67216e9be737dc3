"""tracer.observe.claims"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.model.events import Tty
from tracer.model.facts import ClientClaim, PaneClaim, ServerClaims, SessionClaim, Verdict
from tracer.observe.claims import parse
from tracer.observe.reply import Reply


def claims(output: bytes) -> ServerClaims:
    return parse(Reply(Verdict.OK, output))


def test_each_kind_of_line_is_read():
    """One line per session, client and pane, told apart by their letter."""
    found = claims(
        b"S $3 a b\nC 12 $3 80 24 1 0\nC 13 $3 0 0  \nP $3 @4 1 %5 0 99 /dev/pts/7 vim x\n"
    )
    assert found.sessions == (SessionClaim("$3", "a b"),)
    assert found.clients == (
        ClientClaim(12, "$3", 80, 24, is_read_only=True),
        ClientClaim(13, "$3", 0, 0),  # a tmux that doesn't know these variables
    )
    assert found.panes == (PaneClaim("$3", "@4", 1, "vim x", "%5", 0, 99, Tty(136, 7)),)
    assert found.unparsable == 0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"S 3 no id sigil",
        b"S $3",
        b"S $3 escape \x1b[2J",
        b"S $3 c1 \xc2\x9b2J",
        b"S $3 not utf-8 \xff",
        b"S $\xd9\xa3 another script's digit",
        b"C 12 $3 80 24",
        b"C 12345678901 $3 80 24 0 0",
        b"C 12 $3 80 24 0 2",
        b"P $3 @4 1 %5 0 99 /dev/pts/../../etc/passwd x",
        b"P $3 @4 1 %5 0 -1 /dev/pts/7 x",
        b"X anything",
    ],
)
def test_a_line_that_tmux_would_not_print_is_counted(line):
    """Nothing of it is believed, and the lines beside it are."""
    assert claims(b"S $1 a\n" + line + b"\nS $2 b\n") == (
        Verdict.OK, None, (("$1", "a"), ("$2", "b")), (), (), 1,
    )  # fmt: skip


def test_a_bad_verdict_carries_no_claims():
    """What a server printed before it turned out to be hostile isn't believed."""
    found = parse(Reply(Verdict.HOSTILE, b"S $1 a\n", message="EXEC"))
    assert found == ServerClaims(Verdict.HOSTILE, "EXEC")


@given(st.binary())
def test_every_complete_line_is_a_claim_or_counted(output):
    """Any bytes: no exception, and no line vanishes."""
    found = claims(output)
    kept = len(found.sessions) + len(found.panes) + len(found.clients)
    assert kept + found.unparsable == output.count(b"\n")
