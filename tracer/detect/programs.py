"""A program that starts, as rules for process creation see it, and as rules for auditd do.

Invariant: the views of auditd are never one: in EXECVE a0 is an argument, in SYSCALL it would be
an address.
"""

from __future__ import annotations

import json
from typing import Final

from tracer.codec.identity import Fields
from tracer.detect.device import terminal_of
from tracer.detect.fields import AUDIT_ARGS, EXECVE, PROGRAM, SYSCALL
from tracer.detect.parents import Parent
from tracer.detect.people import by_other
from tracer.detect.shape import part, parts, taken, value_of
from tracer.detect.view import AUDITD, PROCESS_CREATION, Values, View

_UNSET: Final = "4294967295"  # how auditd writes an auid or ses that was never set
_COMM_CHARACTERS: Final = 15
_CUT: Final = tuple(
    f"{what}_truncated" for what in ("argv", "invoked", "executable", "working_directory")
)


def program_views(event: Fields, parent: Parent | None) -> list[View]:
    """Those of an `exec`."""
    ours = part(event, "ttytrace", "process")
    is_cut, paths = any(ours.get(flag) is True for flag in _CUT), _paths(event)
    return [
        _process_creation(event, parent, paths, is_cut),
        _execve(event, is_cut),
        _syscall(event, paths, is_cut),
        _path(paths, is_cut),
    ]


def auditd_view(kind: str, fields: dict[str, Values], text: str = "", *, cut: bool = False) -> View:
    """A record of auditd; `text`: its words, where they aren't those of its fields."""
    whole = {"type": (kind,), **fields}
    words = text or " ".join(f"{name}={values[0]}" for name, values in fields.items())
    return View(AUDITD, whole, f"type={kind} {words}", is_cut=cut)


def login_ids(event: Fields) -> dict[str, Values]:
    """`auid` and `ses` as auditd has them."""
    ours = part(event, "ttytrace")
    ids = (value_of(ours.get(name)) or _UNSET for name in ("loginuid", "audit_session"))
    return {name: (id_,) for name, id_ in zip(("auid", "ses"), ids, strict=True)}


def _process_creation(event: Fields, parent: Parent | None, paths: Values, is_cut: bool) -> View:
    fields = taken(PROGRAM, event)
    if paths:
        fields["Image"] = paths
    if parent is not None:
        images = (*fields.get("ParentImage", ()), parent.invoked)
        fields["ParentImage"] = tuple(dict.fromkeys(filter(None, images)))
        if parent.command_line is not None:
            fields["ParentCommandLine"] = (parent.command_line,)
    if not fields.get("ParentImage"):
        fields.pop("ParentImage", None)
    if terminal := terminal_of(event.get("process")):
        fields["Terminal"] = (terminal,)
    tmux = part(event, "tmux")
    submitted = [tmux["submitted_by"]] if "submitted_by" in tmux else []
    fields |= by_other(event, [*parts(tmux, "composed_by"), *submitted])
    text = " ".join((*paths, *fields.get("CommandLine", ())))
    return View(PROCESS_CREATION, fields, text, is_cut=is_cut)


def _execve(event: Fields, is_cut: bool) -> View:
    args = part(event, "process").get("args")
    given = [arg for arg in args if isinstance(arg, str)] if isinstance(args, list) else []
    fields = taken(EXECVE, event)
    count = fields.get("argc", ("0",))[0]
    words = [f"argc={count}", *(f"a{at}={_quoted(arg)}" for at, arg in enumerate(given))]
    for place, arg in enumerate(given[:AUDIT_ARGS]):
        fields[f"a{place}"] = (arg,)
    is_cut = is_cut or len(given) > AUDIT_ARGS
    return auditd_view("EXECVE", fields, " ".join(words), cut=is_cut)


def _syscall(event: Fields, paths: Values, is_cut: bool) -> View:
    fields: dict[str, Values] = {"SYSCALL": ("execve",), "success": ("yes",)}
    fields |= taken(SYSCALL, event) | login_ids(event)
    if paths:
        # A script's own name, as the kernel has it: what it is run by is in exe.
        fields["comm"] = (paths[-1].rpartition("/")[2][:_COMM_CHARACTERS],)
    terminal = terminal_of(event.get("process")) or "(none)"
    fields["tty"] = (terminal.replace("/", ""),)
    return auditd_view("SYSCALL", fields, cut=is_cut)


def _path(paths: Values, is_cut: bool) -> View:
    fields = {"item": ("0",), "nametype": ("NORMAL",)}
    return auditd_view("PATH", fields | ({"name": paths} if paths else {}), cut=is_cut)


def _paths(event: Fields) -> Values:
    """The program file as the kernel resolved it, and the path that was given, last."""
    executable = value_of(part(event, "process").get("executable"))
    invoked = value_of(part(event, "ttytrace", "process").get("invoked"))
    return tuple(dict.fromkeys(filter(None, (executable, invoked))))


def _quoted(arg: str) -> str:
    return json.dumps(arg, ensure_ascii=False)
