"""tracer.export.svg"""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.escape_vectors import VECTORS
from tracer.export.svg import write
from tracer.screen.screen import Screen

SVG = "{http://www.w3.org/2000/svg}"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
ELEMENTS = {f"{SVG}{name}" for name in ("svg", "title", "rect", "g", "text")}


def drawn(data: bytes, title: str = "") -> ElementTree.Element:
    screen = Screen(20, 3)
    screen.feed(data)
    out = io.BytesIO()
    write(screen, out, title)
    return ElementTree.fromstring(out.getvalue())


def texts(data: bytes) -> list[tuple[str, dict[str, str]]]:
    return [(found.text or "", found.attrib) for found in drawn(data).iter(f"{SVG}text")]


def test_text_and_colours():
    """Runs, where they are and as wide as their cells."""
    found = texts(b"ab \x1b[1;31mred\x1b[m \x1b[38;5;196;3mx\x1b[38;2;1;2;3;4my\x1b[7mz")
    assert [(text, at["x"], at["textLength"], at["fill"]) for text, at in found] == [
        ("ab", "0", "16.8", "#d8dee4"),
        ("red", "25.2", "25.2", "#e0565b"),
        ("x", "58.8", "8.4", "#ff0000"),
        ("y", "67.2", "8.4", "#010203"),
        ("z", "75.6", "8.4", "#15191e"),
    ]
    assert {at[SPACE] for _, at in found} == {"preserve"}, "blanks in a row would be one"
    assert found[1][1]["font-weight"] == "bold"
    assert found[2][1]["font-style"] == "italic"
    assert found[3][1]["text-decoration"] == "underline"


def test_wide_characters_are_in_place():
    """Each alone, over two cells."""
    found = texts("a日本b".encode())
    assert [(text, at["x"], at["textLength"]) for text, at in found] == [
        ("a", "0", "8.4"),
        ("日", "8.4", "16.8"),
        ("本", "25.2", "16.8"),
        ("b", "42", "8.4"),
    ]


def test_the_cursor():
    """It is drawn unless it is hidden."""
    assert len(list(drawn(b"x").iter(f"{SVG}rect"))) == 2
    assert len(list(drawn(b"x\x1b[?25l").iter(f"{SVG}rect"))) == 1


@given(st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_it_is_always_xml(data):
    """Whatever is shown, and of nothing but what is drawn."""
    found = drawn(data, data.decode(errors="surrogateescape"))
    assert {element.tag for element in found.iter()} <= ELEMENTS


@pytest.mark.parametrize(
    "attack", [*VECTORS.values(), b"</text><script>x</script>", b"&lt;\"'>]]><!--<a href='x'>"]
)
def test_what_is_shown_is_text(attack):
    """No element, no address, no event of its own."""
    found = drawn(attack, attack.decode(errors="replace"))
    assert {element.tag for element in found.iter()} <= ELEMENTS
    names = {name for element in found.iter() for name in element.attrib}
    assert not [name for name in names if name.startswith("on") or "href" in name]
