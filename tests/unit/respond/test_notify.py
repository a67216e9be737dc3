"""People are told; tests/log/test_respond.py has the worker do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path

import pytest
import requests

from tests.log.peers import certify
from tests.log.receivers import Webhook, fine, huge, missing, moved
from tests.unit.respond.test_alert import sealed
from tracer.respond import http, notify
from tracer.respond.action import Outcome, Refused
from tracer.respond.notify import Notify
from tracer.settings import ActionKind, ActionSettings


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where certificates are trusted; all that `requests` sends is held to what it may."""
    certify(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(requests.sessions, "HTTPAdapter", requests.adapters.HTTPAdapter)
    monkeypatch.setattr(notify, "WAITS_S", (0.0, 0.0))
    http.restrain()
    yield tmp_path


def told(place: Path, *webhooks: Webhook) -> Outcome:
    """What comes of telling these."""
    path = place / "urls"
    path.write_text("\n".join(f"jsons://localhost:{each.port}/x" for each in webhooks))
    path.chmod(0o600)
    settings = ActionSettings(ActionKind.NOTIFY, "x", urls=str(path), networks=("127.0.0.0/8",))
    action = Notify(settings)
    action.check()
    return action.act(sealed())


def test_each_is_told(place: Path) -> None:
    """Once."""
    first, second = Webhook(place), Webhook(place)
    assert told(place, first, second) == ("done", None, {"services": "jsons jsons"})
    assert [len(each.bodies()) for each in (first, second)] == [1, 1]


def test_who_could_not_be_told_is_tried_again(place: Path) -> None:
    """And nobody else; the first of what went wrong is told."""
    good, bad = Webhook(place), Webhook(place, missing)
    outcome = told(place, good, bad)
    assert (outcome.state, outcome.reason) == ("failed", "line 2 (jsons): it answered 404")
    assert (len(good.got), len(bad.got)) == (1, 2)
    answers = chain(missing(), fine())
    late = Webhook(place, lambda: islice(answers, 1))
    assert (told(place, late).state, len(late.got)) == ("done", 2)


@pytest.mark.parametrize(
    ("respond", "reason"), [(huge, "its reply is too long"), (moved, "it redirects")]
)
def test_what_a_receiver_must_not_do_is_a_failure(
    respond: Callable[[], Iterator[bytes]], reason: str, place: Path
) -> None:
    """Though it has been told."""
    assert told(place, Webhook(place, respond)).reason == f"line 1 (jsons): {reason}"


def test_who_is_not_trusted_is_told_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose certificate nobody knows."""
    monkeypatch.delenv("SSL_CERT_FILE")
    webhook = Webhook(place)
    outcome = told(place, webhook)
    assert (outcome.state, webhook.got) == ("failed", [])
    assert outcome.reason == "line 1 (jsons): TLS failed, or its certificate is not to be trusted"


def test_without_urls_nothing_can_be_told(place: Path) -> None:
    """Which is known before there is an alert."""
    (place / "urls").touch(0o600)
    with pytest.raises(Refused):
        Notify(ActionSettings(ActionKind.NOTIFY, "x", urls=str(place / "urls"))).check()
