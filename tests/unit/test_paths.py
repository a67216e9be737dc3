"""tracer.paths"""

from __future__ import annotations

from tracer.paths import bpf_dir, packaging_dir, rules_dir


def test_the_bpf_sources_are_there() -> None:
    """The directory that is compiled at start."""
    assert (bpf_dir() / "main.bpf.c").is_file()
    assert (bpf_dir() / "abi.h").is_file()


def test_what_is_installed_is_there() -> None:
    """The unit and the first configuration."""
    assert (packaging_dir() / "ttytrace.service").is_file()
    assert (packaging_dir() / "config.toml").is_file()


def test_the_rules_are_there() -> None:
    """Those that come with it."""
    assert list(rules_dir().rglob("*.yml"))
