"""Signals: which came, and who sent it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading

import pytest

from tracer.observe.signals import Sent, Signals


def test_nothing_came_yet() -> None:
    """It doesn't wait."""
    with Signals() as signals:
        assert signals.come() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_another_process_is_named(number: signal.Signals) -> None:
    """By its pid and uid, and by what /proc says of it while it is there."""
    kill = f"kill -{number.value} {os.getpid()}; read _"
    with Signals() as signals, subprocess.Popen(["sh", "-c", kill], stdin=subprocess.PIPE) as sh:
        sent = None
        while sent is None:
            sent = signals.come()
        assert (sent.number, sent.pid, sent.uid) == (number, sh.pid, os.getuid())
        assert sent.sender and sent.sender.tgid == sh.pid
        assert sent.sender.argv[-1] == kill.encode()


def test_a_sender_that_has_gone_is_known_by_its_pid() -> None:
    """That is what the kernel keeps."""
    with Signals() as signals:
        with subprocess.Popen(["sh", "-c", f"kill -TERM {os.getpid()}"]) as sh:
            pass
        assert signals.come() == Sent(signal.SIGTERM, sh.pid, os.getuid(), None)


def test_no_thread_takes_the_signal() -> None:
    """Those that were started since have it blocked as well."""
    done = threading.Event()
    with Signals() as signals:
        thread = threading.Thread(target=done.wait)
        thread.start()
        os.kill(os.getpid(), signal.SIGTERM)
        sent = signals.come()
        done.set()
        thread.join()
    assert sent and sent.number == signal.SIGTERM


def test_afterwards_signals_are_what_they_were() -> None:
    """The mask of before is back."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with Signals():
        assert signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


@pytest.mark.parametrize(
    ("sent", "wants"),
    [
        (Sent(signal.SIGHUP, 4242, 0, None), True),
        (Sent(signal.SIGHUP, 0, 0, None), False),
        (Sent(signal.SIGTERM, 4242, 0, None), False),
    ],
)
def test_a_hangup_of_a_process_is_no_end(sent: Sent, wants: bool) -> None:
    """That of the kernel is: the terminal has gone."""
    assert sent.wants_reload is wants
