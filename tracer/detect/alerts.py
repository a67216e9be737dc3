"""Alerts: that records met a rule, in the shape that the log keeps.

Invariant: an alert names its causes by their sequence in the log, so that it can be checked; what
it repeats of the last of them is as that record has it, claims listed as claims. Its fields fit
into a message of a worker, whatever rules and records hold.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from tracer.codec.identity import Fields, known
from tracer.codec.moment import timestamp
from tracer.codec.text import clean
from tracer.detect.pack import is_of_pack
from tracer.detect.rule import About, Level
from tracer.detect.view import Values

MAX_BYTES: Final = 60 << 10
"""Of the fields, as JSON."""

_SEVERITY: Final = {
    Level.INFORMATIONAL: 10,
    Level.LOW: 21,
    Level.MEDIUM: 47,
    Level.HIGH: 73,
    Level.CRITICAL: 99,
}
_SECOND_NS: Final = 1_000_000_000
_BEFORE_NS: Final = 30 * _SECOND_NS
_AFTER_NS: Final = 10 * _SECOND_NS
_REPEATED: Final = ("ecs", "host", "process", "user", "source", "container")
_WHO: Final = ("loginuid", "audit_session")
_MAX_KEY: Final = 200
_MAX_CAUSES: Final = 64
_MAX_TITLE: Final = 256
_MAX_TAG: Final = 64
_MAX_TAGS: Final = 32
# How long a text, and how many parts of a list, are kept: the first that fits. The last one does,
# and leaves names, numbers and moments whole.
_LIMITS: Final = ((4096, 256), (1024, 64), (256, 32), (64, 16), (64, 4))

_FRAMEWORK: Final = "MITRE ATT&CK"
_TACTICS: Final = {
    "reconnaissance": "TA0043",
    "resource-development": "TA0042",
    "initial-access": "TA0001",
    "execution": "TA0002",
    "persistence": "TA0003",
    "privilege-escalation": "TA0004",
    "defense-evasion": "TA0005",
    "credential-access": "TA0006",
    "discovery": "TA0007",
    "lateral-movement": "TA0008",
    "collection": "TA0009",
    "command-and-control": "TA0011",
    "exfiltration": "TA0010",
    "impact": "TA0040",
}
_TECHNIQUE: Final = re.compile(r"attack\.(t[0-9]{4})(\.[0-9]{3})?")

# UNIX98 pty slaves are majors 136 to 143 (Documentation/admin-guide/devices.txt).
_FIRST_MAJOR: Final = 136
_MAJORS: Final = 8
_MINORS: Final = 256


class Alert(NamedTuple):
    """`causes`: sequences of the records, the last one is `event`. `time_ns`: when that happened,
    wall clock. `matched`: the fields that met the rule. `repeated`: so many more matches of it, of
    the same person in the same pane, are told by this one. `is_cut`: see View. `ended_ns`: the end
    of the window that decided it; 0 where a record did."""

    about: About
    causes: tuple[int, ...]
    time_ns: int
    event: Fields
    matched: dict[str, Values]
    repeated: int = 0
    is_cut: bool = False
    ended_ns: int = 0

    @property
    def id(self) -> str:
        """The same whenever the same records are matched again."""
        found = f"{clean(self.about.key[:_MAX_KEY])}:{self.causes[-1]}"
        # A record may be the last one of several windows.
        return f"{found}:{self.ended_ns}" if self.ended_ns else found


def alert_fields(alert: Alert) -> Fields:
    """What the log keeps of it, but for the moment at which it gets there."""
    event = alert.event
    copied = {name: event[name] for name in _REPEATED if name in event} | _tmux(event)
    if "process" in copied:  # what it showed is in the record itself, if it was
        copied["process"] = {k: v for k, v in event["process"].items() if k != "io"}
    copied |= {"rule": _rule(alert.about), **_threat(alert.about.tags)}
    matched = [[name, list(values)] for name, values in alert.matched.items()]
    ours = _alert(alert)
    for longest, most in _LIMITS:
        cut, met = _cut(copied, longest, most), _cut(matched, longest, most)
        is_cut = alert.is_cut or (cut, met) != (copied, matched)
        ttytrace = {"alert": ours | {"matched": dict(met), "is_cut": is_cut}} | _who(event)
        fields: Fields = {"event": _event(alert), **cut, "ttytrace": ttytrace}
        if len(orjson.dumps(fields)) <= MAX_BYTES:
            break
    return fields


def _event(alert: Alert) -> Fields:
    about = alert.about
    more = f", {alert.repeated} more times" if alert.repeated else ""
    return {
        "kind": "alert",
        "category": ["intrusion_detection"],
        "type": ["info"],
        "action": "alert",
        "severity": _SEVERITY[about.level],
        "start": alert.event.get("@timestamp", timestamp(alert.time_ns)),
        "reason": f"{clean(about.title[:_MAX_TITLE])} ({about.level.name.lower()}){more}",
    }


def _rule(about: About) -> Fields:
    path = Path(about.place.path)
    return known(
        id=about.key,
        uuid=about.id or None,
        name=about.title,
        description=about.description or None,
        author=about.author or None,
        license=about.license or None,
        reference=next(iter(about.references), None),
        ruleset="ttytrace" if is_of_pack(path) else str(path.parent),
        version=about.version,
    )


def _alert(alert: Alert) -> Fields:
    fields: Fields = {
        "id": alert.id,
        "level": alert.about.level.name.lower(),
        "tags": [clean(tag[:_MAX_TAG]) for tag in alert.about.tags[:_MAX_TAGS]],
        "causes": list(alert.causes[-_MAX_CAUSES:]),
        "repeated": alert.repeated,
    }
    if target := _terminal(alert.event):
        since, until = alert.time_ns - _BEFORE_NS, alert.time_ns + _AFTER_NS
        clip = {"target": target, "since": timestamp(since), "until": timestamp(until)}
        fields["clip"] = clip
    return fields


def _threat(tags: tuple[str, ...]) -> Fields:
    lower = [tag.lower().replace("_", "-") for tag in tags]
    tactics = [tag.removeprefix("attack.") for tag in lower]
    tactics = [tactic for tactic in tactics if tactic in _TACTICS]
    found = [technique for tag in lower if (technique := _TECHNIQUE.fullmatch(tag))]
    if not tactics and not found:
        return {}
    threat: Fields = {"framework": _FRAMEWORK}
    if tactics:
        names = [tactic.replace("-", " ").capitalize() for tactic in tactics]
        threat["tactic"] = {"id": [_TACTICS[tactic] for tactic in tactics], "name": names}
    if found:
        threat["technique"] = {"id": list(dict.fromkeys(each[1].upper() for each in found))}
    if parts := [each[0].removeprefix("attack.").upper() for each in found if each[2]]:
        threat["technique"]["subtechnique"] = {"id": parts}
    return {"threat": threat}


def _tmux(event: Fields) -> Fields:
    """All but pictures."""
    tmux = event.get("tmux")
    if tmux is None:
        return {}
    kept = {name: part for name, part in tmux.items() if name != "capture"}
    if len(kept) < len(tmux):
        claimed = tmux.get("claimed", ())
        kept["claimed"] = [name for name in claimed if not name.startswith("tmux.capture.")]
    return {"tmux": kept}


def _who(event: Fields) -> Fields:
    ttytrace = event.get("ttytrace", {})
    return {name: ttytrace[name] for name in _WHO if name in ttytrace}


def _terminal(event: Fields) -> str | None:
    """The terminal that it is about, as `ttytrace replay` takes it."""
    tmux, process = event.get("tmux", {}), event.get("process", {})
    about = process if "tty" in process else tmux.get("client", {})
    match about:
        case {"tty": {"char_device": {"major": int(major), "minor": int(minor)}}} if tmux:
            number = (major - _FIRST_MAJOR) * _MINORS + minor
            return f"pts/{number}" if 0 <= number < _MAJORS * _MINORS else None
    return None


def _cut(value: Any, longest: int, most: int) -> Any:
    match value:
        case str():
            return clean(value[:longest])
        case dict():
            named = value.items()
            return {clean(name[:longest]): _cut(part, longest, most) for name, part in named}
        case list():
            return [_cut(part, longest, most) for part in value[:most]]
    return value
