"""Reads the settings: one TOML file, as the frozen dataclasses of settings.py.

Invariant: what can't be understood is an error that names its place: no key is passed over. The
file decides what is recorded, so nobody but its owner may have written it.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from difflib import get_close_matches
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args, get_origin, get_type_hints

from tracer.errors import BadConfig
from tracer.settings import Settings
from tracer.toml_lines import Key, Lines, is_too_deep

PATH: Final = Path("/etc/ttytrace/config.toml")
MAX_BYTES: Final = 1 << 17
_OTHERS_WRITE: Final = 0o022
_MAX_INT: Final = (1 << 31) - 1
_MAX_SHOWN: Final = 60

_NAMES: Final = {int: "a whole number", str: "a text", bool: "true or false"}

T = TypeVar("T")


class Loaded(NamedTuple):
    """Settings, and which file they are from: its hash as sha256sum prints it, None if there is
    none."""

    settings: Settings
    sha256: str | None


def load(path: Path | None = None, owner: int = 0) -> Settings:
    """The settings of that file; without a path, those of PATH, which need not exist.

    `owner`: the uid that may write it. Raises BadConfig.
    """
    return read(path, owner).settings


def read(path: Path | None = None, owner: int = 0) -> Loaded:
    """As load(), with the hash of what was read."""
    place = path or PATH
    try:
        data = _read(place, owner)
        text = data.decode()
        if is_too_deep(text):
            raise BadConfig(place=place, reason="names are nested too deeply")
        settings = _Source(place, text).table(Settings, tomllib.loads(text), ())
        return Loaded(settings, sha256(data).hexdigest())
    except FileNotFoundError:
        if path is None:
            return Loaded(Settings(), None)
        raise BadConfig(place=place, reason="there is no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(place=place, reason=f"it can't be read: {error}") from None
    except (ValueError, RecursionError) as error:  # tomllib's own, and what it lets through
        raise BadConfig(place=place, reason=f"this is not TOML: {error}") from None


def nearest(name: str, known: Iterable[str]) -> str:
    """What a name that isn't known may have meant, as half a sentence."""
    names = list(known)
    close = get_close_matches(name, names, n=1)
    return f"the nearest is {close[0]}" if close else f"there are: {', '.join(names)}"


class _Source:
    """One file: its path, and its text to find lines in."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = Lines(text)

    def table(self, class_: type[T], value: object, key: Key) -> T:
        """A dataclass from a table."""
        if not isinstance(value, dict):
            raise self._error(key, f"{_shown(value)} is not a table")
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
                raise self._error(key, f"{_shown(value)} is not a list")
            of = get_args(type_)[0]
            return tuple(self._value(of, part, (*key, nth)) for nth, part in enumerate(value, 1))
        if issubclass(type_, StrEnum):
            if value not in list(type_):
                raise self._error(key, f"{_shown(value)} is none of: {', '.join(type_)}")
            return type_(value)
        if type(value) is not type_:
            raise self._error(key, f"{_shown(value)} is not {_NAMES[type_]}")
        if type_ is int and abs(cast(int, value)) > _MAX_INT:
            raise self._error(key, "this number is too large")
        return value

    def _error(self, key: Key, reason: str) -> BadConfig:
        line = self._lines.of(key)
        where = f"{self._path}:{line}" if line else f"{self._path}"
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in key)[1:]
        return BadConfig(place=f"{where}: {_cut(dotted)}" if key else where, reason=reason)


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return _cut(repr(value))


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"


def _read(path: Path, owner: int) -> bytes:
    # Whatever it is, opening it waits for nobody: a FIFO has no writer, a terminal no carrier.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _check(path, os.fstat(fd), owner)
        data = os.pread(fd, MAX_BYTES + 1, 0)
    finally:
        os.close(fd)
    if len(data) > MAX_BYTES:
        raise BadConfig(place=path, reason=f"it is longer than {MAX_BYTES >> 10} KiB")
    return data


def _check(path: Path, state: os.stat_result, owner: int) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise BadConfig(place=path, reason="this is not a file")
    if state.st_uid != owner or state.st_mode & _OTHERS_WRITE:
        cure = f"chown {owner} and chmod go-w"
        raise BadConfig(place=path, reason=f"others than uid {owner} may write it: {cure}")
