"""Names, from a worker that answers, hangs, or goes."""

from __future__ import annotations

import os
import pwd
import socket
import time
from collections.abc import Callable, Iterator
from threading import Thread

import pytest

from tests.patience import eventually
from tracer.service import names as module
from tracer.service.child import Child
from tracer.service.names import Names
from tracer.workers.door import Door

Answer = Callable[[int], str | None]


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.close()


class Played:
    """A worker: its end of the door, and what it was asked."""

    def __init__(self, names: Names) -> None:
        hello = names.hello()
        self.door = Door(socket.socket(fileno=os.dup(hello.descriptors[0])))
        os.set_blocking(self.door.fileno(), True)
        names.sent(0)
        self.asked: list[int] = []

    def answers(self, answer: Answer) -> None:
        """From now on, until the door ends."""
        Thread(target=self._serve, args=(answer,), daemon=True).start()

    def _serve(self, answer: Answer) -> None:
        while message := self.door.receive():
            uid = message.fields["uid"]
            self.asked.append(uid)
            self.door.send({"uid": uid, "name": answer(uid)})


@pytest.mark.skipif(os.geteuid() != 0, reason="giving up root needs root")
def test_the_worker_tells_names(names: Names) -> None:
    """Of accounts; and a new one does when it has gone."""
    child = Child("names", names.hello, watch=names.sent)
    nobody = pwd.getpwnam("nobody").pw_uid
    eventually(lambda: names(0) == "root")  # a slow start takes longer than a name may
    assert names(nobody) == "nobody"
    assert names(None) is None
    child.close()
    assert names(nobody) == "nobody"
    child = Child("names", names.hello, watch=names.sent)
    eventually(lambda: names(1) == pwd.getpwuid(1).pw_name)
    child.close()


def test_a_name_is_asked_once(names: Names) -> None:
    """The worker isn't asked for what is known; for what has no name, again after a while."""
    worker = Played(names)
    worker.answers({7: "seven"}.get)
    assert [names(7), names(7), names(8), names(8)] == ["seven", "seven", None, None]
    assert worker.asked == [7, 8]


def test_an_account_that_is_made_later_is_found(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is asked again."""
    accounts: dict[int, str] = {}
    Played(names).answers(accounts.get)
    assert names(7) is None
    accounts[7] = "seven"
    assert names(7) is None
    later_ns = module.boot_ns() + module._AGAIN_NS + 1
    monkeypatch.setattr(module, "boot_ns", lambda: later_ns)
    assert names(7) == "seven"


def test_a_name_that_is_late_makes_nobody_wait_again(names: Names) -> None:
    """The first that asks waits for the deadline; then nobody does, and it comes when it comes."""
    worker = Played(names)
    began = time.monotonic()
    assert names(7) is None
    assert time.monotonic() - began >= module.DEADLINE_S
    assert names(7) is names(8) is None
    message = worker.door.receive()
    assert message and message.fields == {"uid": 7}
    worker.door.send({"uid": 7, "name": "seven"})
    assert names(7) == "seven"
    worker.answers({8: "eight"}.get)
    assert names(8) == "eight"
    assert worker.asked == [8]  # nobody asked while the first was late


def test_a_worker_that_goes_is_not_waited_for(names: Names) -> None:
    """Nor is one that never was."""
    assert names(7) is None
    worker = Played(names)
    worker.door.close()
    assert names(7) is None
    Played(names).answers({7: "seven"}.get)
    assert names(7) == "seven"


@pytest.mark.parametrize("nonsense", [b"{", b"[]", b"x" * 70_000])
def test_a_worker_that_makes_no_sense_is_left(names: Names, nonsense: bytes) -> None:
    """Whoever asked goes on without a name; the worker sees the end of the door."""
    worker = Played(names)
    os.write(worker.door.fileno(), nonsense)
    assert names(7) is None
    asked = worker.door.receive()
    assert asked and asked.fields == {"uid": 7}
    assert worker.door.receive() is None


@pytest.mark.parametrize("name", [5, ["x"], {}, True])
def test_what_is_no_name_is_none(names: Names, name: object) -> None:
    """A worker's word is taken for no more than it may be."""
    Played(names).answers(lambda _uid: name)  # type: ignore[arg-type, return-value]
    assert names(7) is None


def test_no_more_than_so_many_are_kept(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest goes."""
    monkeypatch.setattr(module, "CACHED", 2)
    worker = Played(names)
    worker.answers(str)
    for uid in (1, 2, 3, 3, 2, 1):
        assert names(uid) == str(uid)
    assert worker.asked == [1, 2, 3, 1]
