"""Records as rules see them.

Invariant: whatever a record holds, it has views or it has none; nothing fails. What is known from
records before is bounded, whoever writes them. What rules said is in no view: alerts would cause
alerts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from tracer.codec.identity import Fields
from tracer.codec.log import log_part
from tracer.codec.moment import wall_ns
from tracer.detect.device import terminal_of
from tracer.detect.fields import CLIENT, INJECTED, LOGIN, OURSELVES, OUTPUT, TRACED
from tracer.detect.first_seen import FirstSeen
from tracer.detect.parents import Parents
from tracer.detect.people import by_other
from tracer.detect.programs import auditd_view, login_ids, program_views
from tracer.detect.shape import Shape, part, taken
from tracer.detect.shown import Row, Shown
from tracer.detect.typed import Typed
from tracer.detect.view import (
    TMUX_CLIENT,
    TTY_INJECT,
    TTY_OUTPUT,
    TTYTRACE,
    LogSource,
    Values,
    View,
)

_UNSEEN: Final = frozenset(("seal", "rekey", "response"))
_DRAWN: Final = ("text_output", "terminal-resized", "pane-captured")
_LOGIN_RESULTS: Final = {"login": "success", "login-failed": "failed", "logout": "success"}


class Views:
    """What is known from the records before. `wants_output`: whether any rule is for what panes
    show, which costs most. `first_seen`: what is known from the runs before, too."""

    def __init__(self, wants_output: bool = False, first_seen: FirstSeen | None = None) -> None:
        self._wants_output = wants_output
        self.first_seen: Final = first_seen or FirstSeen()
        self._parents: Final = Parents()
        self._typed: Final = Typed()
        self._shown = Shown()
        self._readers: Final[dict[str, Callable[[Fields], list[View]]]] = {
            "fork": self._fork,
            "exec": self._exec,
            "end": self._end,
            "text_input": self._typed.feed,
            **dict.fromkeys(_DRAWN, self._drawn),
            "input-injected": _injected,
            "process-traced": _traced,
            "client-attached": self._attached,
            "pane-closed": self._pane_closed,
            "lost": self._lost,
            "audit-changed": _audit_changed,
            "server-unverified": _ours,
            "server-ignored": _ours,
            **dict.fromkeys(_CHANGES, _changed),
            **dict.fromkeys(_LOGIN_RESULTS, _login),
        }

    def want_output(self, wants_output: bool) -> None:
        """Whether any rule is for what panes show, from now on."""
        if not wants_output:
            self._shown = Shown()
        self._wants_output = wants_output

    def feed(self, event: Fields) -> list[View]:
        """The views of a record, in the order in which rules are to be tried on them."""
        action = part(event, "event").get("action")
        if log_part(event) is not None:
            return [] if action in _UNSEEN else _ours(event)
        if part(event, "event").get("kind") != "event" or not isinstance(action, str):
            return []
        reader = self._readers.get(action)
        return reader(event) if reader is not None else []

    def _fork(self, event: Fields) -> list[View]:
        self._parents.note(event)
        return []

    def _exec(self, event: Fields) -> list[View]:
        views = program_views(event, self._parents.of(event))
        self._parents.note(event)
        return views

    def _end(self, event: Fields) -> list[View]:
        self._parents.end(event)
        return []

    def _attached(self, event: Fields) -> list[View]:
        is_first = None
        with suppress(TypeError, ValueError):
            is_first = self.first_seen.attach(event, wall_ns(event["@timestamp"]))
        told: dict[str, Values] = {}
        if is_first is not None:
            told["IsFirst"] = ("true" if is_first else "false",)
        return [_client(event, told)]

    def _drawn(self, event: Fields) -> list[View]:
        rows = self._shown.feed(event) if self._wants_output else []
        if not rows:
            return []
        fields = _fields(OUTPUT, event, event.get("process"))
        return [_row(fields, row) for row in dict.fromkeys(rows)]

    def _pane_closed(self, event: Fields) -> list[View]:
        self._typed.close(event)
        self._shown.close(event)
        return _changed(event)

    def _lost(self, event: Fields) -> list[View]:
        if part(event, "ttytrace", "lost").get("kind") == "text_input":
            self._typed.lose(event)
        return _ours(event)


def _row(fields: dict[str, Values], row: Row) -> View:
    told = {"Text": (row.text,), "IsFinished": ("true" if row.is_finished else "false",)}
    return View(TTY_OUTPUT, {**fields, **told}, row.text)


def _changed(event: Fields) -> list[View]:
    return [_client(event, {})]


def _client(event: Fields, more: dict[str, Values]) -> View:
    client = part(event, "tmux", "client")
    persons = [client] if client else []
    return _view(TMUX_CLIENT, CLIENT, event, by_other(event, persons) | more, client)


def _injected(event: Fields) -> list[View]:
    other = by_other(event, [part(event, "tmux", "injected_by")])
    return [_view(TTY_INJECT, INJECTED, event, other, event.get("process"))]


def _traced(event: Fields) -> list[View]:
    tracer = part(event, "tmux", "traced_by")
    return [_view(TTY_INJECT, TRACED, event, by_other(event, [tracer]), tracer)]


def _ours(event: Fields) -> list[View]:
    by = part(event, "ttytrace", "log", "by")
    return [_view(TTYTRACE, OURSELVES, event, {}, by or event.get("process"))]


def _audit_changed(event: Fields) -> list[View]:
    note = part(event, "ttytrace").get("note")
    words = note if isinstance(note, str) else ""
    return [*_ours(event), auditd_view("CONFIG_CHANGE", login_ids(event), words)]


def _login(event: Fields) -> list[View]:
    action = part(event, "event")["action"]
    fields = {**taken(LOGIN, event), **login_ids(event), "res": (_LOGIN_RESULTS[action],)}
    return [auditd_view("USER_LOGOUT" if action == "logout" else "USER_LOGIN", fields)]


def _view(
    source: LogSource, shape: Shape, event: Fields, more: dict[str, Values], at: object
) -> View:
    fields = _fields(shape, event, at) | more
    text = " ".join(f"{name}={value}" for name, values in fields.items() for value in values)
    return View(source, fields, text)


def _fields(shape: Shape, event: Fields, at: object) -> dict[str, Values]:
    """`at`: what has the terminal."""
    terminal = terminal_of(at)
    return taken(shape, event) | ({"Terminal": (terminal,)} if terminal else {})


_CHANGES: Final = """session-created session-closed session-renamed client-detached
    client-session-changed client-suspended client-resumed client-resized window-linked
    window-unlinked window-renamed pane-opened server-seen server-gone""".split()
