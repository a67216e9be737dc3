"""A selection from the words of a command line."""

from __future__ import annotations

import pwd
from typing import Final

from tracer.errors import BadFilter
from tracer.model import selection
from tracer.model.selection import BY_DEFAULT, Selection

KINDS: Final = ", ".join(selection.KINDS)
"""For help and errors."""


def selected(session: str, pane: str, user: str, kind: str, output: bool) -> Selection:
    """BadFilter names what can't be."""
    kinds = {name.strip() for name in kind.split(",") if name.strip()} or set(BY_DEFAULT)
    for name in kinds - set(selection.KINDS):
        raise BadFilter(option="--kind", value=name, choices=KINDS)
    if not output:
        kinds.discard("text_output")
    return Selection(session, pane, _uid(user), frozenset(kinds))


def _uid(user: str) -> int | None:
    if not user:
        return None
    if user.isdigit():
        return int(user)
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise BadFilter(option="--user", value=user, choices="a user of this host") from None
