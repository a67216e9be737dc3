"""What we ask a tmux server, and how its answer is read.

Invariant: a line counts only if it is exactly what tmux prints: ids, numbers, and at most one name,
which is last and free of control characters. So no name can forge a second line or a field.
That the claims are true is decided in `verify`.
"""

from __future__ import annotations

import re
from typing import Final

from tracer.model.events import Tty
from tracer.model.facts import (
    ClientClaim,
    PaneClaim,
    ServerClaims,
    SessionClaim,
    Verdict,
)
from tracer.observe.reply import Reply

UNIX98_PTY_SLAVE_MAJOR: Final = 136

# One command sequence, so that a poll is one round trip; each kind of line begins with its letter.
# Names of sessions and windows are vis(3)-escaped by tmux, of 3.1's not all; #{pane_current_path},
# #{pane_title}, #{client_tty} (whatever the client said) and user options are not, and are never
# asked for.
# Hooks: on 3.3a a user's after-list-panes, -sessions, -clients and -windows hooks all run when we
# ask, and so do after-display-message and after-show-options; only has-session has none, and it
# prints nothing. There is no silent way to ask (CMD_AFTERHOOK in each cmd-*.c).
_ONE_LINE: Final = "#{s/[\x01-\x1f\x7f]/?/:%s}"
COMMAND: Final = (
    "list-sessions", "-F", f"S #{{session_id}} {_ONE_LINE % 'session_name'}", ";",
    "list-clients", "-F",
    "C #{client_pid} #{session_id} #{client_width} #{client_height} #{client_readonly} "
    "#{client_control_mode}", ";",
    "list-panes", "-a", "-F",
    "P #{session_id} #{window_id} #{window_index} #{pane_id} #{pane_index} #{pane_pid} "
    f"#{{pane_tty}} {_ONE_LINE % 'window_name'}",
)  # fmt: skip

_NUMBER = r"(\d{1,10})"
_NAME = r"([^\x00-\x1f\x7f-\x9f]*)"
_SESSION: Final = re.compile(rf"S (\$\d{{1,10}}) {_NAME}", re.ASCII)
_CLIENT: Final = re.compile(
    rf"C {_NUMBER} (\$\d{{1,10}}) (\d{{0,10}}) (\d{{0,10}}) ([01]?) ([01]?)", re.ASCII
)
_PANE: Final = re.compile(
    rf"P (\$\d{{1,10}}) (@\d{{1,10}}) {_NUMBER} (%\d{{1,10}}) {_NUMBER} {_NUMBER} "
    rf"/dev/pts/{_NUMBER} {_NAME}",
    re.ASCII,
)


def parse(reply: Reply) -> ServerClaims:
    """The claims in a reply to COMMAND; none unless its verdict is OK."""
    if reply.verdict is not Verdict.OK:
        return ServerClaims(reply.verdict, reply.message)
    found = [_line(line) for line in reply.output.split(b"\n")[:-1]]
    return ServerClaims(
        reply.verdict,
        None,
        tuple(claim for claim in found if isinstance(claim, SessionClaim)),
        tuple(claim for claim in found if isinstance(claim, PaneClaim)),
        tuple(claim for claim in found if isinstance(claim, ClientClaim)),
        found.count(None),
    )


def _size(digits: str) -> int | None:
    return int(digits) if digits else None


def _line(raw: bytes) -> SessionClaim | PaneClaim | ClientClaim | None:
    try:
        line = raw.decode()
    except UnicodeDecodeError:
        return None
    if match := _PANE.fullmatch(line):
        session, window, nth, pane, pane_nth, pid, pts, name = match.groups()
        tty = Tty(UNIX98_PTY_SLAVE_MAJOR, int(pts))
        return PaneClaim(session, window, int(nth), name, pane, int(pane_nth), int(pid), tty)
    if match := _SESSION.fullmatch(line):
        return SessionClaim(*match.groups())
    if match := _CLIENT.fullmatch(line):
        pid, session, columns, rows, read_only, control = match.groups()
        size = _size(columns), _size(rows)
        return ClientClaim(int(pid), session, *size, read_only == "1", control == "1")
    return None
