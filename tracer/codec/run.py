"""Who records and who ended it, as the log's own records say it.

Invariant: a process is named here as in events, so that both can be joined.
"""

from __future__ import annotations

from tracer.codec.identity import Fields, Identities
from tracer.codec.status import signal_name
from tracer.codec.text import text_of
from tracer.errors import TtytraceError
from tracer.model.events import ProcessKey
from tracer.model.facts import ProcSeen


def process_fields(seen: ProcSeen, identities: Identities) -> Fields:
    """A process that /proc shows now."""
    fields = identities.process(ProcessKey(seen.tgid, seen.start_time_ns))
    if seen.exe:
        fields["executable"] = text_of(seen.exe)[0]
    fields["user"] = identities.account(seen.uid)
    return fields | {"loginuid": seen.loginuid, "audit_session": seen.audit_session}


def signal_fields(
    number: int, pid: int, uid: int, sender: ProcSeen | None, identities: Identities
) -> Fields:
    """A signal. Without a pid the kernel sent it, for a key that was pressed; without `sender` that
    process was over when it was looked at."""
    fields: Fields = {"reason": "signal", "signal": {"number": number, "name": signal_name(number)}}
    if not pid:
        return fields
    by = {"pid": pid, "user": identities.account(uid)}
    return fields | {"sender": process_fields(sender, identities) | by if sender else by}


def failure_fields(error: BaseException) -> Fields:
    """An error: what it says where it is one for users; a bug's may hold captured bytes."""
    says = str(error) if isinstance(error, TtytraceError) else type(error).__name__
    return {"reason": "error", "error": says}
