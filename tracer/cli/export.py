"""`ttytrace export`: a recording as a file that other programs play or print."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from tracer.cli.chosen import Chosen, chosen, wish_of
from tracer.cli.hands import counted
from tracer.cli.indexed import say
from tracer.cli.logs import LogOption
from tracer.errors import BadFilter, BadSearch, CantExport
from tracer.export import asciicast, html, ndjson, svg, text, typescript
from tracer.export.excerpt import Excerpt, excerpt, still

_PLAYED: Final = {"asciicast": asciicast.write_v2, "asciicast3": asciicast.write_v3}
_READ: Final[dict[str, Callable[[Excerpt, BinaryIO], None]]] = {
    "text": text.write,
    "html": html.write,
    "ndjson": ndjson.write,
}
_FORMATS: Final = (*_PLAYED, *_READ, "typescript", "svg")


def export(  # noqa: PLR0917 - each is an option of the command
    target: Annotated[
        str,
        typer.Argument(help="As of `ttytrace replay`, which lists what there is."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; standard output.")
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", help=f"One of {', '.join(_FORMATS)}.")
    ] = "asciicast",
    log: LogOption = None,
    at: Annotated[str, typer.Option(help="Of svg: which moment; the last.")] = "",
    since: Annotated[str, typer.Option(help="From when on: 14:30, 2h (ago), an ISO date.")] = "",
    until: Annotated[str, typer.Option(help="Up to when.")] = "",
    timing: Annotated[
        Path | None, typer.Option(help="Of a typescript that is read, where it isn't beside it.")
    ] = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Keep sequences that do more than draw: whoever plays it obeys them, clipboard, "
            "titles, questions and all.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file.")] = False,
) -> None:
    """Write what a pane, a client or a session showed into a file for other programs.

    asciicast and typescript are played by asciinema and scriptreplay, html by any browser, without
    a network; text is what could be read, svg a still. typescript makes FILE and FILE.timing.
    Who exports what, and which stretch of time, is recorded before anything is written.
    """
    _check(format_, output, at, is_exact=exact)
    wish = wish_of(target, at, since, until)._replace(timing=timing)
    suffixes = ("", ".timing") if format_ == "typescript" else ("",)
    paths = [] if output is None else [Path(f"{output}{suffix}") for suffix in suffixes]
    with chosen(log, wish) as found, _files(paths, force) as files:
        part = _write(found, format_, files, exact)
    gaps = sum(mark.kind == "gap" for mark in part.marks)
    if gaps:
        say(f"{counted(gaps, 'gap')} in it: not all that was shown was recorded")


def _check(format_: str, output: Path | None, at: str, *, is_exact: bool) -> None:
    if format_ not in _FORMATS:
        raise BadFilter(option="--format", value=format_, choices=", ".join(_FORMATS))
    if at and format_ != "svg":
        reason = "only svg is of one moment; --since and --until cut the others"
        raise BadSearch(option="--at", value=at, reason=reason)
    if is_exact and format_ not in (*_PLAYED, "typescript"):
        reason = "only asciicast and typescript are told what else a terminal should do"
        raise CantExport(place="--exact", reason=reason)
    if output is None and format_ == "typescript":
        raise CantExport(place=format_, reason="these are two files, so -o must name them")
    if output is None and sys.stdout.isatty() and format_ != "text":
        raise CantExport(place=format_, reason="this is not for a terminal; -o names a file")


def _write(found: Chosen, format_: str, files: list[BinaryIO], is_exact: bool) -> Excerpt:
    recording = found.views[0]
    if format_ == "svg":
        at_ns = found.last_ns if found.at_ns == found.first_ns else found.at_ns
        svg.write(still(recording, at_ns), files[0], recording.title)
        return excerpt(recording, at_ns, at_ns)
    part = excerpt(recording, found.first_ns, found.last_ns)
    if format_ == "typescript":
        typescript.write(part, *files, is_exact=is_exact)
    elif format_ in _PLAYED:
        _PLAYED[format_](part, files[0], is_exact=is_exact)
    else:
        _READ[format_](part, files[0])
    return part


@contextmanager
def _files(paths: list[Path], is_forced: bool) -> Iterator[list[BinaryIO]]:
    # What was captured is for its reader alone. Nothing half written is left.
    if not paths:
        yield [sys.stdout.buffer]
        return
    made: list[Path] = []
    with ExitStack() as files:
        try:
            opened = []
            for path in paths:
                if is_forced and _is_file(path):
                    path.unlink()
                opened.append(files.enter_context(_made(path)))
                made.append(path)
            yield opened
        except BaseException:
            for path in made:
                path.unlink(missing_ok=True)
            raise


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _made(path: Path) -> BinaryIO:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        reason = "there is something already; --force writes over a file"
        raise CantExport(place=path, reason=reason) from None
    return os.fdopen(file, "wb")
