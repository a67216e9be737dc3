"""The player's last line: what is played, where it is, who typed last, what runs, and what can't be
vouched for.

Invariant: whatever comes from the recording is safe text and can't be taken for ours: names and
commands stand behind words of ours, and warnings have a colour that no recorded text has here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tracer.cli.hands import counted, keys_of
from tracer.cli.player_goto import position, wall_time
from tracer.codec.safe import columns_of, cut, safe_text
from tracer.replay.playback import Playback
from tracer.replay.recording import Claimed, Gap, Hand, Typed

_ALERT_NS: Final = 10_000_000_000
"""For how long an alert is told of."""
_MAX_LABEL: Final = 40
_BRIEF_LABEL: Final = 12
_WIDE: Final = 120
"""Columns; on fewer all is told in brief, so that what runs has its place."""
_WARNING: Final = "\x1b[0;1;97;41m"
_LINE: Final = "\x1b[0;7m"


class _Part(NamedTuple):
    text: str
    is_warning: bool = False


def status_line(playback: Playback, columns: int, note: str = "") -> str:
    """Drawn, exactly so wide. `note`: what the player has to say, safe text; it comes first."""
    is_brief = columns < _WIDE
    parts = [_Part(note)] if note else []
    parts += _state(playback, is_brief=is_brief) + _warnings(playback, is_brief=is_brief)
    parts += _people(playback, _BRIEF_LABEL if is_brief else _MAX_LABEL) + _names(playback)
    drawn, room = [], columns
    for part in parts:
        text = cut(f" {part.text} ", room)
        if room < 2:
            break
        drawn.append(f"{_WARNING if part.is_warning else _LINE}{text}")
        room -= columns_of(text)
    return f"\x1b[m\x1b[K{''.join(drawn)}{_LINE}{' ' * room}\x1b[m"


def _state(playback: Playback, *, is_brief: bool) -> list[_Part]:
    recording, at_ns = playback.recording, playback.at_ns
    whole = f"{position(at_ns)}/{position(recording.duration_ns)}"
    speed = "" if playback.speed == 1 else f" {playback.speed:g}x"
    limit = "" if playback.idle_limit_ns is None else " idle cut"
    wall = wall_time(recording.start_ns, at_ns)
    parts = [_Part(f"{_sign(playback)} {whole}{speed}{limit}")]
    return [*parts, _Part(wall.split()[-1] if is_brief else wall)] if wall else parts


def _names(playback: Playback) -> list[_Part]:
    recording, label = playback.recording, playback.scene.label
    title = safe_text(f"{recording.title} {label}" if label else recording.title)
    return [_Part(title), _Part("h help")]


def _sign(playback: Playback) -> str:
    if playback.is_over:
        is_end = playback.last_ns == playback.recording.duration_ns
        return "■ end of the record so far" if is_end else "■ --until"
    return "⏸" if playback.is_paused else "▶"


def _warnings(playback: Playback, *, is_brief: bool) -> list[_Part]:
    parts = []
    match playback.scene.doubt:
        case Gap(size=size, reason=reason):
            amount = "" if size is None else f" {counted(size, 'byte')}"
            why = "" if is_brief else f": {cut(safe_text(reason), _MAX_LABEL)}"
            parts.append(_Part(f"GAP{amount}{why}", True))
        case Claimed():
            why = "" if is_brief else ": tmux says that it looked so"
            parts.append(_Part(f"CLAIM{why}", True))
    alert = playback.scene.alert
    if alert is not None and 0 <= playback.at_ns - alert.at_ns <= _ALERT_NS:
        parts.append(_Part(f"ALERT: {safe_text(alert.text)}", True))
    return parts


def _people(playback: Playback, room: int) -> list[_Part]:
    scene, parts = playback.scene, []
    if scene.typed is not None:
        parts.append(_Part(f"typed: {typed_text(scene.typed, room)}"))
    if scene.command is not None:
        by = f" (⏎ {safe_text(scene.command.by)})" if scene.command.by else ""
        parts.append(_Part(f"runs: {cut(safe_text(scene.command.line), room)}{by}"))
    return parts


def typed_text(typed: Typed, room: int) -> str:
    """alice │ls⏎; bob? paste 12 bytes: who typed what, in so many columns, or how much. A "?" where
    that isn't sure. What a terminal answered nobody typed."""
    hands = (hand for hand in typed.hands if hand.how != "terminal-reply")
    who = " ".join(dict.fromkeys(map(_hand, hands))) or "?"
    if typed.data is None:
        return f"{who} {counted(typed.size, 'byte')}"
    return f"{who} │{cut(keys_of(typed.data), room)}"


def _hand(hand: Hand) -> str:
    name = "?" if hand.name is None else safe_text(hand.name) + ("" if hand.is_sure else "?")
    return name if hand.how in ("keystroke", "unknown") else f"{name} {safe_text(hand.how)}"
