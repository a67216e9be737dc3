"""`ttytrace verify`: was the log changed, cut or replaced, and is something missing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import orjson
import typer

from tracer.cli.logs import LogOption, open_log
from tracer.cli.trust import read_trust
from tracer.cli.verdict import as_json, as_text
from tracer.cli.when import moment, now_us
from tracer.store.check import Progress, verify_log
from tracer.store.directory import Directory
from tracer.store.segments import Segment, segments_in


def verify(  # noqa: PLR0917 - each is an option of the command
    log: LogOption = None,
    key: Annotated[
        str | None, typer.Option(metavar="VKEY", help="The public key that init showed.")
    ] = None,
    seed: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The seed that init showed; - for stdin.")
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Heads that were kept elsewhere; may be repeated."),
    ] = None,
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="When the copy that is checked was made, if it is one."),
    ] = "",
    is_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Check that nothing in the log was changed, cut out or left off.

    Exits with 0 (OK), 1 (TAMPERED, ROLLBACK), 3 (INCOMPLETE) or 4 (UNVERIFIABLE).
    """
    trust = read_trust(key, seed, anchor or [])
    now = now_us()
    asked_ns = (moment("--at", at, now) or now) * 1000
    segments = open_log(log).inside("log")
    with _progress(segments) as progress:
        report = verify_log(segments, trust, progress).report(asked_ns)
    if is_json:
        raw = orjson.dumps(as_json(report, trust), option=orjson.OPT_INDENT_2)
        sys.stdout.write(raw.decode() + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in as_text(report, trust))
    raise typer.Exit(report.verdict.exit_code)


@contextmanager
def _progress(segments: Directory) -> Iterator[Progress]:
    """A bar on a terminal."""
    if not _is_terminal():
        yield lambda _number, _done: None
        return
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.progress import Progress as Bar  # noqa: PLC0415

    sizes = [_size(segments, segment) for segment in segments_in(segments)]
    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verify", total=sum(sizes))

        def show(number: int, done: int) -> None:
            # Of a compressed segment more is read than its file has.
            part = min([done, *sizes[number : number + 1]])
            bar.update(task, completed=sum(sizes[:number]) + part)

        yield show


def _is_terminal() -> bool:
    return sys.stderr.isatty()


def _size(directory: Directory, segment: Segment) -> int:
    try:
        return directory.size(segment.name)
    except FileNotFoundError:  # compressed meanwhile
        return 0
