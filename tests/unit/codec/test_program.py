"""tracer.codec.program"""

from __future__ import annotations

from base64 import b64decode

import pytest

from tests import samples
from tracer.codec.program import Image, executable_of, image_of, program_of
from tracer.model.context import Mask


@pytest.mark.parametrize(
    ("exe", "links", "source", "image"),
    [
        (b"/bin/ls", 1, "kernel", Image(b"/bin/ls", False, False)),
        (b"/bin/ls", 0, "kernel", Image(b"/bin/ls", True, False)),
        (b"/memfd:x", 0, "kernel", Image(b"/memfd:x", False, True)),
        (b"/memfd:x", 1, "kernel", Image(b"/memfd:x", False, False)),
        (b"/tmp/x (deleted)", 1, "kernel", Image(b"/tmp/x (deleted)", False, False)),
        (b"/tmp/x (deleted)", 1, "procfs", Image(b"/tmp/x", True, False)),
        (b"/memfd:x (deleted)", 1, "procfs", Image(b"/memfd:x", False, True)),
        (b"", 1, "kernel", Image(b"", False, False)),
    ],
)
def test_where_an_executable_is(exe, links, source, image):
    """Only /proc writes remarks into the path; a file can bear any name, and then has links."""
    process = samples.PROCESS._replace(exe=exe, exe_links=links, source=source)
    assert image_of(process) == image


def test_an_ordinary_program_has_no_flags():
    """Paths, arguments, ancestors; nothing in base64."""
    ecs, ours = program_of(samples.PROCESS)
    assert ecs == {
        "executable": "/usr/bin/ls",
        "working_directory": "/home/alice",
        "args": ["ls", "-l", "my file"],
        "args_count": 3,
        "command_line": "ls -l my file",
    }
    assert ours == {
        "source": "kernel",
        "invoked": "/bin/ls",
        "argv_bytes": 14,
        "ancestors": [
            {"pid": 1000, "executable": "/usr/bin/bash"},
            {"pid": 900, "executable": "/usr/bin/tmux"},
        ],
    }


def test_an_odd_program_is_exact_and_marked():
    """Every cut and unreadable part is a flag, every byte that isn't text is there in base64."""
    ecs, ours = program_of(samples.ODD)
    assert ecs["args"] == ["caf\ufffd", "x"]
    assert ecs["args_count"] == 9
    assert [b64decode(arg) for arg in ours["args_base64"]] == [samples.NOT_UTF8, b"x"]
    for name in ("invoked", "working_directory"):
        assert b64decode(ours[f"{name}_base64"]) == samples.NOT_UTF8
        assert ours[f"{name}_truncated"] is True
    assert b64decode(ours["executable_base64"]) == b"/memfd:" + samples.NOT_UTF8
    assert ours["argv_truncated"] and ours["argv_unread"] and ours["memfd"]
    assert "deleted" not in ours
    assert b64decode(ours["ancestors"][0]["executable_base64"]) == samples.NOT_UTF8
    assert ours["ancestors"][1] == {"pid": 900}


def test_what_is_not_known_is_absent():
    """Nothing is made up for a process whose start was missed."""
    assert program_of(samples.UNKNOWN) == ({}, {"source": "kernel"})
    assert executable_of(samples.UNKNOWN) == {}


def test_empty_arguments_are_arguments():
    """An argv of one empty string is not an unknown one."""
    empty = samples.PROCESS._replace(argv=(b"",), argc=1, argv_bytes=1)
    assert program_of(empty)[0]["args"] == [""]


def test_what_was_masked_is_told_apart_by_its_hash():
    """Which argument, how long the secret was, and nothing of it."""
    process = samples.PROCESS._replace(masks=(Mask(2, 12, "5eed"),))
    assert program_of(process)[1]["masked"] == [{"argument": 2, "length": 12, "digest": "5eed"}]
    assert "masked" not in program_of(samples.PROCESS)[1]
