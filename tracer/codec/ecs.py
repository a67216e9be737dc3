"""Findings as events in the shape of the Elastic Common Schema (ECS 9.4), one JSON object each.

Invariant: encoding never fails on captured data and never drops a byte of it; a field that isn't
known is absent (`ttytrace.loginuid` and `ttytrace.audit_session` are null instead), and whatever
only tmux says is listed in `tmux.claimed`. docs/events.md describes every field.
What an event looks like on a screen is in cli/render.py.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, Final, NamedTuple

import orjson

from tracer.clock import WallClock
from tracer.codec.capture import claimed, fields_of
from tracer.codec.identity import Fields, Identities, Names, audit, known, tty_fields
from tracer.codec.login import HEARD, login_of
from tracer.codec.moment import timestamp
from tracer.codec.program import executable_of, program_of
from tracer.codec.status import ended, signal_name
from tracer.codec.text import clean, text_of
from tracer.codec.tmux import claiming, command_of, tmux_of, typed_by, with_client
from tracer.model.context import Client, Place, Process
from tracer.model.events import ProcessKey, Who
from tracer.model.findings import (
    AuditChanged,
    ClientOutput,
    Finding,
    InputInjected,
    Lost,
    PaneCaptured,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TerminalResized,
    TextInput,
    TextOutput,
    TmuxChanged,
    UserLogin,
)
from tracer.model.host import Host

Event = Fields

ECS_VERSION: Final = "9.4.0"
_CACHED: Final = 1024
_LOGIN_TYPES: Final = {"login": "start", "login-failed": "info", "logout": "end"}
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

    `is_heard`: the audit stream is where they come from, and each says so.
    The parts that repeat are shared between events: read what `encode` returns, don't change it.
    """

    def __init__(
        self, host: Host, names: Names, wall: WallClock, *, is_heard: bool = False
    ) -> None:
        self._host = host_fields(host)
        self._identities = Identities(host, names)
        self._wall = wall
        self._ours: Event = {"source": HEARD} if is_heard else {}
        self._sequence = 0
        self._actor_of = lru_cache(_CACHED)(self._actor)
        self._tmux_of = lru_cache(_CACHED)(partial(tmux_of, identities=self._identities))
        self._encoders: Final[dict[type, Callable[[Any], Event]]] = {
            TextOutput: self._text_output,
            ClientOutput: self._client_output,
            TerminalResized: self._resized,
            TextInput: self._text_input,
            ProgramStarted: self._started,
            ProcessForked: partial(self._program, action="fork", type_="start"),
            ProcessEnded: self._ended,
            InputInjected: self._injected,
            ProcessTraced: self._traced,
            Lost: self._lost,
            TmuxChanged: self._tmux_changed,
            PaneCaptured: self._captured,
            UserLogin: self._login,
            AuditChanged: self._audit_changed,
        }

    def to_json(self, finding: Finding) -> bytes:
        """The event as one line of UTF-8, with its newline."""
        return orjson.dumps(self.encode(finding), option=orjson.OPT_APPEND_NEWLINE)

    def encode(self, finding: Finding) -> Event:
        """The event as a nested dict of JSON types."""
        return self._encoders[type(finding)](finding)

    def state(self, time_ns: int, place: Place, client: Client) -> Event:
        """A client as it is at `time_ns`: `event.kind` is "state", `event.start` when it began."""
        action = "client-connected"
        if client.person is None or client.person.is_client:
            action = "client-attached"
        event = self._base(time_ns, "session", "info", action, place)
        event["event"]["kind"] = "state"
        if client.person is not None:
            event["event"] |= self._start(client.person.key)
        event["tmux"] = with_client(event["tmux"], client, self._identities)
        return event

    # ---- one for each class of finding ----

    def _text_output(self, output: TextOutput) -> Event:
        event = self._terminal(output, "text_output", output.data, len(output.data))
        event["process"]["tty"] |= {"rows": output.rows, "columns": output.columns}
        return event

    def _client_output(self, output: ClientOutput) -> Event:
        event = self._terminal(output, "client_output", output.data, len(output.data))
        event["process"]["tty"] |= {"rows": output.rows, "columns": output.columns}
        return self._of_client(event, output)

    def _resized(self, resized: TerminalResized) -> Event:
        event = self._base(resized.time_ns, "process", "change", "terminal-resized", resized.place)
        size = {"rows": resized.rows, "columns": resized.columns}
        event["process"] = {"tty": tty_fields(resized.tty) | size}
        event["ttytrace"]["io"] = {"offset": resized.offset}
        return self._of_client(event, resized)

    def _of_client(self, event: Event, finding: ClientOutput | TerminalResized) -> Event:
        if finding.person is not None:
            client = self._identities.person(finding.person)
            event["tmux"] = event["tmux"] | {"client": client}
        return event

    def _text_input(self, typed: TextInput) -> Event:
        event = self._terminal(typed, "text_input", typed.data, typed.size)
        event["ttytrace"]["io"] |= {"size": typed.size} | known(withheld=typed.withheld)
        event["tmux"] = event["tmux"] | {"typed_by": typed_by(typed.typed_by, self._identities)}
        return event

    def _terminal(
        self,
        finding: TextOutput | ClientOutput | TextInput,
        action: str,
        data: bytes | None,
        size: int,
    ) -> Event:
        event = self._base(finding.time_ns, "process", "change", action, finding.place)
        event["event"]["duration"] = finding.end_ns - finding.time_ns
        leader = None if isinstance(finding, ClientOutput) else finding.process
        process = self._act(event, self._actor_of(leader)) if leader else {}
        kept = 0 if data is None else len(data)
        io = {"type": "tty", "total_bytes_captured": kept, "total_bytes_skipped": size - kept}
        ours: Event = {"offset": finding.offset}
        if data is not None:
            io["text"], exact = text_of(data)
            ours |= known(bytes=exact)
        event["process"] = {**process, "tty": tty_fields(finding.tty), "io": io}
        event["ttytrace"]["io"] = ours
        return event

    def _started(self, finding: ProgramStarted) -> Event:
        event = self._program(finding, "exec", "start")
        if finding.command is not None:
            event["tmux"] = event["tmux"] | command_of(finding.command, self._identities)
        return event

    def _program(
        self, finding: ProgramStarted | ProcessForked | ProcessEnded, action: str, type_: str
    ) -> Event:
        process = finding.process
        event = self._base(finding.time_ns, "process", type_, action, finding.place)
        fields = {**self._act(event, self._actor(process)), **self._start(process.key)}
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

    def _injected(self, injected: InputInjected) -> Event:
        event = self._base(injected.time_ns, "process", "change", "input-injected", injected.place)
        event["event"]["duration"] = injected.end_ns - injected.time_ns
        event["process"] = {"tty": tty_fields(injected.tty)}
        event["ttytrace"]["injection"] = known(way=injected.way, count=injected.times)
        person = self._identities.person(injected.person)
        event["tmux"] = event["tmux"] | {"injected_by": person}
        return event

    def _traced(self, traced: ProcessTraced) -> Event:
        event = self._base(traced.time_ns, "process", "access", "process-traced", traced.place)
        event["process"] = self._act(event, self._actor_of(traced.process))
        event["ttytrace"]["trace"] = known(request=traced.request)
        event["tmux"] = event["tmux"] | {"traced_by": self._identities.person(traced.person)}
        return event

    def _lost(self, lost: Lost) -> Event:
        event = self._base(lost.time_ns, "process", "info", "lost", lost.place)
        ours = {"kind": lost.kind, "reason": lost.reason}
        event["ttytrace"]["lost"] = ours | known(
            records=lost.records, bytes=lost.bytes, offset=lost.offset
        )
        process: Event = {}
        if lost.tty is not None:
            process["tty"] = tty_fields(lost.tty)
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
            event["tmux"] = with_client(event["tmux"], change.client, self._identities)
        if change.note is not None:
            event["ttytrace"]["note"] = clean(change.note)
            # It may quote what tmux said, such as a former name or size; how a client left is the
            # kernel's, and why a server is left out is ours.
            if change.action not in ("client-detached", "server-ignored"):
                event["tmux"] = claiming(event["tmux"], "ttytrace.note")
        return event

    def _captured(self, captured: PaneCaptured) -> Event:
        event = self._base(captured.time_ns, "session", "info", "pane-captured", captured.place)
        if captured.tty is not None:
            event["process"] = {"tty": tty_fields(captured.tty)}
        fields = fields_of(captured.capture)
        event["tmux"] = claiming(event["tmux"] | {"capture": fields}, *claimed(fields))
        if captured.unsure:
            event["ttytrace"]["capture"] = {"unsure_bytes": captured.unsure}
        return event

    def _login(self, login: UserLogin) -> Event:
        type_ = _LOGIN_TYPES[login.action]
        event = self._base(login.time_ns, "authentication", type_, login.action, None)
        event["event"]["outcome"] = "failure" if login.action == "login-failed" else "success"
        event["process"] = {"pid": login.pid}
        self._heard(event, login)
        event["ttytrace"]["login"], source = login_of(login.said)
        return event | source

    def _audit_changed(self, change: AuditChanged) -> Event:
        event = self._base(change.time_ns, "configuration", "change", "audit-changed", None)
        self._heard(event, change)
        event["ttytrace"]["note"] = clean(change.note)
        return event

    def _heard(self, event: Event, said: UserLogin | AuditChanged) -> None:
        if said.loginuid is not None:
            event["user"] = self._identities.account(said.loginuid)
        event["ttytrace"] |= audit(said) | {"source": HEARD}

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
            "ttytrace": {"boottime_ns": time_ns, **self._ours},
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
        fields = {**self._identities.process(process.key), **executable_of(process)}
        container = {"id": clean(process.container_id)} if process.container_id else None
        who = process.who
        if who is None:
            return _Actor(fields, None, container, {})
        return _Actor(fields, self._identities.user(who), container, audit(who))

    def _origin(self, who: Who, ancestors: tuple[tuple[int, bytes], ...]) -> Event:
        parent: Event = self._identities.process(who.parent)
        if ancestors and ancestors[0][0] == who.parent.tgid and ancestors[0][1]:
            parent["executable"] = text_of(ancestors[0][1])[0]
        fields: Event = {"parent": parent}
        if who.session is not None:
            fields["session_leader"] = {"pid": who.session}
        if who.tty is not None:
            fields["tty"] = tty_fields(who.tty)
        return fields

    def _start(self, key: ProcessKey) -> Event:
        return {"start": self._timestamp(key.start_time_ns)} if key.start_time_ns else {}

    def _timestamp(self, time_ns: int) -> str:
        return timestamp(self._wall.at(time_ns))


def host_fields(host: Host) -> Event:
    """The machine and its boot, as each event names them."""
    fields: Event = {"id": host.machine_id} if host.machine_id else {}
    boot = {"id": host.boot_id}
    return fields | {"name": clean(host.name), "boot": boot, "pid_ns_ino": str(host.pid_ns_ino)}
