"""Where things are that are no modules, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bpf_dir() -> Path:
    """The directory of main.bpf.c: `bpf/` of the checkout, or the copy inside the wheel."""
    packaged = _PACKAGE / "_bpf"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "bpf"


def packaging_dir() -> Path:
    """The directory of the unit and of the first configuration."""
    packaged = _PACKAGE / "_packaging"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "packaging"


def rules_dir() -> Path:
    """The directory of the rules that come with ttytrace."""
    packaged = _PACKAGE / "_rules"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "rules"
