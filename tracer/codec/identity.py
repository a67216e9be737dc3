"""Who acts and which process it is: accounts, persons and entity ids of one host.

Invariant: every person is rendered by `Identities.person`, in the same fields wherever one stands;
all of them are kernel facts. A name of an account is looked up, nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from tracer.codec.text import clean
from tracer.model.context import Origin, Person
from tracer.model.events import TICK_NS, ProcessKey, Tty, Who
from tracer.model.findings import AuditChanged, UserLogin
from tracer.model.host import Host

Fields = dict[str, Any]
Names = Callable[[int], str | None]

_CACHED: Final = 1024


class Identities:
    """Renders who and which; `names` gives a user's name for a uid.

    What repeats is shared between calls: read it, don't change it.
    """

    def __init__(self, host: Host, names: Names) -> None:
        self._seed = f"{host.boot_id} {host.pid_ns_ino}"
        self._names = names
        self.person = lru_cache(_CACHED)(self._person)

    def process(self, key: ProcessKey) -> Fields:
        """`pid`, and the `entity_id` that RFC 0030 asks for: never the same for two processes."""
        # Without a start time, the pid alone would name whoever had it before as well.
        if not key.start_time_ns:
            return {"pid": key.tgid}
        # The same whether /proc or the kernel half saw it, so it counts ticks.
        source = f"{self._seed} {key.tgid} {key.start_time_ns // TICK_NS}".encode()
        return {"pid": key.tgid, "entity_id": blake2b(source, digest_size=16).hexdigest()}

    def account(self, uid: int) -> Fields:
        """`id`, and `name` where the account has one."""
        name = self._names(uid)
        return {"id": str(uid)} if name is None else {"id": str(uid), "name": clean(name)}

    def user(self, who: Who) -> Fields:
        """The real user and group, and the effective ones under `effective`."""
        effective = self.account(who.euid) | {"group": {"id": str(who.egid)}}
        return self.account(who.uid) | {"group": {"id": str(who.gid)}, "effective": effective}

    def _person(self, person: Person) -> Fields:
        fields = self.process(person.key)
        fields["role"] = "client" if person.is_client else "process"
        if person.uid is not None:
            fields["user"] = self.account(person.uid)
        fields |= audit(person)
        if person.tty is not None:
            fields["tty"] = tty_fields(person.tty)
        if person.origin is not None:
            fields |= self.origin(person.origin)
        return fields

    def origin(self, origin: Origin) -> Fields:
        """How somebody came to this host: `origin`, and `source` where that is known."""
        fields: Fields = {"type": clean(origin.kind)}
        if origin.server_pid is not None:
            fields["server"] = {"pid": origin.server_pid}
        if origin.is_heard:
            fields["heard"] = True
        if origin.via:
            fields["via"] = [self._step(program, uid) for program, uid in origin.via]
        source = known(ip=origin.address, port=origin.port)
        return {"origin": fields} | ({"source": source} if source else {})

    def _step(self, program: str, uid: int | None) -> Fields:
        step: Fields = {"program": clean(program)}
        return step if uid is None else step | {"user": self.account(uid)}


def audit(identity: Who | Person | UserLogin | AuditChanged) -> Fields:
    """`loginuid` and `audit_session`: null where unset, so that nobody takes that for root's."""
    return {"loginuid": identity.loginuid, "audit_session": identity.audit_session}


def tty_fields(tty: Tty) -> Fields:
    """A terminal as ECS numbers it."""
    return {"char_device": {"major": tty.major, "minor": tty.minor}}


def known(**fields: str | int | None) -> Fields:
    """Those fields that are known, as JSON can carry them."""
    return {
        name: clean(value) if isinstance(value, str) else value
        for name, value in fields.items()
        if value is not None
    }
