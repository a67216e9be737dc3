"""Who a server may be acting for."""

from __future__ import annotations

from tests.playbook import at_ns, key, peer, who
from tracer.attribute.askers import Askers
from tracer.model.events import Exit


def test_from_the_first_command_until_a_while_after_its_end() -> None:
    """A message with content asks; the socket that closes ends it."""
    askers = Askers()
    askers.note_peer(peer(5, 16))
    assert askers.now(at_ns(0)) == []
    askers.note_peer(peer(5, 17))
    assert askers.now(at_ns(60_000)) == [key(5)]
    askers.note_peer(peer(5, 0, ms=60_000))
    assert askers.now(at_ns(60_020)) == [key(5)]
    assert askers.now(at_ns(60_021)) == []


def test_a_process_that_is_over() -> None:
    """Killed, it closes nothing by itself."""
    askers = Askers()
    askers.note_peer(peer(5))
    askers.note_exit(Exit(at_ns(1), key(5), 100, 9, True))
    assert askers.now(at_ns(21)) == [key(5)]
    assert askers.now(at_ns(22)) == []


def test_what_is_read_when_its_process_is_over() -> None:
    """It is done then, and no end of the process need follow: nor of one that nobody has waited for
    yet, and whose socket closes when somebody has."""
    askers = Askers()
    askers.note_exit(Exit(at_ns(1), key(5), 100, 9, True))
    askers.note_peer(peer(5, 1, ms=60, is_over=True))
    assert askers.now(at_ns(80)) == [key(5)]
    assert askers.now(at_ns(81)) == []
    askers.note_peer(peer(0, 1, ms=100, is_gone=True))
    assert askers.now(at_ns(120)) == [key(0)]
    assert askers.now(at_ns(121)) == []


def test_a_process_that_became_a_client() -> None:
    """It types at its terminal from then on."""
    askers, its = Askers(), who()
    askers.note_peer(peer(5, who_=its))
    askers.note_peer(peer(6, is_gone=True))
    assert its.tty
    askers.note_attached(its.tty)
    assert askers.now(at_ns(1)) == [key(6)]
    askers.note_peer(peer(5, 17))
    assert askers.now(at_ns(2)) == [key(6)]


def test_a_message_whose_size_is_not_known() -> None:
    """It may be a command."""
    askers = Askers()
    askers.note_peer(peer(5, 1))
    assert askers.now(at_ns(0)) == [key(5)]
