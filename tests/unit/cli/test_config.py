"""`ttytrace config`: a key explained, a file checked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.cli import config
from tracer.cli.config import checked, explained
from tracer.config import Loaded, read
from tracer.errors import BadConfig, UnknownKey


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of settings that is ours."""

    def read_ours(path: Path | None) -> Loaded:
        return read(path, owner=os.geteuid())

    monkeypatch.setattr(config, "read", read_ours)
    path = tmp_path / "config.toml"
    path.touch(mode=0o600)
    return path


def test_a_key_is_explained() -> None:
    """With its default and its type."""
    assert explained("log.keep_days") == (
        "# Older segments are removed; 0: none are.\n#keep_days = 365  # a whole number"
    )
    assert explained("input").endswith('#input = "metadata"  # one of "off", "metadata", "full"')


def test_a_table_is_explained_with_those_in_it() -> None:
    """And no other."""
    text = explained("redact")
    assert "[redact.prompts]" in text and "#[[redact.patterns]]" in text
    assert "[log]" not in text
    assert explained("sinks").startswith("# One more place")


def test_a_key_that_is_not_there_has_a_nearest() -> None:
    """As one in a file."""
    with pytest.raises(
        UnknownKey, match=r"no setting log\.keep_day; the nearest is log\.keep_days"
    ):
        explained("log.keep_day")


def test_a_file_that_can_be_used_is_ok(file: Path) -> None:
    """It says so."""
    assert checked(file) == [f"{file}: OK"]


def test_names_that_nobody_has_are_warnings(file: Path) -> None:
    """An account may be made later."""
    file.write_text('[scope]\nusers = ["root", "no such"]\nwithout_groups = ["nor this", "0"]')
    assert checked(file) == [
        "warning: scope.users: there is no no such",
        "warning: scope.without_groups: there is no nor this",
        f"{file}: OK",
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[log]\nkeep_day = 1", r":2: log\.keep_day: .*the nearest is keep_days"),
        ('[redact]\nwithout = ["cooky"]', "redact.without: there is no pattern cooky"),
        ('[metrics]\naddress = "0.0.0.0:80"', "neither unix:PATH nor"),
        ('[metrics]\naddress = "127.0.0.1:65536"', "neither unix:PATH nor"),
        ('[[sinks]]\nkind = "syslog"\nname = "x"\naddress = "host:514"', "address must be"),
        ('[[sinks]]\nkind = "file"\nname = "x"', "path must be"),
    ],
)
def test_what_can_not_be_used_is_an_error(file: Path, text: str, says: str) -> None:
    """What would fail at the start fails here."""
    file.write_text(text)
    with pytest.raises(BadConfig, match=says):
        checked(file)
