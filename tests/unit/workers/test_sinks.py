"""The worker of sinks: what it opens, and what it says. Real places are in tests/log."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.patience import eventually
from tracer.settings import SinkKind, SinkSettings
from tracer.sinks.auditlog import AuditLog
from tracer.sinks.feed import Feed
from tracer.sinks.file import NdjsonFile
from tracer.sinks.stdout import Stdout
from tracer.sinks.syslog import Datagrams
from tracer.workers import sinks as module
from tracer.workers.door import Door, Message, pair
from tracer.workers.sinks import feeds_of, opener, serve


def test_each_kind_has_its_driver(tmp_path: Path) -> None:
    """As the settings have it."""
    (tmp_path / "place").mkdir(mode=0o755)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(tmp_path / "log"))
        for kind, driver in (
            (SinkKind.SYSLOG, Datagrams),
            (SinkKind.FILE, NdjsonFile),
            (SinkKind.STDOUT, Stdout),
            (SinkKind.AUDIT, AuditLog),
        ):
            path, address = str(tmp_path / "place/events"), str(tmp_path / "log")
            opened = opener(SinkSettings(kind, "x", path=path, address=address), [1])()
            assert type(opened) is driver
            opened.close()


def test_the_descriptor_outlives_a_failure() -> None:
    """A line that was begun is still to be ended."""
    open_stdout = opener(SinkSettings(SinkKind.STDOUT, "x"), [1])
    assert open_stdout() is open_stdout()


def test_a_sink_begins_where_it_was(tmp_path: Path) -> None:
    """A new one where the run does; what it says goes through the door."""
    ours, theirs = pair()
    sinks = [asdict(SinkSettings(SinkKind.STDOUT, name, events=("exec",))) for name in "ab"]
    fields = {"directory": str(tmp_path), "sinks": sinks, "cursors": {"b": 7}, "first": 40}
    feeds = feeds_of(Message(fields, [1]), Door(theirs))
    assert [(feed.name, feed.kept) for feed in feeds] == [("a", 40), ("b", 7)]
    feeds[1]._say("failed", reason="why")
    said = ours.receive()
    assert said
    assert said.fields == {
        "say": {"name": "b", "kind": "stdout", "state": "failed", "reason": "why"}
    }
    ours.close()
    theirs.close()


def run(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> tuple[Door, Thread, Feed]:
    """serve() in a thread, with a feed that does this."""
    monkeypatch.setattr(module, "REPORT_S", 0.01)
    ours, theirs = pair()
    feed = Feed(SinkSettings(SinkKind.STDOUT, "one"), Path("/none"), 3, lambda: Stdout(1), print)
    monkeypatch.setattr(feed, "run", work)

    def serve_it() -> None:
        with theirs, suppress(SystemExit):
            serve([feed], Door(theirs))

    thread = Thread(target=serve_it)
    thread.start()
    return ours, thread, feed


def test_it_says_how_they_stand_until_its_door_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Again and again; a thread that hangs changes nothing."""
    hanging = Event()
    ours, thread, feed = run(hanging.wait, monkeypatch)

    def heard() -> Message | None:
        try:
            return ours.receive()
        except BlockingIOError:
            return None

    for _ in range(2):
        said = eventually(heard)
        assert said
        assert said.fields == {"sinks": {"one": feed.state()}}
    ours.close()
    thread.join()
    hanging.set()


def test_a_thread_that_ended_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the service hears of it, and starts another."""
    ended: list[int] = []

    def end(code: int) -> None:
        ended.append(code)
        raise SystemExit

    monkeypatch.setattr(os, "_exit", end)
    ours, thread, _ = run(lambda: None, monkeypatch)
    thread.join()
    assert ended == [70]
    ours.close()
