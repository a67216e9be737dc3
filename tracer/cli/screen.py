"""What a service sends, on our standard output: as JSON lines, or drawn as `live` draws its own.

Invariant: a terminal that shows what we print is not shown itself: it would never end.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import deque
from collections.abc import Iterable
from typing import Final

from tracer.cli.labels import tty_name
from tracer.cli.render import Renderer, wants_colour
from tracer.cli.rows import Rows
from tracer.cli.stored import StoredClock, about_log
from tracer.clock import boot_ns
from tracer.codec.findings import finding_of
from tracer.codec.identity import Fields
from tracer.codec.moment import wall_ns
from tracer.codec.safe import safe_json
from tracer.model.events import Tty
from tracer.model.findings import ClientOutput, TextOutput, Told
from tracer.store.index_entry import accounts_of

_PRINTED: Final = 256
_TELLING: Final = 42  # characters: of a line's beginning, which has its time, as JSON to the end
_ESCAPE: Final = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Echo:
    """Finds out which terminals show what we print."""

    def __init__(self) -> None:
        self._printed: deque[bytes] = deque(maxlen=_PRINTED)
        self._terminals: set[Tty] = set()

    def printed(self, text: str) -> None:
        """Lines that we print."""
        plain = _ESCAPE.sub(b"", text.encode())
        heads = (line[:_TELLING] for line in plain.split(b"\n"))
        self._printed += (head for head in heads if len(head) == _TELLING)

    def is_in(self, finding: Told | None) -> bool:
        """Whether this is output of such a terminal."""
        if not isinstance(finding, TextOutput | ClientOutput):
            return False
        if finding.tty not in self._terminals:
            shown = _ESCAPE.sub(b"", finding.data)
            if not any(head in shown for head in self._printed):
                return False
            self._terminals.add(finding.tty)
            _say(f"{finding.place.pane_id or tty_name(finding.tty)} shows this, and is left out")
        return True


class JsonScreen:
    """Lines as they come; on a terminal, nothing in them is a control character."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdout.isatty()
        self._echo = Echo()

    def show(self, line: bytes, event: Fields) -> None:
        """Prints it."""
        is_output = event["event"]["action"] in ("text_output", "client_output")
        if not (is_output and self._echo.is_in(_finding(event))):
            self._print(line)

    def miss(self, line: bytes, _dropped: Fields) -> None:
        """Prints it."""
        self._print(line)

    def rest(self) -> None:
        """All is printed."""

    def close(self) -> None:
        """The same."""

    def _print(self, line: bytes) -> None:
        text = safe_json(line) if self._is_terminal else line.decode()
        self._echo.printed(text)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


class LineScreen:
    """As people read it."""

    def __init__(self) -> None:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        self._names: dict[int, str] = {}
        self._clock = StoredClock()
        colour = wants_colour(sys.stdout)
        self._renderer = Renderer(self._names.get, self._clock, colour=colour, width=width)
        self._rows = Rows()
        self._echo = Echo()

    def show(self, _line: bytes, event: Fields) -> None:
        """Draws it; a row that isn't finished waits."""
        wall = wall_ns(event["@timestamp"])
        self._clock.offset_ns = wall - event["ttytrace"]["boottime_ns"]
        finding = _finding(event)
        if finding is None:
            self._print([about_log(event, wall)])
        elif not self._echo.is_in(finding):
            self._names |= {int(uid): name for uid, name in accounts_of(event)}
            self._draw(self._rows.feed([finding], boot_ns()))

    def miss(self, _line: bytes, dropped: Fields) -> None:
        """Says so."""
        self._draw(self._rows.flush())
        count, first, last = dropped["dropped"], dropped["from"], dropped["to"]
        self._print([f"! {count} records of the log are not shown, #{first} to #{last}"])

    def rest(self) -> None:
        """Draws rows that have waited long enough."""
        self._draw(self._rows.feed([], boot_ns()))

    def close(self) -> None:
        """Draws what waits."""
        self._draw(self._rows.flush())

    def _draw(self, findings: Iterable[Told]) -> None:
        self._print(map(self._renderer.line, findings))

    def _print(self, texts: Iterable[str]) -> None:
        lines = [text for text in texts if text]
        if lines:
            text = "\n".join(lines)
            self._echo.printed(text)
            sys.stdout.write(text + "\n")
            sys.stdout.flush()


def _finding(event: Fields) -> Told | None:
    try:
        return finding_of(event)
    except ValueError:
        return None


def _say(text: str) -> None:
    print(f"ttytrace: {text}", file=sys.stderr, flush=True)
