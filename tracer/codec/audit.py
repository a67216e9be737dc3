"""What the audit stream says, as JSON between the worker that hears it and the service, and back.

Invariant: bytes come back as they were, and none of them makes a message much larger.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final

from tracer.codec.identity import Fields
from tracer.model.audit import (
    AuditBegan,
    AuditConfig,
    AuditExec,
    AuditInput,
    AuditLogin,
    AuditLost,
    AuditSeen,
    Said,
)
from tracer.model.events import Tty

_CLASSES: Final = {
    class_.__name__: class_
    for class_ in (AuditBegan, AuditExec, AuditLogin, AuditInput, AuditConfig, AuditLost)
}


def to_fields(seen: AuditSeen) -> Fields:
    """As JSON can carry it."""
    fields = {name: _plain(value) for name, value in seen._asdict().items()}
    return {"is": type(seen).__name__} | fields


def from_fields(fields: Fields) -> AuditSeen:
    """What it was made of. KeyError or TypeError if it is none of it."""
    values = {name: _back(name, value) for name, value in fields.items() if name != "is"}
    return _CLASSES[fields["is"]](**values)


def _plain(value: Any) -> Any:
    match value:
        case bytes():
            return b64encode(value).decode()
        case tuple():
            return [_plain(each) for each in value]
    return value


def _back(name: str, value: Any) -> Any:
    match name:
        case "exe" | "cwd":
            return b64decode(value)
        case "argv":
            return tuple(map(b64decode, value))
        case "tty":
            return value and Tty(*value)
        case "said":
            return Said(*value)
    return value
