"""Findings as events in the shape of the Elastic Common Schema (ECS 9.4), one JSON object each.

Invariant: encoding never fails on captured data and never drops a byte of it; a field that isn't
known is absent (`ttytrace.loginuid` and `ttytrace.audit_session` are null instead), and whatever
only tmux says is listed in `tmux.claimed`. docs/events.md describes every field.
What an event looks like on a screen is in cli/render.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple, assert_never

import orjson

from tracer.clock import WallClock
from tracer.codec.program import executable_of, program_of
from tracer.codec.status import ended, signal_name
from tracer.codec.text import clean, text_of
from tracer.model.context import Client, Place, Process
from tracer.model.events import ProcessKey, Tty, Who
from tracer.model.findings import (
    Finding,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProgramStarted,
    TextOutput,
    TmuxChanged,
)
from tracer.model.host import Host

Event = dict[str, Any]
Names = Callable[[int], str | None]

ECS_VERSION: Final = "9.4.0"
# Start times from /proc are rounded down to a clock tick; the same process seen by the kernel
# half has nanoseconds. Both must give the same entity_id, so it counts ticks.
_TICK_NS: Final = 10_000_000
_CACHED: Final = 1024
_TMUX_TYPES: Final = {
    "session-created": "start",
    "session-closed": "end",
    "client-attached": "start",
    "client-detached": "end",
}


class _Actor(NamedTuple):
    # What every event of one process repeats.
    process: Event
    user: Event | None
    container: Event | None
    ttytrace: Event


class Encoder:
    """Numbers and encodes the findings of one run on one host.

    The parts that repeat are shared between events: read what `encode` returns, don't change it.
    """

    def __init__(self, host: Host, names: Names, wall: WallClock) -> None:
        self._host = _host(host)
        self._entity_seed = f"{host.boot_id} {host.pid_ns_ino}"
        self._names = names
        self._wall = wall
        self._sequence = 0
        self._actor_of = lru_cache(_CACHED)(self._actor)
        self._tmux_of = lru_cache(_CACHED)(_tmux)
        self._text_of_second = lru_cache(2)(_text_of_second)

    def to_json(self, finding: Finding) -> bytes:
        """The event as one line of UTF-8, with its newline."""
        return orjson.dumps(self.encode(finding), option=orjson.OPT_APPEND_NEWLINE)

    def encode(self, finding: Finding) -> Event:
        """The event as a nested dict of JSON types."""
        match finding:
            case TextOutput():
                return self._text_output(finding)
            case ProgramStarted():
                return self._program(finding, "exec", "start")
            case ProcessForked():
                return self._program(finding, "fork", "start")
            case ProcessEnded():
                return self._ended(finding)
            case Lost():
                return self._lost(finding)
            case TmuxChanged():
                return self._tmux_changed(finding)
        assert_never(finding)

    # ---- one for each class of finding ----

    def _text_output(self, output: TextOutput) -> Event:
        event = self._base(output.time_ns, "process", "change", "text_output", output.place)
        event["event"]["duration"] = output.end_ns - output.time_ns
        process = self._act(event, self._actor_of(output.process)) if output.process else {}
        text, exact = text_of(output.data)
        io = {
            "type": "tty",
            "text": text,
            "total_bytes_captured": len(output.data),
            "total_bytes_skipped": 0,
        }
        tty = {**_tty(output.tty), "rows": output.rows, "columns": output.columns}
        event["process"] = {**process, "tty": tty, "io": io}
        event["ttytrace"]["io"] = {"offset": output.offset}
        if exact is not None:
            event["ttytrace"]["io"]["bytes"] = exact
        return event

    def _program(
        self, finding: ProgramStarted | ProcessForked | ProcessEnded, action: str, type_: str
    ) -> Event:
        process = finding.process
        event = self._base(finding.time_ns, "process", type_, action, finding.place)
        fields = {**self._act(event, self._actor(process)), **self._started(process.key)}
        program, ours = program_of(process)
        fields |= program
        if process.who is not None:
            fields |= self._origin(process.who, process.ancestors)
        event["process"] = fields
        event["ttytrace"]["process"] = ours
        return event

    def _ended(self, finding: ProcessEnded) -> Event:
        event = self._program(finding, "end", "end")
        how = ended(finding.status)
        event["process"]["exit_code"] = how.exit_code
        event["process"]["end"] = self._timestamp(finding.time_ns)
        if finding.process.key.start_time_ns:
            event["event"]["duration"] = finding.time_ns - finding.process.key.start_time_ns
        if how.signal is not None:
            event["ttytrace"]["signal"] = {
                "number": how.signal,
                "name": signal_name(how.signal),
                "core_dumped": how.core_dumped,
            }
        return event

    def _lost(self, lost: Lost) -> Event:
        event = self._base(lost.time_ns, "process", "info", "lost", lost.place)
        ours = {"kind": lost.kind, "reason": lost.reason}
        event["ttytrace"]["lost"] = ours | _known(
            records=lost.records, bytes=lost.bytes, offset=lost.offset
        )
        process: Event = {}
        if lost.tty is not None:
            process["tty"] = _tty(lost.tty)
        if lost.bytes is not None:
            process["io"] = {"type": "tty", "total_bytes_skipped": lost.bytes}
            if lost.offset is not None:
                skipped = {"offset": lost.offset, "length": lost.bytes}
                process["io"]["bytes_skipped"] = [skipped]
        if process:
            event["process"] = process
        return event

    def _tmux_changed(self, change: TmuxChanged) -> Event:
        type_ = _TMUX_TYPES.get(change.action, "info")
        event = self._base(change.time_ns, "session", type_, change.action, change.place)
        if change.client is not None:
            event["tmux"] = self._with_client(event["tmux"], change.client)
        if change.note is not None:
            # A note may quote what tmux said, such as a session's former name.
            event["ttytrace"]["note"] = clean(change.note)
            event["tmux"] = _claiming(event["tmux"], "ttytrace.note")
        return event

    # ---- parts ----

    def _base(
        self, time_ns: int, category: str, type_: str, action: str, place: Place | None
    ) -> Event:
        self._sequence += 1
        event: Event = {
            "@timestamp": self._timestamp(time_ns),
            "ecs": {"version": ECS_VERSION},
            "event": {
                "kind": "event",
                "category": [category],
                "type": [type_],
                "action": action,
                "sequence": self._sequence,
            },
            "host": self._host,
            "ttytrace": {"boottime_ns": time_ns},
        }
        if place is not None:
            event["tmux"] = self._tmux_of(place)
        return event

    def _act(self, event: Event, actor: _Actor) -> Event:
        # Puts the actor's own parts into the event; the process part is the caller's to extend.
        if actor.user is not None:
            event["user"] = actor.user
        if actor.container is not None:
            event["container"] = actor.container
        event["ttytrace"].update(actor.ttytrace)
        return actor.process

    def _actor(self, process: Process) -> _Actor:
        fields = {"pid": process.key.tgid, **self._entity(process.key), **executable_of(process)}
        container = {"id": clean(process.container_id)} if process.container_id else None
        who = process.who
        if who is None:
            return _Actor(fields, None, container, {})
        audit = {"loginuid": who.loginuid, "audit_session": who.audit_session}
        return _Actor(fields, self._user(who), container, audit)

    def _user(self, who: Who) -> Event:
        effective = self._account(who.euid) | {"group": {"id": str(who.egid)}}
        return self._account(who.uid) | {"group": {"id": str(who.gid)}, "effective": effective}

    def _account(self, uid: int) -> Event:
        name = self._names(uid)
        return {"id": str(uid)} if name is None else {"id": str(uid), "name": clean(name)}

    def _origin(self, who: Who, ancestors: tuple[tuple[int, bytes], ...]) -> Event:
        parent: Event = {"pid": who.parent.tgid, **self._entity(who.parent)}
        if ancestors and ancestors[0][0] == who.parent.tgid and ancestors[0][1]:
            parent["executable"] = text_of(ancestors[0][1])[0]
        fields: Event = {"parent": parent}
        if who.session is not None:
            fields["session_leader"] = {"pid": who.session}
        if who.tty is not None:
            fields["tty"] = _tty(who.tty)
        return fields

    def _started(self, key: ProcessKey) -> Event:
        return {"start": self._timestamp(key.start_time_ns)} if key.start_time_ns else {}

    def _entity(self, key: ProcessKey) -> Event:
        # What RFC 0030 asks for: the same for all events of a process, never for two processes.
        # Without a start time, the pid alone would name whoever had it before as well.
        if not key.start_time_ns:
            return {}
        ticks = key.start_time_ns // _TICK_NS
        source = f"{self._entity_seed} {key.tgid} {ticks}".encode()
        return {"entity_id": blake2b(source, digest_size=16).hexdigest()}

    def _with_client(self, tmux: Event, client: Client) -> Event:
        fields: Event = {"pid": client.pid, "verified": client.verified}
        fields |= _known(columns=client.columns, rows=client.rows)
        claimed = [f"tmux.client.{name}" for name in ("pid", "columns", "rows") if name in fields]
        if client.uid is not None:
            fields["user"] = self._account(client.uid)
        if client.tty is not None:
            fields["tty"] = _tty(client.tty)
        return _claiming(tmux | {"client": fields}, *claimed)

    def _timestamp(self, time_ns: int) -> str:
        second, ns = divmod(self._wall.at(time_ns), 1_000_000_000)
        return f"{self._text_of_second(second)}.{ns // 1000:06d}Z"


def _text_of_second(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _host(host: Host) -> Event:
    fields: Event = {"id": host.machine_id} if host.machine_id else {}
    boot = {"id": host.boot_id}
    return fields | {"name": clean(host.name), "boot": boot, "pid_ns_ino": str(host.pid_ns_ino)}


def _tty(tty: Tty) -> Event:
    return {"char_device": {"major": tty.major, "minor": tty.minor}}


def _tmux(place: Place) -> Event:
    server: Event = {"pid": place.server.tgid}
    if place.socket is not None:
        server["socket"], exact = text_of(place.socket)
        server |= _known(socket_base64=exact)
    claims = {
        "session": _known(id=place.session_id, name=place.session_name),
        "window": _known(id=place.window_id, index=place.window_index, name=place.window_name),
        "pane": _known(id=place.pane_id),
    }
    claimed = [f"tmux.{part}.{name}" for part, fields in claims.items() for name in fields]
    claims["pane"] |= _known(pid=place.pane_pid)
    tmux: Event = {"server": server} | {part: fields for part, fields in claims.items() if fields}
    if place.pane_id is not None:
        tmux["verified"] = place.verified
    return tmux | {"claimed": claimed}


def _claiming(tmux: Event, *names: str) -> Event:
    return tmux | {"claimed": [*tmux["claimed"], *names]}


def _known(**fields: str | int | None) -> Event:
    return {
        name: clean(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
