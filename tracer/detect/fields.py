"""What the views of each log source may hold, and where in the records that stands.

Invariant: docs/rules.md has the same fields; a test holds the two against each other. Of which
person or process a field tells is in its name; what only tmux says is marked there as a claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tracer.detect.shape import Shape, joined, names_in
from tracer.detect.view import (
    AUDITD,
    PROCESS_CREATION,
    TMUX_CLIENT,
    TTY_INJECT,
    TTY_INPUT,
    TTY_OUTPUT,
    TTYTRACE,
    LogSource,
)

AUDIT_ARGS: Final = 64
"""So many arguments a view of EXECVE has, from a0 on."""


def _person(name: str, prefix: str) -> Shape:
    origin: Shape = {"type": f"{prefix}Origin", "via": {"program": f"{prefix}Via"}}
    return {
        "user": {"id": f"{prefix}Uid", "name": name},
        "loginuid": f"{prefix}LoginUid",
        "pid": f"{prefix}ProcessId",
        "role": f"{prefix}Role",
        "origin": origin,
        "source": {"ip": "RemoteAddress"},
    }


_ACTION: Final[Shape] = {"event": {"action": "Action"}}
_PLACE: Final[Shape] = {
    "host": {"name": "Host"},
    "tmux": {
        "server": {
            "pid": "ServerPid",
            "socket": "Socket",
            "user": {"id": "ServerUid", "name": "ServerUser"},
        },
        "session": {"id": "SessionId", "name": "Session"},
        "window": {"index": "WindowIndex", "name": "Window"},
        "pane": {"id": "Pane"},
        "verified": "IsVerified",
    },
}
_USER: Final[Shape] = {
    "user": {"id": "Uid", "name": "User", "effective": {"id": "Euid", "name": "EffectiveUser"}},
    "ttytrace": {"loginuid": "LoginUid", "audit_session": "AuditSession"},
    "container": {"id": "Container"},
}
_FOREGROUND: Final[Shape] = {"process": {"executable": "Image", "pid": "ProcessId"}}

PROGRAM: Final[Shape] = joined(
    _PLACE,
    _USER,
    {
        "user": {"id": ("Uid", "LogonId"), "group": {"id": "Gid"}},
        "process": {
            "executable": "Image",
            "command_line": "CommandLine",
            "working_directory": "CurrentDirectory",
            "pid": "ProcessId",
            "entity_id": "ProcessGuid",
            "parent": {
                "executable": "ParentImage",
                "pid": "ParentProcessId",
                "entity_id": "ParentProcessGuid",
            },
        },
        "ttytrace": {
            "process": {
                "ancestors": {"executable": "AncestorImage"},
                "deleted": "IsDeleted",
                "memfd": "IsMemfd",
            }
        },
        "tmux": {
            "submitted_by": _person("SubmittedBy", "SubmittedBy"),
            "composed_by": _person("ComposedBy", "ComposedBy"),
            "command_partial": "IsPartial",
        },
    },
)
CLIENT: Final[Shape] = joined(
    _ACTION,
    _PLACE,
    {
        "tmux": {
            "client": joined(
                _person("User", ""),
                {
                    "audit_session": "AuditSession",
                    "read_only": "IsReadOnly",
                    "control": "IsControl",
                    "verified": "IsClientVerified",
                },
            )
        },
        "ttytrace": {"note": "Note"},
    },
)
INPUT: Final[Shape] = joined(
    _PLACE,
    _USER,
    _FOREGROUND,
    {"ttytrace": {"io": {"withheld": "Withheld", "size": "Bytes"}}},
)
TYPIST: Final[Shape] = joined(
    _person("Typist", "Typist"), {"how": "How", "confidence": "Confidence"}
)
"""Of a range in `tmux.typed_by`."""
OUTPUT: Final[Shape] = joined(_PLACE, _USER, _FOREGROUND)
INJECTED: Final[Shape] = joined(
    _ACTION,
    _PLACE,
    {
        "tmux": {"injected_by": _person("User", "")},
        "ttytrace": {"injection": {"way": "Way", "count": "Count"}},
    },
)
TRACED: Final[Shape] = joined(
    _ACTION,
    _PLACE,
    {
        "tmux": {"traced_by": _person("User", "")},
        "ttytrace": {"trace": {"request": "Request"}},
        "process": {"executable": "TargetImage", "pid": "TargetProcessId"},
        "user": {"id": "TargetUid", "name": "TargetUser", "effective": {"id": "TargetEuid"}},
    },
)
_BY: Final[Shape] = joined(
    _person("User", ""),
    {"uid": "Uid", "executable": "Image", "signal": {"name": "Signal"}},
)
OURSELVES: Final[Shape] = joined(
    _ACTION,
    _PLACE,
    {
        "user": {"id": "Uid", "name": "User"},
        "ttytrace": {
            "loginuid": "LoginUid",
            "note": "Note",
            "lost": {
                "kind": "Kind",
                "reason": "Reason",
                "records": "Records",
                "bytes": "Bytes",
            },
            "log": {
                "reason": "Reason",
                "error": "Error",
                "keeping": "Error",
                "state": "State",
                "name": "Name",
                "rule": "Rule",
                "kind": "Kind",
                "records": "Records",
                "bytes": "Bytes",
                "segments": "Segments",
                "seconds": "Seconds",
                "from": "From",
                "to": "To",
                "command": "Command",
                "target": "Target",
                "changed": "Changed",
                "mended": "IsMended",
                "ring": "Ring",
                "path": "Path",
                "refused": "Refused",
                "version": "Version",
                "plan": "Plan",
                "source": "Source",
                "append_only": "IsAppendOnly",
                "previous": {"end": "Previous"},
                "canary": {"missing": "IsCanaryMissing"},
                "signal": {"name": "Signal"},
                "settings": {
                    "input": "Input",
                    "scope": {"without_users": "WithoutUsers"},
                    "rules": {"pack": "IsPackUsed", "without": "RulesWithout"},
                },
                "by": joined(_BY, {"sender": _BY}),
                "sender": _BY,
            },
        },
    },
)
EXECVE: Final[Shape] = {"process": {"args_count": "argc"}}
SYSCALL: Final[Shape] = {
    "process": {"executable": "exe", "pid": "pid", "parent": {"pid": "ppid"}},
    "user": {
        "id": "uid",
        "group": {"id": "gid"},
        "effective": {"id": "euid", "group": {"id": "egid"}},
    },
}
LOGIN: Final[Shape] = {
    "process": {"pid": "pid"},
    "ttytrace": {
        "login": {
            "account": "acct",
            "address": "addr",
            "program": "exe",
            "terminal": "terminal",
        }
    },
}

_OTHER: Final[Mapping[LogSource, tuple[str, ...]]] = {
    PROCESS_CREATION: ("IsByOther", "ParentCommandLine", "Terminal"),
    AUDITD: (
        *("type", "SYSCALL", "success", "comm", "auid", "ses", "tty", "item", "name", "nametype"),
        *("res", *(f"a{place}" for place in range(AUDIT_ARGS))),
    ),
    TMUX_CLIENT: ("IsByOther", "IsFirst", "Terminal"),
    TTY_INPUT: (
        *("Text", "IsByOther", "IsFinished", "IsPartial", "IsPasted", "LineCount", "Terminal"),
        *names_in(TYPIST),
    ),
    TTY_OUTPUT: ("Text", "IsFinished", "Terminal"),
    TTY_INJECT: ("IsByOther", "Terminal"),
    TTYTRACE: ("Terminal",),
}
_SHAPES: Final[Mapping[LogSource, tuple[Shape, ...]]] = {
    PROCESS_CREATION: (PROGRAM,),
    AUDITD: (EXECVE, SYSCALL, LOGIN),
    TMUX_CLIENT: (CLIENT,),
    TTY_INPUT: (INPUT,),
    TTY_OUTPUT: (OUTPUT,),
    TTY_INJECT: (INJECTED, TRACED),
    TTYTRACE: (OURSELVES,),
}
FIELDS: Final[Mapping[LogSource, frozenset[str]]] = {
    source: frozenset((*names_in(joined(*shapes)), *_OTHER[source]))
    for source, shapes in _SHAPES.items()
}
"""All that a view of each source may hold."""

KEPT: Final = frozenset(("Text", "IsFinished", "IsPartial", "LineCount"))
"""Those of TTY_INPUT that there are only where the bytes of input are kept."""
