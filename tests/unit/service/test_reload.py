"""Settings are read again: whole or not at all, but for what only a new start can change."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE_S, eventually
from tracer import config
from tracer.codec.identity import Fields
from tracer.config import Loaded, read
from tracer.errors import BadConfig
from tracer.observe.scope import Scope
from tracer.service import reload
from tracer.service.reload import Reload, Source, merged, said_of
from tracer.settings import (
    InputPolicy,
    LogSettings,
    MetricsSettings,
    RingSizes,
    ScopeSettings,
    Settings,
)

BY = {"pid": 1}


class Held:
    """What holds, and what was said of it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.taken: list[tuple[Settings, Scope]] = []
        self.said: list[tuple[str, Fields]] = []
        self.announced: list[Fields | None] = []
        source = Source(file)
        self.reload = Reload(source, source.read(), self.take, self.say, self.announced.append)

    def take(self, settings: Settings, scope: Scope) -> None:
        self.taken.append((settings, scope))

    def say(self, action: str, **fields: Any) -> None:
        self.said.append((action, fields))

    def again(self, text: str) -> Fields:
        """What comes of reading this."""
        self.file.write_text(text)
        done: list[Fields] = []
        self.reload.begin(BY, done.append)
        eventually(lambda: self.reload.turn() or done)
        return done[0]


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    def read_ours(path: Path | None) -> Loaded:
        return read(path, owner=os.geteuid())

    monkeypatch.setattr(reload, "read", read_ours)
    file = tmp_path / "config.toml"
    file.touch(mode=0o600)
    made = Held(file)
    yield made
    made.reload.close()


def test_what_can_change_is_taken_over(held: Held) -> None:
    """With a scope whose names are looked up; and it is put on record."""
    outcome = held.again('input = "full"\n[scope]\nusers = ["no such"]\n[log]\nkeep_days = 3')
    assert outcome == {"error": None, "refused": []}
    ((settings, scope),) = held.taken
    assert settings == held.reload.settings
    assert (settings.input, settings.log.keep_days) == (InputPolicy.FULL, 3)
    assert scope.unknown == ["scope.users: there is no no such"]
    ((action, fields),) = held.said
    assert (action, fields["by"], fields["error"], fields["refused"]) == ("config", BY, None, [])
    assert fields["sha256"] == held.reload.stats()["sha256"]
    assert fields["settings"]["log"]["keep_days"] == 3
    assert held.announced == [None, outcome]


@pytest.mark.parametrize(
    "text",
    ["imput = 1", "\0", '[redact]\nwithout = ["cooky"]', '[[sinks]]\nkind = "file"\nname = "x"'],
)
def test_what_can_not_be_used_changes_nothing(held: Held, text: str) -> None:
    """It is on record that somebody tried, and why it failed."""
    before = held.reload.settings, held.reload.stats()["sha256"]
    outcome = held.again(text)
    assert str(held.file) in outcome["error"] or "redact.without" in outcome["error"]
    assert held.taken == []
    assert before == (held.reload.settings, held.reload.stats()["sha256"])
    ((_, fields),) = held.said
    assert (fields["error"], fields["sha256"]) == (outcome["error"], before[1])
    assert held.again("")["error"] is None
    assert held.reload.stats()["error"] is None


def test_what_fails_as_it_is_taken_is_said(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part may refuse."""

    def refuse(*_: object) -> None:
        raise OSError(98, "Address already in use")

    monkeypatch.setattr(held.reload, "_take", refuse)
    assert "Address already in use" in held.again("")["error"]


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        (Settings(rings=RingSizes(64, 64)), ["rings.critical_pages", "rings.bulk_pages"]),
        (Settings(log=LogSettings("/a", "/b")), ["log.directory", "log.state"]),
        (Settings(input=InputPolicy.OFF), ["input"]),
    ],
)
def test_what_needs_a_start_keeps_its_value(changed: Settings, refused: list[str]) -> None:
    """All else of the file is taken."""
    wanted = replace(changed, metrics=MetricsSettings("unix:/x"))
    settings, keys = merged(Settings(), wanted)
    assert keys == refused
    assert settings == replace(Settings(), metrics=MetricsSettings("unix:/x"))
    back, keys = merged(changed, Settings(scope=ScopeSettings(users=("ann",))))
    assert keys == refused
    assert back == replace(changed, scope=ScopeSettings(users=("ann",)))


def test_nobody_waits_for_a_file_that_hangs(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns go on; who asked is told at the end."""
    gate = threading.Event()
    monkeypatch.setattr(reload, "_read", lambda _: gate.wait())
    done: list[Fields] = []
    held.reload.begin(BY, done.append)
    for _ in range(10):
        held.reload.turn()
    assert done == []
    held.reload.close()
    assert done == [{"error": "ttytrace ends", "refused": []}]
    gate.set()


def test_nor_does_the_end_of_the_process() -> None:
    """Its interpreter waits for no thread that reads."""
    code = (
        "import threading\n"
        "from tracer.config import Loaded\n"
        "from tracer.service import reload as module\n"
        "from tracer.settings import Settings\n"
        "module._read = lambda _: threading.Event().wait()\n"
        "nobody = lambda *_, **__: None\n"
        "loaded = Loaded(Settings(), None)\n"
        "reload = module.Reload(module.Source(), loaded, nobody, nobody, nobody)\n"
        "reload.begin({})\n"
        "reload.close()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE_S)


def test_what_the_command_line_says_goes_before_the_file(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that it is read."""
    held.file.write_text('input = "off"')
    assert Source(held.file, InputPolicy.FULL).read().settings.input is InputPolicy.FULL
    assert Source(held.file).read().settings.input is InputPolicy.OFF
    monkeypatch.setattr(config, "PATH", held.file.parent / "none.toml")
    assert Source().read() == Loaded(Settings(), None)
    with pytest.raises(BadConfig):
        Source(held.file.parent / "none.toml").read()


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ({"error": None, "refused": []}, "the settings were read again"),
        (
            {"error": None, "refused": ["a", "b"]},
            "the settings were read again; a, b need a restart",
        ),
        ({"error": "x: no", "refused": []}, "the settings stay as they were: x: no"),
    ],
)
def test_an_operator_is_told(outcome: Fields, says: str) -> None:
    """In one line."""
    assert said_of(outcome) == says
