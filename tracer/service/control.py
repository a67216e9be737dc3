"""What is asked of the process that records, over the socket beside the keys of the log.

Invariant: it waits for nobody. What the log is needed for is handed to the thread that uses it,
which answers when it is done; the rest is answered here.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tracer.codec.identity import Fields
from tracer.store.directory import Directory
from tracer.store.requests import Request, Requests


class Control:
    """`state`: the directory of the keys. `watch`: see Requests. `hand_on`: has the log's thread
    serve a request. `status`: what is to be told. `reload`: begins to read the settings again, for
    somebody, and calls back with what came of it."""

    def __init__(
        self,
        state: str,
        watch: Callable[[int], None],
        hand_on: Callable[[Request], None],
        status: Callable[[], Fields],
        reload: Callable[[Fields, Callable[[Fields], None]], None],
    ) -> None:
        self._keys_at = Directory(Path(state))
        self._requests = Requests(self._keys_at, watch)
        self._hand_on, self._status, self._reload = hand_on, status, reload

    def turn(self, now_ns: int) -> None:
        """Serves those who have asked. `now_ns`: CLOCK_BOOTTIME."""
        for request in self._requests.poll(now_ns):
            self._serve(request)

    def close(self) -> None:
        """Hears nobody any more."""
        self._requests.close()
        self._keys_at.close()

    def _serve(self, request: Request) -> None:
        match request.asked:
            case {"status": True}:
                request.answer(status=self._status())
            case {"reload": True}:
                self._reload(request.by, lambda outcome: request.answer(**outcome))
            case _:
                self._hand_on(request)
