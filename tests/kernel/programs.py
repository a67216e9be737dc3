"""Programs that draw on a terminal, and what somebody might press in them.

Invariant: with the same seed, the same keys are pressed; no order of them changes a file outside of
the directory that `prepare` filled, or ends a process of somebody else.
"""

from __future__ import annotations

import random
import shlex
import sys
from pathlib import Path
from typing import NamedTuple

_SEQUENCES = f"{sys.executable} {Path(__file__).parents[1] / 'workload/sequences.py'}"
_TEXT = "línea {n} ünï 漢字かな 🦀 e\u0301 \x1b[3{c}mrot\x1b[0m\t| {fill}\n"
_CODE = 'def f{n}(a: int) -> str:  # größer\n    return "漢字 {n}" if a > {n} else f"{{a!r}}"\n\n'

_VIM = """C-f | C-b | C-d | G | g g | j | k | w | p | u | d d | z z | C-y | C-e | : n Escape | n | N
    | o größer Space 漢字🦀 Escape | / return Enter | A ! Escape | C-w s | C-w w | C-w c | v j j d
    | C-w v | O x漢 BSpace BSpace Escape | g ~ ~ | > > | z t | z b | 2 0 x | P | C-g"""
_HTOP = """Down | Up | PPage | NPage | F5 | F2 | Escape | Right | Left | I | H | K | M | P | End
    | F3 z z Escape | F6 Down Enter | C-l | Tab"""
_LESS = """Space | b | d | u | G | g | j | k | Right | Left | n | N | R | / 1[0-9]*3 Enter
    | - S Enter | & größ Enter | & Enter | - N Enter | h q | 5 0 p"""
_MC = """Down | Up | Tab | F3 | F9 | Escape Escape | Right | Left | F10 | NPage | PPage | C-o | F1
    | Down Down | F9 Down Right Down | End | Home | C-s f | M-t | C-l"""
_TMUX = """ls Space --color Space -C Enter | Enter | head Space -99 Space text Enter | clear Enter
    | echo Space 漢字🦀 Enter | Up Enter | C-b % | C-b " | C-b c | C-b n | C-b o | C-b z | C-b t | q
    | C-b q | C-b Space | C-b [ PPage Up Up | Escape | C-b w | C-b x y | C-b } | C-b M-1 | C-b !"""
_BASH = """ls Space --color Enter | Enter | Up | C-c | C-l | C-a | C-e | M-b | C-r l s | Tab Tab
    | head Space -200 Space text Enter | echo Space 漢字🦀👍🏽 Enter | reset Enter
    | 漢字🦀 | C-w | C-y
    | word Space word Space word Space word Space word Space word Space word Space word Space word
    | less Space -R Space text Enter Space q | M-Left Left BSpace"""
_VTTEST = """Enter | Enter | Enter | Enter | Enter | Enter | Enter | Enter | Enter
    | 0 Enter | 1 Enter | 2 Enter | 3 Enter | 8 Enter | 9 Enter | 1 1 Enter | 1 0 Enter | 4 Enter"""


class Program(NamedTuple):
    """`command` is run by sh, again and again. `keys`: entries for `tmux send-keys`."""

    command: str
    keys: str

    def press(self, chance: random.Random) -> list[str]:
        """What is pressed next."""
        return chance.choice(self.keys.split("|")).split()

    def forever(self, place: Path) -> str:
        """A command for a pane."""
        return f"cd {shlex.quote(str(place))}; while :; do {self.command}; sleep 0.1; done"


def prepare(place: Path) -> None:
    """Fills the directory that the programs run in."""
    chance = random.Random(7919)
    lines = [_TEXT.format(n=n, c=n % 8, fill="x" * chance.randint(0, 150)) for n in range(2000)]
    (place / "text").write_text("".join(lines))
    (place / "code.py").write_text("".join(_CODE.format(n=n) for n in range(300)))
    (place / "wide 漢字").mkdir()
    for number in range(40):
        (place / f"file-{number}-größe").write_text("x" * number)


PROGRAMS = {
    "vim": Program(
        "vim -u NONE -i NONE -N -n -c 'sy on|set hls nu ru sc mouse= nowrite' code.py",
        _VIM,
    ),
    "htop": Program("HOME=$PWD htop --readonly -d 2", _HTOP),
    "less": Program("LESSHISTFILE=- less -R text", _LESS),
    "mc": Program("HOME=$PWD mc --nosubshell --nomouse", _MC),
    "tmux": Program(
        "env -u TMUX PS1='$ ' tmux -u -f /dev/null -S inner new-session -A bash --norc", _TMUX
    ),
    "bash": Program(r"PS1='\[\e[32m\]\w\[\e[0m\]$ ' HISTFILE= bash --norc --noprofile", _BASH),
    "vttest": Program("vttest", _VTTEST),
    "sequences": Program(f"stty -echo; {_SEQUENCES} 7919 3000", "Enter"),
    "wide": Program(f"stty -echo; {_SEQUENCES} 7907 3000 wide", "Enter"),
}
"""By name."""
