"""Does what needs rights about alerts: runs programs, stops clients, kills processes.

Invariant: it keeps the capabilities that the configured actions take, and is root only where a tmux
server has to be asked, which lets in nobody but root and its owner. No tmux client of tmux's own is
ever run: see observe/tmux.py.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Sequence
from typing import Final

from tracer.codec.identity import Identities
from tracer.model.events import ProcessKey
from tracer.model.facts import Verdict
from tracer.observe import procfs, tmux
from tracer.observe.host import this_host
from tracer.privileges import Capability, become, keep_only, worker_account
from tracer.respond.action import Action
from tracer.respond.client import Answer
from tracer.respond.destructive import Destructive
from tracer.respond.process import Processes
from tracer.respond.program import Program
from tracer.settings import ActionKind, ActionSettings
from tracer.workers.acting import serve, settings_of
from tracer.workers.door import Door

_SEES: Final = Capability.SYS_PTRACE  # /proc of others, with ProtectProc=, and a server's root
_RIGHTS: Final = {
    ActionKind.PROGRAM: {Capability.SETUID, Capability.SETGID, Capability.KILL},
    ActionKind.DETACH: {Capability.KILL, _SEES},
    ActionKind.KILL: {Capability.KILL, _SEES},
    ActionKind.LOCK: {Capability.DAC_OVERRIDE, _SEES},
    ActionKind.READ_ONLY: {Capability.DAC_OVERRIDE, _SEES},
}
_ASKS: Final = {ActionKind.LOCK, ActionKind.READ_ONLY}
_MAX_REPLY: Final = 1 << 16


def give_up(kinds: Collection[ActionKind]) -> None:
    """Keeps what actions of these kinds take."""
    rights = set[Capability]().union(*(_RIGHTS[kind] for kind in kinds))
    if _ASKS & set(kinds):
        keep_only(rights)
    else:
        become(worker_account(), rights)


def ask(socket: bytes, pid: int, argv: Sequence[str]) -> Answer:
    """Has a tmux server run a command; see observe/tmux.py."""
    reply = tmux.tell(socket, pid, argv, _MAX_REPLY)
    if reply.verdict is not Verdict.OK:
        return Answer(error=reply.verdict.value)
    return Answer(reply.output, "it refused" if reply.status else None)


def processes() -> Processes:
    """Those of this host. Ours are the service, which is our parent, and all below it."""
    service, identities = os.getppid(), Identities(this_host(), lambda _uid: None)

    def entity_of(pid: int) -> str | None:
        seen = procfs.stat_of(pid)
        key = ProcessKey(pid, seen.start_time_ns) if seen else None
        return str(identities.process(key).get("entity_id")) if key else None

    def is_ours(pid: int) -> bool:
        while pid > 1 and pid != service:
            seen = procfs.stat_of(pid)
            pid = seen.ppid if seen else 0
        return pid == service

    return Processes(entity_of, is_ours)


def main() -> None:
    """The process: its first message is as that of workers/notify.py."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    hello = door.receive()
    if hello is None:
        return
    give_up([each.kind for each in settings_of(hello)])
    there = processes()

    def action_of(settings: ActionSettings) -> Action:
        if settings.kind is ActionKind.PROGRAM:
            return Program(settings)
        return Destructive(settings, there, ask)

    serve(hello, door, action_of)
    os._exit(0)  # a thread may hang where it can't be ended


if __name__ == "__main__":
    main()
