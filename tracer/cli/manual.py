"""The manual of the settings, out of the docstrings of settings.py, as TOML that can be loaded.

Invariant: each key stands there once, with what it means, its type and its default; what is printed
sets nothing, and sets the defaults when each `#` that is followed by a key is taken away.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from textwrap import wrap
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from tracer.settings import Settings

_WIDTH: Final = 96
_KEY: Final = re.compile(r"^(\w+): ", re.MULTILINE)
_NAMED: Final = re.compile(r"`\[+[\w.]+\]+`: ")
_TYPES: Final = {int: "a whole number", str: "a text", bool: "true or false"}


class Table(NamedTuple):
    """A table of the file: its name ("" for the file itself), what it is for, and its keys.
    `is_list`: there may be many of it."""

    name: str
    doc: str
    keys: tuple[Key, ...]
    is_list: bool = False


class Key(NamedTuple):
    """A key with a value; `default` as TOML, None where there must be one."""

    name: str
    doc: str
    type: str
    default: str | None
    example: str


def tables(class_: type = Settings, name: str = "", is_list: bool = False) -> Iterator[Table]:
    """All tables, those that hold others before these."""
    intro, docs = _documented(class_)
    types = get_type_hints(class_)
    own = [field for field in fields(class_) if _inner(types[field.name]) is None]
    keys = tuple(_key(field, types[field.name], docs.get(field.name, "")) for field in own)
    yield Table(name, intro, keys, is_list)
    for field in fields(class_):
        if inner := _inner(types[field.name]):
            is_many = get_origin(types[field.name]) is tuple
            yield from tables(inner, f"{name}.{field.name}".lstrip("."), is_many)


def text_of(table: Table) -> str:
    """A table with all its keys."""
    lines = _comment(table.doc)
    if table.is_list:
        lines.append(f"#[[{table.name}]]")
    elif table.name:
        lines.append(f"[{table.name}]")
    return "\n".join([*lines, *(f"\n{text_of_key(key)}" for key in table.keys)])


def text_of_key(key: Key) -> str:
    """A key."""
    must = "" if key.default is not None else ", required"
    return "\n".join([*_comment(key.doc), f"#{key.name} = {key.example}  # {key.type}{must}"])


def _documented(class_: type) -> tuple[str, dict[str, str]]:
    """What a class says of itself, and of each of its fields."""
    head, _, rest = inspect.getdoc(class_).partition("\n\n")  # type: ignore[union-attr]
    parts = _KEY.split(rest) if _KEY.match(rest) else ["", ""]
    docs = dict(zip(parts[1::2], map(_sentence, parts[2::2]), strict=True))
    return _sentence(_NAMED.sub("", head)), docs


def _sentence(text: str) -> str:
    joined = " ".join(text.split())
    return joined[:1].upper() + joined[1:]


def _key(field: Field[Any], type_: Any, doc: str) -> Key:
    default = None if field.default is MISSING else _toml(field.default)
    return Key(field.name, doc, _type_name(type_), default, default or _example(type_))


def _inner(type_: Any) -> Any:
    of = get_args(type_)[0] if get_origin(type_) is tuple else type_
    return of if is_dataclass(of) else None


def _type_name(type_: Any) -> str:
    if get_origin(type_) is tuple:
        return "a list of texts"
    if issubclass(type_, StrEnum):
        return f"one of {', '.join(map(json.dumps, type_))}"
    return _TYPES[type_]


def _example(type_: Any) -> str:
    return _toml(next(iter(type_)) if issubclass(type_, StrEnum) else type_())


def _toml(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _WIDTH)]
