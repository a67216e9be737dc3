"""Reads the settings: one TOML file, as the frozen dataclasses of settings.py.

Invariant: what can't be understood is an error that names its place: no key is passed over. The
file decides what is recorded, so nobody but its owner may have written it.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast, get_args, get_origin, get_type_hints

from tracer.errors import BadConfig
from tracer.settings import Settings

PATH: Final = Path("/etc/ttytrace/config.toml")
_OTHERS_WRITE: Final = 0o022

_NAMES: Final = {int: "a whole number", str: "a text", bool: "true or false"}

T = TypeVar("T")
Key = tuple[str | int, ...]


def load(path: Path | None = None, owner: int = 0) -> Settings:
    """The settings of that file; without a path, those of PATH, which need not exist.

    `owner`: the uid that may write it. Raises BadConfig.
    """
    place = path or PATH
    try:
        text = _read_text(place, owner)
        return _Source(place, text).table(Settings, tomllib.loads(text), ())
    except FileNotFoundError:
        if path is None:
            return Settings()
        raise BadConfig(place=place, reason="there is no such file") from None
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(place=place, reason=f"this is not TOML: {error}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(place=place, reason=f"it can't be read: {error}") from None


def sha256_of(path: Path | None = None) -> str | None:
    """Which file `load` reads, as hex digits; None if there is none."""
    try:
        return sha256((path or PATH).read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def nearest(name: str, known: Iterable[str]) -> str:
    """What a name that isn't known may have meant, as half a sentence."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"the nearest is {close[0]}" if close else f"there are: {', '.join(names)}"


class _Source:
    """One file: its path, and its text to find lines in."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def table(self, class_: type[T], value: object, key: Key) -> T:
        """A dataclass from a table."""
        if not isinstance(value, dict):
            raise self._error(key, f"{value!r} is not a table")
        known = {field.name: field for field in fields(class_)}  # type: ignore[arg-type]
        for name in value:
            if name not in known:
                raise self._error((*key, name), f"there is no such key; {nearest(name, known)}")
        for name, field in known.items():
            if name not in value and field.default is MISSING:
                raise self._error(key, f"the key {name} is missing")
        types = get_type_hints(class_)
        parts = {n: self._value(types[n], part, (*key, n)) for n, part in value.items()}
        try:
            return class_(**parts)
        except ValueError as error:
            raise self._error(key, str(error)) from None

    def _value(self, type_: Any, value: object, key: Key) -> Any:
        if is_dataclass(type_):
            return self.table(cast(type, type_), value, key)
        if get_origin(type_) is tuple:
            if not isinstance(value, list):
                raise self._error(key, f"{value!r} is not a list")
            of = get_args(type_)[0]
            return tuple(self._value(of, part, (*key, nth)) for nth, part in enumerate(value, 1))
        if issubclass(type_, StrEnum):
            if value not in list(type_):
                raise self._error(key, f"{value!r} is none of: {', '.join(type_)}")
            return type_(value)
        if type(value) is not type_:
            raise self._error(key, f"{value!r} is not {_NAMES[type_]}")
        return value

    def _error(self, key: Key, reason: str) -> BadConfig:
        line = self._line(key)
        where = f"{self._path}:{line}" if line else f"{self._path}"
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in key)[1:]
        return BadConfig(place=f"{where}: {dotted}" if key else where, reason=reason)

    def _line(self, key: Key) -> int | None:
        """The line of a key or table of that name, where there is only one: tomllib tells none."""
        names = [part for part in key if isinstance(part, str)]
        if not names:
            return None
        name = re.escape(names[-1])
        line = re.compile(rf"""\s*(?:\[[^\]#]*\b|[\w.]+\.)?["']?{name}["']?\s*[].=]""")
        numbers = [n for n, text in enumerate(self._text.splitlines(), 1) if line.match(text)]
        return numbers[0] if len(numbers) == 1 else None


def _read_text(path: Path, owner: int) -> str:
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        if state.st_uid != owner or state.st_mode & _OTHERS_WRITE:
            cure = f"chown {owner} and chmod go-w"
            raise BadConfig(place=path, reason=f"others than uid {owner} may write it: {cure}")
        return file.read().decode()
