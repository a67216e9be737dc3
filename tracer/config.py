"""Settings, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RingSizes:
    """Pages of 4096 bytes of each ring, powers of two.

    critical: exec, exit, fork. bulk: output; 8 MiB hold a fifth of a second of the fastest pane.
    """

    critical_pages: int = 512
    bulk_pages: int = 2048
