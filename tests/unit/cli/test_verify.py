"""tracer.cli.verify"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from tests.unit.seal.made import SEED, made_log, write_segments
from tracer.cli.main import app
from tracer.errors import BadTrust, NoLog
from tracer.seal.keys import first_signer, seed_text

KEY = first_signer(SEED).public.vkey
LOG = made_log(1)


def run(log: Path, *options: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, ["verify", "--log", str(log), *options], input=stdin)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_segments(tmp_path, [LOG])
    return tmp_path


def test_it_exits_by_the_verdict(log: Path) -> None:
    """The log of the fixtures was silent ever since; without a key nothing can be said, but that it
    disagrees with itself."""
    assert run(log).exit_code == 4
    assert run(log, "--key", KEY).exit_code == 3
    (log / "log/000000000000.jsonl").write_bytes(b"{}\n")
    assert run(log).exit_code == run(log, "--key", KEY).exit_code == 1


def test_a_copy_is_as_old_as_it_is(log: Path) -> None:
    """A log that ended when it was copied was not silent then."""
    then = orjson.loads(LOG[-1])["@timestamp"]
    assert run(log, "--key", KEY, "--at", then).exit_code == 0


def test_the_cure_of_unverifiable(log: Path) -> None:
    """Names the options."""
    printed = run(log).stdout
    assert printed.startswith("UNVERIFIABLE")
    assert all(option in printed for option in ("--key", "--seed", "--anchor"))


def test_a_seed_from_standard_input(log: Path) -> None:
    """And all else as JSON."""
    found = orjson.loads(run(log, "--seed", "-", "--json", stdin=seed_text(SEED)).stdout)
    assert found["verdict"] == "INCOMPLETE"
    assert found["layers"]["mac"] == {"first": 0, "until": len(LOG)}


def test_errors_are_for_users(log: Path, tmp_path: Path) -> None:
    """No log, no key."""
    assert isinstance(run(log / "none").exception, NoLog)
    assert isinstance(run(log, "--key", "x").exception, BadTrust)


def test_a_bar_on_a_terminal(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes to standard error; the report stays as it is."""
    asked = "--key", KEY, "--at", orjson.loads(LOG[-1])["@timestamp"]  # else it tells the time
    plain = run(log, *asked).stdout
    monkeypatch.setattr("tracer.cli.verify._is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich looks for a terminal itself
    result = run(log, *asked)
    assert result.stdout == plain
    assert "verify" in result.stderr
