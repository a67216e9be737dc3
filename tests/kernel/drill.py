"""What the rules of the pack are for, done in a session of root by the people who would do it: the
commands of tests/kernel/pack, by root's hand and by a visitor's.

Invariant: nothing does harm: the commands find a few programs, and links to true(1) by the names of
others. Before each part stands a mark in the log: a program whose arguments name it.
"""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.kernel.tmux import ENVIRONMENT, Pane, Tmux
from tests.kernel.typists import Typist, let_in, wait_until_attached
from tests.patience import eventually

PACK = Path(__file__).with_name("pack")
VISITOR = "games"
HIT, MISS, ORDINARY = "hit", "miss", "ordinary"
MARK = "drill"
"""The first argument of a mark; the next two are HIT, MISS or ORDINARY, and the rule's name."""

_REAL = """base64 bash cat chmod curl find grep head ls mkdir mkfifo perl python3 setpriv sh
    sleep su timeout tmux""".split()
_HARMLESS = """aa-teardown adduser apt-get auditctl bpftool chattr chisel cloudflared cp crontab dd
    dig docker gcore gdb gpasswd hashcat insmod install iptables john journalctl ldconfig ln lsmod
    modprobe mv nc ncat nsenter pkill rclone rm rsync scp sed service setcap setenforce shred socat
    sqlite3 ssh stat strace systemctl systemd-run tail tar tee touch truncate ufw unshadow useradd
    usermod visudo xmrig du""".split()


class Drill:
    """One server of root's. Each part has a session of its own there: what somebody's line becomes
    is known as long as nobody has brought its shell into doubt."""

    def __init__(self, place: Path) -> None:
        self._work = place / "work"
        links = self._work / "bin"
        links.mkdir(parents=True)
        for name in _HARMLESS:
            (links / name).symlink_to("/bin/true")
        for name in _REAL:
            (links / name).symlink_to(shutil.which(name, path=ENVIRONMENT["PATH"]) or "")
        # tmux isn't asked how far things are: then it would be in doubt who types.
        self._prompts = place / "prompts"
        self._prompts.touch()
        self.tmux = Tmux(place)

    def open(self) -> None:
        """Others may come."""
        self.tmux.new_session("exec sleep infinity")
        let_in(self.tmux, VISITOR)

    def work(self) -> None:
        """As on any day, with the programs that are there."""
        with self._shell() as (_, root):
            self._mark(root, ORDINARY, "none")
            self._type(root, f"bash {PACK / 'ordinary.sh'} </dev/null")

    def play(self, kind: str) -> None:
        """All that are to raise their rules, or all that nearly would."""
        mark = f'/bin/true {MARK} {kind} "$(basename "$f" .{kind}.sh)"'
        run = 'PATH="$PWD/bin" bash "$f" </dev/null'
        with self._shell() as (_, root):
            self._type(root, f"for f in {PACK}/*.{kind}.sh; do {mark}; {run}; done")
            for name, lines in _scripts(f".{kind}.typed"):
                self._mark(root, kind, name)
                self._type(root, *lines)

    def visit(self) -> None:
        """Somebody comes to whom the sessions don't belong, and types in each of them."""
        for kind in (MISS, HIT):
            for name, lines in _scripts(f".{kind}.visitor"):
                with self._shell() as (pane, root):
                    self._mark(root, kind, name)
                    with self._attached(pane, VISITOR) as visitor:
                        self._type(visitor, *lines)

    def paste(self) -> None:
        """Root pastes one line, and then two at once."""
        with self._shell() as (_, root):
            for kind, lines in ((MISS, "true 1"), (HIT, "true 1\rtrue 2")):
                self._mark(root, kind, "lines-pasted-as-root")
                self._type(root, f"\x1b[200~{lines}\x1b[201~")

    def drive(self) -> None:
        """A program has tmux type."""
        with self._shell() as (pane, root):
            self._mark(root, MISS, "pane-driven-by-program")
            self._type(root, "/bin/true driven")
            self._mark(root, HIT, "pane-driven-by-program")
        # Nobody is at a keyboard any more.
        before = self._prompted()
        self.tmux.type(pane, "/bin/true driven\r")
        self._prompted_since(before)

    def close(self) -> None:
        self.tmux.close()

    @contextmanager
    def _shell(self) -> Iterator[tuple[Pane, Typist]]:
        """A new one, and root at it."""
        prompt = f"PS1='# ' PROMPT_COMMAND='echo >>{self._prompts}'"
        shell = f"export HOME=$PWD DRILL=$PWD {prompt}; exec bash --noprofile --norc -i"
        before = self._prompted()
        pane = self.tmux.new_session(f"cd {self._work}; {shell}")
        self._prompted_since(before)
        with self._attached(pane, "root") as root:
            yield pane, root

    @contextmanager
    def _attached(self, pane: Pane, user: str) -> Iterator[Typist]:
        typist = Typist(self.tmux, pane, user)
        try:
            wait_until_attached(self.tmux, [typist])
            yield typist
        finally:
            typist.close()

    def _mark(self, typist: Typist, kind: str, name: str) -> None:
        self._type(typist, shlex.join(["/bin/true", MARK, kind, name]))

    def _type(self, typist: Typist, *lines: str) -> None:
        """Types each line when the shell is there for it, and waits until the last one is done."""
        for line in lines:
            before = self._prompted()
            typist.type(line.encode() + b"\r")
            self._prompted_since(before)

    def _prompted(self) -> int:
        return self._prompts.stat().st_size

    def _prompted_since(self, before: int) -> None:
        eventually(lambda: self._prompted() > before)


def _scripts(ending: str) -> Iterable[tuple[str, list[str]]]:
    for path in sorted(PACK.glob(f"*{ending}")):
        yield path.name.removesuffix(ending), path.read_text().splitlines()
