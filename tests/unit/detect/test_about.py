"""What a document says of itself."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.detect.about import read_about, read_source, version
from tracer.detect.document import Document, Unsupported
from tracer.detect.rule import Level, Place
from tracer.detect.view import LogSource

ID = "8f1a3c52-6d2e-4b0a-9d0f-1e2d3c4b5a69"
PLACE = Place("dir/f.yml", 7)


def document(**value: Any) -> Document:
    return Document(PLACE, {"title": "T", **value}, "text")


def reason(**value: Any) -> str:
    with pytest.raises(Unsupported) as error:
        read_about(document(**value))
    return str(error.value)


def test_all_that_is_said() -> None:
    """Texts and lists of texts are taken over; what else there is may be anything."""
    texts = {key: key for key in "name status description author license".split()}
    about = read_about(
        document(
            **texts, id=ID.upper(), level="HIGH", tags=["attack.t1"], references=["u"], date=5, x={}
        )
    )
    assert (about.key, about.id, about.level) == (ID, ID, Level.HIGH)
    assert {key: getattr(about, key) for key in texts} == texts
    assert (about.tags, about.references) == (("attack.t1",), ("u",))
    assert about.version == version("text")
    assert len(about.version) == 12


def test_a_key_is_an_id_a_name_or_a_place() -> None:
    """The first that there is, and a rule without a level is a medium one."""
    assert read_about(document(id=ID, name="n")).key == ID
    assert read_about(document(name="n", id=None)).key == "n"
    assert read_about(document()).key == "dir/f.yml:7"
    assert read_about(document()).level is Level.MEDIUM


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"title": None}, "needs a title"),
        ({"title": ""}, "needs a title"),
        ({"title": "x" * 257}, "256"),
        ({"title": 5}, "title must be text"),
        ({"title": ["x"]}, "title must be text"),
        ({"id": 5}, "id must be text"),
        ({"id": "x"}, "'x' is no UUID"),
        ({"name": {}}, "name must be text"),
        ({"level": "urgent"}, "none of informational, low, medium, high, critical"),
        ({"level": 3}, "level must be text"),
        ({"status": []}, "status must be text"),
        ({"author": ["a"]}, "author must be text"),
        ({"tags": "attack"}, "tags must be a list"),
        ({"tags": [5]}, "tags must be a list"),
        ({"references": {"a": 1}}, "references must be a list"),
    ],
)
def test_a_wrong_type_is_named(value: dict[str, Any], words: str) -> None:
    """With the key that has it."""
    assert words in reason(**value)


def test_where_records_come_from() -> None:
    """Any of three keys; others say nothing here."""
    found = read_source(document(logsource={"product": "linux", "definition": "x", "service": ""}))
    assert found == LogSource(None, "linux", None)


@pytest.mark.parametrize("source", [None, {}, [], "linux", {"product": None}, {"product": 5}])
def test_a_log_source_that_is_none(source: Any) -> None:
    """Is refused, whatever stands there."""
    with pytest.raises(Unsupported):
        read_source(document(logsource=source))
