"""Makes one text of bpf/: BCC drops probes that come from an included file, without a word.

Invariant: each line keeps its file and number by `#line`, so that clang's messages point at the
real source. System headers (`<...>`) are left to the compiler.
"""

from __future__ import annotations

import re
from pathlib import Path

_INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')


def flatten(source: Path) -> str:
    """The text of `source` with each `#include "..."` replaced by that file, once."""
    return "\n".join(_lines(source, seen=set())) + "\n"


def _lines(source: Path, seen: set[Path]) -> list[str]:
    seen.add(source)
    out = [f'#line 1 "{source.name}"']
    for number, line in enumerate(source.read_text().splitlines(), start=1):
        match = _INCLUDE.match(line)
        if not match:
            out.append(line)
            continue
        included = source.parent / match[1]
        if included not in seen:
            out += _lines(included, seen)
        out.append(f'#line {number + 1} "{source.name}"')
    return out
