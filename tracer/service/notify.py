"""What systemd is told of the service: sd_notify(3), by hand.

Invariant: that we are alive is said by the thread that writes the log, and only when the stream has
asked it to: if either stands still, systemd hears nothing more, and ends us.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Final

from tracer.clock import monotonic_ns

_US_NS: Final = 1_000

Work = Callable[[], None]


class Notifier:
    """Tells whoever `environment` names, and nobody where we were not started by systemd.

    `do`: gives work to the thread that writes the log. The variables are taken out of the
    environment, so that nobody whom we start speaks for us.
    """

    def __init__(
        self, do: Callable[[Work], None], environment: MutableMapping[str, str] = os.environ
    ) -> None:
        self._do = do
        self._address = _address(environment.pop("NOTIFY_SOCKET", ""))
        period_us, pid = (
            int(environment.pop(name, 0)) for name in ("WATCHDOG_USEC", "WATCHDOG_PID")
        )
        is_watched = period_us and pid in (0, os.getpid())
        self._period_ns = period_us * _US_NS // 2 if is_watched else None
        self._next_ns = 0

    def ready(self, status: str) -> None:
        """The stream runs, with the settings that were asked for. `status`: for people."""
        self._say("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Settings are read again; ready() follows."""
        self._say("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns() // _US_NS}")

    def stopping(self) -> None:
        """This is the end, in order."""
        self._say("STOPPING=1")

    def turn(self, now_ns: int) -> None:
        """To be called in each turn of the stream."""
        if self._period_ns is not None and now_ns >= self._next_ns:
            self._next_ns = now_ns + self._period_ns
            self._do(partial(self._say, "WATCHDOG=1"))

    def _say(self, *lines: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock, suppress(OSError):
            sock.sendto("\n".join(lines).encode(), socket.MSG_DONTWAIT, self._address)


def _address(name: str) -> str:
    return f"\0{name[1:]}" if name.startswith("@") else name
