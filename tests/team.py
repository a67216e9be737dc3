"""python -m tests.team SSH_CONFIG MACHINE: in a machine of vagrant/, what alice, bob and carol do
in the session that they share is recorded, found and verified.

They come by ssh, all at once, and type in turn; what each ran is searched for by whose hands typed
it. Says what it does, and ends with a traceback where something isn't as it must be. The invariant:
whoever came has gone when it ends. Machines come and go in vagrant/test.sh.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import Final

from tests.patience import eventually

ATTACH: Final = "tmux -S /run/team/tmux attach"
TTYTRACE: Final = "sudo /ttytrace/.venv/bin/ttytrace"
PROMPT: Final = "$"  # its end, behind its colours
ANCHOR: Final = "/root/team.anchor"
OK, INCOMPLETE = 0, 3  # what verify exits with
ENVIRONMENT: Final = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}


class Machine:
    """A machine that ssh knows by the configuration that Vagrant printed."""

    def __init__(self, config: str, name: str) -> None:
        self._config, self._name = config, name

    def ssh(self, *options: str, command: str) -> list[str]:
        return ["ssh", "-F", self._config, *options, self._name, command]

    def does(self, command: str) -> subprocess.CompletedProcess[str]:
        """As the machine's own user, who may sudo; whatever comes of it."""
        return subprocess.run(
            self.ssh(command=command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def has_done(self, command: str) -> str:
        done = self.does(command)
        assert done.returncode == 0, (command, done)
        return done.stdout


class Person:
    """Somebody at a terminal that is attached to the session, for as long as the context lasts."""

    def __init__(self, machine: Machine, name: str) -> None:
        self.name = name
        self.shown = b""
        self._ssh = subprocess.Popen(
            machine.ssh("-tt", "-l", name, command=ATTACH),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=ENVIRONMENT,
        )
        self._reader = threading.Thread(target=self._read)

    def __enter__(self) -> Person:
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ssh.terminate()
        self._ssh.wait()
        self._reader.join()

    def types(self, text: str) -> None:
        assert self._ssh.stdin
        self._ssh.stdin.write(text.encode())
        self._ssh.stdin.flush()

    def sees(self, text: str, then: str = "") -> None:
        def seen() -> bool:
            _, found, rest = self.shown.rpartition(text.encode())
            return bool(found) and then.encode() in rest

        eventually(seen, lambda: f"{self.name} doesn't see {text}: {self.shown[-1000:]!r}")

    def _read(self) -> None:
        assert self._ssh.stdout
        while part := os.read(self._ssh.stdout.fileno(), 1 << 16):
            self.shown += part


def say(text: str) -> None:
    print(f"team: {text}", flush=True)


def work_together(machine: Machine) -> list[str]:
    """Each types a line that all see the outcome of; their names."""
    with ExitStack() as stack:
        team = [come(stack, Person(machine, name)) for name in ("alice", "bob", "carol")]
        for person in team:
            say(f"{person.name} types")
            person.types(f"/bin/echo {person.name}-$((6 * 7))\r")
            for other in team:
                # Whose line it is could not be told while a program of the line before may read it.
                other.sees(f"{person.name}-42", then=PROMPT)
    return [person.name for person in team]


def come(stack: ExitStack, person: Person) -> Person:
    say(f"{person.name} comes")
    stack.enter_context(person).sees("[team]")  # the status line
    return person


def check_found(machine: Machine, name: str) -> None:
    say(f"what {name} typed is found")
    search = f"{TTYTRACE} search --kind exec --command {name}-42 --typed-by {name}"
    found = eventually(lambda: machine.does(search).stdout, lambda: search)
    assert "/bin/echo" in found, found


def main() -> None:
    machine = Machine(*sys.argv[1:])
    machine.has_done(f"{TTYTRACE} head | sudo tee {ANCHOR}")
    for name in work_together(machine):
        check_found(machine, name)
    say("and nothing else")
    assert not machine.does(f"{TTYTRACE} search --command bob-42 --typed-by carol").stdout
    say("what the session showed is found")
    assert machine.has_done(f"{TTYTRACE} search --session team --text carol-42")
    verified = machine.does(f"{TTYTRACE} verify --anchor {ANCHOR}")
    say(verified.stdout.partition("\n")[0])
    # An emulated machine is too slow to ask tmux again after each command, which is on record, too.
    assert verified.returncode in (OK, INCOMPLETE), verified


if __name__ == "__main__":
    main()
