"""tracer.config"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer import config
from tracer.config import MAX_BYTES, load, nearest, read
from tracer.errors import BadConfig
from tracer.settings import (
    InputPolicy,
    PromptSettings,
    RedactSettings,
    RingSizes,
    SecretPattern,
    Settings,
)

FULL = r"""
input = "full"

[rings]
critical_pages = 64

[redact]
without = ["cookie"]

[redact.prompts]
programs = ["tsh"]
regexes = ['badge number:\s*$']

[[redact.patterns]]
name = "acme"
regex = 'acme_([0-9a-f]{8})'
programs = ["acme"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A configuration that nobody else may write."""
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    return path


def loaded(file: Path, text: str) -> Settings:
    file.write_text(text)
    return load(file, owner=os.geteuid())


def test_every_key_can_be_set(file):
    """One file with all of them; what isn't there keeps its default."""
    assert loaded(file, FULL) == Settings(
        input=InputPolicy.FULL,
        rings=RingSizes(critical_pages=64),
        redact=RedactSettings(
            (SecretPattern("acme", "acme_([0-9a-f]{8})", ("acme",)),),
            ("cookie",),
            PromptSettings(("tsh",), (r"badge number:\s*$",)),
        ),
    )


def test_typed_bytes_are_not_kept_unless_asked_for(file):
    """An empty file gives the defaults, of which `input` is metadata."""
    assert loaded(file, "") == Settings()
    assert Settings().input is InputPolicy.METADATA


def test_only_the_default_file_may_be_missing(tmp_path, monkeypatch):
    """Who names a file means it."""
    monkeypatch.setattr(config, "PATH", tmp_path / "none.toml")
    assert load() == Settings()
    with pytest.raises(BadConfig, match=r"none\.toml: there is no such file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('imput = "full"', r":1: imput: there is no such key; the nearest is input"),
        ("[redact]\n\nwihtout = []", r":3: redact\.wihtout: .*the nearest is without"),
        ("[redaction]\nx = 1", r":1: redaction: .*the nearest is redact"),
        ("zzz = 1", "there are: input, source, scope"),
        ('input = "all"', r":1: input: 'all' is none of: off, metadata, full"),
        ("input = true", "True is none of"),
        ("[rings]\nbulk_pages = true", "rings.bulk_pages: True is not a whole number"),
        ("[rings]\nbulk_pages = 1000", r":1: rings: 1000 pages is no power of two"),
        ("[rings]\nbulk_pages = 0", "no power of two"),
        ("redact = 7", "7 is not a table"),
        ('[redact]\nwithout = "cookie"', "redact.without: 'cookie' is not a list"),
        ("[redact]\nwithout = 1979-05-27", "datetime.* is not a list"),
        ("[log]\nkeep_days = {a.b = 1}", ":2: log.keep_days: a table is not a whole number"),
        ("[log]\nkeep_days = 0x" + "f" * 8000, ":2: log.keep_days: this number is too large"),
        ("[log]\nkeep_days = " + "9" * 8000, "this is not TOML: .* digits"),
        ("input = " + "[" * 50_000, "this is not TOML: maximum recursion depth"),
        ("a" + ".a" * 50_000 + " = 1", "names are nested too deeply"),
        ('"' + "k" * 5000 + '" = 1', ":1: k{60}…: there is no such key"),
        ('input = "' + "x" * 5000 + '"', ":1: input: 'x{59}… is none of"),
        ("[redact]\nwithout = [1]", r"redact\.without\[1\]: 1 is not a text"),
        ('[[redact.patterns]]\nname = "x"', r"redact\.patterns\[1\]: the key regex is missing"),
        ('[[redact.patterns]]\nname = "x"\nregex = "("', r"patterns\[1\]: '\(' is not a regular"),
        ('[redact.prompts]\nregexes = ["*"]', r":1: redact\.prompts: '\*' is not a regular"),
        ("input = full\n", "this is not TOML: .*line 1"),
    ],
)
def test_what_cannot_be_understood_is_named(file, text, message):
    """File, line where it can be had, key, and what would be right."""
    with pytest.raises(BadConfig, match=message) as raised:
        loaded(file, text)
    assert str(raised.value).startswith(str(file))


def test_the_line_is_that_of_the_right_table(file):
    """Two tables have that key."""
    text = '[[redact.patterns]]\nname = "a"\nregex = "a"\n[[redact.patterns]]\nname = 7\nregex = ""'
    with pytest.raises(BadConfig, match=r"config\.toml:5: redact\.patterns\[2\]\.name: 7"):
        loaded(file, text)


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_may_write_is_refused(file, mode):
    """It would let them say what is recorded."""
    file.chmod(mode)
    with pytest.raises(BadConfig, match=r"others than uid .* may write it: chown"):
        loaded(file, "")


def test_a_file_of_somebody_else_is_refused(file):
    """An owner can always write."""
    with pytest.raises(BadConfig, match="may write it"):
        load(file, owner=os.geteuid() + 1)


def test_a_file_that_is_no_text_is_refused(file):
    """As an error for a user, not a traceback."""
    file.write_bytes(b"\xff")
    with pytest.raises(BadConfig, match="can't be read"):
        load(file, owner=os.geteuid())


def test_what_is_no_file_is_refused(tmp_path):
    """A directory, and a FIFO that nobody writes to: nothing is waited for."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for place in (tmp_path, fifo, Path("/dev/zero")):
        with pytest.raises(BadConfig, match="this is not a file"):
            load(place, owner=os.geteuid())


def test_a_file_without_end_is_refused(file):
    """No more is read than can be one."""
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(BadConfig, match=f"longer than {MAX_BYTES >> 10} KiB"):
        load(file, owner=os.geteuid())


def test_nearest_lists_all_where_none_is_near():
    """So that the error is never a riddle."""
    assert nearest("cokie", ["cookie", "url"]) == "the nearest is cookie"
    assert nearest("zzz", ["cookie", "url"]) == "there are: cookie, url"


def test_which_file_was_read_can_be_told(file, tmp_path, monkeypatch):
    """By its hash, as sha256sum prints it; without a file there is none."""
    file.write_bytes(b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert read(file, owner=os.geteuid()) == (Settings(), empty)
    monkeypatch.setattr(config, "PATH", tmp_path / "none.toml")
    assert read() == (Settings(), None)
