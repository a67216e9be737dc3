"""The loader as who waits for it sees it: started, and its kernel half taken over.

Invariant: it has ended when there is an answer, or an error, or nobody waits any more.
"""

from __future__ import annotations

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from typing import Final

from tracer import errors
from tracer.capture.program import LoadedProgram
from tracer.codec.identity import Fields
from tracer.errors import LoaderFailed, TtytraceError
from tracer.settings import InputPolicy, Settings
from tracer.workers.door import Message, pair

_DEADLINE_S: Final = 300.0  # a machine that is emulated takes two minutes
_GRACE_S: Final = 5.0


class Loading:
    """Begins at once, so that the rest of a start can go on meanwhile."""

    def __init__(self, wanted_plan: str | None, settings: Settings) -> None:
        self._door, theirs = pair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-m", "tracer.workers.loader"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                process_group=0,  # C-c is for us alone
            )
        is_input_wanted = settings.input is not InputPolicy.OFF
        wanted = {"input": is_input_wanted, "clients": settings.capture.clients}
        rings = asdict(settings.rings)
        self._door.send({"plan": wanted_plan, "rings": rings, "wanted": wanted})

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def result(self, deadline_s: float = _DEADLINE_S) -> LoadedProgram:
        """Waits for the kernel half, which is attached then. Raises what choosing a plan and
        loading it raise in the loader, and LoaderFailed where it says nothing."""
        try:
            if not select.select([self._door], [], [], deadline_s)[0]:
                raise LoaderFailed(reason=f"said nothing for {deadline_s:.0f} s")
            message = self._door.receive()
            if message is None:
                raise LoaderFailed(reason=f"ended with {self._process.wait(_GRACE_S)}")
            return _program(message)
        finally:
            self.close()

    def close(self) -> None:
        """Ends it, if it still runs."""
        self._door.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.terminate()
            self._process.wait(_GRACE_S)
            return
        self._process.kill()
        self._process.wait()


def load(wanted_plan: str | None, settings: Settings) -> LoadedProgram:
    """The kernel half, attached; raises as Loading.result()."""
    return Loading(wanted_plan, settings).result()


def _program(message: Message) -> LoadedProgram:
    fields, descriptors = message.fields, iter(message.descriptors)
    if "error" in fields:
        raise _error(fields)
    maps, programs = (_named(fields[key], descriptors) for key in ("maps", "programs"))
    return LoadedProgram(fields["plan"], maps, programs, list(descriptors), fields["why"])


def _named(names: list[str], descriptors: Iterator[int]) -> dict[str, int]:
    return {name: next(descriptors) for name in names}


def _error(fields: Fields) -> TtytraceError:
    kind: type[TtytraceError] = getattr(errors, fields["error"])
    return kind(**fields["facts"])
