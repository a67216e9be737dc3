"""The kernel's audit stream as the service hears it: by a worker, beside the kernel half or in its
place.

Invariant: what comes late or not at all is told as lost; nothing of what is audited is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, get_origin, get_type_hints

from tracer.capture.audit import AuditSource
from tracer.capture.program import LoadedProgram
from tracer.clock import boot_ns
from tracer.codec.audit import from_fields
from tracer.codec.identity import Fields, known
from tracer.daemon import Capture
from tracer.errors import NoAudit
from tracer.model.audit import AuditBegan, AuditInput, AuditSeen, Said
from tracer.model.events import Tty
from tracer.model.stage import Drain
from tracer.observe.audit_rules import RULE, ask
from tracer.service.child import Child
from tracer.settings import Settings, Source
from tracer.workers.audit import join
from tracer.workers.door import Message
from tracer.workers.loading import load

UNSEEN: Final = (
    "what panes show",
    "what is typed, but for how much of it where pam_tty_audit is set",
    "who typed",
    "forks, and how and when processes end",
    "programs whose ancestors were over before they were heard of, off their pane's terminal",
)
"""What a record doesn't hold that the audit stream alone made."""

_U32: Final = (1 << 32) - 1
_S64: Final = (1 << 63) - 1


def _nowhere(_fd: int) -> None:
    """Nobody waits for it."""


def is_heard(settings: Settings) -> bool:
    """Whether the stream is all there is."""
    return settings.source is Source.AUDIT


def source_fields(plan: str) -> Fields:
    """What the record of a start says of where its events come from."""
    if plan != AuditSource.plan:
        return {"source": Source.EBPF}
    state = ask()
    return {"source": Source.AUDIT, "unseen": UNSEEN} | known(
        trouble=state.trouble if state else None
    )


class Ear:
    """Its worker; `take` gets what it heard."""

    def __init__(
        self,
        take: Callable[[Sequence[AuditSeen]], None],
        watch: Callable[[int], None] = _nowhere,
    ) -> None:
        self._take = take
        self._rules: str | None = None
        self._child = Child("audit", lambda: Message({}), self._hear, watch)

    @property
    def trouble(self) -> str | None:
        """Why nothing is heard, or not what should be."""
        return self._child.trouble or self._rules

    def turn(self, now_ns: int) -> None:
        """To be called each turn."""
        self._child.turn(now_ns)

    def close(self) -> None:
        """Ends it."""
        self._child.close()

    def _hear(self, message: Message) -> None:
        seen = [_sound(from_fields(fields)) for fields in message.fields["seen"]]
        for each in seen:
            if isinstance(each, AuditBegan):
                self._rules = each.trouble
        self._take(seen)


class Auditing:
    """The stream beside the kernel half, where the settings want it."""

    def __init__(self, settings: Settings, capture: Capture, watch: Callable[[int], None]) -> None:
        self._capture = capture
        is_wanted = settings.audit.listen and not is_heard(settings)
        self._ear = Ear(self._take, watch) if is_wanted else None

    @property
    def trouble(self) -> str | None:
        """Why it is not heard as it should be."""
        if self._ear is None:
            return None
        if self._ear.trouble is not None:
            return self._ear.trouble
        compared = self._capture.compared()  # where we may not ask for its rules, it shows
        is_deaf = "unheard" in compared and "agreed" not in compared
        return f"audit tells of no program: {RULE}" if is_deaf else None

    def turn(self, now_ns: int) -> None:
        """To be called each turn."""
        if self._ear is not None:
            self._ear.turn(now_ns)

    def fields(self) -> Fields:
        """What a heartbeat says of it; nothing where it isn't wanted."""
        if self._ear is None:
            return {}
        return {"audit": self._capture.compared() | known(trouble=self.trouble)}

    def close(self) -> None:
        """Ends it."""
        if self._ear is not None:
            self._ear.close()

    def _take(self, seen: Sequence[AuditSeen]) -> None:
        # Input is the kernel half's to tell, which knows whose it is.
        self._capture.learn([each for each in seen if not isinstance(each, AuditInput)])


class HeardSource(AuditSource):
    """The stream in place of the kernel half."""

    def __init__(self) -> None:
        super().__init__()
        self._watched: list[int] = []
        self._ear = Ear(self._take, self._watched.append)

    def filenos(self) -> tuple[int, ...]:
        """Readable when the worker has heard something."""
        return tuple(self._watched[-1:])

    def drain(self) -> Drain | None:
        """What was heard since the last time."""
        self._ear.turn(boot_ns())
        return super().drain()

    def close(self) -> None:
        """Ends hearing."""
        self._ear.close()
        super().close()

    def _take(self, seen: Sequence[AuditSeen]) -> None:
        for each in seen:
            if not isinstance(each, AuditBegan):  # there is nothing to hold it against
                self.add(each)


def attach(wanted_plan: str | None, settings: Settings) -> LoadedProgram | HeardSource:
    """What a capture needs, whichever source the settings name. Raises NoAudit, and what loading
    may."""
    if is_heard(settings):
        return Hearing().result()
    return load(wanted_plan, settings)


class Hearing:
    """What `workers.loading.Loading` is to the kernel half. `trouble`: why no program may be heard
    of, as a sentence. Raises NoAudit."""

    def __init__(self) -> None:
        _try()
        state = ask()
        self.trouble = state.trouble if state else None

    def result(self) -> HeardSource:
        """Does not wait."""
        return HeardSource()

    def close(self) -> None:
        """Nothing is under way."""


def _sound(seen: AuditSeen) -> AuditSeen:
    """As records can hold it. ValueError where no worker can have heard that."""
    _check(seen)
    return seen._replace(time_ns=max(0, seen.time_ns))  # less where the wall clock has jumped


def _check(fields: tuple[object, ...]) -> None:
    for (name, kind), value in zip(_kinds(type(fields)).items(), fields, strict=True):
        least, most = (-_S64, _S64) if name == "time_ns" else (0, _U32)
        if not isinstance(value, kind) or (isinstance(value, int) and not least <= value <= most):
            raise ValueError(f"{name} can't be {value!r}")
        if isinstance(value, Tty | Said):
            _check(value)


@cache
def _kinds(class_: type) -> Mapping[str, Any]:
    hints = get_type_hints(class_).items()
    return {name: tuple if get_origin(kind) is tuple else kind for name, kind in hints}


def _try() -> None:
    """Here, for the worker can only end, and be started again."""
    try:
        join().close()
    except OSError as error:
        raise NoAudit(reason=error.strerror) from None
