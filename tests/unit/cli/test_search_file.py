"""tracer/cli/search_file.py"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tracer.cli.chosen import chosen, wish_of
from tracer.cli.main import app
from tracer.errors import BadRecording, BadSearch
from tracer.replay.playback import Playback

EVENTS = [
    [0.5, "o", "$ helk"],
    [0.75, "o", "\b\x1b[Klo, wor"],
    [1.0004, "o", "ld\r\nsnake_case \x1b[31mÉté\x1b[m\r\n"],
    [2, "o", "$ hello\r\n\x1b]0;title\x07"],
]


def cast(path: Path, *events: object, **header: object) -> Path:
    rows = [{"version": 2, "width": 40, "height": 5} | header, *(events or EVENTS)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def search(path: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["search", "--in", str(path), *options])


@pytest.mark.parametrize(
    ("options", "moments"),
    [
        (("--text", "hello"), ["+0.750s", "+2.000s"]),
        (("--text", '"hello world"'), ["+1.001s"]),
        (("--text", '"world hello"'), []),
        (("--text", "world hello"), ["+1.001s"]),
        (("--text", "hell"), []),
        (("--text", "ÉTÉ case"), ["+1.001s"]),
        (("--regex", r"^\$ hel+o$"), ["+0.750s", "+2.000s"][1:]),
        (("--regex", "^snake", "--text", "snake"), ["+1.001s"]),
        (("--text", "hello", "--limit", "1"), ["+2.000s"]),
        (("--text", "hello", "--limit", "0"), ["+0.750s", "+2.000s"]),
        (("--text", "title"), []),
    ],
)
def test_it_prints_what_was_seen(
    tmp_path: Path, options: tuple[str, ...], moments: list[str]
) -> None:
    """Each line with its moment, no earlier than it was shown; 1 where there is none."""
    result = search(cast(tmp_path / "a.cast"), *options)
    assert [line.split()[0] for line in result.stdout.splitlines()] == moments
    assert result.exit_code == (0 if moments else 1)
    assert ("nothing found in" in result.stderr) is not bool(moments)


def test_the_time_of_day_where_it_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this host's zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    result = search(cast(tmp_path / "a.cast", timestamp=1_795_305_138), "--text", "snake")
    assert result.stdout == "+1.001s 2026-11-21 23:52:19 snake_case Été\n"


def test_what_it_prints_is_safe(tmp_path: Path) -> None:
    """The screen holds what no terminal shows, too."""
    path = cast(tmp_path / "a.cast", [1, "o", "a\u202eb \u00a0word\r\n"])
    assert search(path, "--text", "word").stdout == "+1.000s a\\u202eb \\u00a0word\n"


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    """On stderr, whether something was found or not."""
    path = cast(tmp_path / "a.cast", *([[n, "o", n], [n, "o", "x"]] for n in range(1, 3)))
    path.write_text(path.read_text() + '[9, "o", "word"]\n' + '[9, "o", 1]\n[9, "o", "x"]\n' * 12)
    result = search(path, "--text", "word")
    assert result.exit_code == 0
    assert "not recorded: +0.000s: line 2 can't be read\n" in result.stderr
    assert "3 more gaps after these" in result.stderr


def test_a_typescript_with_its_timing(tmp_path: Path) -> None:
    """Which may have any name."""
    (tmp_path / "times").write_text("1.5 4\n0.25 5\n")
    (tmp_path / "file").write_text("Script started on x\none\ntwo\n\n")
    result = search(tmp_path / "file", "--text", "two", "--timing", str(tmp_path / "times"))
    assert result.stdout == "+1.750s    two\n"


@pytest.mark.parametrize(
    "options",
    [
        (), ("--text", "x", "--user", "root"), ("--text", "x", "--json"),
        ("--text", "x", "--log", "y"),
        ("--command", "x"), ("--regex", "x", "--since", "2h"), ("--text", "x", "--kind", "exec"),
    ],
)  # fmt: skip
def test_what_a_file_can_not_answer_is_an_error(tmp_path: Path, options: tuple[str, ...]) -> None:
    """It is not passed over."""
    result = search(cast(tmp_path / "a.cast"), *options)
    assert isinstance(result.exception, BadSearch)


def test_a_timing_alone_is_an_error() -> None:
    """Of what would it be?"""
    result = CliRunner().invoke(app, ["search", "--timing", "x"])
    assert isinstance(result.exception, BadSearch)


def test_what_is_no_recording_is_an_error(tmp_path: Path) -> None:
    """And so is what isn't there."""
    (tmp_path / "file").write_text("text\n")
    for name in ("file", "none"):
        result = search(tmp_path / name, "--text", "x")
        assert isinstance(result.exception, BadRecording)


def test_replay_takes_the_moment(tmp_path: Path) -> None:
    """And shows what was found there."""
    path = cast(tmp_path / "a.cast")
    moment = search(path, "--text", "snake").stdout.split()[0]
    with chosen(None, wish_of(str(path), moment, "", "")) as found:
        assert found.at_ns == 1_001_000_000
        playback = Playback(found.views[0])
        playback.seek(found.at_ns)
        assert "snake_case Été" in [row.text() for row in playback.scene.screen.lines]
