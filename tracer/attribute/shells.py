"""Which programs are shells that somebody types to, and when one stands at its prompt.

Invariant: a shell that runs a script or a command of its own isn't one of them, and a terminal in
any state but that of its prompt isn't read by it: in doubt, no.
"""

from __future__ import annotations

import termios
from typing import Final

# By the program's own name, not by what it was called as: sh is one or the other.
_EDITING: Final = frozenset((b"bash", b"zsh", b"fish", b"ksh", b"ksh93", b"mksh", b"busybox"))
_PLAIN: Final = frozenset((b"dash", b"posh"))
_WITH_VALUE: Final = frozenset((b"-o", b"+o", b"-O", b"+O", b"--rcfile", b"--init-file"))
_MODES: Final = termios.ICANON | termios.ECHO


def prompt_modes(exe: bytes, argv: tuple[bytes, ...]) -> int | None:
    """What ICANON and ECHO are while this program shows its prompt; None: it has none.

    A line editor reads keys and echoes them itself; without one, the kernel edits the line.
    """
    name = exe.rpartition(b"/")[2]
    if name == b"busybox" and not _is_shell_name(argv):
        return None
    if name not in _EDITING | _PLAIN or not _is_interactive(argv):
        return None
    return 0 if name in _EDITING else _MODES


def is_at_prompt(modes: int, lflag: int) -> bool:
    """Whether a terminal with this c_lflag may be read by a shell with these prompt modes."""
    return lflag & _MODES == modes


def has_editor(modes: int) -> bool:
    """Whether a shell with these prompt modes edits its line."""
    return modes == 0


def _is_shell_name(argv: tuple[bytes, ...]) -> bool:
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
