"""Tells people of alerts, by what apprise can speak to.

Invariant: each service is told by itself, in its own time, and one that fails takes nothing from
the others. What can't be reached is tried once more.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from apprise.common import NotifyFormat, NotifyType

from tracer.respond.action import Outcome, State
from tracer.respond.alert import SealedAlert
from tracer.respond.message import Message, message_of
from tracer.respond.outward import Errand, networks_of
from tracer.respond.urls import NONSENSE, Service, services_of
from tracer.settings import ActionSettings

PATIENCE_S: Final = 8.0
"""Of one delivery."""
WAITS_S: Final = (0.0, 2.0)
"""Before each try."""


class Notify:
    """Of one file of URLs, which is read each time."""

    def __init__(self, settings: ActionSettings) -> None:
        self._path, self._networks = Path(settings.urls), networks_of(settings.networks)

    def check(self) -> None:
        """Refused where a URL can't be used."""
        services_of(self._path)

    def act(self, alert: SealedAlert) -> Outcome:
        """Tells all of them."""
        services, message = services_of(self._path), message_of(alert)
        hit = {"services": " ".join(each.scheme for each in services)}
        failed: list[tuple[Service, str]] = []
        waiting = services
        for wait_s in WAITS_S:
            time.sleep(wait_s)
            told = [(each, self._tell(each, message)) for each in waiting]
            failed = [(each, why) for each, why in told if why is not None]
            waiting = [each for each, _ in failed]
            if not waiting:
                return Outcome(State.DONE, hit=hit)
        reason = "; ".join(f"{each.name}: {why}" for each, why in failed)
        return Outcome(State.FAILED, reason, hit)

    def _tell(self, service: Service, message: Message) -> str | None:
        """Why it failed; None if it didn't."""
        with Errand(self._networks, PATIENCE_S, is_plain=service.is_plain) as errand:
            try:
                is_told = service.plugin.notify(
                    body=message.body,
                    title=message.title,
                    notify_type=NotifyType.WARNING,
                    body_format=NotifyFormat.TEXT,
                )
            except (OSError, *NONSENSE):
                is_told = False
        # What broke off at the end of its time may look whole.
        if is_told and not errand.is_over:
            return None
        return errand.trouble or "it was not taken"
