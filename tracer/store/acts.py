"""What a record says of a terminal: what it showed, what of that is missing, its size, its end.

Invariant: whatever a record holds, the answer is an Act, or none, or a TypeError or KeyError: its
numbers are numbers that SQLite can hold, and its bytes are bytes.
"""

from __future__ import annotations

from base64 import b64decode
from typing import Any, Final, NamedTuple

from tracer.codec.capture import capture_of
from tracer.codec.identity import Fields
from tracer.screen.screen import Screen
from tracer.store.captured import screen_of
from tracer.store.tracks import CLIENT, PANE

SHOWN: Final = frozenset(("text_output", "client_output"))
"""The actions that say what a terminal showed."""

_NONE: Final[Fields] = {}
_LIMIT: Final = 1 << 62
_MAX_SIDE: Final = 1 << 16


class Device(NamedTuple):
    """A terminal that a server has; its numbers are used again once it is gone. `kind`: PANE or
    CLIENT."""

    boot: str
    server: int
    kind: str
    major: int
    minor: int


class Act(NamedTuple):
    """One of SHOWN, `text_input`, `lost`, `terminal-resized` or `pane-captured`, of a terminal.

    `pid`: see tracks.TrackKey. `offset` and `size` are the terminal's own count of bytes, None
    where they aren't known. `columns` and `rows` are 0 where they aren't. `screen`: what tmux says
    that the pane showed.
    """

    action: str
    device: Device
    pid: int | None
    offset: int | None
    size: int | None
    columns: int
    rows: int
    data: bytes
    screen: Screen | None = None


def act_of(action: str, event: Fields) -> Act | None:
    """What a record says of a terminal."""
    read = _READERS.get(action)
    return read(action, event) if read is not None else None


def device_of(event: Fields) -> tuple[int, int] | None:
    """The numbers of the terminal that an event names."""
    device = event.get("process", _NONE).get("tty", _NONE).get("char_device")
    return None if device is None else (count_of(device["major"]), count_of(device["minor"]))


def is_count(number: object, limit: int) -> bool:
    """Whether it counts something, and there are fewer than `limit`."""
    return type(number) is int and 0 <= number < limit


def count_of(number: Any) -> int:
    """The number, where it counts something; else TypeError."""
    if not is_count(number, _LIMIT):
        raise TypeError
    return number  # type: ignore[no-any-return]


def _shown(action: str, event: Fields) -> Act:
    kind = PANE if action == "text_output" else CLIENT
    io = event["process"]["io"]
    size = count_of(io["total_bytes_captured"])
    offset = count_of(event["ttytrace"]["io"]["offset"])
    act = _act(action, kind, event)
    if act is None:
        raise TypeError
    exact = event["ttytrace"]["io"].get("bytes")
    data = io["text"].encode() if exact is None else b64decode(exact)
    return act._replace(offset=offset, size=size, data=data)


def _lost(action: str, event: Fields) -> Act | None:
    lost = event["ttytrace"]["lost"]
    if lost["kind"] not in SHOWN:
        return None
    act = _act(action, PANE if lost["kind"] == "text_output" else CLIENT, event)
    offset, size = (None if (n := lost.get(of)) is None else count_of(n) for of in _EXTENT)
    return act and act._replace(offset=offset, size=size)


_EXTENT: Final = ("offset", "bytes")


def _captured(action: str, event: Fields) -> Act | None:
    capture, act = capture_of(event["tmux"]["capture"]), _act(action, PANE, event)
    return act and act._replace(screen=screen_of(capture))


def _plain(action: str, event: Fields) -> Act | None:
    return _act(action, PANE if "pane" in event["tmux"] else CLIENT, event)


def _act(action: str, kind: str, event: Fields) -> Act | None:
    tmux, device = event.get("tmux", _NONE), device_of(event)
    server, boot = tmux.get("server", _NONE).get("pid"), event["host"]["boot"]["id"]
    if device is None or server is None or not isinstance(boot, str):
        return None
    pid = tmux.get("pane" if kind == PANE else "client", _NONE).get("pid")
    tty = event["process"]["tty"]
    return Act(
        action,
        Device(boot, count_of(server), kind, *device),
        None if pid is None else count_of(pid),
        None,
        None,
        _side(tty.get("columns")),
        _side(tty.get("rows")),
        b"",
    )


def _side(cells: object) -> int:
    return cells if is_count(cells, _MAX_SIDE) else 0  # type: ignore[return-value]


_READERS: Final = {
    **dict.fromkeys(SHOWN, _shown),
    "lost": _lost,
    "terminal-resized": _plain,
    "text_input": _plain,
    "pane-captured": _captured,
}
