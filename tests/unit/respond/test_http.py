"""What is sent by HTTP; tests/log/test_respond.py has real receivers misbehave."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tracer.respond import http
from tracer.respond.http import Adapter, trusted
from tracer.respond.outward import Errand, Forbidden


def test_all_that_is_sent_goes_this_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes the session."""
    monkeypatch.setattr(requests.sessions, "HTTPAdapter", requests.adapters.HTTPAdapter)
    http.restrain()
    session = requests.Session()
    adapters = {type(session.get_adapter(f"{scheme}://x/")) for scheme in ("http", "https")}
    assert adapters == {Adapter}


def test_without_an_errand_nothing_is_sent() -> None:
    """As nobody has said where it may go."""
    with pytest.raises(Forbidden):
        Adapter().send(requests.Request("POST", "https://192.0.2.1/").prepare())


def test_what_is_not_encrypted_is_plain() -> None:
    """By its URL; that nobody is there is told without it."""
    with Errand([], 60, is_plain=False) as errand:
        with pytest.raises(requests.ConnectionError):
            Adapter().send(requests.Request("POST", "HTTP://127.0.0.1:1/secret").prepare())
        assert (errand.is_plain, errand.trouble) == (True, "it can't be reached")


def test_the_store_of_the_system_is_trusted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Or the one that the environment names, as OpenSSL has it."""
    assert Path(trusted()).exists()
    (tmp_path / "ca.pem").touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert trusted() == str(tmp_path / "ca.pem")
