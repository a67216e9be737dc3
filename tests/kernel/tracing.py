"""python -m tests.kernel.tracing OUT.jsonl [options]: the product's capture in a process of its
own, which writes its findings to OUT.jsonl, and Totals as the last line.

It says `ready` on stderr when the hooks are in place, and ends on SIGINT.
"""

from __future__ import annotations

import argparse
import os
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import BinaryIO, ClassVar

from tests.kernel.lines import Totals, to_line
from tests.variants import VARIANTS
from tracer import daemon
from tracer.capture import loader
from tracer.capture.flatten import flatten
from tracer.capture.kernel import KernelSource
from tracer.capture.program import LoadedProgram
from tracer.correlate import access, waiting
from tracer.model import abi
from tracer.model.findings import Finding
from tracer.model.stage import Drain
from tracer.probe.btf import Btf
from tracer.probe.ktypes import kernel_types
from tracer.probe.plan import choose
from tracer.probe.survey import survey
from tracer.redact.prompts import Prompts
from tracer.settings import InputPolicy, RingSizes, Settings

_KIND = struct.Struct("<H").unpack_from
_KIND_AT = abi.HEADER.offset("kind")


class CountingSource(KernelSource):
    """The kernel, with a count of what it made and what arrived."""

    produced: ClassVar[Counter[int]] = Counter()
    arrived: ClassVar[Counter[int]] = Counter()

    def drain(self) -> Drain:
        drain = super().drain()
        self.produced.clear()
        for slot, count in enumerate(drain.produced):
            self.produced[slot % abi.KINDS] += count
        for batch in drain.batches:
            self.arrived.update(_KIND(batch.data, at + _KIND_AT)[0] for at, _ in batch.spans)
        return drain


class LineSink:
    """Writes findings as they come."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, findings: list[Finding]) -> None:
        self._file.writelines(map(to_line, findings))
        self._file.flush()


def load_program(
    plan: str | None, rings: RingSizes, wanted: loader.Wanted = loader.EVERYTHING
) -> LoadedProgram:
    """As the product's loader does, in this process."""
    btf = Btf.load()
    if plan in VARIANTS:
        chosen = choose(VARIANTS[plan](survey(btf, "tracepoint")), "tracepoint")
    else:
        chosen = choose(survey(btf, plan), plan)
    return loader.load(chosen, kernel_types(btf), rings, wanted)


def _take_rules_out() -> None:
    """From now on nothing is taken for a secret, in the kernel half or behind it."""
    rule = "(lflag & (ICANON | ECHO)) == ICANON"

    def flatten_without(main: Path) -> str:
        text = flatten(main)
        assert text.count(rule) == 1
        return text.replace(rule, "false")

    loader.flatten = flatten_without  # type: ignore[assignment]
    Prompts.take = lambda _self, _typed: False  # type: ignore[method-assign]


def _wait_longer() -> None:
    """An emulated machine is too slow for what is waited for: names, and how users came."""
    access.WAIT_NS = waiting.NAME_WAIT_NS = 3_000_000_000  # type: ignore[misc]


def _named(counts: Counter[int]) -> dict[str, int]:
    return {name: counts[kind] for kind, name in abi.KIND_NAMES.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--critical-pages", type=int, default=RingSizes().critical_pages)
    parser.add_argument("--bulk-pages", type=int, default=RingSizes().bulk_pages)
    parser.add_argument("--plan")
    parser.add_argument("--input", default="metadata")
    parser.add_argument("--without-secrets", action="store_true")
    parser.add_argument("--without-clients", action="store_true")
    asked = parser.parse_args()
    daemon.KernelSource = CountingSource  # type: ignore[misc]
    if "TTYTRACE_GUEST" in os.environ:
        _wait_longer()
    if asked.without_secrets:
        _take_rules_out()
    with asked.out.open("wb") as file:
        rings = RingSizes(asked.critical_pages, asked.bulk_pages)
        settings = Settings(input=InputPolicy(asked.input), rings=rings)
        wanted = loader.Wanted(asked.input != InputPolicy.OFF, not asked.without_clients)
        program = load_program(asked.plan, settings.rings, wanted)
        capture = daemon.Capture([LineSink(file)], program, settings)
        try:
            capture.run(lambda: print("ready", file=sys.stderr, flush=True))
        finally:
            capture.close()
        produced, arrived = _named(CountingSource.produced), _named(CountingSource.arrived)
        file.write(to_line(Totals(capture.plan, produced, arrived)))


if __name__ == "__main__":
    main()
