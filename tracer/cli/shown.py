"""Captured terminal output as rows that a person can read in a log.

Invariant: only sequences that say how or where text is drawn are taken out, and never text with
them: what would do something (set a clipboard, ask the terminal, print, reset) stays in the row,
and so does whatever isn't exactly such a sequence. Rows are not safe to print: safe_text() is.
"""

from __future__ import annotations

import re
from typing import Final

_TAB_COLUMNS: Final = 8

# ECMA-48 and xterm's ctlseqs. Bounded everywhere: a sequence that goes on for longer is not one.
_SEQUENCE: Final = re.compile(
    r"""
      \x1b\[ [?>]? [0-9;:]{0,64} (?:
          (?P<row> [HfABEFd] )          # cursor to another place: what follows is another row
        | (?P<gap> [CG`] )              # cursor along the row
        | [mKJXPLM@STrhlsu]             # colours, erase, insert, scroll, modes, save
        | \x20q                         # cursor shape
      )
    | \x1b\[!p                          # soft reset
    | \x1b\] (?: [0127]|133 ) ; [^\x00-\x1f\x7f-\x9f]{0,1024} (?: \x07 | \x1b\\ )  # titles, prompt
    | \x1b\] 8 ; [^\x00-\x1f\x7f-\x9f]{0,2048} (?: \x07 | \x1b\\ )  # where a link leads
    | \x1bk [^\x00-\x1f\x7f-\x9f]{0,1024} \x1b\\                    # screen's title
    | \x1b[()] [0AB]                    # character sets
    | \x1b[78=>]                        # save, restore, keypad
    | (?P<up> \x1bM )                   # cursor up, scrolling
    | [\x0e\x0f]                        # shift out, in
    """,
    re.VERBOSE,
)
_ROW_END: Final = re.compile(r"\r?\n|\r")


def rows_of(data: bytes) -> list[str]:
    """The rows of text that `data` draws, blank ones left out.

    A carriage return begins a row, so that text which is drawn over is still there. Bytes that
    aren't UTF-8 are lone surrogates (PEP 383). A sequence cut at an end of `data` stays as it is.
    """
    text = _SEQUENCE.sub(_replacement, data.decode("utf-8", "surrogateescape"))
    rows = (row.expandtabs(_TAB_COLUMNS).rstrip(" ") for row in _ROW_END.split(text))
    return [row for row in rows if row]


def _replacement(sequence: re.Match[str]) -> str:
    if sequence["row"] or sequence["up"]:
        return "\n"
    return " " if sequence["gap"] else ""
