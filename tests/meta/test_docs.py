"""What the repository says: the two commands, the list of targets, and no word that shouldn't."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.meta.sources import REPO, tracked_texts

TARGETS = {
    *("help", "setup", "live", "demo", "test", "check", "vm", "matrix", "bench", "soak", "arm64"),
    *("harm", "deb", "vagrant-test"),
}

# Brackets here, and underscores below, keep this file from finding itself.
BANNED = {
    "a path of somebody's machine": re.compile(r"/wor[k]/|/hom[e]/[a-z]+/"),
    "how the work was organised": re.compile(r"\bA[I]\b|\b[Ii]ssu[e] \d"),
    "unfinished work": re.compile(r"\b(?:TOD[O]|FIXM[E])\b"),
}
PRAISE = re.compile(
    r"\b(blazing|powerful|seamless|robust|state-of-the-art|cutting-edge|effortless|amazing)", re.I
)


def banned_words(text: str) -> list[str]:
    """One sentence for each banned word of a text."""
    return [f"{found[0]} ({why})" for why, word in BANNED.items() for found in word.finditer(text)]


def test_readme_names_the_two_commands() -> None:
    """A stranger finds how to run it and how to test it."""
    text = (REPO / "README.md").read_text()
    assert "sudo make live" in text
    assert "sudo make test" in text


def test_readme_does_not_praise() -> None:
    """README and docs measure; they don't advertise."""
    texts = {p: t for p, t in tracked_texts().items() if p.endswith(".md")}
    assert not [(path, found[0]) for path, t in texts.items() for found in PRAISE.finditer(t)]


def test_help_lists_all_targets() -> None:
    """`make` alone lists every target that a person uses, each with a text."""
    listed = subprocess.run(["make"], cwd=REPO, check=True, capture_output=True, text=True).stdout
    assert set(re.findall(r"^  make ([\w-]+) +\S", listed, re.M)) == TARGETS


def test_no_banned_words() -> None:
    """Tracked files name no machine, no ticket and no plan."""
    found = {path: words for path, t in tracked_texts().items() if (words := banned_words(t))}
    assert not found


@pytest.mark.parametrize("text", ["cd /wor_k/main", "see issu_e 12", "# TOD_O: later"])
def test_a_banned_word_is_noticed(text: str) -> None:
    """The gate closes."""
    assert banned_words(text.replace("_", ""))
