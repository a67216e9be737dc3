"""python -m tests.scenario.record [--goldens]: records each scenario on the running kernel, and
writes what the pipeline makes of it as the golden findings. `--goldens`: only the latter.

Invariant: a recording has the drains of the product's own source and only records of the
scenario's server, numbered as if there had been no other. Needs root, but for --goldens.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.kernel.lines import to_line
from tests.kernel.tmux import Tmux
from tests.kernel.tracing import load_program
from tests.kernel.watch import server_of
from tests.patience import eventually
from tracer.capture.kernel import KernelSource
from tracer.capture.recorded import RecordedSource, record
from tracer.decode.records import decode
from tracer.model import abi
from tracer.model.events import Exit, Record
from tracer.model.findings import Finding
from tracer.model.stage import Batch, Drain
from tracer.pipeline import Pipeline
from tracer.redact.stage import Redactor
from tracer.settings import InputPolicy, RedactSettings, RingSizes

HERE = Path(__file__).parent
# What the only pane runs, with sh, for each scenario.
SCENARIOS = {
    "commands": r"""cd /tmp; printf 'h\303\251llo \342\202\254\n'; (exit 3); sh -c 'kill -9 $$'
cd /; /bin/echo "a  b" '' 'c"d'; env -i /bin/true; /bin/sh -c /bin/true & wait""",
    "output": r"""seq 3000; printf '\377\376\033[31mred\033[0m\n'; seq 5 | tail -n 2""",
}
_SEQ_AT = abi.HEADER.offset("seq")


def findings_of(path: Path) -> list[Finding]:
    """What the pipeline makes of a recording, without a world to ask."""
    found: list[Finding] = []

    class Sink:
        def write(self, findings: list[Finding]) -> None:
            found.extend(findings)

    redactor = Redactor(RedactSettings(), InputPolicy.METADATA, b"key")
    pipeline = Pipeline(RecordedSource(path), [Sink()], redactor)
    while pipeline.turn():
        pass
    pipeline.finish()
    return found


def _record(script: str, path: Path) -> None:
    source = KernelSource(load_program(None, RingSizes()), RingSizes())
    drains: list[Drain] = []
    place = Path(tempfile.mkdtemp(prefix="tt-", dir="/tmp"))
    tmux = Tmux(place)
    try:
        pane = tmux.new_session(f"cd /; read go; {script}", name="scenario")
        tmux.send_keys(pane, "Enter")

        def is_over() -> bool:
            drains.append(source.drain())
            return any(_ends(drains[-1], pane.server_pid))

        eventually(is_over)
        source.stop()
        drains.append(source.drain())
    finally:
        source.close()
        shutil.rmtree(place)
    with path.open("wb") as file:
        record(_only(drains, pane.server_pid), file)


def _ends(drain: Drain, server: int) -> list[Record]:
    found = [a.record for batch in drain.batches for a in decode(batch.data, batch.spans)]
    return [r for r in found if isinstance(r, Exit) and r.key.tgid == server]


def _only(drains: list[Drain], server: int) -> list[Drain]:
    """The records of one server, renumbered, in the drains that have any."""
    numbers: Counter[int] = Counter()
    kept = []
    for drain in drains:
        batches = tuple(_only_batch(batch, server, numbers) for batch in drain.batches)
        produced = [numbers[slot] for slot in range(len(drain.produced))]
        if any(batch.spans for batch in batches):
            kept.append(Drain(drain.began_ns, produced, batches))
    return kept


def _only_batch(batch: Batch, server: int, numbers: Counter[int]) -> Batch:
    data, spans = bytearray(), []
    for arrival, (at, size) in zip(decode(batch.data, batch.spans), batch.spans, strict=True):
        if server_of(arrival.record) != server:
            continue
        slot = arrival.cpu * abi.KINDS + arrival.kind
        spans.append((len(data), size))
        data += batch.data[at : at + size]
        struct.pack_into("<I", data, spans[-1][0] + _SEQ_AT, numbers[slot])
        numbers[slot] += 1
    return Batch(bytes(data), spans)


def main() -> None:
    """Writes NAME.rec and NAME.jsonl for each scenario."""
    for name, script in SCENARIOS.items():
        path = HERE / f"{name}.rec"
        if sys.argv[1:] != ["--goldens"]:
            os.chdir("/")
            _record(script, path)
        lines = b"".join(map(to_line, findings_of(path)))
        path.with_suffix(".jsonl").write_bytes(lines)
        subprocess.run(["wc", "-lc", path, path.with_suffix(".jsonl")], check=True)


if __name__ == "__main__":
    main()
