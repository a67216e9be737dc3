"""`ttytrace sessions`: which tmux sessions were recorded: who, when, how long, how much."""

from __future__ import annotations

import sys
from typing import Annotated

import orjson
import typer

from tracer.cli.hands import counted
from tracer.cli.indexed import say_gaps, searcher
from tracer.cli.labels import duration, name_of
from tracer.cli.logs import LogOption
from tracer.cli.when import moment, now_us, written
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.codec.safe import safe_json
from tracer.store.index_notes import Session, SessionKey
from tracer.store.query import Query
from tracer.store.search import Searcher


def sessions(
    log: LogOption = None,
    since: Annotated[str, typer.Option(help="From when on: 14:30, 2h (ago), an ISO date.")] = "",
    until: Annotated[str, typer.Option(help="Up to when.")] = "",
    is_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List recorded sessions: who was there, when, for how long, and what was lost of it."""
    now = now_us()
    query = Query(since_us=moment("--since", since, now), until_us=moment("--until", until, now))
    with searcher(log) as asking:
        for key, session in asking.sessions(query):
            gaps = _gaps(asking, key, session)
            if is_json:
                line = orjson.dumps(_as_json(key, session, gaps))
                print(safe_json(line) if sys.stdout.isatty() else line.decode())
            else:
                print(_as_text(key, session, gaps))
        say_gaps(asking, query)


def _gaps(asking: Searcher, key: SessionKey, session: Session) -> int:
    asked = Query(session=key.session_id, since_us=session.first_us, until_us=session.last_us)
    return len(asking.gaps(asked))


def _as_text(key: SessionKey, session: Session, gaps: int) -> str:
    names = ", ".join(map(name_of, session.names)) or name_of(key.session_id)
    people = ", ".join(map(name_of, session.people)) or "?"
    length = duration((session.last_us - session.first_us) * 1000)
    parts = [
        counted(session.commands, "command"),
        f"{counted(session.shown, 'byte')} shown",
        f"{session.typed} typed",
        counted(session.alerts, "alert"),
        counted(gaps, "gap"),
    ]
    place = f"{name_of(session.host or '?')} {names} ({key.server} {name_of(key.session_id)})"
    return f"{written(session.first_us)} {length}  {place}  {people}  {', '.join(parts)}"


def _as_json(key: SessionKey, session: Session, gaps: int) -> Fields:
    return {
        "host": {"name": session.host, "boot": {"id": key.boot}},
        "server": key.server,
        "session": {"id": key.session_id, "names": list(session.names)},
        "people": list(session.people),
        "start": timestamp(session.first_us * 1000),
        "end": timestamp(session.last_us * 1000),
        "commands": session.commands,
        "bytes_shown": session.shown,
        "bytes_typed": session.typed,
        "alerts": session.alerts,
        "gaps": gaps,
    }
