"""What the index keeps of a record: who, where, what kind, and the text that it is found by.

Invariant: whatever a line holds, the answer is an Entry or a ValueError: a damaged line is no
reason to stop.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple

from tracer.codec.alert import happened
from tracer.codec.identity import Fields
from tracer.codec.log import log_part, parse
from tracer.codec.moment import wall_ns
from tracer.store.acts import Act, act_of, count_of, device_of

UNKNOWN: Final = "unknown"
"""Who did what nobody is named for."""

ALERT: Final = "alert"
"""The kind of those that tell that others met a rule."""

_NONE: Final[Fields] = {}
_WITH_COMMAND: Final = frozenset(("exec", "end"))
TERMINAL_KINDS: Final = frozenset(
    """text_output client_output text_input input-injected terminal-resized pane-captured
    lost""".split()
)
"""Those whose terminal is the one that they are about, and not a process's."""


class Label(NamedTuple):
    """What many records have in common. `people`: names and uids of whose hands were in it, and the
    uids that they logged in with. `major` and `minor`: the terminal that it is about. `rule`,
    `rule_name` and `level`: of an alert, the rule's id and title, and how much it matters."""

    kind: str
    host: str | None
    boot: str | None
    server: int | None
    session_id: str | None
    session_name: str | None
    pane: str | None
    pane_pid: int | None
    client_pid: int | None
    major: int | None
    minor: int | None
    user_name: str | None
    user_id: str | None
    exit_code: int | None
    rule: str | None
    rule_name: str | None
    level: str | None
    people: tuple[str, ...]


_NUMBERS: Final = frozenset("server pane_pid client_pid major minor exit_code".split())
_TEXTS: Final = frozenset(Label._fields[:-1]) - _NUMBERS


class Entry(NamedTuple):
    """One record; of an alert, the times of what it tells of. `command`: its command line, of an
    alert its title; `act`: what it says of a terminal; `log`: what a record about the log says."""

    time_us: int
    boottime_ns: int
    label: Label
    command: str | None
    act: Act | None
    log: Fields | None
    event: Fields


def entry_of(line: bytes) -> Entry:
    """What the index keeps of a record; ValueError if the line is none."""
    event = parse(line)
    try:
        kind = event["event"]["action"]
        time_us, boottime_ns = time_us_of(event["@timestamp"]), event["ttytrace"]["boottime_ns"]
        if kind == ALERT:
            time_us, boottime_ns = happened(event).wall_ns // 1000, happened(event).boottime_ns
        about_log = log_part(event)
        command = _command(kind, event)
        label, act = _label(kind, event), act_of(kind, event)
        log = about_log and about_log[1]
        if not isinstance(command, str | None) or not _is_sound(label):
            raise TypeError
        return Entry(time_us, count_of(boottime_ns), label, command, act, log, event)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError):
        raise ValueError("this is no record") from None


def time_us_of(text: str) -> int:
    """Microseconds since 1970 of a record's `@timestamp`; ValueError if it is none."""
    return _second_us(text[:19]) + int(text[20:26])


def _command(kind: str, event: Fields) -> Any:
    if kind == ALERT:
        return event["rule"]["name"]
    return event["process"].get("command_line") if kind in _WITH_COMMAND else None


@lru_cache(64)
def _second_us(second: str) -> int:
    return wall_ns(f"{second}.000000Z") // 1000


def _label(kind: str, event: Fields) -> Label:
    tmux = event.get("tmux", _NONE)
    host, user = event.get("host", _NONE), event.get("user", _NONE)
    session, pane = tmux.get("session", _NONE), tmux.get("pane", _NONE)
    major, minor = (kind in TERMINAL_KINDS and device_of(event)) or (None, None)
    return Label(
        kind,
        host.get("name"),
        host.get("boot", _NONE).get("id"),
        tmux.get("server", _NONE).get("pid"),
        session.get("id"),
        session.get("name"),
        pane.get("id"),
        pane.get("pid"),
        tmux.get("client", _NONE).get("pid"),
        major,
        minor,
        user.get("name"),
        user.get("id"),
        event.get("process", _NONE).get("exit_code"),
        event["rule"]["id"] if kind == ALERT else None,
        event["rule"]["name"] if kind == ALERT else None,
        event["ttytrace"]["alert"]["level"] if kind == ALERT else None,
        tuple(dict.fromkeys(_people(tmux))) if tmux else (),
    )


@lru_cache(4096)
def _is_sound(label: Label) -> bool:
    # SQLite takes these and nothing else; a damaged line may hold anything.
    texts = [text for name, text in zip(Label._fields, label, strict=True) if name in _TEXTS]
    numbers = [
        number for name, number in zip(Label._fields, label, strict=True) if name in _NUMBERS
    ]
    return all(isinstance(text, str | None) for text in (*texts, *label.people)) and all(
        number is None or (type(number) is int and abs(number) < 1 << 63) for number in numbers
    )


def _people(tmux: Fields) -> Iterator[str]:
    for typed in tmux.get("typed_by", ()):
        if typed["how"] != "terminal-reply":
            yield from names_of(typed)
    for composed in tmux.get("composed_by", ()):
        yield from names_of(composed)
    if tmux.get("command_partial") is not None:
        yield from names_of(tmux.get("submitted_by", _NONE))
    for part in ("client", "injected_by", "traced_by"):
        if part in tmux:
            yield from names_of(tmux[part])


def names_of(person: Fields) -> Iterator[str]:
    """Name and uid of a person, and the uid that they logged in with."""
    user = person.get("user", _NONE)
    loginuid = person.get("loginuid")
    if not user and loginuid is None:
        yield UNKNOWN
    yield from user.values()
    if loginuid is not None:
        yield str(loginuid)


def accounts_of(event: Fields) -> Iterator[tuple[str, str]]:
    """(uid, name) of each account that a record names."""
    for value in event.values():
        yield from _accounts_in(value)


def _accounts_in(value: Any) -> Iterator[tuple[str, str]]:
    match value:
        case {"id": str(uid), "name": str(name)} if uid.isdigit():
            yield uid, name
    if isinstance(value, dict):
        for part in value.values():
            yield from _accounts_in(part)
    elif isinstance(value, list):
        for part in value:
            yield from _accounts_in(part)
