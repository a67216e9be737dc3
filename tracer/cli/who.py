"""`ttytrace who`: tmux servers, their sessions, and who is attached right now.

Invariant: it traces nothing and starts nothing; it asks each server once, as `live` does.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import orjson
import typer

from tracer.cli.labels import name_of, remarks_on_client, tty_name, word
from tracer.cli.people import Names, People
from tracer.clock import WallClock, boot_ns
from tracer.codec.ecs import Encoder
from tracer.codec.safe import columns_of, safe_json, safe_text
from tracer.errors import NotRoot
from tracer.model.context import Client, Origin, Place
from tracer.model.facts import Verdict
from tracer.observe.host import this_host
from tracer.observe.names import user_name
from tracer.observe.present import Present, everyone, place_of

_HEADINGS: Final = ("SESSION", "WHO", "FROM", "TERMINAL", "SIZE", "SINCE", "")


def who(
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line, for each client.")
    ] = False,
) -> None:
    """Show who is in which tmux session on this host right now."""
    if os.geteuid() != 0:
        raise NotRoot(command="who")
    found = everyone()
    if as_json:
        text = b"".join(_json(found)).decode()
        sys.stdout.write(safe_json(text.encode()) if sys.stdout.isatty() else text)
    else:
        sys.stdout.writelines(f"{line}\n" for line in lines(found, user_name, WallClock()))


def lines(found: Iterable[Present], names: Names, wall: WallClock) -> Iterator[str]:
    """What is there as text, safe to print: one table for each server."""
    people = People(names)
    for nth, present in enumerate(found):
        if nth:
            yield ""
        server = present.server
        yield f"server {server.pid} {people.account(server.uid)} {word(server.socket_path)}"
        if present.asked.claims.verdict is not Verdict.OK:
            yield f"  its answer is not believed: {safe_text(present.asked.claims.verdict)}"
        yield from _table([_HEADINGS, *_rows(present, people, wall)])


def _rows(present: Present, people: People, wall: WallClock) -> Iterator[tuple[str, ...]]:
    names = {claim.session_id: claim.name for claim in present.asked.claims.sessions}
    attended = {place.session_id for place, _ in present.clients}
    for place, client in present.clients:
        yield _session(place), *_client(client, people, wall)
    for session_id in names:
        if session_id not in attended:
            yield _session(place_of(present.server, session_id, names)), *"-----", ""


def _session(place: Place) -> str:
    if place.session_id is None:
        return "-"
    session_id = name_of(place.session_id)
    return f"{name_of(place.session_name)} ({session_id})" if place.session_name else session_id


def _client(client: Client, people: People, wall: WallClock) -> tuple[str, ...]:
    person = client.person
    since = _local_time(wall.at(person.key.start_time_ns)) if person else "?"
    size = f"{client.columns}x{client.rows}" if client.columns and client.rows else "-"
    remarks = remarks_on_client(client)
    if person and not person.is_client:
        remarks.append("connected, and no client by what tmux says")
    return (
        people.person(person) if person else people.account(client.uid),
        _way(person.origin, people) if person and person.origin else "?",
        tty_name(client.tty) if client.tty else f"pid {client.pid}",
        size,
        since,
        ", ".join(remarks),
    )


def _way(origin: Origin, people: People) -> str:
    """ssh 10.0.0.7:50122 via sudo by alice; the address of IPv6 in brackets."""
    address = origin.address or ""
    end = f"[{address}]:{origin.port}" if ":" in address else f"{address}:{origin.port}"
    detail = end if address else "" if origin.server_pid is None else str(origin.server_pid)
    via = [f"via {safe_text(program)} by {people.account(uid)}" for program, uid in origin.via]
    return " ".join(filter(None, [safe_text(origin.kind), safe_text(detail), *via]))


def _local_time(wall_ns: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(wall_ns // 1_000_000_000))


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(columns_of, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell + " " * (width - columns_of(cell)) for cell, width in zip(row, widths, strict=True)
        )
        yield f"  {'  '.join(cells)}".rstrip()


def _json(found: Iterable[Present]) -> Iterator[bytes]:
    encoder, now_ns = Encoder(this_host(), user_name, WallClock()), boot_ns()
    for present in found:
        for place, client in present.clients:
            state = encoder.state(now_ns, place, client)
            yield orjson.dumps(state, option=orjson.OPT_APPEND_NEWLINE)
