"""Text in HTML and XML.

Invariant: what comes out is text there, in elements and in quoted attributes. (The modules of the
standard library that do this bring others along, which the recording process has no use for.)
"""

from __future__ import annotations

from typing import Final

_ENTITIES: Final = {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord('"'): "&quot;",
    ord("'"): "&#39;",
}


def escape(text: str) -> str:
    """With all that markup is made of as entities."""
    return text.translate(_ENTITIES)
