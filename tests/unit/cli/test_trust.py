"""What a log is held against, as options."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tests.unit.seal.made import SEED
from tracer.cli.trust import read_trust
from tracer.errors import BadTrust
from tracer.seal.keys import first_signer, seed_text
from tracer.seal.note import Head
from tracer.seal.verify import Trust

SIGNER = first_signer(SEED)
KEY = SIGNER.public
HEAD = Head(7, bytes(32))


def test_all_of_them(tmp_path: Path) -> None:
    """Anchors of several files; blanks around do no harm."""
    (tmp_path / "seed").write_text(f"\n{seed_text(SEED)}\n")
    (tmp_path / "anchor").write_text(SIGNER.sign(HEAD.text(KEY.name)))
    trust = read_trust(f" {KEY.vkey}\n", tmp_path / "seed", [tmp_path / "anchor"] * 2)
    assert (trust.key, trust.seed) == (KEY, SEED)
    assert [anchor.head for anchor in trust.anchors] == [HEAD, HEAD]
    assert read_trust(None, None, []) == Trust()


def test_a_seed_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it need not rest on this host."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(seed_text(SEED).encode())))
    assert read_trust(None, Path("-"), []).seed == SEED


@pytest.mark.parametrize("raw", [b"", b"\xff", seed_text(SEED)[:-2].encode(), b"x" * (17 << 20)])
@pytest.mark.parametrize("option", ["seed", "anchor"])
def test_a_file_that_is_none(tmp_path: Path, option: str, raw: bytes) -> None:
    """Is an error that names the option, and does not repeat what may be most of a seed."""
    path = tmp_path / "given"
    path.write_bytes(raw)
    with pytest.raises(BadTrust, match=f"--{option}") as raised:
        read_trust(None, *((path, []) if option == "seed" else (None, [path])))
    assert seed_text(SEED)[20:40] not in str(raised.value)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """Is not the same as none given."""
    with pytest.raises(BadTrust, match="No such file"):
        read_trust(None, tmp_path / "none", [])


@pytest.mark.parametrize("vkey", ["", "x", KEY.vkey[:-2], KEY.vkey.replace("+", "-")])
def test_a_key_that_is_none(vkey: str) -> None:
    """Likewise."""
    with pytest.raises(BadTrust, match="--key"):
        read_trust(vkey, None, [])


def test_a_key_of_another_log_than_the_seed(tmp_path: Path) -> None:
    """One of them is a mistake."""
    (tmp_path / "seed").write_text(seed_text(bytes(32)))
    with pytest.raises(BadTrust, match="another log"):
        read_trust(KEY.vkey, tmp_path / "seed", [])
