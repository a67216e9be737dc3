"""Metrics as the service sees them: the socket that it opens, and the worker that answers there.

Invariant: the worker gets a status when it asks for one, and nothing else.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from tracer.codec.identity import Fields
from tracer.errors import TtytraceError
from tracer.service.child import Child
from tracer.service.listening import listen
from tracer.settings import MetricsSettings
from tracer.workers.door import Message

_UNIX: Final = "unix:"
_MODE: Final = 0o660
_BACKLOG: Final = 64


class Metrics:
    """Where the settings want them. `status`: what is to be told. `watch`: see Child."""

    def __init__(
        self,
        settings: MetricsSettings,
        status: Callable[[], Fields],
        watch: Callable[[int], None],
    ) -> None:
        self._status, self._watch = status, watch
        self._settings = MetricsSettings()
        self._listener: socket.socket | None = None
        self._child: Child | None = None
        self._refused: str | None = None
        self._is_asked = False
        self.configure(settings)

    @property
    def trouble(self) -> str | None:
        """Why there are none, where there should be."""
        return self._refused or (self._child.trouble if self._child else None)

    def configure(self, settings: MetricsSettings) -> None:
        """Listens there from now on."""
        if settings == self._settings:
            return
        self.close()
        self._settings, self._refused = settings, None
        if not settings.address:
            return
        try:
            self._listener = _listener(settings.address)
        except (TtytraceError, OSError) as error:
            self._refused = f"metrics: {settings.address}: {error}"
        else:
            self._child = Child("metrics", self._hello, self._hear, self._watch)

    def turn(self, now_ns: int) -> None:
        """Hears the worker."""
        if self._child is not None:
            self._child.turn(now_ns)
            if self._is_asked:  # once a turn, however often
                self._is_asked = False
                self._answer(self._child)

    def close(self) -> None:
        """Ends the worker."""
        if self._child is not None:
            self._child.close()
            self._child = None
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            if self._settings.address.startswith(_UNIX):
                with suppress(OSError):
                    Path(self._settings.address.removeprefix(_UNIX)).unlink()

    def _hello(self) -> Message:
        assert self._listener is not None
        return Message({}, [self._listener.fileno()])

    def _answer(self, child: Child) -> None:
        self._refused = None
        try:
            child.send({"status": self._status()})
        except (ValueError, TypeError) as error:  # it can't be a message
            self._refused = f"metrics: {error}"
            child.send({"error": str(error)})

    def _hear(self, _asked: Message) -> None:
        self._is_asked = True


def _listener(address: str) -> socket.socket:
    if address.startswith(_UNIX):
        return listen(Path(address.removeprefix(_UNIX)), _MODE)
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    return socket.create_server((host.strip("[]"), int(port)), family=family, backlog=_BACKLOG)
