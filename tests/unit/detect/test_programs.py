"""One start of a program, as rules of several log sources expect it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.samples import (
    ALICE,
    BOB,
    EXEC,
    LOGIN,
    NOBODY,
    PLACE,
    PROCESS,
    SETUID,
    UNKNOWN,
)
from tests.viewed import record
from tracer.detect.fields import AUDIT_ARGS
from tracer.detect.parents import Parent
from tracer.detect.programs import auditd_view, login_ids, program_views
from tracer.detect.view import AUDITD, PROCESS_CREATION, View
from tracer.model import abi
from tracer.model.context import Command, Process
from tracer.model.findings import ProgramStarted

PARENT = Parent("/bin/sh", "sh -c x")


def views(
    process: Process = PROCESS, parent: Parent | None = None, command: Command | None = None
) -> tuple[View, View, View, View]:
    """All of an exec: of process creation, and of EXECVE, SYSCALL and PATH."""
    exec_ = ProgramStarted(EXEC.time_ns, process, PLACE, command)
    first, *rest = program_views(record(exec_), parent)
    assert [first.source, *(view.source for view in rest)] == [PROCESS_CREATION, *[AUDITD] * 3]
    execve, syscall, path = rest
    assert [view.fields["type"] for view in rest] == [("EXECVE",), ("SYSCALL",), ("PATH",)]
    return first, execve, syscall, path


def test_process_creation_has_what_its_rules_ask_for() -> None:
    """As Sysmon names it, with who logged in and where in tmux it is besides."""
    fields = views()[0].fields
    expected = {
        "Image": ("/usr/bin/ls", "/bin/ls"),
        "CommandLine": ("ls -l my file",),
        "CurrentDirectory": ("/home/alice",),
        "ParentImage": ("/usr/bin/bash",),
        "User": ("alice",),
        "LogonId": ("1000",),
        "LoginUid": ("1000",),
        "ProcessId": ("4711",),
        "ParentProcessId": ("1000",),
        "AncestorImage": ("/usr/bin/bash", "/usr/bin/tmux"),
        "Terminal": ("pts/3",),
        "ServerUser": ("alice",),
        "Pane": ("%3",),
    }
    assert expected.items() <= fields.items()
    assert not {"IsByOther", "SubmittedBy", "ParentCommandLine", "IsMemfd"} & fields.keys()


def test_a_script_has_its_name_and_its_interpreters() -> None:
    """To auditd, the name is the script's, and the program is who reads it."""
    script = PROCESS._replace(invoked=b"./a-long-name-of-it.sh", exe=b"/usr/bin/dash")
    first, _, syscall, path = views(script)
    assert first.fields["Image"] == ("/usr/bin/dash", "./a-long-name-of-it.sh")
    assert syscall.fields["exe"] == ("/usr/bin/dash",)
    assert syscall.fields["comm"] == ("a-long-name-of-",)
    assert path.fields["name"] == ("/usr/bin/dash", "./a-long-name-of-it.sh")


def test_what_the_parent_runs_is_told_where_it_is_known() -> None:
    """By the path that it was started by, too."""
    fields = views(parent=PARENT)[0].fields
    assert fields["ParentImage"] == ("/usr/bin/bash", "/bin/sh")
    assert fields["ParentCommandLine"] == ("sh -c x",)
    assert "ParentCommandLine" not in views(parent=Parent(None, None))[0].fields


def test_who_is_behind_a_command_is_told() -> None:
    """All who typed, who pressed Enter, and whether one of them is not the server's owner."""
    command = Command(((ALICE, 3), (BOB, 2)), BOB, False, "")
    fields = views(command=command)[0].fields
    assert fields["ComposedBy"] == ("alice", "bob")
    assert fields["SubmittedBy"] == ("bob",)
    assert fields["SubmittedByLoginUid"] == ("1002",)
    assert fields["RemoteAddress"] == ("10.0.0.7",)
    assert fields["IsByOther"] == ("true",)
    assert fields["IsPartial"] == ("false",)
    mine = views(command=Command(((ALICE, 3),), ALICE, False, ""))[0].fields
    assert mine["IsByOther"] == ("false",)


def test_arguments_and_registers_are_never_mixed() -> None:
    """a0 is in EXECVE alone, where it is an argument."""
    first, execve, syscall, path = views()
    assert execve.fields == {
        "type": ("EXECVE",),
        "argc": ("3",),
        "a0": ("ls",),
        "a1": ("-l",),
        "a2": ("my file",),
    }
    assert not any("a0" in view.fields for view in (first, syscall, path))


def test_ids_are_those_of_auditd() -> None:
    """The effective user apart from the real one; what is unset is a large number, as there."""
    fields = views(PROCESS._replace(who=SETUID))[2].fields
    assert (fields["uid"], fields["euid"]) == (("1000",), ("0",))
    assert (fields["auid"], fields["ses"], fields["tty"]) == (("1000",), ("4",), ("pts3",))
    unset = views(PROCESS._replace(who=NOBODY))[2].fields
    assert unset["auid"] == unset["ses"] == ("4294967295",)
    assert unset["tty"] == ("(none)",)


def test_keywords_find_what_auditd_would_write() -> None:
    """And, of process creation, the program and its command line."""
    first, execve, syscall, path = views()
    assert first.text == "/usr/bin/ls /bin/ls ls -l my file"
    assert execve.text == 'type=EXECVE argc=3 a0="ls" a1="-l" a2="my file"'
    assert syscall.text.startswith("type=SYSCALL SYSCALL=execve success=yes exe=/usr/bin/ls pid=")
    assert path.text == "type=PATH item=0 nametype=NORMAL name=/usr/bin/ls"


@pytest.mark.parametrize(
    "flag", [abi.EXEC_ARGV_CUT, abi.EXEC_INVOKED_CUT, abi.EXEC_EXE_CUT, abi.EXEC_CWD_CUT]
)
def test_what_was_cut_is_said_to_be(flag: int) -> None:
    """Whatever of it was too long."""
    assert [view.is_cut for view in views(PROCESS._replace(flags=flag))] == [True] * 4
    assert [view.is_cut for view in views()] == [False] * 4


def test_of_many_arguments_the_first_have_fields() -> None:
    """Keywords find all of them."""
    many = tuple(b"x%d" % number for number in range(AUDIT_ARGS + 1))
    _, execve, _, _ = views(PROCESS._replace(argv=many, argc=len(many)))
    assert execve.fields[f"a{AUDIT_ARGS - 1}"] == (f"x{AUDIT_ARGS - 1}",)
    assert f"a{AUDIT_ARGS}" not in execve.fields
    assert f'a{AUDIT_ARGS}="x{AUDIT_ARGS}"' in execve.text
    assert execve.is_cut


def test_of_an_unknown_program_little_is_said() -> None:
    """What isn't known is absent."""
    first, execve, syscall, path = views(UNKNOWN)
    assert not {"Image", "CommandLine", "ParentImage", "User"} & first.fields.keys()
    assert execve.fields == {"type": ("EXECVE",)}
    assert "name" not in path.fields
    assert "comm" not in syscall.fields


@pytest.mark.parametrize("args", ["ls", [1, None, "x"], {}])
def test_arguments_that_are_none_are_left_out(args: Any) -> None:
    """Whoever wrote the record may have put anything there."""
    event = record(EXEC)
    event["process"]["args"] = args
    execve = program_views(event, None)[1]
    assert execve.fields.get("a0") in (None, ("x",))


def test_a_record_of_auditd_has_its_words() -> None:
    """Its own where it has any, else those of its fields."""
    assert auditd_view("X", {"a": ("1", "2")}).text == "type=X a=1"
    assert auditd_view("X", {"a": ("1",)}, "op=set").text == "type=X op=set"
    assert auditd_view("X", {}, cut=True).is_cut


def test_login_ids_are_known_or_unset() -> None:
    """As auditd writes them."""
    assert login_ids(record(LOGIN)) == {"auid": ("1000",), "ses": ("4",)}
    assert login_ids({}) == {"auid": ("4294967295",), "ses": ("4294967295",)}
