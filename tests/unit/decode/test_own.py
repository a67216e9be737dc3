"""tracer.decode.own"""

from __future__ import annotations

from tests.playbook import fork, peer, who
from tracer.decode.own import Own

WE, ASKER = 900, 901


def test_our_own_questions_are_left_out():
    """We as a peer, and nothing else."""
    theirs = [fork(WE), peer(500), peer(500, 0)]
    assert Own(WE).without([theirs[0], peer(WE), *theirs[1:], peer(WE, 0)]) == theirs


def test_who_asks_for_us_is_one_of_us():
    """A tmux client that we started, until it is gone; then its pid is anybody's."""
    own = Own(WE)
    ours = who(parent=WE)
    assert own.without([peer(ASKER, who_=ours), peer(ASKER), peer(ASKER, 0, is_gone=True)]) == []
    assert own.without([peer(ASKER)]) == [peer(ASKER)]
