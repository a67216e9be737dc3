"""Compiles and attaches the kernel half, hands it over and ends: LLVM takes 120 MB, which whoever
records for months need not hold.

Invariant: what is attached is held by descriptors alone, so it is gone if nobody took them over.
"""

from __future__ import annotations

import signal
import sys
from typing import Any

from tracer.capture.loader import Wanted, load
from tracer.capture.program import LoadedProgram
from tracer.codec.identity import Fields
from tracer.errors import LoaderFailed, TtytraceError
from tracer.probe.btf import Btf
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.settings import RingSizes
from tracer.workers.door import Door


def attach(asked: Fields) -> LoadedProgram:
    """The chosen plan, or the one that is asked for. Raises what choosing and loading raise."""
    btf = Btf.load()
    plan = choose(survey(btf, asked["plan"]), asked["plan"])
    return load(plan, kernel_types(btf), RingSizes(**asked["rings"]), Wanted(**asked["wanted"]))


def answer(asked: Fields, door: Door) -> None:
    """Sends what was attached, or the error."""
    try:
        loaded = attach(asked)
    except TtytraceError as error:
        _refuse(error, door)
    except Exception as error:  # noqa: BLE001 - a door: who waits has to hear of it
        _refuse(LoaderFailed(reason=f"met {type(error).__name__}: {error}"), door)
    else:
        plan = {"plan": loaded.plan, "why": loaded.why}
        fields = plan | {"maps": [*loaded.maps], "programs": [*loaded.programs]}
        door.send(fields, [*loaded.maps.values(), *loaded.programs.values(), *loaded.links])


def _refuse(error: TtytraceError, door: Door) -> None:
    facts = {name: str(fact) for name, fact in error.facts.items()}
    door.send({"error": type(error).__name__, "facts": facts})


def _end(*_: Any) -> None:
    sys.exit()  # and take away what is temporary


def main() -> None:
    """The process: its first message says which `plan`, `rings`, and what is `wanted`."""
    signal.signal(signal.SIGTERM, _end)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # those who record have blocked some
    door = Door.of_worker()
    asked = door.receive()
    if asked is not None:
        answer(asked.fields, door)


if __name__ == "__main__":
    main()
