"""The errors that a user can meet, one class for each cure.

The class docstring is the message, a format string over the keyword arguments; `exit_code` is
what the command line returns. Bugs are builtin exceptions and are not caught on the way up.
Only `cli/main.py` prints these.
"""

from __future__ import annotations

from typing import ClassVar


class TtytraceError(Exception):
    """{detail}"""

    exit_code: ClassVar[int] = 1

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(str(self))

    def __str__(self) -> str:
        return " ".join((type(self).__doc__ or "").split()).format(**self.facts)


class NotRoot(TtytraceError):
    """ttytrace {command} looks into the kernel and into other users' processes, which needs root:
    run it with sudo."""

    exit_code = 77


class NoBcc(TtytraceError):
    """BCC's Python module is missing: install it from the distribution
    (Debian and Ubuntu: apt install python3-bpfcc; Fedora and RHEL: dnf install python3-bcc).
    The PyPI package named bcc is an unrelated project."""

    exit_code = 69


class NoBtf(TtytraceError):
    """This kernel does not publish its types ({path}: {reason}): ttytrace needs a kernel built
    with CONFIG_DEBUG_INFO_BTF=y, as distribution kernels are, and in a container its /sys."""

    exit_code = 69


class BadBtf(TtytraceError):
    """This kernel's description of its types can't be read ({path}: {reason}): ttytrace would
    read memory at wrong places, and does not start."""

    exit_code = 69


class NoPlan(TtytraceError):
    """This kernel offers no way to watch terminals: {reason}. `ttytrace doctor` shows what was
    looked for."""

    exit_code = 69


class PlanRefused(TtytraceError):
    """The {wanted} plan can't be had here: {reason}. Without asking for one, the first that can be
    had is taken; `ttytrace doctor` shows which."""

    exit_code = 69


class UnknownPlan(TtytraceError):
    """There is no plan named {wanted}. The plans are {plans}."""

    exit_code = 2


class BpfRefused(TtytraceError):
    """The kernel refused ttytrace's BPF program {program}: {reason}. In a container, grant
    CAP_BPF, CAP_PERFMON and CAP_SYS_RESOURCE; elsewhere look for a lockdown or security policy."""

    exit_code = 69


class MemoryLimited(TtytraceError):
    """This kernel counts BPF maps as locked memory, and the limit here is too small ({reason}):
    raise it (ulimit -l unlimited, LimitMEMLOCK=infinity, docker run --ulimit memlock=-1), or grant
    CAP_SYS_RESOURCE."""

    exit_code = 69


class LoaderFailed(TtytraceError):
    """The process that compiles and attaches ttytrace's BPF programs {reason}, so nothing is
    watched."""

    exit_code = 70


class NoAudit(TtytraceError):
    """The kernel's audit stream can't be heard ({reason}), and source = "audit" has no other: it
    takes a kernel with CONFIG_AUDIT, and CAP_AUDIT_READ in the first user namespace."""

    exit_code = 69


class BadFilter(TtytraceError):
    """{option} {value}: there is no such thing; one of: {choices}."""

    exit_code = 2


class BadSearch(TtytraceError):
    """{option} {value}: {reason}."""

    exit_code = 2


class NoRules(TtytraceError):
    """{place}: {reason}. Rules are Sigma files, *.yml; `ttytrace rules list` shows those in use."""

    exit_code = 66


class UnknownRule(TtytraceError):
    """There is no rule {rule}, by id, name or title; {nearest}."""

    exit_code = 66


class BadRecord(TtytraceError):
    """{place}: {reason}. A record is a line of the log: its #sequence, a file that holds it, or -
    for standard input."""

    exit_code = 65


class NoRecording(TtytraceError):
    """{target}: there is no recording of that{when}. `ttytrace replay` lists what there is; a file
    is named by a path, as in ./demo.cast."""

    exit_code = 66


class ManyRecordings(TtytraceError):
    """{target} can mean {count} recordings{when}: say which by its handle: {choices}. --at and
    --since leave out others."""

    exit_code = 2


class CantExport(TtytraceError):
    """{place}: {reason}."""

    exit_code = 73


class NoScreen(TtytraceError):
    """Replay plays in a terminal, and {what} is none. `ttytrace export --format text` writes what
    was shown."""

    exit_code = 2


class BadConfig(TtytraceError):
    """{place}: {reason}. The configuration decides what is recorded, so ttytrace does not start
    with one that it can't follow."""

    exit_code = 2


class UnknownKey(TtytraceError):
    """There is no setting {key}; {nearest}."""

    exit_code = 2


class NotRunning(TtytraceError):
    """No ttytrace records into {directory}: `ttytrace run`, or the service, does. What is on record
    already can be searched."""

    exit_code = 69


class NoLog(TtytraceError):
    """{directory}: there is no log here. `ttytrace init` makes one; --log names another place."""

    exit_code = 66


class BadLog(TtytraceError):
    """{place}: {reason}."""

    exit_code = 65


class BadRecording(TtytraceError):
    """{place}: {reason}. Recordings that can be read: asciicast (asciinema), typescript (script),
    tlog."""

    exit_code = 65


class BadState(TtytraceError):
    """{place}: {reason}. Without its keys a log can't go on: keep it and them elsewhere as they
    are, then begin a new one with `ttytrace init`."""

    exit_code = 65


class LogBusy(TtytraceError):
    """{directory}: another ttytrace writes this log ({holder}): a log has one writer. Stop that one
    first."""

    exit_code = 75


class LogFull(TtytraceError):
    """{directory}: the disk is full, so nothing can be recorded. Make room and start ttytrace
    again; [log].when_full says what a running one does."""

    exit_code = 74


class IoFailed(TtytraceError):
    """Input or output failed: {reason}. What was to be done or shown is not complete."""

    exit_code = 74


class SocketTaken(TtytraceError):
    """{path}: another process listens there already: nobody can watch this one. Stop that one, or
    set [live].socket to another path."""

    exit_code = 75


class NoService(TtytraceError):
    """The ttytrace at {path} {reason}."""

    exit_code = 75


class HasLog(TtytraceError):
    """{directory}: there is a log already, or its keys in {state}. To begin another one, keep both
    elsewhere first."""

    exit_code = 73


class NoCheckpoint(TtytraceError):
    """{directory}: there is no checkpoint yet: `ttytrace run` writes one every second."""

    exit_code = 66


class NoProof(TtytraceError):
    """Record {index} can't be proved to be in the log: {reason}."""

    exit_code = 66


class NotErased(TtytraceError):
    """Record {index} was not erased: {reason}."""

    exit_code = 65


class ForeignLog(TtytraceError):
    """{directory}: this is not the log that this host writes, {own}: it can be read, not
    changed."""

    exit_code = 65


class NoAnswer(TtytraceError):
    """The ttytrace that writes {directory} did not do it: {reason}."""

    exit_code = 75


class BadTrust(TtytraceError):
    """{option}: {reason}. What verify holds the log against must be right, so it does not go on
    without."""

    exit_code = 2


class CantInstall(TtytraceError):
    """Nothing was changed: {reason}."""

    exit_code = 69


class StepFailed(TtytraceError):
    """`{command}` failed: {reason}. What was done before is kept, and isn't done again: run this
    once more when the cause is gone."""

    exit_code = 69
