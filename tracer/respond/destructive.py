"""Actions that can't be undone: a client is sent away, locked or can't type, a process is killed.

Invariant: nothing is done unless the action is armed; whom it would have hit is told all the same.
"""

from __future__ import annotations

from tracer.respond.action import Outcome, Refused, State
from tracer.respond.alert import SealedAlert
from tracer.respond.client import Ask, Server
from tracer.respond.process import Held, Processes
from tracer.respond.target import client_of, process_of, server_of
from tracer.settings import ActionKind, ActionSettings


class Destructive:
    """One of detach, lock, read-only and kill."""

    def __init__(self, settings: ActionSettings, processes: Processes, ask: Ask) -> None:
        self._kind, self._is_armed = settings.kind, settings.armed
        self._processes, self._ask = processes, ask

    def check(self) -> None:
        """It depends on the alert."""

    def act(self, alert: SealedAlert) -> Outcome:
        """Does it to whom the alert is about."""
        is_kill = self._kind is ActionKind.KILL
        target = process_of(alert) if is_kill else client_of(alert)
        hit = target.fields()
        try:
            with Held.of(target, self._processes) as held:
                if not self._is_armed:
                    return Outcome(State.DRY_RUN, hit=hit)
                self._strike(held, target.pid, alert)
        except Refused as refused:
            return Outcome(State.REFUSED, str(refused), hit)
        except OSError as error:
            return Outcome(State.FAILED, error.strerror or str(error), hit)
        return Outcome(State.DONE, hit=hit)

    def _strike(self, held: Held, pid: int, alert: SealedAlert) -> None:
        match self._kind:
            case ActionKind.KILL:
                is_over = held.kill()
            case ActionKind.DETACH:
                is_over = held.end()
            case _:
                Server(self._ask, *server_of(alert)).command(self._kind, pid)
                return
        if not is_over:
            raise OSError("it has not ended yet")
