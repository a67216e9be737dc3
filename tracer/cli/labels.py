"""How things are called on a line: users, panes, programs, terminals, times.

Invariant: every label is safe to print, and reads as one thing: what could pass for a neighbour
on the line is quoted as in a shell.
"""

from __future__ import annotations

import re
import shlex
from typing import Final

from tracer.codec.program import image_of
from tracer.codec.safe import safe_text
from tracer.model import abi
from tracer.model.context import Client, Place, Process
from tracer.model.events import Tty
from tracer.model.findings import ClientOutput, Lost, PaneCaptured, TerminalResized, UserLogin

_PLAIN_NAME: Final = re.compile(r"[\w@%+=,/$-]+")
_NAME_CHARS: Final = 32
_CUTS: Final = (
    (abi.EXEC_ARGV_CUT, "arguments cut"),
    (abi.EXEC_ARGV_FAULT, "arguments unreadable"),
    (abi.EXEC_EXE_CUT | abi.EXEC_INVOKED_CUT | abi.EXEC_CWD_CUT, "path cut"),
)


def where(place: Place | None) -> str:
    """As tmux itself writes a target, work:0.%3; a "?" follows what the kernel doesn't confirm.

    A window that isn't of a pane is work:0. Without a name: the pid of the pane's first process
    (?:1000), or of the server (server:900).
    """
    if place is None:
        return "?"
    claimed = place.session_name or place.session_id
    session = name_of(claimed) if claimed else "?"
    window = "?" if place.window_index is None else place.window_index
    if place.pane_id is not None:
        return f"{session}:{window}.{name_of(place.pane_id)}{'' if place.verified else '?'}"
    if place.pane_pid is not None:
        return f"?:{place.pane_pid}"
    if place.window_id is not None:
        return f"{session}:{window}"
    return f"server:{place.server.tgid}" if session == "?" else session


def name_of(name: str) -> str:
    """A name: quoted if it could be taken for more than that, cut if it would fill the line."""
    if len(name) > _NAME_CHARS:
        name = name[:_NAME_CHARS] + "…"
    if _PLAIN_NAME.fullmatch(name):
        return safe_text(name)
    # shlex.quote() alone leaves what a shell wouldn't split, like work:0.
    quoted = shlex.quote(name)
    return safe_text(f"'{name}'" if quoted == name else quoted)


def word(value: bytes) -> str:
    """A path or an argument as one would type it in a shell."""
    return safe_text(shlex.quote(value.decode("utf-8", "surrogateescape")))


def process_label(process: Process) -> str:
    """ls[4711]: the program's name, and the pid."""
    path = image_of(process).path
    program = word(path.rpartition(b"/")[2]) if path else "?"
    return f"{program}[{process.key.tgid}]"


def remarks_on(process: Process) -> list[str]:
    """What the arguments of a program don't say: pid and directory, then whatever is odd."""
    image = image_of(process)
    remarks = [
        f"{process.key.tgid} in {word(process.cwd)}" if process.cwd else f"{process.key.tgid}"
    ]
    if process.argv and _program_name(process.argv[0]) != _program_name(image.path):
        remarks.append(f"runs {word(image.path)}")
    if image.path and image.deleted:
        remarks.append("deleted")
    if image.memfd:
        remarks.append("memfd")
    return remarks + [cut for flags, cut in _CUTS if process.flags & flags]


def remarks_on_client(client: Client) -> list[str]:
    """How a client is attached, where that isn't as usual."""
    origin = client.person.origin if client.person else None
    remarks = ["read-only"] if client.is_read_only else []
    if client.is_control:
        remarks.append("control mode")
    if origin is not None and origin.server_pid is not None:
        remarks.append(f"inside tmux {origin.server_pid}")
    return remarks if client.verified else [*remarks, "unverified"]


def amount_lost(lost: Lost) -> str:
    """37 bytes, 3 bytes of input, or 5 exec records where no bytes are known."""
    if lost.bytes is not None:
        return f"{lost.bytes} bytes{' of input' if lost.kind == 'text_input' else ''}"
    return f"{'?' if lost.records is None else lost.records} {safe_text(lost.kind)} records"


def _program_name(path: bytes) -> bytes:
    # A login shell has "-" before its name in argv[0] (login(1)).
    return path.rpartition(b"/")[2].removeprefix(b"-")


def tty_name(tty: Tty) -> str:
    """pts/3; the device numbers for what is no pty."""
    # UNIX98 pty slaves are majors 136 to 143 (Documentation/admin-guide/devices.txt).
    if 136 <= tty.major <= 143:
        return f"pts/{(tty.major - 136) * 256 + tty.minor}"
    return f"{tty.major}:{tty.minor}"


def duration(ns: int) -> str:
    """Two units at most: 12ms, 1.2s, 3m05s, 2h03m."""
    ms = ns // 1_000_000
    if ms < 1000:
        return f"{ms}ms"
    if ms < 60_000:
        return f"{ms // 1000}.{ms % 1000 // 100}s"
    minutes, seconds = divmod(ms // 1000, 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def login_text(login: UserLogin) -> str:
    """+ login of alice from 10.0.0.7 by sshd (session 4), as the program that let them in says."""
    account, address = (safe_text(each or "?") for each in (login.said.account, login.said.address))
    program = safe_text((login.said.program or "?").rpartition("/")[2])
    session = "" if login.audit_session is None else f" (session {login.audit_session})"
    sign = {"login": "+", "logout": "-"}.get(login.action, "!")
    return f"{sign} {safe_text(login.action)} of {account} from {address} by {program}{session}"


def screen_text(finding: ClientOutput | TerminalResized | PaneCaptured) -> str:
    """What became of a screen, without what it shows."""
    if isinstance(finding, ClientOutput):
        return f"the screen of {tty_name(finding.tty)} got {len(finding.data)} bytes"
    if isinstance(finding, TerminalResized):
        return f"~ {tty_name(finding.tty)} is {finding.columns}x{finding.rows} now"
    return f"~ a screen of {finding.capture.columns}x{finding.capture.rows}, as tmux says"
