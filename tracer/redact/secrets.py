"""Takes secrets out of arguments.

Invariant: of a masked value nothing is left but its size and a hash that is keyed, so that equal
secrets of one run can be told equal, and none can be guessed by who doesn't have the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Final, NamedTuple

from tracer.config import nearest
from tracer.errors import BadConfig
from tracer.model.context import Mask
from tracer.redact.patterns import BUILT_IN
from tracer.settings import RedactSettings, SecretPattern

_DIGEST_BYTES: Final = 8
_PART: Final = re.compile(rb"[^\0]+")
_QUOTES: Final = b"'\""

Span = tuple[int, int]


class Masked(NamedTuple):
    """Arguments without their secrets, and what was taken out."""

    argv: tuple[bytes, ...]
    masks: tuple[Mask, ...]


class Secrets:
    """Finds and masks them. `key`: of the hash; 1 to 64 bytes that nobody else has."""

    def __init__(self, settings: RedactSettings, key: bytes) -> None:
        names = [pattern.name for pattern in BUILT_IN]
        for name in settings.without:
            if name not in names:
                reason = f"there is no pattern {name}; {nearest(name, names)}"
                raise BadConfig(place="redact.without", reason=reason)
        used = [pattern for pattern in BUILT_IN if pattern.name not in settings.without]
        self._rules = [_Rule.of(pattern) for pattern in (*used, *settings.patterns)]
        self._key = key

    def mask(self, argv: tuple[bytes, ...], program: bytes, is_cut: bool) -> Masked | None:
        """What may be told of these arguments; None: all.

        `program`: the name of the program file. `is_cut`: the last argument once went on.
        """
        text = b"\0".join(argv)
        # A password in a URL that was cut before its @ is one still.
        searched = text + b"@" if is_cut else text
        found = (span for rule in self._rules for span in rule.spans(searched, program))
        spans = list(_joined(_in_arguments(text, found)))
        return self._without(text, spans) if spans else None

    def _without(self, text: bytes, spans: list[Span]) -> Masked:
        pieces: list[bytes] = []
        masks: list[Mask] = []
        done = 0
        for start, end in spans:
            size, argument = end - start, text.count(b"\0", 0, start)
            masks.append(Mask(argument, size, self._digest(text[start:end])))
            pieces += text[done:start], b"[masked %d bytes]" % size
            done = end
        return Masked(tuple((b"".join(pieces) + text[done:]).split(b"\0")), tuple(masks))

    def _digest(self, secret: bytes) -> str:
        return blake2b(secret, key=self._key, digest_size=_DIGEST_BYTES).hexdigest()


class _Rule(NamedTuple):
    regex: re.Pattern[bytes]
    programs: frozenset[bytes]
    behind: re.Pattern[bytes] | None

    @classmethod
    def of(cls, pattern: SecretPattern) -> _Rule:
        programs = frozenset(map(str.encode, pattern.programs))
        return cls(re.compile(pattern.regex.encode()), programs, _behind(programs))

    def spans(self, text: bytes, program: bytes) -> Iterator[Span]:
        start = 0
        if self.behind is not None and program not in self.programs:
            found = self.behind.search(text)
            if found is None:
                return
            start = found.end()
        for match in self.regex.finditer(text, start):
            groups = [span for span in match.regs[1:] if span != (-1, -1)]
            yield from groups or (match.span(),)


def _behind(programs: frozenset[bytes]) -> re.Pattern[bytes] | None:
    if not programs:
        return None
    words = b"|".join(re.escape(name).replace(b"\\ ", rb"[\0\s]{1,8}") for name in programs)
    return re.compile(rb"(?<![^\0\s'\"`(;&|/])(?:%s)(?=[\0\s])" % words)


def _in_arguments(text: bytes, spans: Iterable[Span]) -> Iterator[Span]:
    """Spans without NULs, and without the quotes around them."""
    for span in spans:
        for part in _PART.finditer(text, *span):
            start, end = part.span()
            if end - start > 1 and text[start] == text[end - 1] and text[start] in _QUOTES:
                start, end = start + 1, end - 1
            if start < end:
                yield start, end


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Those that overlap or touch as one, in order."""
    last: Span | None = None
    for start, end in sorted(spans):
        if last is None or start > last[1]:
            if last is not None:
                yield last
            last = start, end
        else:
            last = last[0], max(last[1], end)
    if last is not None:
        yield last
