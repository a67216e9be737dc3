"""Stored events back to findings, for whoever draws or replays them: the other way of codec/ecs.py.

Invariant: drawn, a finding that was stored looks as it did before. What an event doesn't hold is
unknown again: the start of most processes, the server's start. ValueError for what is no event.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from functools import lru_cache
from types import UnionType
from typing import Any, Final, get_args, get_origin, get_type_hints

from tracer.codec.alert import happened
from tracer.codec.capture import capture_of
from tracer.codec.identity import Fields
from tracer.codec.login import said_of
from tracer.codec.program import FLAGS
from tracer.codec.text import bytes_of
from tracer.model.context import Client, Command, Mask, Origin, Person, Place, Process
from tracer.model.events import ProcessKey, Tty, Who
from tracer.model.findings import (
    AlertRaised,
    AuditChanged,
    ClientOutput,
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
    Told,
    TypedBy,
    UserLogin,
)
from tracer.model.hands import Confidence, How

_NONE: Final[Fields] = {}


def finding_of(event: Fields) -> Told | None:
    """The finding that the event was made of, or the alert; None for records about the log."""
    try:
        if "log" in event["ttytrace"]:
            return None
        finding = _finding(event)
    except (AttributeError, KeyError, TypeError):
        raise ValueError("this is no event") from None
    if not _is_a(finding, type(finding)):
        raise ValueError("something in this event is of another type than it can be")
    return finding


def _is_a(value: object, type_: Any) -> bool:
    # Whoever wrote the file may have put anything anywhere.
    parts = get_args(type_)
    if isinstance(type_, UnionType):
        return any(_is_a(value, part) for part in parts)
    if get_origin(type_) is tuple:
        if not isinstance(value, tuple):
            return False
        wanted = parts[:1] * len(value) if parts[1:] == (...,) else parts
        return len(value) == len(wanted) and all(map(_is_a, value, wanted))
    is_a = type(value) is type_
    return is_a and (not isinstance(value, tuple) or all(map(_is_a, value, _hints(type_))))


@lru_cache
def _hints(class_: Any) -> tuple[Any, ...]:
    return tuple(get_type_hints(class_).values())


def _finding(event: Fields) -> Told:
    time_ns, place = event["ttytrace"]["boottime_ns"], _place(event)
    action = event["event"]["action"]
    if action in _MAKERS:
        return _MAKERS[action](event, time_ns)
    match action:
        case "exec":
            finding: Told = ProgramStarted(time_ns, _process(event), place, _command(event["tmux"]))
        case "fork":
            finding = ProcessForked(time_ns, _process(event), place)
        case "end":
            finding = ProcessEnded(time_ns, _process(event), place, _status(event))
        case "login" | "login-failed" | "logout":
            pid, said = event["process"]["pid"], said_of(event["ttytrace"]["login"])
            finding = UserLogin(time_ns, action, pid, *_audited(event), said)
        case "audit-changed":
            finding = AuditChanged(time_ns, event["ttytrace"]["note"], *_audited(event))
        case str():
            client = event["tmux"].get("client")
            note = event["ttytrace"].get("note")
            finding = TmuxChanged(time_ns, action, place, client and _client(client), note)
        case _:
            raise TypeError
    return finding


def _alert(event: Fields, _time_ns: int) -> AlertRaised:
    rule, ours = event["rule"], event["ttytrace"]["alert"]
    return AlertRaised(
        happened(event).boottime_ns, ours["level"], rule["name"], rule["id"],
        ours.get("repeated", 0), _doer(event.get("tmux", _NONE)), _uid(event),
        _place(event) if "tmux" in event else None,
    )  # fmt: skip


def _doer(tmux: Fields) -> Person | None:
    """Whose doing it was, if it was one person's."""
    typed = tmux.get("typed_by", ())
    named = (tmux.get(part) for part in ("submitted_by", "injected_by", "traced_by", "client"))
    people = [*(typed if len(typed) == 1 else ()), *filter(None, named)]
    return next((_person(each) for each in people if "role" in each), None)


def _audited(event: Fields) -> tuple[int | None, int | None]:
    return event["ttytrace"]["loginuid"], event["ttytrace"]["audit_session"]


def _output(event: Fields, time_ns: int) -> TextOutput:
    tty, io = event["process"]["tty"], event["ttytrace"]["io"]
    return TextOutput(
        time_ns, _end_ns(event), _actor(event), _place(event), _tty(tty), tty["rows"],
        tty["columns"], io["offset"], bytes_of(event["process"]["io"], "text", io, "bytes"),
    )  # fmt: skip


def _client_output(event: Fields, time_ns: int) -> ClientOutput:
    tty, io = event["process"]["tty"], event["ttytrace"]["io"]
    return ClientOutput(
        time_ns, _end_ns(event), _client_person(event), _place(event), _tty(tty), tty["rows"],
        tty["columns"], io["offset"], bytes_of(event["process"]["io"], "text", io, "bytes"),
    )  # fmt: skip


def _client_person(event: Fields) -> Person | None:
    client = event["tmux"].get("client")
    return client and _person(client)


def _input(event: Fields, time_ns: int) -> TextInput:
    process, io = event["process"], event["ttytrace"]["io"]
    data = bytes_of(process["io"], "text", io, "bytes") if "text" in process["io"] else None
    authors = tuple(map(_typed_by, event["tmux"]["typed_by"]))
    return TextInput(
        time_ns, _end_ns(event), _actor(event), _place(event), _tty(process["tty"]), io["offset"],
        io["size"], data, io.get("withheld"), authors,
    )  # fmt: skip


def _typed_by(typed: Fields) -> TypedBy:
    range_, how, confidence = typed["range"], How(typed["how"]), Confidence(typed["confidence"])
    who = _known_person(typed)
    return TypedBy(range_["start"], range_["length"], who, how, confidence, typed["reason"])


def _command(tmux: Fields) -> Command | None:
    if "command_partial" not in tmux:
        return None
    composed = tuple((_known_person(each), each["bytes"]) for each in tmux.get("composed_by", ()))
    submitted = tmux.get("submitted_by")
    is_partial, reason = tmux["command_partial"], tmux.get("command_reason", "")
    return Command(composed, submitted and _person(submitted), is_partial, reason)


def _lost(event: Fields, time_ns: int) -> Lost:
    lost, tty = event["ttytrace"]["lost"], event.get("process", _NONE).get("tty")
    place = _place(event) if "tmux" in event else None
    return Lost(
        time_ns, lost["kind"], lost["reason"], lost.get("records"), lost.get("bytes"), place,
        tty and _tty(tty), lost.get("offset"),
    )  # fmt: skip


def _captured(event: Fields, time_ns: int) -> PaneCaptured:
    tty, ours = event.get("process", _NONE).get("tty"), event["ttytrace"].get("capture", _NONE)
    capture, unsure = capture_of(event["tmux"]["capture"]), ours.get("unsure_bytes", 0)
    return PaneCaptured(time_ns, _place(event), tty and _tty(tty), capture, unsure)


def _resized(event: Fields, time_ns: int) -> TerminalResized:
    tty, offset = event["process"]["tty"], event["ttytrace"]["io"]["offset"]
    who, size = _client_person(event), (tty["rows"], tty["columns"])
    return TerminalResized(time_ns, _place(event), who, _tty(tty), *size, offset)


def _injected(event: Fields, time_ns: int) -> InputInjected:
    injection, tty = event["ttytrace"]["injection"], _tty(event["process"]["tty"])
    who, what = _person(event["tmux"]["injected_by"]), (injection["way"], injection["count"])
    return InputInjected(time_ns, _end_ns(event), who, _place(event), tty, *what)


def _traced(event: Fields, time_ns: int) -> ProcessTraced:
    who, request = _person(event["tmux"]["traced_by"]), event["ttytrace"]["trace"]["request"]
    return ProcessTraced(time_ns, who, _process(event), _place(event), request)


def _status(event: Fields) -> int:
    signal = event["ttytrace"].get("signal")
    if signal is None:
        return int(event["process"]["exit_code"]) << 8
    return int(signal["number"]) | (0x80 if signal["core_dumped"] else 0)


def _end_ns(event: Fields) -> int:
    return int(event["ttytrace"]["boottime_ns"] + event["event"]["duration"])


# ---- who and where ----


def _place(event: Fields) -> Place:
    tmux = event.get("tmux", _NONE)
    server, session = tmux.get("server", _NONE), tmux.get("session", _NONE)
    window, pane = tmux.get("window", _NONE), tmux.get("pane", _NONE)
    return Place(
        ProcessKey(server.get("pid", 0), 0),
        bytes_of(server, "socket", server, "socket_base64") if "socket" in server else None,
        session.get("id"), session.get("name"), window.get("id"), window.get("index"),
        window.get("name"), pane.get("id"), pane.get("pid"), tmux.get("verified", False),
        _uid(server),
    )  # fmt: skip


def _actor(event: Fields) -> Process | None:
    return _process(event) if "pid" in event["process"] else None


def _process(event: Fields) -> Process:
    fields, ours = event["process"], event["ttytrace"].get("process", _NONE)
    start_ns = 0
    if event["event"]["action"] == "end" and "duration" in event["event"]:
        start_ns = event["ttytrace"]["boottime_ns"] - event["event"]["duration"]
    return Process(
        key=ProcessKey(fields["pid"], start_ns),
        who=_who(event) if "user" in event else None,
        invoked=bytes_of(ours, "invoked", ours, "invoked_base64"),
        exe=bytes_of(fields, "executable", ours, "executable_base64"),
        cwd=bytes_of(fields, "working_directory", ours, "working_directory_base64"),
        argv=_argv(fields, ours),
        argv_bytes=ours.get("argv_bytes", 0),
        argc=fields.get("args_count", 0),
        exe_links=0 if "deleted" in ours or "memfd" in ours else 1,
        flags=sum(flag for name, flag in FLAGS.items() if ours.get(name)),
        source=ours.get("source", "kernel"),
        container_id=event.get("container", _NONE).get("id"),
        ancestors=tuple(
            (each["pid"], bytes_of(each, "executable", each, "executable_base64"))
            for each in ours.get("ancestors", ())
        ),
        masks=tuple(
            Mask(mask["argument"], mask["length"], mask["digest"])
            for mask in ours.get("masked", ())
        ),
        is_fork="forked" in ours,
    )


def _argv(fields: Fields, ours: Fields) -> tuple[bytes, ...]:
    if "args_base64" in ours:
        return tuple(map(b64decode, ours["args_base64"]))
    return tuple(arg.encode() for arg in fields.get("args", ()))


def _who(event: Fields) -> Who:
    user, fields, ours = event["user"], event["process"], event["ttytrace"]
    effective, tmux, tty = user["effective"], event.get("tmux", _NONE), fields.get("tty")
    return Who(
        parent=ProcessKey(fields.get("parent", _NONE).get("pid", 0), 0),
        server_tgid=tmux.get("server", _NONE).get("pid", 0),
        pane_tgid=tmux.get("pane", _NONE).get("pid", 0),
        uid=int(user["id"]),
        gid=int(user["group"]["id"]),
        euid=int(effective["id"]),
        egid=int(effective["group"]["id"]),
        loginuid=ours["loginuid"],
        audit_session=ours["audit_session"],
        session=fields.get("session_leader", _NONE).get("pid"),
        tty=tty and _tty(tty),
        cgroup_id=0,
    )


def _known_person(fields: Fields) -> Person | None:
    return _person(fields) if "pid" in fields else None


def _person(fields: Fields) -> Person:
    return Person(
        ProcessKey(fields["pid"], 0),
        _uid(fields),
        fields["loginuid"],
        fields["audit_session"],
        _tty(fields["tty"]) if "tty" in fields else None,
        _origin(fields) if "origin" in fields else None,
        fields["role"] == "client",
    )


def _origin(fields: Fields) -> Origin:
    origin, source = fields["origin"], fields.get("source", _NONE)
    via = tuple((step["program"], _uid(step)) for step in origin.get("via", ()))
    server_pid = origin.get("server", _NONE).get("pid")
    heard = origin.get("heard", False)
    return Origin(origin["type"], source.get("ip"), source.get("port"), server_pid, via, heard)


def _client(fields: Fields) -> Client:
    person = _person(fields) if "role" in fields else None
    return Client(
        fields.get("pid"), _uid(fields), _tty(fields["tty"]) if "tty" in fields else None,
        fields.get("columns"), fields.get("rows"), fields["verified"], fields.get("read_only"),
        fields.get("control"), person,
    )  # fmt: skip


def _uid(fields: Fields) -> int | None:
    return int(fields["user"]["id"]) if "user" in fields else None


def _tty(fields: Fields) -> Tty:
    device = fields["char_device"]
    return Tty(device["major"], device["minor"])


_MAKERS: Final[dict[str, Callable[[Fields, int], Told]]] = {
    "text_output": _output,
    "client_output": _client_output,
    "terminal-resized": _resized,
    "text_input": _input,
    "input-injected": _injected,
    "process-traced": _traced,
    "lost": _lost,
    "pane-captured": _captured,
    "alert": _alert,
}
