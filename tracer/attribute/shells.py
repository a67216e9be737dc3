"""Which programs are shells that somebody types to, and when one stands at its prompt.

Invariant: a shell that runs a script or a command of its own isn't one of them, and a terminal in
any state but that of its prompt isn't read by it: in doubt, no.
"""

from __future__ import annotations

import termios
from typing import Final, NamedTuple

# By the program's own name, not by what it was called as: sh is one or the other.
_EDITING: Final = frozenset((b"bash", b"zsh", b"ksh", b"ksh93", b"mksh", b"busybox"))
_PLAIN: Final = frozenset((b"dash", b"posh"))
_FISH: Final = b"fish"
_WITH_VALUE: Final = frozenset((b"-o", b"+o", b"-O", b"+O", b"--rcfile", b"--init-file"))
_MODES: Final = termios.ICANON | termios.ECHO


class Prompt(NamedTuple):
    """What ICANON and ECHO are while a shell shows its prompt. A line editor reads keys and echoes
    them itself; without one, the kernel edits the line.

    `is_certain`: they are different while the shell runs a command, a builtin too.
    """

    modes: int
    is_certain: bool

    def fits(self, lflag: int) -> bool:
        """Whether a terminal with this c_lflag may be at this prompt."""
        return lflag & _MODES == self.modes


def prompt_of(exe: bytes, argv: tuple[bytes, ...]) -> Prompt | None:
    """The prompt of this program; None: it has none."""
    name = exe.rpartition(b"/")[2]
    if not _is_interactive(argv) or (name == b"busybox" and not _is_busybox_shell(argv)):
        return None
    if name in _EDITING:
        return Prompt(0, True)
    if name == _FISH:
        return Prompt(0, False)
    return Prompt(_MODES, False) if name in _PLAIN else None


def _is_busybox_shell(argv: tuple[bytes, ...]) -> bool:
    return bool(argv) and argv[0].rpartition(b"/")[2].lstrip(b"-") in (b"sh", b"ash")


def _is_interactive(argv: tuple[bytes, ...]) -> bool:
    words = iter(argv[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith((b"-", b"+")) or _has_command(word):
            return False
    return True


def _has_command(option: bytes) -> bool:
    if option.startswith(b"--"):
        return option.startswith(b"--command")
    return b"c" in option
