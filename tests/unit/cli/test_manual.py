"""The manual of the settings: whole, and a file that can be loaded."""

from __future__ import annotations

import os
import re
from pathlib import Path

from tests.meta.sources import REPO
from tracer.cli.manual import tables, text_of
from tracer.config import load
from tracer.settings import Settings

TEXT = "\n\n".join(map(text_of, tables()))


def loaded(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return load(path, owner=os.geteuid())


def test_every_table_and_key_is_documented() -> None:
    """In the docstring of its class, and in docs/config.md."""
    page = (REPO / "docs/config.md").read_text()
    for table in tables():
        assert table.doc, table
        assert f"[{table.name}]" in page or not table.name, table.name
        for key in table.keys:
            assert key.doc, (table.name, key.name)
            assert re.search(rf"^{key.name} = ", page, re.M), (table.name, key.name)


def test_what_is_printed_sets_nothing(tmp_path: Path) -> None:
    """It can be the file that one begins with."""
    assert loaded(tmp_path, TEXT) == Settings()


def test_what_is_printed_is_the_defaults(tmp_path: Path) -> None:
    """With each key set; of tables of which there may be many, one, with what there must be."""
    bare = re.sub(r"^#(?! )", "", TEXT, flags=re.M)
    settings = loaded(tmp_path, bare)
    assert len(settings.sinks) == len(settings.redact.patterns) == 1
    without = re.sub(r"^\[\[.*?(?=^\[\w|\Z)", "", bare, flags=re.M | re.S)
    assert loaded(tmp_path, without) == Settings()


def test_lines_are_short() -> None:
    """A terminal and an editor show them."""
    assert max(map(len, TEXT.splitlines())) <= 100
