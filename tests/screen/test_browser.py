"""An exported page in a real browser: it plays, and nothing of what was captured does anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.escape_vectors import VECTORS
from tests.screen.browser import Page, browsing
from tests.screen.playing import PIECES, SIZE, final, recording
from tests.unit.export.made import SECOND, Made, written
from tracer.export import asciicast, html, svg
from tracer.replay.recording import Alert, Command, Event, Gap, Mark, Output

# Each sets this where it runs, whatever it takes for that.
RUN = "top.document.documentElement.dataset.owned=1"
INJECTIONS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</title></style></h1><script>{RUN}</script>",
    f"<!--<script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}><animate onbegin={RUN} attributeName=x dur=1s>",
    f'"><img src=x onerror="{RUN}"><b x="',
    f"'><iframe src='javascript:{RUN}'>",
    f"javascript:{RUN}",
    f"<a href='javascript:{RUN}' autofocus onfocus={RUN}>x</a>",
    "<base href='http://evil.test/'><link rel=stylesheet href='//evil.test/x.css'>",
    "<meta http-equiv=refresh content='0;url=http://evil.test/'>",
    "<img src='http://evil.test/pixel.png'><style>@import '//evil.test/y.css'</style>",
    f"\x1b]8;;javascript:{RUN}\x1b\\link\x1b]8;;\x1b\\ \x1b]8;;http://evil.test/\x07link\x1b]8;;\x07",
    f"\u2028{RUN}\u2029",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e",
    f"{{{{constructor.constructor('{RUN}')()}}}} ${{{RUN}}} `;{RUN};`",
    "]]>&lt;script&gt;&#x3c;script&#x3e;",
]
ROWS = "[...document.querySelectorAll('.ap-line')].map(l => l.textContent.trimEnd())"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser for all."""
    with browsing(tmp_path_factory.mktemp("browser")) as page:
        yield page


def opened(page: Page, path: Path, at: float) -> list[str]:
    """The rows that the player shows at that moment; it loaded nothing but the file."""
    page.open(f"file://{path}#t={at}")
    page.until(f"{ROWS}.some(row => row)")
    assert page.requests == [f"file://{path}"]
    assert not page.said
    return page.evaluate(ROWS)


@pytest.mark.parametrize("name", PIECES)
def test_it_plays(page: Page, tmp_path: Path, name: str) -> None:
    """What is shown at the end is what was shown."""
    made, path = recording(name), tmp_path / "page.html"
    path.write_bytes(written(html.write, made))
    rows = opened(page, path, made.duration_ns / SECOND + 0.01)
    assert rows == [row.text() for row in final(made).lines]
    assert len(rows) == SIZE[1]


@pytest.mark.parametrize("name", PIECES)
def test_version_3_is_played_as_2_is(page: Page, tmp_path: Path, name: str) -> None:
    """By the player, which reads both."""
    made, path = recording(name), tmp_path / "page.html"
    second, third = (written(write, made) for write in (asciicast.write_v2, asciicast.write_v3))
    text = written(html.write, made)
    assert second in text.replace(b"\\u003e", b">")
    path.write_bytes(text.replace(b"\\u003e", b">").replace(second, third))
    rows = opened(page, path, made.duration_ns / SECOND + 0.01)
    assert rows == [row.text() for row in final(made).lines]


def hostile(*attacks: bytes) -> Made:
    """One that has them wherever anything captured can be."""
    texts = [attack.decode(errors="replace") for attack in attacks]
    events: list[Event] = [Output(0, b"begin\r\n")]
    for attack, text in zip(attacks, texts, strict=True):
        told = Command(SECOND, 1, text, text), Alert(SECOND, text), Gap(SECOND, None, None, text)
        events += [*told, Output(SECOND, attack + b"\x18\x1b\\\x1b[m\r\n")]
    marks = [Mark(SECOND, kind, text) for text in texts for kind in ("command", "alert", text)]
    events.append(Output(2 * SECOND, b"end"))
    return Made(*events, title=" ".join(texts), size=SIZE, marks=marks)


ATTACKS = [*VECTORS.values(), *map(str.encode, INJECTIONS)]
BATCHES = [ATTACKS[start : start + 8] for start in range(0, len(ATTACKS), 8)]
ELEMENTS = 19  # of html.py, without the player's and the list's
OUTSIDE = "*:not(#player *, li, li *)"
INSIDE = "#player :is(script, iframe, a, img, object, embed, link, style, base, meta)"


@pytest.mark.parametrize("attacks", BATCHES)
def test_nothing_runs(page: Page, tmp_path: Path, attacks: list[bytes]) -> None:
    """No attack runs, loads, leaves the page or adds to it, played to its end."""
    path = tmp_path / "page.html"
    path.write_bytes(written(html.write, hostile(*attacks)))
    opened(page, path, 2.01)
    page.evaluate("document.querySelectorAll('button[data-at]')[1].click()")
    assert page.evaluate("location.protocol") == "file:"
    assert page.evaluate("document.documentElement.dataset.owned") is None
    assert page.evaluate(f"document.querySelectorAll('{OUTSIDE}').length") == ELEMENTS
    assert page.evaluate("document.querySelectorAll('li *:not(button, time)').length") == 0
    assert page.evaluate(f"document.querySelectorAll('{INSIDE}').length") == 0
    assert page.requests == [f"file://{path}"]
    assert not page.said


def test_the_canary_sings(page: Page, tmp_path: Path) -> None:
    """The injections would be seen: in a page that takes them for markup, they run and load."""
    path = tmp_path / "open.html"
    path.write_text("<!doctype html>" + INJECTIONS[0] + INJECTIONS[4] + INJECTIONS[12])
    page.open(f"file://{path}")
    assert page.until("document.documentElement.dataset.owned") == "1"
    assert any("evil.test" in url for url in page.requests)


def test_the_policy_holds(page: Page, tmp_path: Path) -> None:
    """Even a page into which markup had come would run nothing of it."""
    path = tmp_path / "page.html"
    text = written(html.write, hostile(b"ls"))
    path.write_bytes(
        text.replace(b"<ol>", b"<ol>" + "".join(INJECTIONS[:1] + INJECTIONS[4:5]).encode())
    )
    page.open(f"file://{path}#t=1")
    page.until(f"{ROWS}.some(row => row)")
    assert page.evaluate("document.documentElement.dataset.owned") is None
    assert any("Content Security Policy" in text for text in page.said)


@pytest.mark.parametrize("attacks", BATCHES)
def test_a_still_is_a_picture(page: Page, tmp_path: Path, attacks: list[bytes]) -> None:
    """The browser takes it for SVG, and nothing of it runs."""
    path, made = tmp_path / "still.svg", hostile(*attacks)
    with path.open("wb") as out:
        svg.write(final(made), out, made.title)
    page.open(f"file://{path}")
    assert page.evaluate("document.documentElement.tagName") == "svg"
    assert page.evaluate("document.querySelectorAll('parsererror, script, a').length") == 0
    assert page.evaluate("document.documentElement.dataset.owned") is None
    assert page.requests == [f"file://{path}"]
    assert not page.said
