"""Lines as they were typed into panes, with all who typed in them.

Invariant: a line ends with Enter, or it is told again when more of it comes; one that was given up
with ^C is not told. Without IsPartial, its text is what stood there when Enter was pressed. What is
known is bounded: in panes, in authors of a line, and in its length. How keys change a line is
attribute/line.py's.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, NamedTuple

from tracer.attribute.line import LINE_BYTES, SEVERAL, Edit
from tracer.codec.identity import Fields
from tracer.codec.text import bytes_of
from tracer.detect.device import terminal_of
from tracer.detect.fields import INPUT, TYPIST
from tracer.detect.people import by_other
from tracer.detect.shape import part, parts, taken, value_of
from tracer.detect.view import TTY_INPUT, Values, View
from tracer.model.events import ProcessKey
from tracer.model.hands import Hand, How

PANES: Final = 256
AUTHORS: Final = 32

_LOST: Final = "some of it is missing"
_BREAKS: Final = re.compile(r"[\r\n]+")
_MARKS: Final = re.compile(rb"\x1b\[20[01]~")

Pane = tuple[str | None, ...]


class _Range(NamedTuple):
    """What one author typed in a record; `fields`: as `tmux.typed_by` has them."""

    hand: Hand | None
    data: bytes
    fields: Fields


class _Line:
    """What is typed in one pane. `lines`: of the pastes in it, the most that one has."""

    def __init__(self) -> None:
        self.edit = Edit()
        self.lines = 1
        self._authors: dict[Hand | None, list[Fields]] = {}

    def hand_of(self, typed: _Range) -> Hand | None:
        """Notes whose the next bytes are; the hand that stands for them."""
        hand = typed.hand
        if hand not in self._authors and len(self._authors) >= AUTHORS:
            hand = None
        ways = self._authors.setdefault(hand, [])
        if len(ways) < AUTHORS and not any(_is_alike(way, typed.fields) for way in ways):
            ways.append(typed.fields)
        return hand

    def authors(self, hands: set[Hand | None]) -> list[Fields]:
        """How these have typed, who began first."""
        return [way for hand, ways in self._authors.items() if hand in hands for way in ways]

    def forget(self) -> None:
        """The line is over."""
        self.lines = 1
        self._authors.clear()


class Typed:
    """The lines of all panes."""

    def __init__(self) -> None:
        self._lines: OrderedDict[Pane, _Line] = OrderedDict()

    def feed(self, event: Fields) -> list[View]:
        """Takes a `text_input`: the lines that it ends, and what it leaves unfinished."""
        data = _data_of(event)
        if data is None:
            self._withheld(event)
            return [_metadata(event)]
        line = self._line(event)
        ranges = list(_ranges(event, data))
        views = [view for typed in ranges for view in _press(line, typed, event)]
        if ranges and line.edit:
            hands = line.edit.hands()
            views.append(_view(event, line, hands, line.edit.text, is_finished=False))
        return views

    def lose(self, event: Fields) -> None:
        """Input of a pane is missing; of any, where the record doesn't say of which."""
        pane = _pane_of(event)
        for key, line in self._lines.items():
            if pane in (key, _NOWHERE):
                line.edit.doubt(_LOST)

    def close(self, event: Fields) -> None:
        """A pane is gone."""
        server, pid, *_ = _pane_of(event)
        for key in [key for key in self._lines if key[:2] == (server, pid)]:
            del self._lines[key]

    def _withheld(self, event: Fields) -> None:
        # Pushed back, it is in the next line, whoever ends that; else it may have ended one.
        is_pushed = part(event, "ttytrace", "io").get("withheld") == "not-captured"
        line = self._line(event) if is_pushed else self._lines.get(_pane_of(event))
        if line is not None and (is_pushed or line.edit):
            line.edit.doubt(_LOST)

    def _line(self, event: Fields) -> _Line:
        pane = _pane_of(event)
        line = self._lines.setdefault(pane, _Line())
        self._lines.move_to_end(pane)
        if len(self._lines) > PANES:
            self._lines.popitem(last=False)
        return line


def _press(line: _Line, typed: _Range, event: Fields) -> Iterator[View]:
    edit, lines, hands = line.edit, _lines_in(typed), list[Hand | None]()
    for key in typed.data:
        hands = hands or [line.hand_of(typed)]
        if not edit.press(key, hands[0], 0):
            continue
        text, reason = edit.text, edit.reason
        submitted = edit.submit(hands[0])
        if submitted is not None:
            line.lines = max(line.lines, lines)
            by = {*submitted.by, *hands}
            yield _view(event, line, by, text, is_finished=True, reason=reason)
        line.forget()
        hands = []
    if edit:
        line.lines = max(line.lines, lines)


def _view(
    event: Fields,
    line: _Line,
    hands: set[Hand | None],
    text: bytes,
    *,
    is_finished: bool,
    reason: str | None = None,
) -> View:
    authors = line.authors(hands)
    reason = line.edit.reason if reason is None else reason
    words = _BREAKS.sub("\n", text.decode(errors="replace"))
    count = max(line.lines, len(words.strip().split("\n")))
    fields = _common(event, authors) | {
        "Text": (words,),
        "IsFinished": _told(is_finished),
        "IsPartial": _told(reason not in ("", SEVERAL)),
        "LineCount": (str(count),),
    }
    return View(TTY_INPUT, fields, words, is_cut=len(text) >= LINE_BYTES)


def _metadata(event: Fields) -> View:
    authors = [each for each in parts(part(event, "tmux"), "typed_by") if not _is_reply(each)]
    return View(TTY_INPUT, _common(event, authors), "")


def _common(event: Fields, authors: list[Fields]) -> dict[str, Values]:
    fields = taken(INPUT, event) | taken({"by": TYPIST}, {"by": authors})
    fields |= by_other(event, authors)
    fields["IsPasted"] = _told(How.PASTE in fields.get("How", ()))
    if terminal := terminal_of(event.get("process")):
        fields["Terminal"] = (terminal,)
    return fields


def _data_of(event: Fields) -> bytes | None:
    io, ours = part(event, "process", "io"), part(event, "ttytrace", "io")
    if not isinstance(io.get("text"), str):
        return None
    try:
        return bytes_of(io, "text", ours, "bytes")
    except (TypeError, ValueError):  # no base64, no text that could be encoded
        return None


def _ranges(event: Fields, data: bytes) -> Iterator[_Range]:
    """What each author typed, in order, but for answers of terminals."""
    at = 0
    for fields in parts(part(event, "tmux"), "typed_by"):
        length = part(fields, "range").get("length")
        end = at + length if isinstance(length, int) and length >= 0 else len(data)
        if not _is_reply(fields):
            yield _Range(_hand_of(fields), data[at:end], fields)
        at = end
    if data[at:]:
        yield _Range(None, data[at:], {"how": How.UNKNOWN.value, "confidence": "none"})


def _hand_of(fields: Fields) -> Hand | None:
    """Any that is the same for the same person, and for no other."""
    pid = fields.get("pid")
    return Hand(None, ProcessKey(pid, 0)) if isinstance(pid, int) else None


def _is_reply(fields: Fields) -> bool:
    return fields.get("how") == How.TERMINAL_REPLY


def _is_alike(one: Fields, other: Fields) -> bool:
    return all(one.get(name) == other.get(name) for name in ("how", "confidence"))


def _lines_in(typed: _Range) -> int:
    if typed.fields.get("how") != How.PASTE:
        return 1
    return len(_MARKS.sub(b"", typed.data).replace(b"\r", b"\n").strip().split(b"\n"))


def _told(value: bool) -> Values:
    return ("true",) if value else ("false",)


def _pane_of(event: Fields) -> Pane:
    """The server and the first process of a pane, and its terminal."""
    tmux, device = part(event, "tmux"), part(event, "process", "tty", "char_device")
    named = (part(tmux, "server"), "pid"), (part(tmux, "pane"), "pid")
    numbers = (device, "major"), (device, "minor")
    return tuple(value_of(fields.get(name)) for fields, name in (*named, *numbers))


_NOWHERE: Final[Pane] = (None,) * 4
