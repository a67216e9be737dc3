"""Who is in which tmux session at this moment, without tracing.

Invariant: a person is what the kernel shows of a process that holds a socket to the server; the
session, size and modes are the server's claims. Who is connected and not told of by the server is
listed too: a server can say what it wants, and hide whom it wants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from tracer.clock import boot_ns
from tracer.model.context import Client, Person, Place
from tracer.model.events import ProcessKey
from tracer.model.facts import ClientClaim, ProcSeen, ServerAsked, ServerSeen, Verdict
from tracer.observe import logins, procfs, servers
from tracer.observe.observer import answer

_ASKERS: Final = 8


class Present(NamedTuple):
    """A server, what it says, and who is there, each with the place it shows."""

    server: ServerSeen
    asked: ServerAsked
    clients: tuple[tuple[Place, Client], ...]


def everyone() -> list[Present]:
    """All servers of this host, by pid. Waits for them: some seconds where one doesn't answer."""
    found = servers.find_servers()
    with ThreadPoolExecutor(_ASKERS) as askers:
        answers = list(askers.map(lambda server: answer(server.pid, boot_ns()), found))
    not_tmux = {asked.server_tgid for asked in answers if _is_something_else(asked)}
    return [
        Present(server, asked, tuple(_clients(server, asked, not_tmux)))
        for server, asked in zip(found, answers, strict=True)
        if server.pid not in not_tmux
    ]


def place_of(server: ServerSeen, session_id: str | None, names: Mapping[str, str]) -> Place:
    """A session of a server, or the server itself."""
    key = ProcessKey(server.pid, server.start_time_ns)
    name = names.get(session_id) if session_id else None
    return Place(key, server.socket_path, session_id, name, owner=server.uid)


def _is_something_else(asked: ServerAsked) -> bool:
    # Another program of the system; a user's own may be a tmux that hides.
    return asked.claims.verdict is Verdict.NOT_TMUX and asked.is_system_program


def _clients(
    server: ServerSeen, asked: ServerAsked, not_tmux: Set[int]
) -> Iterator[tuple[Place, Client]]:
    names = {claim.session_id: claim.name for claim in asked.claims.sessions}
    connected = servers.connected(server.pid, procfs.pids())
    for claim in asked.claims.clients:
        process = procfs.process(claim.pid)
        person = _person(process, not_tmux) if process and claim.pid in connected else None
        yield place_of(server, claim.session_id, names), _claimed(claim, process, person)
    told = {claim.pid for claim in asked.claims.clients}
    for process in filter(None, map(procfs.process, sorted(connected - told))):
        yield place_of(server, None, names), _untold(_person(process, not_tmux, is_client=False))


def _person(process: ProcSeen, not_tmux: Set[int], is_client: bool = True) -> Person:
    return Person(
        ProcessKey(process.tgid, process.start_time_ns),
        process.uid,
        process.loginuid,
        process.audit_session,
        process.tty,
        logins.origin_of(process, not_tmux),
        is_client,
    )


def _claimed(claim: ClientClaim, process: ProcSeen | None, person: Person | None) -> Client:
    return Client(
        pid=claim.pid,
        uid=process.uid if process else None,
        tty=process.tty if process else None,
        columns=claim.columns,
        rows=claim.rows,
        verified=person is not None,
        is_read_only=claim.is_read_only,
        is_control=claim.is_control,
        person=person,
    )


def _untold(person: Person) -> Client:
    return Client(person.key.tgid, person.uid, person.tty, None, None, True, person=person)
