"""What can be set: the file of config.py as frozen dataclasses. Each docstring is the manual of its
keys, a paragraph for each of them, and `ttytrace config explain` prints it.

Invariant: a value that can't be is a ValueError of its class; what is here can be used as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_network
from typing import Final

RULE_LEVELS: Final = ("informational", "low", "medium", "high", "critical")
"""Of Sigma, from the least on."""

_MAX_SEGMENT_MIB: Final = 512
_PORTS: Final = 1 << 16


class InputPolicy(StrEnum):
    """What is kept of typed input."""

    OFF = "off"  # nothing
    METADATA = "metadata"  # who typed, when, where and how many bytes
    FULL = "full"  # the bytes too, but for what answers a prompt for a secret


@dataclass(frozen=True, slots=True)
class RingSizes:
    """`[rings]`: pages of 4096 bytes of each ring, powers of two.

    critical_pages: for programs, input, who came and went.
    bulk_pages: for output; 8 MiB hold a fifth of a second of the fastest pane.
    """

    critical_pages: int = 512
    bulk_pages: int = 2048

    def __post_init__(self) -> None:
        for pages in (self.critical_pages, self.bulk_pages):
            if pages < 1 or pages & (pages - 1):
                raise ValueError(f"{pages} pages is no power of two")


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """`[[redact.patterns]]`: one more way in which secrets stand in arguments.

    name: to switch it off by.
    regex: matched against the bytes of all arguments, joined by NUL. What its groups match is
        masked, or all of it where it has no group. Anybody can choose what it is matched against:
        repeat nothing that holds a repeat, as in `(a+)+`.
    programs: only behind one of these words ("mysql", "docker login"); none: everywhere.
    """

    name: str
    regex: str
    programs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_regex(self.regex, "utf-8")


@dataclass(frozen=True, slots=True)
class PromptSettings:
    """`[redact.prompts]`: what is taken for a prompt for a secret, besides what is built in.

    programs: names of program files that show prompts of other hosts, or read the keyboard raw.
    regexes: matched against the last line that a pane shows, of which at most 200 characters
        count. Case doesn't.
    """

    programs: tuple[str, ...] = ()
    regexes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for regex in self.regexes:
            _check_regex(regex)


@dataclass(frozen=True, slots=True)
class RedactSettings:
    """`[redact]`: what is masked before anything else sees it.

    without: names of built-in patterns that are not to be used.
    """

    patterns: tuple[SecretPattern, ...] = ()
    without: tuple[str, ...] = ()
    prompts: PromptSettings = PromptSettings()


class WhenFull(StrEnum):
    """What happens when the disk is full and the ballast was given up."""

    DROP_OUTPUT = "drop-output"  # what panes show is not recorded, the rest still is
    SUSPEND = "suspend"  # nothing is recorded until there is room again
    HALT = "halt"  # ttytrace ends


@dataclass(frozen=True, slots=True)
class LogSettings:
    """`[log]`: where the record is kept, and for how long.

    directory: of the log.
    state: of its keys, which are never to be copied; take no snapshots of them.
    segment_mib: a segment is closed at this size, and compressed then.
    keep_days: older segments are removed; 0: none are.
    keep_mib: the oldest segments beyond this size are removed; 0: none are.
    ballast_mib: room that is given up when the disk is full.
    when_full: what is done when that is used up: what panes show is dropped, nothing is recorded
        until there is room, or ttytrace ends.
    """

    directory: str = "/var/log/ttytrace"
    state: str = "/var/lib/ttytrace"
    segment_mib: int = 64
    keep_days: int = 365
    keep_mib: int = 0
    ballast_mib: int = 64
    when_full: WhenFull = WhenFull.DROP_OUTPUT

    def __post_init__(self) -> None:
        if not 1 <= self.segment_mib <= _MAX_SEGMENT_MIB:
            raise ValueError(f"segment_mib is not between 1 and {_MAX_SEGMENT_MIB}")
        if min(self.keep_days, self.keep_mib, self.ballast_mib) < 0:
            raise ValueError("keep_days, keep_mib and ballast_mib can't be negative")


class Source(StrEnum):
    """Where what happens comes from."""

    EBPF = "ebpf"  # the kernel half
    AUDIT = "audit"  # the kernel's audit stream, where no eBPF can be had: programs and logins


class SinkKind(StrEnum):
    """Where events go to, besides the log."""

    JOURNALD = "journald"  # with native fields
    SYSLOG = "syslog"  # RFC 5424
    AUDIT = "audit"  # the kernel's audit log, as records of the class AUDIT_USER
    FILE = "file"  # JSON lines
    STDOUT = "stdout"  # JSON lines


@dataclass(frozen=True, slots=True)
class SinkSettings:
    """`[[sinks]]`: one more place that events go to, once they are sealed in the log.

    kind: where to: journald with native fields, syslog (RFC 5424), the kernel's audit log, a file
        or stdout (JSON lines).
    name: what it is called in events and by `ttytrace status`.
    events: the event.action of those that go there; none: all but screens and forks.
    address: of "syslog": a path of a local socket, "tcp:HOST:PORT" or "tls:HOST:PORT".
    ca: of "tls:": the file of certificates to trust; none: the system's.
    path: of "file".
    rotate_mib: of "file": it is begun anew at this size.
    keep: of "file": so many old ones are kept.
    behind_mib: how far it may be behind the log; what is older then is skipped, and an event says
        so.
    """

    kind: SinkKind
    name: str
    events: tuple[str, ...] = ()
    address: str = "/dev/log"
    ca: str = ""
    path: str = ""
    rotate_mib: int = 64
    keep: int = 5
    behind_mib: int = 256

    def __post_init__(self) -> None:
        if self.kind is SinkKind.FILE and not self.path.startswith("/"):
            raise ValueError("path must be that of a file, from / on")
        if not re.fullmatch(r"/.+|(tcp|tls):.+:\d{1,5}", self.address):
            raise ValueError("address must be that of a socket, tcp:HOST:PORT or tls:HOST:PORT")
        if min(self.rotate_mib, self.behind_mib) < 1 or self.keep < 0:
            raise ValueError("rotate_mib and behind_mib must be at least 1, keep at least 0")


@dataclass(frozen=True, slots=True)
class ScopeSettings:
    """`[scope]`: which tmux servers are recorded: those whose owner and socket fit. A server that
    isn't is an event, and nothing else of it is.

    users: only servers of these, by name or number; none: of all.
    groups: only servers that run with one of these, by name or number; none: with any.
    sockets: only servers that listen on one of these paths; * and ? stand for others; none: on any.
    without_users: not servers of these, whatever the others say.
    without_groups: not servers that run with one of these.
    without_sockets: not servers that listen on one of these.
    """

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    sockets: tuple[str, ...] = ()
    without_users: tuple[str, ...] = ()
    without_groups: tuple[str, ...] = ()
    without_sockets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """`[limits]`: what recording may take of the host.

    cpu_percent: of one core, over each tenth of a second; beyond it output is left to its ring,
        which counts what it can't keep. Programs and input are always taken. 0: no limit.
    queue_mib: what may wait in memory for the log.
    """

    cpu_percent: int = 0
    queue_mib: int = 24

    def __post_init__(self) -> None:
        if self.cpu_percent < 0 or self.queue_mib < 1:
            raise ValueError("cpu_percent can't be negative, and queue_mib must be at least 1")


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """`[live]`: who watches the running service, by `ttytrace live`.

    socket: where it listens; root and the group ttytrace may come.
    own_sessions: whether others may too, and see what happens in servers of their own.
    clients: how many at once.
    behind_mib: how far one may be behind; then it skips to the end of the log, and is told how many
        records it missed.
    """

    socket: str = "/run/ttytrace/live.sock"
    own_sessions: bool = False
    clients: int = 1024
    behind_mib: int = 4

    def __post_init__(self) -> None:
        if min(self.clients, self.behind_mib) < 1:
            raise ValueError("clients and behind_mib must be at least 1")


@dataclass(frozen=True, slots=True)
class CaptureSettings:
    """`[capture]`: what is recorded of screens besides what panes show.

    clients: what tmux sends to the terminal of each client, status line and all, and its size:
        about as much as panes show where somebody looks.
    """

    clients: bool = True


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """`[audit]`: the kernel's audit stream beside eBPF. Nothing of its configuration is changed.

    listen: whether it is heard: logins, and EXECVE records to hold ours against.
    """

    listen: bool = False


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """`[metrics]`: counters for Prometheus.

    address: "unix:PATH", or a port of the loopback, "127.0.0.1:PORT"; none: there are none.
    """

    address: str = ""

    def __post_init__(self) -> None:
        port = re.fullmatch(r"(?:127\.0\.0\.1|\[::1\]):(\d{1,5})", self.address)
        is_port = port is not None and 0 < int(port[1]) < _PORTS
        if not (is_port or re.fullmatch(r"|unix:/.+", self.address)):
            raise ValueError(f"{self.address!r} is neither unix:PATH nor 127.0.0.1:PORT")


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """`[rules]`: which Sigma rules what is recorded is matched against.

    pack: whether the rules that come with ttytrace are.
    directories: where your own are; *.yml, in folders, too. Root alone may be able to write there.
    level: only rules of this level and above: informational, low, medium, high or critical.
    without: names, ids or tags of rules that are not used; * stands for others.
    repeat_s: further matches of a rule, of the same person in the same pane, are one alert with a
        count within so many seconds; 0: each is an alert.
    behind_mib: how far matching may be behind the log; what is older then is skipped, and an event
        says so.
    """

    pack: bool = True
    directories: tuple[str, ...] = ("/etc/ttytrace/rules",)
    level: str = "medium"
    without: tuple[str, ...] = ()
    repeat_s: int = 60
    behind_mib: int = 256

    def __post_init__(self) -> None:
        if self.level not in RULE_LEVELS:
            raise ValueError(f"level {self.level!r} is none of {', '.join(RULE_LEVELS)}")
        if self.repeat_s < 0 or self.behind_mib < 1:
            raise ValueError("repeat_s can't be negative, and behind_mib must be at least 1")


class ActionKind(StrEnum):
    """What is done about an alert."""

    DETACH = "detach"  # the client of the person whose doing it was is sent away
    LOCK = "lock"  # it is locked
    READ_ONLY = "read-only"  # it can't type any more
    KILL = "kill"  # the process is killed
    NOTIFY = "notify"  # people are told: mail, chat, webhooks
    PROGRAM = "program"  # a program runs, with the alert on its standard input


@dataclass(frozen=True, slots=True)
class ActionSettings:
    """`[[actions]]`: something that is done about alerts, once they are sealed in the log.

    kind: notify, program, detach, lock, read-only or kill.
    name: what it is called in events and by `ttytrace status`.
    rules: names, ids or tags of rules; * stands for others; none: all.
    level: only of rules of this level and above.
    urls: of "notify": a file with a URL a line, as apprise has them (json://, mailtos://,
        slack://); the account ttytrace must be able to read it, and nobody else should.
    networks: of "notify": addresses that are not public, and still may be told ("10.1.0.0/16");
        without TLS, too.
    program: of "program": its path and arguments.
    user: of "program": whom it runs as; not root.
    armed: of "detach", "lock", "read-only" and "kill": false only tells what would have been done.
    per_minute: so often at most; what is beyond that is told, and not done.
    """

    kind: ActionKind
    name: str
    rules: tuple[str, ...] = ()
    level: str = "high"
    urls: str = ""
    networks: tuple[str, ...] = ()
    program: tuple[str, ...] = ()
    user: str = "nobody"
    armed: bool = False
    per_minute: int = 6

    def __post_init__(self) -> None:
        if self.level not in RULE_LEVELS:
            raise ValueError(f"level {self.level!r} is none of {', '.join(RULE_LEVELS)}")
        if self.kind is ActionKind.NOTIFY and not self.urls.startswith("/"):
            raise ValueError("urls must be the path of a file, from / on")
        if self.kind is ActionKind.PROGRAM and not "".join(self.program[:1]).startswith("/"):
            raise ValueError("program must begin with the path of one, from / on")
        if self.per_minute < 1:
            raise ValueError("per_minute must be at least 1")
        for network in self.networks:
            ip_network(network)


@dataclass(frozen=True, slots=True)
class Settings:
    """What ttytrace records, and where to. Nobody but root may be able to write this file.

    input: what is kept of what people type: nothing; who, when, into which pane and how much; or
        the bytes too.
    source: where what happens comes from: the kernel half, or the kernel's audit stream where no
        eBPF can be had.
    """

    input: InputPolicy = InputPolicy.METADATA
    source: Source = Source.EBPF
    scope: ScopeSettings = ScopeSettings()
    limits: LimitSettings = LimitSettings()
    capture: CaptureSettings = CaptureSettings()
    rings: RingSizes = RingSizes()
    redact: RedactSettings = RedactSettings()
    log: LogSettings = LogSettings()
    live: LiveSettings = LiveSettings()
    sinks: tuple[SinkSettings, ...] = ()
    rules: RuleSettings = RuleSettings()
    actions: tuple[ActionSettings, ...] = ()
    audit: AuditSettings = AuditSettings()
    metrics: MetricsSettings = MetricsSettings()

    def __post_init__(self) -> None:
        for what, those in (("sinks", self.sinks), ("actions", self.actions)):
            if len({each.name for each in those}) != len(those):
                raise ValueError(f"two {what} have the same name")


def _check_regex(regex: str, encoding: str | None = None) -> None:
    try:
        re.compile(regex.encode(encoding) if encoding else regex)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{regex!r} is not a regular expression: {error}") from None
