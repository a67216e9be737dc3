"""tracer.paths"""

from __future__ import annotations

from tracer.paths import bpf_dir


def test_the_bpf_sources_are_there() -> None:
    """The directory that is compiled at start."""
    assert (bpf_dir() / "main.bpf.c").is_file()
    assert (bpf_dir() / "abi.h").is_file()
