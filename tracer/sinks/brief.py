"""A record in brief, for places that know a line and a few named values and no JSON.

Invariant: all of it can be printed on any terminal, without a line break: what was captured is
escaped (codec/safe.py). What only tmux says is in `claimed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.codec.safe import safe_text

_PATHS: Final[dict[str, tuple[str, ...]]] = {
    "server": ("tmux.server.pid",),
    "socket": ("tmux.server.socket",),
    "session": ("tmux.session.name",),
    "window": ("tmux.window.name",),
    "pane": ("tmux.pane.id",),
    "pane_pid": ("tmux.pane.pid",),
    "pid": ("process.pid",),
    "user": ("user.name",),
    "uid": ("user.id",),
    "loginuid": ("ttytrace.loginuid",),
    "audit_session": ("ttytrace.audit_session",),
    "program": ("process.executable",),
    "directory": ("process.working_directory",),
    "command": ("process.command_line", "ttytrace.log.command"),
    "exit_code": ("process.exit_code",),
    "bytes": ("ttytrace.io.size", "process.io.total_bytes_captured"),
    "lost": ("ttytrace.lost.kind",),
    "lost_records": ("ttytrace.lost.records", "ttytrace.log.records"),
    "lost_bytes": ("ttytrace.lost.bytes", "ttytrace.log.bytes"),
    "reason": ("ttytrace.lost.reason", "ttytrace.log.reason"),
    "level": ("ttytrace.alert.level",),
    "rule": ("rule.id", "ttytrace.log.rule"),
    "title": ("rule.name",),
    "alert": ("ttytrace.log.alert",),
    "name": ("ttytrace.log.name",),
    "state": ("ttytrace.log.state",),
    "note": ("ttytrace.note",),
}
_PEOPLE: Final = (
    "tmux.submitted_by",
    "tmux.injected_by",
    "tmux.traced_by",
    "tmux.client",
    "ttytrace.log.by",
    "ttytrace.log.sender",
)
_OF_PERSON: Final = {
    "by": "user.name",
    "by_uid": "user.id",
    "by_loginuid": "loginuid",
    "by_pid": "pid",
    "by_address": "source.ip",
}
_BEHIND: Final = dict.fromkeys(("fork", "exec", "end"), ("user", "uid")) | {
    "alert": ("by", "by_uid", "user", "uid")
}
_SAID: Final = tuple(
    """level title command exit_code bytes lost lost_records lost_bytes name state alert reason
    note""".split()
)


class Severity(IntEnum):
    """As syslog numbers them (RFC 5424, section 6.2.1)."""

    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFO = 6


_WARNINGS: Final = frozenset(
    """lost gap sink clock suspend watch input-injected process-traced server-unverified rules
    response""".split()
)


_OF_LEVELS: Final = {
    "critical": Severity.CRITICAL,
    "high": Severity.ERROR,
    "medium": Severity.WARNING,
    "low": Severity.NOTICE,
    "informational": Severity.INFO,
}
_HARMLESS: Final = frozenset(("recovered", "loaded", "done", "dry-run"))
"""States of records about what ttytrace does itself."""


class Brief(NamedTuple):
    """`fields`: those of docs/sinks.md that are known, by name; `claimed`: which of them only tmux
    says."""

    action: str
    severity: Severity
    sentence: str
    fields: dict[str, str]
    claimed: tuple[str, ...]


def brief_of(event: Fields) -> Brief:
    """Of a record of the log."""
    action = safe_text(str(event["event"]["action"]))
    found = dict(_found(event))
    fields = {name: _shown(value) for name, (_, value) in found.items()}
    claims = event.get("tmux", {}).get("claimed", ())
    claimed = tuple(name for name, (path, _) in found.items() if path in claims)
    severity = _severity(action, fields, is_ours="log" in event["ttytrace"])
    return Brief(action, severity, _sentence(action, fields), fields, claimed)


def _severity(action: str, fields: dict[str, str], *, is_ours: bool) -> Severity:
    if action == "alert":
        return _OF_LEVELS.get(fields.get("level", ""), Severity.WARNING)
    if action in _WARNINGS and fields.get("state") not in _HARMLESS:
        return Severity.WARNING
    return Severity.NOTICE if is_ours else Severity.INFO


def _found(event: Fields) -> Iterator[tuple[str, tuple[str, Any]]]:
    yield "sequence", ("event.sequence", event["event"]["sequence"])
    for name, paths in _PATHS.items():
        found = ((path, _at(event, path)) for path in paths)
        if first := next((each for each in found if each[1] is not None), None):
            yield name, first
    for path, person in _people(event):
        for name, inner in _OF_PERSON.items():
            if (value := _at(person, inner)) is not None:
                yield name, (f"{path}.{inner}", value)


def _people(event: Fields) -> Iterator[tuple[str, Fields]]:
    """Whose doing it is, if it is one person's."""
    typed = _at(event, "tmux.typed_by")
    if isinstance(typed, list) and len(typed) == 1:
        yield "tmux.typed_by", typed[0]
    for path in _PEOPLE:
        if isinstance(person := _at(event, path), dict):
            yield path, person
            return


def _at(fields: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(fields, dict):
            return None
        fields = fields.get(name)
    return fields


def _shown(value: object) -> str:
    return safe_text(str(value))


def _sentence(action: str, fields: dict[str, str]) -> str:
    """Like `exec: alice in work %3: command ls -l`."""
    # Whose process is in the foreground says nothing of who types.
    names = _BEHIND.get(action, ("by", "by_uid"))
    who = next((fields[name] for name in names if name in fields), "")
    where = " ".join(fields[name] for name in ("session", "pane") if name in fields)
    head = " in ".join(each for each in (who, where) if each)
    told = [f"{name} {fields[name]}" for name in _SAID if name in fields]
    return ": ".join(each for each in (action, head, ", ".join(told)) if each)
