"""Whom an alert is about: the process, or the tmux client of the person whose doing it is.

Invariant: only what the kernel says counts, and a process is named by its entity id, which no other
ever has. Where nobody or more than one person can be meant, it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from tracer.codec.identity import Fields
from tracer.respond.action import Refused
from tracer.respond.alert import SealedAlert

_INIT = 1


class Target(NamedTuple):
    """A process as an alert names it."""

    pid: int
    entity_id: str

    def fields(self) -> Fields:
        """What a `response` record says of it."""
        return self._asdict()


def process_of(alert: SealedAlert) -> Target:
    """The process that the last cause of the alert is about. It must be known to be in a pane: the
    kernel half tells from whom it descends."""
    if alert.part("tmux", "injected_by") or alert.part("tmux", "traced_by"):
        raise Refused("the process is not that of who did it")
    if type(alert.part("tmux", "pane", "pid")) is not int:
        raise Refused("it is of no process in a pane")
    return _spared(_target(alert.part("process")), alert)


def client_of(alert: SealedAlert) -> Target:
    """The client of whoever did it."""
    people = list(_people(alert))
    if alert.part("tmux", "typed_by") and alert.part("ttytrace", "alert", "is_cut"):
        raise Refused("it may not name all who typed")
    if any(person.get("how") == "unknown" for person in people):
        raise Refused("somebody else may have typed, too")
    clients = {_target(person) for person in people if person.get("role") == "client"}
    if len(clients) != 1:
        raise Refused("several people did it" if clients else "no client is known to have done it")
    return _spared(clients.pop(), alert)


def server_of(alert: SealedAlert) -> tuple[bytes, int]:
    """The socket and the pid of the tmux server."""
    match alert.part("tmux", "server"):
        case {"pid": int(pid), "socket": str(socket), **rest} if "socket_base64" not in rest:
            return socket.encode(), pid
    raise Refused("its tmux server has no name")


def _people(alert: SealedAlert) -> Iterator[Fields]:
    typed = alert.part("tmux", "typed_by") or []
    for person in (alert.part("tmux", "client"), alert.part("tmux", "submitted_by"), *typed):
        if isinstance(person, dict):
            yield person


def _target(fields: Any) -> Target:
    match fields:
        case {"pid": int(pid), "entity_id": str(entity_id)}:
            return Target(pid, entity_id)
    raise Refused("no process is known for sure")


def _spared(target: Target, alert: SealedAlert) -> Target:
    if target.pid in (_INIT, alert.part("tmux", "server", "pid")):
        raise Refused(f"process {target.pid} is a server")
    return target
