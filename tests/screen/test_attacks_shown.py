"""A log and files of which all that somebody else can fill is an attack, through each command that
prints: what comes to a terminal is printable text, and the player's own sequences. What is exported
is data to whatever reads it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.escape_vectors import INKLESS, VECTORS
from tests.patience import PATIENCE_S
from tests.samples import EXEC, NOW, OUTPUT, PLACE, PROCESS, SECOND
from tests.stored import StoredLog
from tests.unit.cli.test_render import OUR_COLOURS, poisoned

COMMAND: Final = (sys.executable, "-m", "tracer.cli.main")
ALL: Final = b" ".join(VECTORS.values())
ARGUMENT: Final = os.fsdecode(ALL.replace(b"\0", b""))
END: Final = b"\x1b\\\r\n"  # an open string must not hide the attacks behind it
PLAYER: Final = re.compile(
    r"\x1b\[(?:[0-9]{1,3}(?:;[0-9]{1,3})?)?H|\x1b\[[0-9]{1,3}G"  # where to draw
    r"|\x1b\[[0-9;:]{0,60}m|\x1b\[K|\x1b\[2J|\x1b\[\?(?:7|25|1049)[hl]"
)
PROGRESS: Final = re.compile(r"\x1b\[(?:\?25[hl]|1A|2K)|\r")
RAW: Final = re.compile(
    rf"{PLAYER.pattern}|\x1b\[(?:[0-9]{{0,4}};){{0,15}}[0-9]{{0,4}}[@-HJ-MPSTXZ`bdfgr]"
    r"|\x1b\[(?:[su]|4[hl]|\?(?:6|47|1047)[hl])|\x1b(?:[78DEHM]|[()][0B]|#8)|[\b\r\n\t\v\f\x0e\x0f]"
)
UNDRAWN: Final = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff"
    "\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f]"
)


class Attacked(NamedTuple):
    """A log, files of recordings, and the pane of the log that showed everything."""

    log: StoredLog
    files: tuple[Path, ...]
    pane: str


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    folder = tmp_path_factory.mktemp("attacked")
    log = _log(folder / "log")
    cache = str(tmp_path_factory.getbasetemp() / "cache")  # as every test has it
    command = (*COMMAND, "replay", "--log", log.path)
    environment = _environment(XDG_CACHE_HOME=cache)
    listed = subprocess.run(command, env=environment, capture_output=True, check=True)
    panes = [row for row in listed.stdout.decode().splitlines() if "  pane " in row]
    return Attacked(log, tuple(_files(folder)), panes[0].split()[0])


def _log(path: Path) -> StoredLog:
    """Each attack in each field of each kind of event, and as what one pane shows."""
    log = StoredLog(path)
    log.segment(NOW)
    log.log("start", NOW)
    offset = 0
    for attack in VECTORS.values():
        name = attack.decode("utf-8", "surrogateescape")
        place = PLACE._replace(session_name=name, window_name=name)
        process = PROCESS._replace(argv=(b"cat", attack), cwd=attack)
        data = attack + END
        shown = OUTPUT._replace(place=place, process=process, offset=offset, data=data)
        log.add(*poisoned(attack), EXEC._replace(place=place, process=process), shown)
        offset += len(data)
    log.log("stop", NOW + SECOND)
    return log


def _files(folder: Path) -> Iterator[Path]:
    texts = [(attack + END).decode("utf-8", "replace") for attack in VECTORS.values()]
    header = {"version": 2, "width": 80, "height": 24, "title": "".join(texts)}
    events = [[number, code, text] for number, text in enumerate(texts) for code in "oimr"]
    cast = folder / "a.cast"
    cast.write_text("".join(json.dumps(row) + "\n" for row in (header, *events)))
    yield cast
    shown = [attack + END for attack in VECTORS.values()]
    script = folder / "typescript"
    command = ALL.replace(b"\n", b"").replace(b'"', b"")
    script.write_bytes(b'Script started on x [COMMAND="' + command + b'"]\n' + b"".join(shown))
    times = b"".join(b"O 0.1 %d\n%s\n" % (len(data), data) for data in shown)
    (folder / "typescript.timing").write_bytes(times)
    yield script
    messages = folder / "t.log"
    about = {"ver": "2.3", "host": texts[0], "rec": texts[1], "user": "".join(texts)}
    rows = [
        {**about, "id": number + 1, "pos": number, "timing": f">{len(text)}", "out_txt": text}
        for number, text in enumerate(texts)
    ]
    messages.write_text("".join(json.dumps(row) + "\n" for row in rows))
    yield messages


# ---- a terminal ----


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm-256color", "NO_COLOR": "1", **more}


def on_terminal(*arguments: str, keys: Sequence[str] = (), after: bytes = b"", **more: str) -> str:
    """What a command writes to a terminal; after that, a key is pressed whenever it waits."""
    pid, terminal = pty.fork()
    if pid == 0:
        sized = 'stty rows 30 cols 110; exec "$@"'
        os.execvpe("sh", ["sh", "-c", sized, "sh", *COMMAND, *arguments], _environment(**more))
    left, written = list(keys), b""
    while True:
        patience = 0.05 if left and after in written else PATIENCE_S
        if not select.select([terminal], [], [], patience)[0]:
            assert left, "nothing more came"
            os.write(terminal, left.pop(0).encode())
            continue
        try:
            written += os.read(terminal, 1 << 16)
        except OSError:  # EIO: it has ended
            break
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) >= 0
    return written.decode().replace("\r\n", "\n")


def is_plain(text: str) -> bool:
    """Whether it is nothing but what one sees, newlines and tabs."""
    rows = text.replace("\t", "").split("\n")
    return all(row.isprintable() for row in rows) and not set(text) & set(INKLESS)


def first_harm(text: str) -> str:
    """What isn't plain first, and what is around it; "" if all is."""
    for place, char in enumerate("" if is_plain(text) else text):
        if not is_plain(char):
            return ascii(text[max(0, place - 60) : place + 60])
    return ""


def first_undrawn(text: str) -> str:
    """The same for what terminals and players may get: joiners and selectors belong to letters."""
    found = UNDRAWN.search(text)
    return ascii(text[max(0, found.start() - 60) : found.end() + 60]) if found else ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--limit", "0"),
        ("search", "--limit", "1500", "--json"),
        ("search", "--limit", "0", "--kind", "tmux,lost,pane-captured,fork,read"),
        ("search", "--limit", "0", "--text", "owned"),
        ("search", "--limit", "0", "--regex", "."),
        ("sessions",),
        ("replay",),
        ("replay", ARGUMENT.replace("/", "")),
        ("verify",),
        ("prove", "5"),
        ("head",),
    ],
    ids=lambda arguments: " ".join(arguments)[:40].encode("ascii", "ignore").decode("ascii"),
)
def test_commands_print_text_alone(attacked: Attacked, arguments: tuple[str, ...]) -> None:
    """Of a log from elsewhere."""
    command, *rest = arguments
    shown = on_terminal(command, "--log", str(attacked.log.path), *rest)
    assert shown
    assert not first_harm(PROGRESS.sub("", shown) if command == "verify" else shown)


def test_colours_are_ours(attacked: Attacked) -> None:
    """And stand in pairs around what they colour."""
    where = ("--log", str(attacked.log.path))
    shown = on_terminal("search", *where, "--limit", "0", NO_COLOR="")
    assert OUR_COLOURS.search(shown)
    assert not first_harm(OUR_COLOURS.sub(r"\1", shown))


def test_searches_in_files_print_text_alone(attacked: Attacked) -> None:
    """And the gaps of a timing that is none."""
    for file in attacked.files:
        shown = on_terminal("search", "--in", str(file), "--regex", ".", "--limit", "0")
        assert "forged" in shown
        assert not first_harm(shown)


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--kind", ARGUMENT),
        ("search", "--since", ARGUMENT),
        ("search", "--text", "\x1b]0;owned\x07\u202e"),
        ("search", "--regex", "(" + ARGUMENT),
        ("search", "--in", ARGUMENT, "--text", "x"),
        ("search", "--log", ARGUMENT),
        ("replay", ARGUMENT),
        ("replay", "--at", ARGUMENT, "x"),
        ("export", ARGUMENT),
        ("export", "x", "--format", ARGUMENT),
        ("verify", "--log", ARGUMENT),
        ("verify", "--anchor", ARGUMENT),
    ],
    ids=lambda arguments: " ".join(arguments)[:20].encode("ascii", "ignore").decode("ascii"),
)
def test_errors_quote_safely(arguments: tuple[str, ...]) -> None:
    """What was asked for may have been pasted."""
    shown = on_terminal(*arguments)
    assert shown
    assert not first_harm(shown)


# ---- the player ----

KEYS: Final = (*" 95.,", "cxa", "/owned\r", "nN", "?evil\r", "g50%\r", "\t", "h", "h", "0", "q")


def test_the_player_paints_cells_alone(attacked: Attacked) -> None:
    """Of a log and of each file, whatever is pressed."""
    log = ("--log", str(attacked.log.path), attacked.pane)
    for arguments in (log, *((str(file),) for file in attacked.files)):
        shown = on_terminal("replay", *arguments, keys=KEYS, after=b"\x1b[?1049h")
        told, shown = shown.split("\x1b[?1049h", 1)
        assert not first_harm(told)
        assert shown.endswith("\x1b[?1049l")
        assert not first_harm(PLAYER.sub("", shown).replace("\n", "\0"))


def test_raw_replay_draws_alone(attacked: Attacked) -> None:
    """What it lets through is what the filter says."""
    log = ("--log", str(attacked.log.path), attacked.pane)
    for arguments in (log, *((str(file),) for file in attacked.files)):
        shown = on_terminal(
            "replay", "--raw", "--speed", "1000", *arguments, keys="q", after=b"{detail}"
        )
        assert not first_undrawn(RAW.sub("", shown))


# ---- exports ----


def exported(attacked: Attacked, folder: Path, format_: str) -> Iterator[Path]:
    """The pane of the log and a file in that format."""
    log = ("--log", str(attacked.log.path), attacked.pane)
    for number, arguments in enumerate((log, (str(attacked.files[0]),))):
        path = folder / f"{number}"
        command = (*COMMAND, "export", *arguments, "--format", format_, "-o", path)
        subprocess.run(command, env=_environment(), check=True, capture_output=True)
        yield path


@pytest.mark.parametrize("format_", ["ndjson", "text"])
def test_exports_are_plain_text(attacked: Attacked, tmp_path: Path, format_: str) -> None:
    """They can be looked at by cat, whatever is in them."""
    for path in exported(attacked, tmp_path, format_):
        assert not first_harm(path.read_text())


@pytest.mark.parametrize("format_", ["asciicast", "asciicast3"])
def test_players_are_told_to_draw_alone(attacked: Attacked, tmp_path: Path, format_: str) -> None:
    """Titles, clipboards and questions are no part of it."""
    for path in exported(attacked, tmp_path, format_):
        lines = path.read_text().removesuffix("\n").split("\n")
        assert not first_undrawn("".join(lines))
        rows = [json.loads(line) for line in lines]
        shown = "".join(row[2] for row in rows[1:] if row[1] == "o")
        assert shown
        assert not first_undrawn(RAW.sub("", shown))
        assert not first_harm("".join(row[2] for row in rows[1:] if row[1] == "m"))


def test_typescripts_draw_alone(attacked: Attacked, tmp_path: Path) -> None:
    """scriptreplay sends them to the terminal as they are."""
    for path in exported(attacked, tmp_path, "typescript"):
        assert not first_undrawn(RAW.sub("", path.read_bytes().decode()))
        assert not first_harm(Path(f"{path}.timing").read_text())


def test_pictures_hold_text_alone(attacked: Attacked, tmp_path: Path) -> None:
    """XML of the few elements that draw, without a link or a script."""
    for path in exported(attacked, tmp_path, "svg"):
        for element in ET.parse(path).iter():
            assert element.tag.rpartition("}")[2] in {"svg", "title", "g", "rect", "text"}
            assert not [name for name in element.attrib if "href" in name or name.startswith("on")]
            assert "url(" not in "".join(element.attrib.values())


MARKS: Final = (("li", ("class",)), ("button", ("data-at",)), ("time", ()), ("ol", ("class",)))


class Markup(HTMLParser):
    """The elements and attributes of a page, as a browser's parser finds them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def markup(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Of a page."""
    parser = Markup()
    parser.feed(path.read_text())
    parser.close()
    return parser.found


def test_pages_have_no_other_markup_than_ours(attacked: Attacked, tmp_path: Path) -> None:
    """That of a page of something harmless."""
    harmless = tmp_path / "harmless.cast"
    harmless.write_text('{"version": 2, "width": 80, "height": 24}\n[1, "o", "x"]\n')
    page = tmp_path / "harmless.html"
    command = (*COMMAND, "export", harmless, "--format", "html", "-o", page)
    subprocess.run(command, env=_environment(), check=True, capture_output=True)
    ours = markup(page)
    assert ("script", ()) in ours
    for path in exported(attacked, tmp_path, "html"):
        text = path.read_text()
        assert set(markup(path)) <= {*ours, *MARKS}
        assert [tag for tag, _ in markup(path)].count("script") == len(
            [tag for tag, _ in ours if tag == "script"]
        )
        assert "<img src=x" not in text
