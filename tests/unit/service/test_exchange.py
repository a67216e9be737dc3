"""A part is exchanged when its settings change, and only then."""

from __future__ import annotations

from dataclasses import replace

from tracer.service.exchange import Exchanged
from tracer.settings import LiveSettings, MetricsSettings, Settings


class Part:
    def __init__(self, settings: Settings) -> None:
        self.clients = settings.live.clients
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_another_one_takes_its_place() -> None:
    """The one before is closed first; what is another part's changes nothing."""
    exchanged = Exchanged(Part, Settings(), "live")
    first = exchanged.part
    exchanged.configure(replace(Settings(), metrics=MetricsSettings("unix:/x")))
    assert exchanged.part is first and not first.is_closed
    exchanged.configure(Settings(live=LiveSettings(clients=7)))
    assert first.is_closed
    assert (exchanged.part.clients, exchanged.part.is_closed) == (7, False)
    exchanged.configure(Settings(live=LiveSettings(clients=7)))
    exchanged.close()
    assert exchanged.part.is_closed
