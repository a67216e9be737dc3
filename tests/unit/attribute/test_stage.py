"""Records in, hands out: one test for each rule."""

from __future__ import annotations

import pytest

from tests.playbook import SERVER, at_ns, exit_, output
from tests.unit.attribute.play import TTYS, Play, described, keystroke, unknown
from tracer.model import abi
from tracer.model.events import Exit, Missing, PaneInput, PaneOutput
from tracer.model.hands import Typed


def test_a_key_is_whose_terminal_it_was_read_from() -> None:
    """One read, one write."""
    assert Play().read("A", b"a").write(b"a").said() == [keystroke("A")]


def test_one_write_with_keys_of_two() -> None:
    """Each byte is whose it is, in the order of the clients."""
    play = Play().read("B", b"no").read("A", b"yes").write(b"yesno")
    assert play.said() == ["3 A keystroke exact 2 B keystroke exact"]


def test_a_key_read_before_the_write_of_another() -> None:
    """The write that comes next isn't of the last read."""
    play = Play().read("A", b"a").read("B", b"b").write(b"a").write(b"b")
    assert play.said() == [keystroke("A"), keystroke("B")]


def test_equal_keys_in_two_writes() -> None:
    """Later writes to one pane are of later reads."""
    play = Play().read("A", b"x").read("B", b"x").write(b"x").write(b"x")
    assert play.said() == [keystroke("A"), keystroke("B")]


def test_equal_keys_in_one_write() -> None:
    """Nobody is named before the order of the clients is known; then both are."""
    play = Play().read("B", b"x").read("A", b"x").write(b"xx")
    assert play.said() == [unknown(2)]
    play.read("B", b"b").read("A", b"a").write(b"ab")
    play.read("B", b"x").read("A", b"x").write(b"xx")
    assert play.said()[-1] == "1 A keystroke exact 1 B keystroke exact"


def test_the_order_is_learned_again_after_an_attach() -> None:
    """A client that attaches again comes last."""
    play = Play().read("B", b"b").read("A", b"a").write(b"ab").attach("A")
    play.read("B", b"x").read("A", b"x").write(b"xx")
    assert play.said()[-1] == unknown(2)


def test_one_of_two_equal_keys_was_kept() -> None:
    """tmux took one for itself; which one can't be seen."""
    play = Play().read("A", b"x").read("B", b"x").write(b"x")
    assert play.said() == [unknown()]


def test_keys_that_tmux_keeps_are_unread() -> None:
    """Prefix and command go to no pane; what follows does."""
    play = Play().read("A", b"\x02").read("A", b"c").read("A", b"x").write(b"x")
    assert play.said() == [keystroke("A")]
    assert play.unread() == [("A", 1), ("A", 1)]


def test_a_prefix_within_a_read() -> None:
    """The keys before and after it are named."""
    assert Play().read("A", b"ab\x02cd").write(b"abd").said() == [keystroke("A", 3)]


def test_a_prefix_twice() -> None:
    """C-b C-b sends one."""
    assert Play().read("A", b"\x02").read("A", b"\x02").write(b"\x02").said() == [keystroke("A")]


def test_a_server_that_ends_leaves_nothing_open() -> None:
    """What was read last and written before its end is decided, and what comes after it goes."""
    play = Play().read("B", b"x").read("A", b"x").write(b"x").feed(exit_(SERVER, ms=10))
    play.feed(exit_(SERVER + 1, ms=11)).wait(2000)
    assert [type(record) for record in play.out[-3:]] == [Typed, Exit, Exit]
    assert play.said() == [unknown()]


def test_what_is_unread_is_told_in_time() -> None:
    """After 100 ms without a write."""
    assert Play().read("A", b"\x02").wait(99).out[1:] == []
    assert Play().read("A", b"\x02").unread() == [("A", 1)]


def test_a_key_that_is_rewritten() -> None:
    """Home, as the pane wants it."""
    assert Play().read("A", b"\x1b[H").write(b"\x1b[1~").said() == [keystroke("A", 4)]


def test_an_escape_that_is_held_back() -> None:
    """It comes up to escape-time later, after keys of others."""
    play = Play().read("A", b"\x1b").read("B", b"b").write(b"b").write(b"\x1b", ms=500)
    assert play.said() == [keystroke("B"), keystroke("A")]


def test_an_escape_that_becomes_a_key() -> None:
    """Two reads, one key; what was before it was written at once."""
    play = Play().read("A", b"a\x1b").write(b"a").read("A", b"[H").write(b"\x1b[1~")
    assert play.said() == [keystroke("A"), keystroke("A", 4)]


def test_panes_in_sync() -> None:
    """The first write is the key, the others are copies by the same hand."""
    play = Play().read("A", b"a").write(b"a", 0).write(b"a", 1).write(b"a", 2)
    copy = "1 A sync-panes exact"
    assert play.said() == [keystroke("A"), copy, copy]


def test_panes_in_sync_with_two_clients() -> None:
    """Equal keys of two clients are told apart by the turns."""
    play = Play().read("A", b"a").write(b"a", 0).read("B", b"a").write(b"a", 1)
    play.write(b"a", 0).write(b"a", 1)
    a, b = "1 A sync-panes exact", "1 B sync-panes exact"
    assert play.said() == [keystroke("A"), a, keystroke("B"), b]


def test_a_copy_or_the_key_of_another() -> None:
    """It may be either, so nobody is named."""
    play = Play().read("A", b"a").read("B", b"a").write(b"a", 0).write(b"a", 1)
    assert play.said()[1] == unknown()


def test_bracketed_paste() -> None:
    """From marker to marker, over several reads, passed on or stripped."""
    play = Play().read("A", b"\x1b[200~ab").write(b"\x1b[200~ab").read("A", b"cd\x1b[201~x")
    assert play.write(b"cd\x1b[201~x").said() == [
        "8 A paste exact", "8 A paste exact 1 A keystroke exact",
    ]  # fmt: skip
    assert Play().read("A", b"\x1b[200~ab\x1b[201~").write(b"ab").said() == ["2 A paste exact"]


def test_send_keys() -> None:
    """No read, and one process asked: it did."""
    assert Play().peer(500).write(b"ls\r").said() == ["3 500 send-keys likely"]


def test_send_keys_of_two_processes() -> None:
    """Either can have asked."""
    assert Play().peer(500).peer(501).write(b"ls\r").said() == [unknown(3)]


def test_a_message_without_content_asks_nothing() -> None:
    """A client that was resized sends sixteen bytes."""
    assert Play().peer(500).peer(501, 16).write(b"ls\r").said() == ["3 500 send-keys likely"]


def test_a_process_that_is_gone_asks_nothing() -> None:
    """Its socket was closed a while ago."""
    play = Play().peer(500).peer(500, 0).write(b"ls\r", ms=100)
    assert play.said() == [unknown(3)]


def test_send_keys_while_somebody_types() -> None:
    """What was typed is told from what was sent."""
    play = Play().read("A", b"a").peer(500).write(b"a").write(b"ls").read("A", b"b").write(b"b")
    assert play.said() == [keystroke("A"), "2 500 send-keys likely", keystroke("A")]


def test_send_keys_of_a_key_that_is_typed() -> None:
    """Two writes, one read, one process: either can be either."""
    play = Play().read("A", b"a").peer(500).write(b"a").write(b"a")
    assert play.said() == [unknown(), unknown()]


def test_send_keys_of_a_key_that_tmux_kept() -> None:
    """The prefix went nowhere, so what follows may have too; the process sent the same."""
    play = Play().read("A", b"\x02").read("A", b"c").peer(500).write(b"c")
    assert play.said() == [unknown()]


def test_a_paste_buffer() -> None:
    """prefix ] : keys without a write, a write without keys."""
    play = Play().read("A", b"\x02").read("A", b"]").write(b"clip")
    assert play.said() == ["4 A paste likely"]


def test_a_paste_buffer_and_another_prefix() -> None:
    """Either client can have pasted."""
    play = Play().read("A", b"\x02").read("A", b"]").read("B", b"\x02").write(b"clip")
    assert play.said() == [unknown(4)]


def test_a_paste_buffer_in_the_write_of_a_key_that_comes_again() -> None:
    """The second write has the second key, though the first fits too: that one is in the paste."""
    play = Play().read("A", b"\x02").read("A", b"]").read("B", b"b").write(b"bclip")
    assert play.read("B", b"b").write(b"b").said() == [unknown(5), keystroke("B")]


def test_a_paste_buffer_in_the_write_of_another_key() -> None:
    """Its own write shows that it is no part of the paste."""
    play = Play().read("A", b"\x02").read("A", b"]").read("B", b"b").write(b"clip")
    assert play.write(b"b").said() == ["4 A paste likely", keystroke("B")]


def test_a_paste_buffer_of_who_was_written_in_part() -> None:
    """In one of two panes in sync came only what B typed; in the other B has pasted too."""
    play = Play().read("A", b"\x02").read("B", b"b\x02]").write(b"b", 1).write(b"bclip", 0)
    assert play.said() == [keystroke("B"), unknown(5)]


def test_keys_that_were_held_up() -> None:
    """Long ago B typed just this, so A's prefix doesn't mean that A pasted it."""
    play = Play().read("B", b"clip").wait(1500).read("A", b"\x02").write(b"clip")
    assert play.said() == [unknown(4)]


def test_a_server_that_slept() -> None:
    """The write comes late, and is still of the only read that it can be of."""
    play = Play().read("A", b"ls").wait(400).peer(500).write(b"ls")
    assert play.said() == [keystroke("A", 2)]


def test_nobody() -> None:
    """No read and nobody who asked."""
    assert Play().write(b"ls\r").said() == [unknown(3)]


def test_answers_of_tmux() -> None:
    """A program asked; nobody typed that, beside what somebody did."""
    reply = "7 ? terminal-reply none"
    assert Play().write(b"\x1b[?1;2c").said() == [reply]
    assert Play().read("A", b"a").write(b"\x1b[?1;2ca").said() == [f"{reply} {keystroke('A')}"]


def test_answers_of_a_terminal() -> None:
    """A client's terminal answered, and its user typed nothing."""
    play = Play().read("A", b"\x1b[?1;2c").write(b"\x1b[?1;2c")
    assert play.said() == ["7 ? terminal-reply none"]


def test_a_stranger_with_the_master() -> None:
    """The writer isn't the server."""
    play = Play().read("A", b"a").write(b"a", writer=777)
    assert play.said() == ["1 777 foreign-master exact"]


def test_secrets_are_matched_by_size() -> None:
    """One client alone sent so much."""
    play = Play().read("A", b"", withheld=7).write(b"", withheld=7)
    assert play.said() == ["7 A keystroke likely"]


def test_secrets_of_two() -> None:
    """Sizes can't tell two clients apart."""
    play = Play().read("A", b"", withheld=7).read("B", b"", withheld=7).write(b"", withheld=7)
    assert play.said() == [unknown(7)]


def test_secrets_while_another_types_something_else() -> None:
    """The size fits one only, but the other's may have been rewritten."""
    play = Play().read("A", b"", withheld=3).read("B", b"", withheld=4).write(b"", withheld=4)
    assert play.said() == [unknown(4)]


@pytest.mark.parametrize("lost", ["A", 0])
def test_a_lost_record(lost: str | int) -> None:
    """Nothing is sure until what was pending is past."""
    play = Play().read("A", b"a").write(b"a").lose(lost).read("A", b"b").write(b"b")
    assert play.said() == [keystroke("A"), unknown()]
    reasons = [each.reason for typed in play.typed() for each in typed.ranges]
    assert reasons[-1] == "input records were lost"
    assert play.read("A", b"c").write(b"c").said()[-1] == keystroke("A")


def test_missing_records() -> None:
    """So it is for every server when the kernel's numbers have a hole."""
    play = Play().read("A", b"a").write(b"a")
    play.feed(Missing(at_ns(1), abi.KIND_CLIENT_INPUT, 0, 1))
    assert play.read("A", b"b", 2).write(b"b").said() == [keystroke("A"), unknown()]


def test_a_paste_that_fills_the_pane() -> None:
    """Reads of 4 KiB are written in pieces that begin and end anywhere; another types into it."""
    play, letters = Play(), b"abcdefghijklmnopqrstuvwxyz"
    text = (letters * 2000)[:40_960]
    stream = text[:8192] + b"!" + text[8192:]
    for turn in range(28):
        play.read("A", text[turn * 4096 : (turn + 1) * 4096]) if turn < 10 else None
        play.read("B", b"!") if turn == 1 else None
        play.write(stream[turn * 1500 : (turn + 1) * 1500])
    ranges = [each for typed in play.typed() for each in typed.ranges]
    assert sum(each.size for each in ranges) == len(stream)
    assert [described(each) for each in ranges if each.size == 1] == [keystroke("B")]
    assert {each.hand.tty for each in ranges if each.hand} == {TTYS["A"], TTYS["B"]}
    assert all(each.hand for each in ranges)


def test_records_leave_in_order() -> None:
    """What comes after a write that isn't decided waits for it; all else passes."""
    play = Play().read("A", b"x").read("B", b"x").write(b"x").feed(output(b"x", ms=1))
    assert not [each for each in play.out if isinstance(each, Typed | PaneOutput)]
    kinds = [type(each) for each in play.wait(200).out if isinstance(each, Typed | PaneOutput)]
    assert kinds == [Typed, PaneOutput]
    assert not [each for each in play.out if isinstance(each, PaneInput)]


def test_a_server_that_is_over_is_forgotten() -> None:
    """Its number can come again."""
    play = Play().read("A", b"x").feed(exit_(100, ms=1)).write(b"x", ms=2)
    assert play.said() == [unknown()]
