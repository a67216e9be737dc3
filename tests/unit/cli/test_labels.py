"""tracer.cli.labels"""

from __future__ import annotations

import pytest

from tests import samples
from tracer.cli.labels import (
    amount_lost,
    duration,
    name_of,
    process_label,
    remarks_on,
    remarks_on_client,
    tty_name,
    where,
    word,
)
from tracer.model import abi
from tracer.model.context import Place
from tracer.model.events import Tty

SERVER = samples.SERVER


@pytest.mark.parametrize(
    ("place", "label"),
    [
        (samples.PLACE, "work:0.%3"),
        (samples.PLACE._replace(verified=False), "work:0.%3?"),
        (samples.PLACE._replace(session_name=None), "$1:0.%3"),
        (samples.PLACE._replace(session_name=None, session_id=None), "?:0.%3"),
        (samples.PLACE._replace(session_name="?"), "'?':0.%3"),
        (samples.PLACE._replace(window_index=None), "work:?.%3"),
        (Place(SERVER, pane_pid=1000), "?:1000"),
        (Place(SERVER, None, "$1", "work"), "work"),
        (Place(SERVER, None, "$1", "work", "@2", 1), "work:1"),
        (Place(SERVER, None, "$1", "work", "@2"), "work:?"),
        (Place(SERVER), "server:900"),
        (None, "?"),
    ],
)
def test_a_place_reads_as_a_tmux_target(place, label):
    """Names first, ids instead, kernel pids at last; unconfirmed panes have a question mark."""
    assert where(place) == label


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("work", "work"),
        ("работа", "работа"),
        ("my work", "'my work'"),
        ("work:0.%1", "'work:0.%1'"),
        ("", "''"),
        ("it's\x1b[m", r"""'it'"'"'s\x1b[m'"""),
        ("x" * 33, "'" + "x" * 32 + "…'"),
    ],
)
def test_a_name_can_only_be_a_name(name, shown):
    """What could pass for a column or another target is quoted, and what is long is cut."""
    assert name_of(name) == shown


def test_words_are_typed_as_in_a_shell():
    """Quotes, newlines and bytes that aren't UTF-8 come out unambiguous."""
    assert word(b"my file") == "'my file'"
    assert word(b"#\n\xff") == r"'#\x0a\xff'"


def test_a_process_has_its_programs_name_and_pid():
    """Nothing known of the program is a question mark, one with that name is quoted."""
    assert process_label(samples.PROCESS) == "ls[4711]"
    assert process_label(samples.UNKNOWN) == "?[4712]"
    assert process_label(samples.PROCESS._replace(exe=b"/tmp/?")) == "'?'[4711]"


@pytest.mark.parametrize(
    ("changes", "remarks"),
    [
        ({}, []),
        ({"argv": (b"-ls",)}, []),
        ({"argv": (b"sshd",)}, ["runs /usr/bin/ls"]),
        ({"exe_links": 0}, ["deleted"]),
        ({"exe": b"/memfd:ls", "exe_links": 0}, ["runs /memfd:ls", "memfd"]),
        ({"exe": b"/usr/bin/ls (deleted)", "source": "procfs"}, ["deleted"]),
        ({"flags": abi.EXEC_ARGV_CUT}, ["arguments cut"]),
        ({"flags": abi.EXEC_ARGV_FAULT}, ["arguments unreadable"]),
        ({"flags": abi.EXEC_CWD_CUT}, ["path cut"]),
    ],
)
def test_what_is_odd_about_a_program_is_said(changes, remarks):
    """A false name, a file that is gone or never was, and what ttytrace couldn't keep."""
    process = samples.PROCESS._replace(**changes)
    assert remarks_on(process) == ["4711 in /home/alice", *remarks]


@pytest.mark.parametrize(
    ("client", "remarks"),
    [
        (samples.CLIENT, []),
        (samples.ATTACHED, ["read-only"]),
        (samples.CLIENT._replace(is_control=True, verified=False), ["control mode", "unverified"]),
        (samples.CLIENT._replace(person=samples.NESTED), ["inside tmux 901"]),
    ],
)
def test_what_is_unusual_about_a_client_is_said(client, remarks):
    """How it is attached, where it runs, and that the kernel doesn't confirm it."""
    assert remarks_on_client(client) == remarks


def test_without_a_directory_there_is_only_the_pid():
    """The directory is left out where it isn't known."""
    assert remarks_on(samples.UNKNOWN) == ["4712"]


@pytest.mark.parametrize(
    ("tty", "name"),
    [
        (Tty(136, 3), "pts/3"),
        (Tty(137, 1), "pts/257"),
        (Tty(4, 1), "4:1"),
        (Tty(136, 999), "pts/999"),
    ],
)
def test_terminals_are_named_as_under_dev(tty, name):
    """A pty has its name, others their numbers."""
    assert tty_name(tty) == name


@pytest.mark.parametrize(
    ("ms", "text"),
    [(0, "0ms"), (999, "999ms"), (1250, "1.2s"), (59_999, "59.9s"), (60_000, "1m00s"),
     (185_000, "3m05s"), (3_599_999, "59m59s"), (7_380_000, "2h03m")],
)  # fmt: skip
def test_durations_have_two_units_at_most(ms, text):
    """Rounded down, so that none claims to be a unit longer than it was."""
    assert duration(ms * 1_000_000) == text


def test_a_loss_is_counted_in_what_is_known():
    """Bytes before records, and a question mark for neither."""
    assert amount_lost(samples.LOST) == "37 bytes"
    assert amount_lost(samples.LOST._replace(kind="text_input")) == "37 bytes of input"
    assert amount_lost(samples.LOST._replace(bytes=None)) == "2 text_output records"
    assert amount_lost(samples.LOST._replace(bytes=None, records=None)) == "? text_output records"
