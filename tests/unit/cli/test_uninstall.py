"""tracer.cli.uninstall"""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from tracer.cli import uninstall as module
from tracer.cli.main import app


@pytest.fixture
def purged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is taken away, of a host that takes each step."""
    taken: list[str] = []

    def take(what: str) -> list[str]:
        taken.append(what)
        return [f"The {what} is removed."]

    monkeypatch.setattr(module, "require_root", lambda _command: None)
    monkeypatch.setattr(module, "steps", lambda _places: take("unit"))
    monkeypatch.setattr(module, "purge_steps", lambda _places: take("record"))
    return taken


def test_the_record_stays(purged: list[str]) -> None:
    """Unless it is asked for; where it is, is told."""
    done = CliRunner().invoke(app, ["uninstall"])
    assert purged == ["unit"]
    assert "The unit is removed.\n/var/log/ttytrace, " in done.stderr


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_a_purge_asks(purged: list[str], answer: str) -> None:
    """First; and nothing happens without a yes."""
    done = CliRunner().invoke(app, ["uninstall", "--purge"], input=answer)
    assert done.exit_code == 1
    assert not purged


@pytest.mark.parametrize(("options", "answer"), [([], "y\n"), (["--yes"], "")])
def test_a_purge_takes_all(purged: list[str], options: list[str], answer: str) -> None:
    """With a yes, typed or given."""
    done = CliRunner().invoke(app, ["uninstall", "--purge", *options], input=answer)
    assert done.exit_code == 0
    assert purged == ["unit", "record"]
