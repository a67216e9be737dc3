"""The attached kernel half, as descriptors: of its maps, its programs and their links.

Invariant: whoever holds the descriptors holds all there is. They can be handed to another process;
when the last one that has them closes them or dies, nothing is attached any more.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from tracer.capture import attach
from tracer.capture.maps import LINEAGE, NUMBER, TTY_KEY, TTY_STATE, Fields, HashMap
from tracer.model import abi
from tracer.model.events import Tty
from tracer.model.facts import TtyState

MAPS: Final = ("critical", "bulk", "produced", "faults", "asleep", "lineage", "excluded", "ttys")
"""Those of bpf/maps.bpf.h that we use too."""

LINEAGE_IGNORED: Final = 1  # bpf/maps.bpf.h


class LoadedProgram:
    """`plan`: what was attached, and `why` that. `maps` and `programs` by name. All descriptors
    become its own."""

    def __init__(
        self,
        plan: str,
        maps: dict[str, int],
        programs: dict[str, int],
        links: list[int],
        why: str = "",
    ) -> None:
        self.plan: Final = plan
        self.why: Final = why
        self.maps: Final = maps
        self.programs: Final = programs
        self.links: Final = links
        self.unfollowed = 0
        """How often there was no room to follow a process."""
        self.lineage: Final = HashMap(maps["lineage"], NUMBER, LINEAGE)
        self._excluded = HashMap(maps["excluded"], NUMBER, NUMBER)
        self._ttys = HashMap(maps["ttys"], TTY_KEY, TTY_STATE)

    def follow(self, tgid: int, server_tgid: int, pane_tgid: int) -> None:
        """Puts a process under a server (itself, if it is one); its children inherit it."""
        self._enter(tgid, (server_tgid, pane_tgid, 0))

    def has_server(self, tgid: int) -> bool:
        """Whether the table has a server as it was put there: others can write it too."""
        try:
            return self.lineage[tgid,] == (tgid, 0, 0)
        except KeyError:
            return False

    def unfollow(self, tgid: int) -> None:
        """Takes a process out; no error if it isn't there."""
        self.lineage.discard((tgid,))

    def ignore_server(self, tgid: int) -> None:
        """Reads nothing more of what looked like a tmux server and isn't one."""
        self._enter(tgid, (tgid, 0, LINEAGE_IGNORED))

    def exclude_session(self, session: int) -> None:
        """Never reads the pane whose session leader this is: it shows what we print."""
        self._excluded[session,] = (1,)

    def tty_states(self) -> list[TtyState]:
        """The kernel half's account of what every pane and client showed."""
        return [
            _tty_state(tty_id, kind, state)
            for (tty_id, kind), state in self._ttys.items()
            if kind in abi.SHOWN_KINDS
        ]

    def detach(self) -> None:
        """Closes all links, and returns when nothing runs any more that began before."""
        if not self.links:
            return
        for link in self.links:
            os.close(link)
        self.links.clear()
        attach.wait_for_running()

    def close(self) -> None:
        """Detaches everything and frees the maps."""
        self.detach()
        for held in (self.maps, self.programs):
            for fd in held.values():
                os.close(fd)
            held.clear()

    def _enter(self, tgid: int, fields: Fields) -> None:
        try:
            self.lineage[tgid,] = fields
        except OSError as error:
            if error.errno != errno.E2BIG:
                raise
            self.unfollowed += 1


def _tty_state(tty_id: int, kind: int, state: Fields) -> TtyState:
    began_ns, origin, end, records, server_tgid, session, tty = state
    return TtyState(
        tty_id,
        began_ns,
        origin,
        end,
        records,
        server_tgid,
        session or None,
        Tty(tty >> 20, tty & 0xFFFFF),
        kind,
    )
