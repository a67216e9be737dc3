"""What goes on beside the stream: each part has its turn, its trouble and its settings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tracer.service.parts import Parts
from tracer.settings import Settings

ALL = ("names", "index", "sinks", "rules", "actions", "live", "audit")


class Part:
    """One that notes what is done with it."""

    def __init__(self, name: str, noted: list[tuple[str, object]]) -> None:
        self.trouble = f"{name} is ill"
        self.states, self.state = {"of": name}, {"of": name}
        self._name, self._noted = name, noted

    def turn(self, now_ns: int) -> None:
        self._noted.append((self._name, now_ns))

    def configure(self, settings: object) -> None:
        self._noted.append((self._name, settings))

    def close(self) -> None:
        self._noted.append((self._name, None))

    def fields(self) -> dict[str, Any]:
        return {"audit": {"of": self._name}}


@pytest.fixture
def noted() -> list[tuple[str, object]]:
    return []


@pytest.fixture
def parts(noted: list[tuple[str, object]]) -> Parts:
    names, index, sinks, rules, actions, live, audit = (Part(name, noted) for name in ALL)

    def exchanged(part: Part) -> Any:
        return SimpleNamespace(part=part, configure=part.configure, close=part.close)

    alone: Any = (names, index, sinks, rules, actions)
    return Parts(*alone, exchanged(live), exchanged(audit))


def test_each_has_its_turn(parts: Parts, noted: list[tuple[str, object]]) -> None:
    """And what ails it is told."""
    parts.turn(7)
    assert noted == [(name, 7) for name in ALL]
    assert parts.ailing() == [f"{name} is ill" for name in ALL]


def test_a_heartbeat_names_troubles(parts: Parts) -> None:
    """What audit says of itself is in its own fields."""
    troubles = {name: f"{name} is ill" for name in ALL if name != "audit"}
    assert parts.fields() == troubles | {"audit": {"of": "audit"}}


def test_an_operator_is_told_of_those_that_have_something_to_tell(parts: Parts) -> None:
    """As they are when they are asked."""
    told = {name: state() for name, state in parts.states().items()}
    assert told == {name: {"of": name} for name in ALL[2:]}


def test_settings_and_the_end(parts: Parts, noted: list[tuple[str, object]]) -> None:
    """Names are needed up to the last record, and have no settings."""
    settings = Settings()
    parts.configure(settings)
    assert noted == [(name, settings) for name in ALL[2:]]
    noted.clear()
    parts.close()
    ended = ("audit", "live", "actions", "rules", "sinks", "index")
    assert noted == [(name, None) for name in ended]
