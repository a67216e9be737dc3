"""Bytes and names as JSON can carry them.

Invariant: what comes out is valid Unicode, whatever goes in; where that changed something, the
exact bytes go along as base64. Nothing is hidden or made readable here: that is the renderer's.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any, Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def text_of(value: bytes) -> tuple[str, str | None]:
    """The text, with U+FFFD for what isn't UTF-8, and then the exact bytes in base64."""
    try:
        return value.decode(), None
    except UnicodeDecodeError:
        return value.decode(errors="replace"), b64encode(value).decode()


def bytes_of(fields: dict[str, Any], name: str, exact_in: dict[str, Any], exact: str) -> bytes:
    """What text_of was given: the exact bytes, where they stand beside a text that they aren't."""
    if exact in exact_in:
        return b64decode(exact_in[exact])
    text: Any = fields.get(name, "")
    return bytes(text.encode())


def clean(name: str) -> str:
    """A name from outside without lone surrogates, which no JSON may have."""
    return name if name.isascii() else _SURROGATE.sub("\ufffd", name)
