"""What a document says of itself: its title, level, tags and log source.

Invariant: what is of the wrong type is an Unsupported that names the key; keys that nothing here
uses may hold anything. What a rule looks for is in compile.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from tracer.detect.document import Document, Unsupported
from tracer.detect.rule import About, Level
from tracer.detect.view import LogSource

_TITLE_CHARS: Final = 256


def read_about(document: Document) -> About:
    """Of a document that is a map. A rule without a level is a medium one."""
    value = document.value
    id_, name = _id(value), _text(value, "name")
    return About(
        key=id_ or name or str(document.place),
        place=document.place,
        title=_title(value),
        level=_level(value),
        version=version(document.text),
        id=id_,
        name=name,
        status=_text(value, "status"),
        description=_text(value, "description"),
        author=_text(value, "author"),
        license=_text(value, "license"),
        tags=_texts(value, "tags"),
        references=_texts(value, "references"),
    )


def read_source(document: Document) -> LogSource:
    """Its `logsource`."""
    source = document.value.get("logsource")
    if not isinstance(source, dict):
        raise Unsupported("it needs a logsource, with a category, a product or a service")
    found = LogSource(*(_text(source, key) or None for key in LogSource._fields))
    if not any(found):
        raise Unsupported("its logsource has no category, product or service")
    return found


def version(*texts: str) -> str:
    """Of all that a rule is made of."""
    return sha256("\0".join(texts).encode()).hexdigest()[:12]


def _title(value: Mapping[Any, Any]) -> str:
    title = _text(value, "title")
    if not title or len(title) > _TITLE_CHARS:
        raise Unsupported(f"it needs a title, of at most {_TITLE_CHARS} characters")
    return title


def _id(value: Mapping[Any, Any]) -> str:
    text = _text(value, "id")
    try:
        return str(UUID(text)) if text else ""
    except ValueError:
        raise Unsupported(f"its id {text[:40]!r} is no UUID") from None


def _level(value: Mapping[Any, Any]) -> Level:
    text = _text(value, "level") or Level.MEDIUM.name
    try:
        return Level[text.upper()]
    except KeyError:
        levels = ", ".join(level.name.lower() for level in Level)
        raise Unsupported(f"its level {text[:40]!r} is none of {levels}") from None


def _text(value: Mapping[Any, Any], key: str) -> str:
    """Empty where there is none."""
    text = value.get(key)
    if text is not None and not isinstance(text, str):
        raise Unsupported(f"its {key} must be text: put it in quotes")
    return text or ""


def _texts(value: Mapping[Any, Any], key: str) -> tuple[str, ...]:
    texts = value.get(key)
    if texts is None:
        return ()
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Unsupported(f"its {key} must be a list of texts")
    return tuple(texts)
