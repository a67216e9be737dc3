"""tracer.cli.init"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tracer.cli.main import app
from tracer.errors import HasLog
from tracer.seal.keys import first_signer, parse_seed


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(f'[log]\ndirectory = "{tmp_path}/log"\nstate = "{tmp_path}/keys"\n')
    return path


def test_the_seed_goes_out_alone(tmp_path: Path, config: Path) -> None:
    """So that it can leave the host in a pipe; what to do with it, and the public key, is told
    beside it."""
    done = CliRunner().invoke(app, ["init", "--config", str(config)])
    assert done.exit_code == 0
    seed = parse_seed(done.stdout.removesuffix("\n"))
    vkey = first_signer(seed).public.vkey
    assert (tmp_path / "log/key").read_text() == vkey + "\n"
    told = done.stderr
    assert vkey in told
    assert done.stdout.strip() not in told
    assert "Keep it off this host" in told
    assert "--seed" in told
    assert "--key" in told
    assert f"{tmp_path}/log" in told


def test_not_twice(config: Path) -> None:
    """Nothing is shown then: no seed that opens nothing."""
    CliRunner().invoke(app, ["init", "--config", str(config)])
    again = CliRunner().invoke(app, ["init", "--config", str(config)])
    assert isinstance(again.exception, HasLog)
    assert again.stdout == ""
