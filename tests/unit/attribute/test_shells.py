"""Which programs show a prompt, and in what state their terminal is then."""

from __future__ import annotations

import pytest

from tests.playbook import COOKED_LFLAG, RAW_LFLAG
from tracer.attribute.shells import prompt_of


@pytest.mark.parametrize(
    "words",
    [
        b"bash",
        b"-bash",
        b"bash --norc --noprofile",
        b"bash --rcfile /tmp/rc -i",
        b"bash -O extglob +o history",
        b"zsh -f",
        b"mksh -l",
    ],
)
def test_a_shell_that_edits_lines(words: bytes) -> None:
    """At its prompt it reads keys; while it runs something, the kernel edits lines."""
    argv = tuple(words.split())
    prompt = prompt_of(b"/usr/bin/" + argv[0].lstrip(b"-"), argv)
    assert prompt is not None and prompt.is_certain
    assert prompt.fits(RAW_LFLAG)
    assert not prompt.fits(COOKED_LFLAG)


def test_shells_whose_prompt_is_as_their_commands() -> None:
    """dash leaves lines to the kernel; fish reads keys for its builtins too."""
    dash, fish = prompt_of(b"/bin/dash", (b"sh",)), prompt_of(b"/usr/bin/fish", (b"-fish",))
    assert dash is not None and not dash.is_certain and dash.fits(COOKED_LFLAG)
    assert not dash.fits(RAW_LFLAG)
    assert fish is not None and not fish.is_certain and fish.fits(RAW_LFLAG)


@pytest.mark.parametrize(
    ("exe", "words"),
    [
        (b"/usr/bin/bash", b"bash script.sh"),
        (b"/usr/bin/bash", b"bash -c ls"),
        (b"/usr/bin/bash", b"bash -lc ls"),
        (b"/usr/bin/bash", b"bash --norc -x script.sh"),
        (b"/usr/bin/fish", b"fish --command=ls"),
        (b"/usr/bin/vim", b"vim"),
        (b"/usr/bin/busybox", b"vi"),
        (b"", b"bash"),
    ],
)
def test_no_prompt(exe: bytes, words: bytes) -> None:
    """Scripts, commands of their own, other programs, and a name that isn't the program's."""
    assert prompt_of(exe, tuple(words.split())) is None


def test_busybox_is_what_it_is_called_as() -> None:
    """One program for all names."""
    assert prompt_of(b"/usr/bin/busybox", (b"-ash",)) is not None
