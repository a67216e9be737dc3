"""The worker that acts with rights; tests/log/test_respond.py has it act."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tracer.codec.identity import Identities
from tracer.model.events import ProcessKey
from tracer.model.facts import Verdict
from tracer.observe import procfs, tmux
from tracer.observe.host import this_host
from tracer.observe.reply import Reply
from tracer.respond.client import Answer
from tracer.workers import respond
from tracer.workers.respond import ask, processes

LOOK = """
import os, sys
from tracer.settings import ActionKind
from tracer.privileges import effective_of, names_of
from tracer.workers.respond import give_up
give_up([ActionKind(kind) for kind in sys.argv[1:]])
print(os.getuid() == 0, *names_of(effective_of(os.getpid())))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")
@pytest.mark.parametrize(
    ("kinds", "kept"),
    [
        (["program"], "False CAP_KILL CAP_SETGID CAP_SETUID"),
        (["kill", "detach"], "False CAP_KILL CAP_SYS_PTRACE"),
        (["read-only"], "True CAP_DAC_OVERRIDE CAP_SYS_PTRACE"),
        (["lock", "kill"], "True CAP_DAC_OVERRIDE CAP_KILL CAP_SYS_PTRACE"),
    ],
)
def test_it_keeps_what_its_actions_take(kinds: Sequence[str], kept: str) -> None:
    """And is root only to ask servers of tmux."""
    run = subprocess.run(
        [sys.executable, "-c", LOOK, *kinds], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == kept.split()


def test_a_process_is_named_as_in_events() -> None:
    """And nobody where there is none."""
    there, us = processes(), procfs.stat_of(os.getpid())
    assert us is not None
    key = ProcessKey(us.pid, us.start_time_ns)
    expected = Identities(this_host(), lambda _uid: None).process(key)["entity_id"]
    assert there.entity_of(us.pid) == expected
    with subprocess.Popen(["true"]) as over:
        over.wait()
        assert there.entity_of(over.pid) is None


def test_ours_are_those_below_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is the parent of the worker, and one of them."""
    monkeypatch.setattr(os, "getppid", os.getpid)  # as the worker would see us
    there = processes()
    with subprocess.Popen(["sleep", "1033"]) as child:
        are_ours = [there.is_ours(pid) for pid in (os.getpid(), child.pid, 1)]
        child.kill()
    assert are_ours == [True, True, False]


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (Reply(Verdict.OK, b"x"), Answer(b"x")),
        (Reply(Verdict.OK, b"x", status=1), Answer(b"x", "it refused")),
        (Reply(Verdict.HOSTILE, message="EXEC"), Answer(error="hostile")),
        (Reply(Verdict.WRONG_PEER), Answer(error="wrong-peer")),
    ],
)
def test_an_answer_is_there_or_why_not(
    reply: Reply, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By our own client alone."""
    monkeypatch.setattr(tmux, "tell", lambda *_: reply)
    assert ask(b"/tmp/s", 7, ["lock-client"]) == answer
    assert respond.tmux is tmux
