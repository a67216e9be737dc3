"""A tmux server as its loop works, driven by draws: what it reads and writes, and who typed it.

Invariant: in a turn it reads from each client at most once, in any order; then it takes the keys,
client by client in the order in which they attached; the writes follow in the next turn, before,
between or after that turn's reads. The truth of each byte is kept beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tests.unit.attribute.play import Play

KEYS: Final = (
    b"a", b"b", b"ab", b"ba", b"aab", b"\x1b[H", b"a\x1b[A", b"\x02", b"a\x02b", b"]",
    b"\x02]", b"a\x02]",
)  # fmt: skip
PREFIX: Final = b"\x02"
PASTE: Final = b"]"  # after the prefix
PASTED: Final = b"clip"
PEER: Final = 500


class Server:
    """Tells a Play what it does; `truth` has for each write whose each byte is."""

    def __init__(
        self, clients: Sequence[str], choose: Callable[..., object], texts: Sequence[bytes] = ()
    ) -> None:
        """`texts`: what a process asks for, b"" for something that isn't keys."""
        self._texts = texts
        self.play = Play()
        self.truth: list[list[str]] = []
        self._clients = clients
        self._choose = choose
        self._is_kept = dict.fromkeys(clients, False)
        self._is_synced = bool(choose((False, False, True)))
        self._buffers: dict[int, list[tuple[bytes, str]]] = {0: [], 1: []}
        self._ms = 0.0

    def turn(self) -> None:
        """One turn of the loop."""
        reads = [client for client in self._clients if self._choose((True, False))]
        reads = sorted(reads, key=lambda _: self._choose(range(4)))
        events = [*(("read", client) for client in reads), *(("write", p) for p in self._full())]
        taken: dict[str, bytes] = {}
        for kind, what in sorted(events, key=lambda _: self._choose(range(6))):
            self._ms += self._choose((0.05, 0.05, 0.05, 3.0, 40.0))
            if kind == "read":
                taken[what] = self._choose(KEYS)
                self.play.read(what, taken[what], self._ms)
            else:
                self._write(what)
        for client in self._clients:
            if client in taken:
                self._take(client, taken[client])
        self._ask()

    def end(self) -> None:
        """What is left is written."""
        for pane in self._full():
            self._write(pane)

    def _full(self) -> list[int]:
        return [pane for pane, buffer in self._buffers.items() if buffer]

    def _write(self, pane: int) -> None:
        data = b"".join(part for part, _ in self._buffers[pane])
        self.truth.append([who for part, who in self._buffers[pane] for _ in part])
        self._buffers[pane] = []
        self.play.write(data, pane, self._ms)

    def _take(self, client: str, data: bytes) -> None:
        """Keys one by one: to panes, or kept after a prefix or in a mode, or a buffer is pasted."""
        for key in _keys(data):
            if self._is_kept[client] and key == PASTE:
                self._buffers[0].append((PASTED, client))
                self._is_kept[client] = False
            elif self._is_kept[client]:
                self._is_kept[client] = bool(self._choose((False, False, True)))
            elif key == PREFIX:
                self._is_kept[client] = True
            else:
                form = b"\x1b[1~" if key == b"\x1b[H" else key
                for pane in (0, 1) if self._is_synced else (0,):
                    self._buffers[pane].append((form, client))

    def _ask(self) -> None:
        """A process asks now and then, for keys or for something else."""
        if self._texts and self._choose(range(12)) == 0:
            self.play.peer(PEER, ms=self._ms)
            if text := self._choose(self._texts):
                self._buffers[0].append((text, str(PEER)))


def _keys(data: bytes) -> list[bytes]:
    head, mark, tail = data.partition(b"\x1b")
    return [bytes((byte,)) for byte in head] + ([mark + tail] if mark else [])
