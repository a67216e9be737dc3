"""People at one tmux session: clients of several users, each on a terminal of the test's own, and
one more user who has a process only.

Invariant: nobody else types at these terminals. Users are those that every Debian has, so that tmux
can be told of them by name.
"""

from __future__ import annotations

import heapq
import os
import pwd
import re
import subprocess
import termios
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import NamedTuple, Protocol

from tests.kernel.tmux import ENVIRONMENT, Pane, Tmux
from tests.patience import eventually
from tracer.model.context import Person
from tracer.model.events import Tty

USERS = ("games", "news", "mail")
FOURTH = "uucp"
ROWS, COLUMNS = 24, 80

Writes = tuple[bytes, ...]
"""Something to do at a keyboard: bytes that come at once, and after a pause the next."""


class Stroke(NamedTuple):
    """One write, `at_s` after the beginning, to the terminal of a typist."""

    at_s: float
    typist: int
    keys: bytes


class Author(Protocol):
    """Somebody who puts input into a pane."""

    user: str

    def type(self, keys: bytes) -> None:
        """Types, by whatever way is this author's."""

    def is_person(self, person: Person) -> bool:
        """Whether a tracer that names this person means this author."""


class Typist:
    """A client of a session, and the keyboard and screen that its user sits at."""

    def __init__(self, tmux: Tmux, pane: Pane, user: str, *options: str) -> None:
        self.user, self.uid = user, pwd.getpwnam(user).pw_uid
        self.shown = bytearray()
        self._keyboard, terminal = os.openpty()
        termios.tcsetwinsize(terminal, (ROWS, COLUMNS))
        os.fchown(terminal, self.uid, -1)
        device = os.fstat(terminal).st_rdev
        self.tty = Tty(os.major(device), os.minor(device))
        self.tty_name = os.ttyname(terminal)
        attach = tmux.argv("attach-session", "-t", f"={pane.session}", *options)
        self._client = as_user(user, ["setsid", "--ctty", *attach], terminal)
        self.pid = self._client.pid
        os.close(terminal)
        self._screen = threading.Thread(target=self._watch)
        self._screen.start()

    def type(self, keys: bytes) -> None:
        """One write, so that what fits is read at once."""
        assert os.write(self._keyboard, keys) == len(keys)

    def is_person(self, person: Person) -> bool:
        return (person.key.tgid, person.uid, person.tty) == (self.pid, self.uid, self.tty)

    def close(self) -> None:
        """The client goes, and its terminal."""
        self._client.kill()
        self._client.wait()
        self._screen.join()
        os.close(self._keyboard)

    def _watch(self) -> None:
        # A client whose screen nobody reads would stand still. Ends with the client (EIO).
        with suppress(OSError):
            while data := os.read(self._keyboard, 65536):
                self.shown += data


class Sender:
    """A user without a terminal, who lets tmux type: `command` is a tmux command that ends where
    the text belongs."""

    def __init__(self, tmux: Tmux, pane: Pane, user: str = FOURTH) -> None:
        self.user, self.uid = user, pwd.getpwnam(user).pw_uid
        self._argv = tmux.argv("send-keys", "-t", pane.id, "-l")
        self._pids: set[int] = set()

    def type(self, keys: bytes) -> None:
        """All in one command."""
        sending = as_user(self.user, [*self._argv, keys.decode()])
        self._pids.add(sending.pid)
        assert sending.wait() == 0

    def is_person(self, person: Person) -> bool:
        return (person.key.tgid in self._pids, person.uid) == (True, self.uid)


def as_user(
    user: str, argv: Sequence[str], terminal: int = subprocess.DEVNULL
) -> subprocess.Popen[bytes]:
    """Runs a program as another user, on request at a terminal."""
    out = None if terminal == subprocess.DEVNULL else terminal
    return subprocess.Popen(
        argv, user=user, group=pwd.getpwnam(user).pw_gid, extra_groups=[],
        stdin=terminal, stdout=out, stderr=out, env=ENVIRONMENT, cwd="/",
    )  # fmt: skip


def let_in(tmux: Tmux, *users: str) -> None:
    """Lets these users attach to a running server, and type."""
    tmux.socket.chmod(0o666)
    if "server-access" not in tmux.run("list-commands"):
        return  # before 3.3, who reaches the socket may
    for user in users:
        tmux.run("server-access", "-a", user)
        tmux.run("server-access", "-w", user)


def wait_until_attached(tmux: Tmux, typists: Iterable[Typist]) -> None:
    """Until the server takes their keys."""
    wanted = {str(typist.pid) for typist in typists}
    eventually(lambda: wanted <= set(tmux.run("list-clients", "-F", "#{client_pid}").split()))


def play(authors: Sequence[Author], strokes: Iterable[Stroke]) -> None:
    """Types, each stroke at its time. Who asked the server something before has gone by then."""
    began_s = time.monotonic() + 0.1
    for stroke in strokes:
        time.sleep(max(0.0, began_s + stroke.at_s - time.monotonic()))
        authors[stroke.typist].type(stroke.keys)


def at_random(
    random: Random, kits: Sequence[Sequence[Writes]], seconds: float, pause_s: float = 0.025
) -> Iterator[Stroke]:
    """Each types by itself: something of its kit about every `pause_s`; at times many keys at once,
    as a held key or a slow line brings them."""
    return heapq.merge(
        *(
            alone(Random(random.random()), typist, kit, seconds, pause_s)
            for typist, kit in enumerate(kits)
        )
    )


def alone(
    random: Random, typist: int, kit: Sequence[Writes], seconds: float, pause_s: float
) -> Iterator[Stroke]:
    """The strokes of one of them."""
    at_s = 0.0
    single = [writes[0] for writes in kit if len(writes) == 1]
    while at_s < seconds:
        at_s += random.expovariate(1 / pause_s)
        if random.random() < 0.1:
            yield Stroke(at_s, typist, b"".join(random.choices(single, k=random.randint(2, 20))))
            continue
        for keys in random.choice(kit):
            yield Stroke(at_s, typist, keys)
            at_s += 0.01


def at_once(random: Random, kits: Sequence[Sequence[Writes]], count: int) -> Iterator[Stroke]:
    """`count` times all press one key within one window of 10 ms."""
    for number in range(count):
        offsets = sorted((random.uniform(0, 0.003), typist) for typist in range(len(kits)))
        for offset_s, typist in offsets:
            yield Stroke(number * 0.012 + offset_s, typist, random.choice(kits[typist])[0])


def keys(text: str) -> list[Writes]:
    """Each character as one key."""
    return [(char.encode(),) for char in text]


_RAN = rb"cmdq_next <(?P<client>[^>\n]*)>: \["
_LOGGED = re.compile(rb"^\S+ (?:%b|input_key\w*: (?P<bytes>.*)$)" % _RAN, re.M)
# Servers before 3.2 log no bytes, but keys; those of letters are as long.
_KEYS_LOGGED = re.compile(rb"^\S+ (?:%b|writing key \S+ \((?P<bytes>.+)\) to )" % _RAN, re.M)


def authors_by_log(log: bytes, typists: Sequence[Typist], other: Author) -> list[Author]:
    """Whose each byte of the only pane is, as tmux's own log has it: the client whose queue it ran
    when it wrote them; a client without a terminal is the `other`."""
    by_name: dict[str, Author] = {typist.tty_name: typist for typist in typists}
    whose, author = list[Author](), other
    pattern = _LOGGED if b" input_key" in log else _KEYS_LOGGED
    for logged in pattern.finditer(log):
        if logged["client"] is not None:
            author = by_name.get(logged["client"].decode(), other)
        else:
            whose += [author] * len(logged["bytes"])
    return whose
