"""An alert as people are told of it: a title and some lines of plain text.

Invariant: nothing that was captured can move a cursor, hide, be a link, or call anybody: where a
mail or chat would make something of it, it is an escape, as for a terminal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from tracer.codec.safe import cut, safe_text
from tracer.respond.alert import SealedAlert, part

_VALUE_COLUMNS: Final = 300
_VALUES: Final = 8
# Mentions, tags, links, images, code, entities of HTML, hidden text.
_MEANS_MORE: Final = re.compile(r"[@<`\[]|\|(?=\|)|&(?=#?\w+;)|:(?=//)")


class Message(NamedTuple):
    """Plain text."""

    title: str
    body: str


def message_of(alert: SealedAlert) -> Message:
    """What people are told."""
    name, host = alert.part("rule", "name"), alert.part("host", "name")
    title = f"{alert.level}: {plain(name)} on {plain(host)}"
    lines = [f"{key}: {plain(value)}" for key, value in _lines(alert) if value not in (None, "")]
    return Message(cut(title, _VALUE_COLUMNS), "\n".join(lines))


def plain(value: object) -> str:
    """A value, whoever chose it, as text that means nothing more than it says."""
    text = cut(safe_text(str(value)), _VALUE_COLUMNS)
    return _MEANS_MORE.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def _lines(alert: SealedAlert) -> Iterator[tuple[str, Any]]:
    yield "why", alert.part("event", "reason")
    yield "when", alert.part("@timestamp")
    yield "who", _people(alert)
    yield "user", alert.part("user", "name") or alert.part("user", "id")
    yield "from", alert.part("source", "ip")
    yield "program", alert.part("process", "command_line") or alert.part("process", "executable")
    yield "server of", alert.part("tmux", "server", "user", "name")
    yield "pane", alert.part("tmux", "pane", "id")
    for field, values in list((alert.part("ttytrace", "alert", "matched") or {}).items())[:_VALUES]:
        yield plain(field), ", ".join(map(str, values))
    if clip := alert.part("ttytrace", "alert", "clip"):
        yield "clip", " ".join(str(part(clip, key)) for key in ("target", "since", "until"))
    yield "rule", alert.rule
    yield "record", alert.sequence


def _people(alert: SealedAlert) -> str:
    people = [alert.part("tmux", "submitted_by"), alert.part("tmux", "client")]
    people += alert.part("tmux", "typed_by") or []
    names = (part(person, "user", "name") or part(person, "user", "id") for person in people)
    return ", ".join(dict.fromkeys(str(name) for name in names if name))
