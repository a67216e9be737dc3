"""Sinks as the service sees them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sinking import SECOND, Sinking
from tracer.codec.identity import Fields
from tracer.privileges import worker_account
from tracer.settings import SinkKind, SinkSettings
from tracer.store.cursors import Cursors
from tracer.workers.door import Message

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="a worker becomes another user")


@pytest.fixture
def sinking() -> Iterator[Sinking]:
    sinking = Sinking()
    yield sinking
    sinking.close()


@pytest.fixture
def copy(sinking: Sinking) -> SinkSettings:
    return SinkSettings(SinkKind.FILE, "copy", path=str(sinking.out / "copy"))


def kept(sinking: Sinking) -> dict[str, int]:
    """The cursors on the disk."""
    with closing(Cursors(Path(sinking.written.settings.state))) as cursors:
        return cursors.read()


def count(sink: SinkSettings) -> int:
    """Lines in its file."""
    path = Path(sink.path)
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def test_without_a_sink_nothing_runs(sinking: Sinking) -> None:
    """And nothing is kept."""
    sinks = sinking.start()
    sinks.turn(SECOND)
    assert sinks.trouble is None
    assert sinks._child is None
    sinking.stop()
    assert kept(sinking) == {}


@needs_root
def test_each_run_goes_on_where_the_last_one_was(sinking: Sinking, copy: SinkSettings) -> None:
    """Nothing is lost between them."""
    sinking.start(copy)
    sinking.number(1, 2)
    sinking.until_all_came("copy")
    assert (sinking.state("copy")["state"], sinking.state("copy")["kind"]) == ("working", "file")
    sinking.stop()
    assert kept(sinking) == {"copy": sinking.log.size}
    sinking.number(3)
    sinking.first = sinking.log.size
    sinking.start(copy)
    sinking.until(lambda: count(copy) == 3)


@needs_root
def test_a_run_that_ends_at_once_loses_nothing(sinking: Sinking, copy: SinkSettings) -> None:
    """What it recorded waits for the next one."""
    sinking.start(copy)
    sinking.number(1)
    first = sinking.first
    sinking.stop()
    assert kept(sinking) == {"copy": first}


@needs_root
def test_what_it_says_is_a_record(sinking: Sinking, copy: SinkSettings) -> None:
    """As where its file can't be; the cure is named."""
    os.chown(sinking.out, 0, 0)
    sinking.start(copy)
    sinking.number(1)
    sinking.until(lambda: sinking.said)
    (said,) = sinking.said
    assert (said["name"], said["state"]) == ("copy", "failed")
    assert f"chown {worker_account().uid} {sinking.out}" in said["reason"]


@needs_root
def test_other_settings_need_no_other_run(sinking: Sinking, copy: SinkSettings) -> None:
    """What is new begins, what went is gone."""
    more = SinkSettings(SinkKind.FILE, "more", path=str(sinking.out / "more"))
    sinks = sinking.start(copy)
    sinks.configure(sinking.settings(copy, more))
    worker = sinks._child
    sinks.configure(sinking.settings(copy, more))
    assert sinks._child is worker  # the same ones are left alone
    sinking.number(1)
    sinking.until(lambda: set(sinks.states) == {"copy", "more"} and count(more) == 1)
    sinks.configure(sinking.settings())
    assert sinks.states == {}


SAID = {"name": "copy", "kind": "file", "state": "failed", "reason": "gone", "first": 3}
STATE = {
    "kind": "file",
    "state": "working",
    "next": 3,
    "behind_bytes": 0,
    "delivered": 1,
    "failures": 0,
    "dropped": 0,
}


def hear(sinking: Sinking, fields: Fields) -> None:
    """As if the worker said that."""
    assert sinking.sinks is not None
    sinking.sinks._hear(Message(fields))


@needs_root
def test_a_word_of_the_worker_is_taken_for_no_more(sinking: Sinking, copy: SinkSettings) -> None:
    """Than it may say: of sinks that there are, and what a record and a status have."""
    sinks = sinking.start(copy)
    hear(sinking, {"say": SAID | {"action": "seal", "stamp": 1, "other": [[]]}})
    assert sinking.said == [SAID]
    hear(sinking, {"sinks": {"copy": STATE | {"other": [[]]}, "none": STATE}})
    assert sinks.states == {"copy": STATE}
    hear(sinking, {"sinks": 5})
    hear(sinking, {"what": 5})


@needs_root
@pytest.mark.parametrize(
    "fields",
    [
        {"say": SAID | {"reason": {"deep": []}}},
        {"say": SAID | {"first": "x"}},
        {"say": {"name": "copy"}},
        {"sinks": {}},
        {"sinks": {"copy": {}}},
        {"sinks": {"copy": None}},
        {"sinks": {"copy": STATE | {"next": True}}},
    ],
)
def test_what_makes_no_sense_changes_nothing(
    sinking: Sinking, copy: SinkSettings, fields: Fields
) -> None:
    """It is raised, and ends the worker; see Child."""
    sinks = sinking.start(copy)
    with pytest.raises((KeyError, ValueError, TypeError)):
        hear(sinking, fields)
    assert (sinking.said, sinks.states) == ([], {})


@needs_root
def test_a_cursor_beyond_the_log_begins_at_its_end(sinking: Sinking, copy: SinkSettings) -> None:
    """Where the log has lost its end, the numbers come again."""
    with closing(Cursors(Path(sinking.written.settings.state))) as cursors:
        cursors.write({"copy": sinking.first + 100})
    first = sinking.first
    sinking.start(copy)
    sinking.number(1)
    sinking.stop()
    assert kept(sinking) == {"copy": first}


def test_more_sinks_than_can_be_told_are_trouble(sinking: Sinking, copy: SinkSettings) -> None:
    """A reload that wants them goes on with all else."""
    sinks = sinking.start()
    sinks.configure(sinking.settings(*(replace(copy, name=f"s{n}") for n in range(500))))
    assert sinks.trouble == "worker sinks can't be started: a message is too large"
    sinks.turn(SECOND)
    sinks.configure(sinking.settings())
    assert sinks.trouble is None
