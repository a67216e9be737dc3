"""tracer.export.html; tests/screen/test_browser.py opens it."""

from __future__ import annotations

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

import tracer.export
from tests.escape_vectors import VECTORS
from tests.unit.export.made import SECOND, showing, written
from tracer.export.html import write
from tracer.replay.recording import Mark

PLAYER = Path(tracer.export.__file__).parent / "player"
# Of the files in asciinema-player-3.17.0.tgz on npm.
SHA512 = {
    "asciinema-player.min.js": "9c78086bf99662c446321b0644d3d4afd15cbc4f87f39314d2d8b84f1097535b"
    "c51d86f3c0b89e2e620e7f691e0bebdd15125c04fa9c0e86b2af209fb6da7847",
    "asciinema-player.css": "a236b65ef73e7f197171d5f583b35f40ed9af7f82733770a18e2bdaa3093fba5"
    "141d7a1679e8c06fa07bd73da6cbb9e5b6e0cdeb5cf6b455c7c480c4d24ec466",
    "LICENSE": "ec0a48e77516c6b6426a146a82cd11bf962f581b8a69fef3d1055b4c83f436193b6949b1ab3a43bfce"
    "c1fe9165e2ee873c3115d38372990273025116dd64701c",
}
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)><!--\"'&\u2028"


class Parsed(HTMLParser):
    """Which elements there are, and what text is in them."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements = ["page"]
        self.attributes: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data):
        self.texts.setdefault(self.elements[-1], []).append(data)


@pytest.mark.parametrize("name", SHA512)
def test_the_player_is_its_authors(name):
    """Byte for byte."""
    assert hashlib.sha512((PLAYER / name).read_bytes()).hexdigest() == SHA512[name]


def page(text: str) -> Parsed:
    made = showing(text, text, title=text, marks=[Mark(SECOND, "command", text)])
    return Parsed(written(write, made))


@pytest.mark.parametrize(
    "attack", [HOSTILE, *(v.decode(errors="replace") for v in VECTORS.values())]
)
def test_what_was_captured_is_text(attack):
    """It adds no element and no attribute to those of any other page."""
    plain, found = page("ls"), page(attack)
    assert found.elements == plain.elements
    assert found.attributes == plain.attributes


def test_what_is_played_is_in_it():
    """The asciicast, as it would be in a file of its own."""
    header, *events = [
        json.loads(line) for line in page(HOSTILE).texts["script"][0].split("\n") if line
    ]
    assert header["version"] == 2
    assert events[0] == [1.0, "o", HOSTILE.replace("\u2028", "")]


def test_commands_are_listed():
    """With the moment that each one leads to."""
    found = page("ls -la")
    assert found.texts["time"][:2] == ["0:00:01", "ls -la"]
    assert "data-at" in found.attributes


def test_the_page_is_closed():
    """Nothing is loaded from anywhere, and no script runs but the two."""
    text = written(write, showing("x")).decode()
    policy = text.split('Content-Security-Policy" content="')[1].split('"')[0]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy.replace("'wasm-unsafe-eval'", "")
    assert policy.count("sha256-") == 2
    assert "src=" not in Parsed(text.encode()).attributes
