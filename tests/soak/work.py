"""Twenty panes that work, and people who come, type and go; whatever is random has one seed.

Invariant: close() ends every server and client, and nothing that was started here is left.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.kernel.tmux import Pane, Tmux
from tests.kernel.typists import Typist

_STORM = Path(__file__).parents[1] / "workload/storm.c"

BUSY = (
    # builds
    f"while :; do cc -O1 -o build {_STORM}; sleep 3; done",
    f"while :; do cc -O2 -c -o build.o {_STORM}; sleep 5; done",
    # programs, one after the other
    "while :; do for n in $(seq 97); do /bin/true; done; sleep 2; done",
    "while :; do /bin/echo step | tr a-z A-Z | wc -c; sleep 0.3; done",
    # floods: a long file, and one that only a signal ends
    "while :; do seq 20011; sleep 3; done",
    "while :; do timeout 0.2 yes; sleep 11; done",
    "while :; do ls -lR /usr/share/doc | head -2003; sleep 4; done",
    # a screen that is drawn again and again
    "exec top -d 1",
    # hardly anything
    "while :; do sleep 1; done",
    "exec sleep infinity",
)
"""What runs in panes that nobody types in."""

EDITORS = ("exec vim -u NONE -n text",) * 3
SHELLS = ("exec bash --norc",) * 7

_TYPED_AT_SHELLS = (
    b"date\r",
    b"ls -l /usr/bin | head -n 31\r",
    b"for n in 1 2 3; do /bin/echo $n; done\r",
    b"echo \xc3\xa9t\xc3\xa9; true\r",
    b"false | true; (exit 3)\r",
    b"sleep 0.1 &\r",
    b"\x03\r",
)
_TYPED_AT_EDITORS = (
    b"ihello\x1b",
    b"o\xe6\x97\xa5\xe6\x9c\xac\x1b",
    b"dd",
    b"ggVG>",
    b"u",
    b"\x0c",
)
_PEOPLE = 3

Deeds = dict[Callable[[], None], int]


class Work:
    """In `place`, on three tmux servers. Each step() is some small thing that people do, or one of
    `others`, which have weights as theirs."""

    def __init__(self, place: Path, others: Deeds, seed: int = 7919) -> None:
        self._random = Random(seed)
        self._servers = [Tmux(_new(place / f"server{n}")) for n in range(3)]
        self._numbers = itertools.count()
        self._place = place
        self._deeds = others | {
            self._type: 30, self._come: 3, self._go: 3, self._resize: 2,
            self._open_and_close: 2, self._serve_and_end: 1,
        }  # fmt: skip
        servers = itertools.cycle(self._servers)
        self._busy = [(next(servers), command) for command in BUSY]
        self._typed = [(next(servers), command) for command in SHELLS + EDITORS]
        self._panes: list[tuple[Tmux, Pane]] = []
        self._people: list[tuple[Typist, bool]] = []

    def begin(self) -> None:
        """All panes open."""
        for tmux, command in self._busy:
            tmux.new_session(command)
        self._panes = [(tmux, tmux.new_session(command)) for tmux, command in self._typed]

    def step(self) -> None:
        """One of the things that people do."""
        (deed,) = self._random.choices([*self._deeds], [*self._deeds.values()])
        deed()

    def close(self) -> None:
        for person, _ in self._people:
            person.close()
        for tmux in self._servers:
            tmux.close()

    def _type(self) -> None:
        if self._people:
            person, is_editor = self._random.choice(self._people)
            person.type(self._random.choice(_TYPED_AT_EDITORS if is_editor else _TYPED_AT_SHELLS))

    def _come(self) -> None:
        if len(self._people) < _PEOPLE:
            nth = self._random.randrange(len(self._panes))
            tmux, pane = self._panes[nth]
            self._people.append((Typist(tmux, pane, "root"), nth >= len(SHELLS)))

    def _go(self) -> None:
        if self._people:
            self._people.pop(self._random.randrange(len(self._people)))[0].close()

    def _resize(self) -> None:
        tmux, pane = self._random.choice(self._panes)
        tmux.resize(pane, self._random.randint(40, 200), self._random.randint(10, 60))

    def _open_and_close(self) -> None:
        """A pane that is there for a moment, with all that runs in it."""
        tmux, pane = self._random.choice(self._panes)
        short = tmux.split(pane, "sh -c 'seq 503; sleep 300' & sleep 300")
        tmux.run("kill-pane", "-t", short.id)

    def _serve_and_end(self) -> None:
        """A server that is there for a moment."""
        tmux = Tmux(_new(self._place / f"short{next(self._numbers)}"))
        try:
            tmux.new_session("seq 503; sleep 300")
        finally:
            tmux.close()


def _new(place: Path) -> Path:
    place.mkdir()
    return place
