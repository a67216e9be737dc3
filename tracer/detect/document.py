"""Rule files -> documents: plain values out of YAML that anybody may have written.

Invariant: reading a file ends soon, in memory that its size bounds, whatever it holds; what isn't
plain (aliases, tags, keys that stand there twice) is a BadDocument. What the values mean is not
looked at here.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tracer.detect.rule import Place

_FILE_BYTES: Final = 256 << 10
_DEPTH: Final = 32
_SCALAR_CHARS: Final = 100  # of what isn't text: longer numbers take long, or can't be
_BRACKETS: Final = 1000  # the C stack bears many more
_COMPACT: Final = re.compile(r"(?:[-?:][ \t]+){32}")
_TAG: Final = "tag:yaml.org,2002:"
_STR, _SEQ, _MAP = (_TAG + name for name in ("str", "seq", "map"))
_PLAIN: Final = {_TAG + name for name in ("int", "float", "bool", "null", "timestamp")}


class Document(NamedTuple):
    """`value`: what YAML has there. `text`: as it is written."""

    place: Place
    value: Any
    text: str


class BadDocument(Exception):
    """`place`: where; `reason`: why what stands there is not used."""

    def __init__(self, place: Place, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class Unsupported(Exception):
    """Why a document can't be had, in words; its place is known to who reads it."""


def read(path: Path) -> Iterator[Document]:
    """The documents of a file; empty ones are left out. BadDocument: what comes before it is good,
    what follows is not read."""
    try:
        text = read_text(path)
    except Unsupported as error:
        raise BadDocument(Place(shown(path), 1), str(error)) from None
    yield from parse(shown(path), text)


def shown(path: Path) -> str:
    """A path as text, whatever bytes it has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def parse(name: str, text: str) -> Iterator[Document]:
    """As read(); `name`: of the file."""
    loader = None
    try:
        if text.count("[") + text.count("{") > _BRACKETS or _COMPACT.search(text):
            _check_depth(text)
        loader = yaml.CSafeLoader(text)
        while loader.check_node():
            node: Any = loader.get_node()
            line = node.start_mark.line + 1
            value = _Builder(name, loader).build(node, 0)
            if value is not None:
                written = text[node.start_mark.index : node.end_mark.index]
                yield Document(Place(name, line), value, written)
    except yaml.YAMLError as error:
        raise BadDocument(Place(name, _line(error)), f"it is no YAML: {_problem(error)}") from None
    finally:
        if loader is not None:
            loader.dispose()


def read_text(path: Path) -> str:
    """All of a file, which may be a device, or huge. Unsupported: it can't be had."""
    try:
        data = _data(path)
    except OSError as error:
        raise Unsupported(f"it can't be read: {error.strerror}") from None
    except ValueError:
        raise Unsupported("no file can have such a name") from None
    if len(data) > _FILE_BYTES:
        raise Unsupported(f"it is larger than {_FILE_BYTES >> 10} KiB: split it")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unsupported(f"byte {error.start} is no UTF-8: save it as UTF-8") from None


def _data(path: Path) -> bytes:
    """Without waiting for the other end of a pipe."""
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Unsupported("it is no regular file")
        return file.read(_FILE_BYTES + 1)


def _check_depth(text: str) -> None:
    """Before anything recurses in C."""
    depth = 0
    event: Any
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEPTH:
            raise yaml.MarkedYAMLError(
                problem=f"nested deeper than {_DEPTH}", problem_mark=event.start_mark
            )


class _Builder:
    """Makes values of the nodes of one document."""

    def __init__(self, name: str, loader: yaml.CSafeLoader) -> None:
        self._name = name
        self._loader = loader
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self._seen:
            raise self._bad(node, "an alias stands for this: write it out there")
        self._seen.add(id(node))
        if depth > _DEPTH:
            raise self._bad(node, f"it is nested deeper than {_DEPTH}")
        if node.tag == _STR and isinstance(node, yaml.ScalarNode):
            return node.value
        if node.tag == _SEQ and isinstance(node, yaml.SequenceNode):
            return [self.build(each, depth + 1) for each in node.value]
        if node.tag == _MAP and isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        return self._scalar(node)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[Any, Any]:
        values: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._bad(key_node, "a key must be text")
            key = self.build(key_node, depth + 1)
            if key in values:
                raise self._bad(key_node, f"the key {key!r} stands there twice")
            values[key] = self.build(value_node, depth + 1)
        return values

    def _scalar(self, node: yaml.Node) -> Any:
        if node.tag not in _PLAIN or not isinstance(node, yaml.ScalarNode):
            raise self._bad(node, f"{node.tag.removeprefix(_TAG)!r} is no kind of value here")
        with suppress(ArithmeticError, ValueError):
            if len(node.value) <= _SCALAR_CHARS:
                return self._loader.construct_object(node)
        raise self._bad(node, f"{node.value[:40]!r} can't be: put it in quotes")

    def _bad(self, node: yaml.Node, reason: str) -> BadDocument:
        return BadDocument(Place(self._name, node.start_mark.line + 1), reason)


def _line(error: yaml.YAMLError) -> int:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    return mark.line + 1 if mark else 1


def _problem(error: yaml.YAMLError) -> str:
    """In one line."""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "broken"
    return " ".join(str(problem).split())
