"""Follows a log while it is written, and keeps account of what it says was not recorded.

Invariant: each line is read once, whether its segment grows, is compressed, or is removed soon.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pyzstd

_LOST, _LOG = b'"action":"lost"', b'"log":{'
_NAME_CHARS = 12


class Ledger:
    """Of the log in `directory`; look() often enough that no segment goes unseen."""

    def __init__(self, directory: Path) -> None:
        self._segments = directory / "log"
        self._name = ""
        self._read = 0
        self.lines = 0
        self.lost: Counter[str] = Counter()
        """Records that `lost` events tell of, by kind."""
        self.gaps: list[dict[str, Any]] = []
        self.ours: Counter[str] = Counter()
        """Records about the log, by their action."""
        self.counters: dict[str, dict[str, int]] = {}
        """What the last heartbeat, or the end, says of each kind."""

    def look(self) -> None:
        """Takes in what has come."""
        names = {path.name[:_NAME_CHARS] for path in self._segments.glob("[0-9]*.jsonl*")}
        for name in sorted(name for name in names if name >= self._name):
            if name != self._name:
                self._name, self._read = name, 0
            self._take(self._text())

    def _text(self) -> bytes:
        plain = self._segments / f"{self._name}.jsonl"
        with suppress(FileNotFoundError), plain.open("rb") as file:
            file.seek(self._read)
            return file.read()
        packed = plain.with_name(f"{plain.name}.zst")
        with suppress(FileNotFoundError):  # removed: look() came too late, and verify tells
            return pyzstd.decompress(packed.read_bytes())[self._read :]
        return b""

    def _take(self, text: bytes) -> None:
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        lines = whole.splitlines()
        self.lines += len(lines)
        for line in lines:
            if self.wants(line):
                self.note(orjson.loads(line))

    def wants(self, line: bytes) -> bool:
        """Whether note() is to get it."""
        return _LOST in line or _LOG in line

    def note(self, record: dict[str, Any]) -> None:
        """Keeps account of a record."""
        action, ours = record["event"]["action"], record["ttytrace"].get("log")
        if action == "lost":
            lost = record["ttytrace"]["lost"]
            if lost["reason"] == "ring full" and lost.get("records"):
                self.lost[lost["kind"]] += lost["records"]
        elif ours is not None:
            self.ours[action] += 1
            self.counters = ours.get("records") or self.counters
            if action == "gap":
                self.gaps.append(ours)
