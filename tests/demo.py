"""`make demo`: twenty seconds of two people at a private tmux server, as `ttytrace live` shows it.

Invariant: only processes that this file started are stopped, each by its pid, and none is left,
however it ends. The server has a socket and a configuration of its own; no other tmux is touched.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

SECONDS: Final = 20
COLUMNS, ROWS = 100, 30
REPO: Final = Path(__file__).resolve().parents[1]
ENVIRONMENT: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "PS1": "$ ",
}
SHELL: Final = ("sh", "-i")

GUEST: Final = "games"  # has the second terminal; every Debian has this user, and its group

# Who types what, and how long all think before the next; C-b is tmux's prefix.
OWNER_TYPES, GUEST_TYPES = range(2)
SCRIPT: Final = (
    (OWNER_TYPES, "ls -l --color=always /usr/lib/python3 | head -5\r", 2),
    (OWNER_TYPES, "echo four", 0.5),
    (GUEST_TYPES, " hands\r", 2),
    (OWNER_TYPES, "printf 'Gr\\303\\274\\303\\237e, \\033[1;32mgreen\\033[0m\\n'\r", 1.5),
    (GUEST_TYPES, "stty -echo; read secret; stty echo\r", 1),
    (GUEST_TYPES, "open sesame\r", 1.5),
    (OWNER_TYPES, "\x02o", 1),  # the other pane
    (OWNER_TYPES, "sleep 0.7; false\r", 1.5),
    (OWNER_TYPES, "sh -c 'kill -9 $$'\r", 1),
    (OWNER_TYPES, "printf '\\033]52;c;c3Vkbw==\\007clipboard\\n'\r", 1.5),
    (OWNER_TYPES, "\x02,logs\r", 1),  # rename the window: C-b , is a prompt that holds the old name
    (OWNER_TYPES, "exit\r", 1),  # closes this pane
    (GUEST_TYPES, "\x02d", 1),  # detaches
)


def main() -> int:
    """Runs the demo; returns what `live` returned, 130 after Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="ttytrace-demo-") as place,
            _live() as live,
            _server(Path(place)) as tmux,
            _user(tmux) as owner,
            _user(tmux, GUEST) as guest,
        ):
            _play((owner, guest), live)
        return live.returncode
    except KeyboardInterrupt:
        return 130


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _live() -> Iterator[subprocess.Popen[bytes]]:
    # In a process group of its own, so that Ctrl-C reaches us alone and we end it last.
    argv = [sys.executable, "-m", "tracer.cli.main", "live", "--session", "demo", "--input", "full"]
    live = subprocess.Popen(argv, cwd=REPO, process_group=0, stderr=subprocess.PIPE)
    is_ready = threading.Event()
    relay = threading.Thread(target=_relay, args=[live, is_ready])
    relay.start()
    try:
        is_ready.wait()
        if live.poll() is not None:
            sys.exit(live.returncode)  # it has said why
        yield live
        time.sleep(1)
    finally:
        _stop(live, signal.SIGINT)
        relay.join()


def _relay(live: subprocess.Popen[bytes], is_ready: threading.Event) -> None:
    # What live says about itself; its first words are that it watches, or why it can't.
    assert live.stderr is not None
    for line in live.stderr:
        sys.stderr.write(line.decode())
        if b"watching" in line:
            is_ready.set()
    live.wait()
    is_ready.set()


@contextlib.contextmanager
def _server(place: Path) -> Iterator[list[str]]:
    # Yields the words that every command to this server begins with. The guest may attach.
    place.chmod(0o711)
    tmux = ["tmux", "-u", "-f", "/dev/null", "-S", str(place / "socket")]
    size = ["-x", str(COLUMNS), "-y", str(ROWS)]
    pid = _ask(tmux, "new-session", "-d", "-P", "-F", "#{pid}", "-s", "demo", *size, *SHELL)
    server = os.pidfd_open(int(pid))
    try:
        _ask(tmux, "split-window", "-d", "-h", "-t", "demo", *SHELL)
        (place / "socket").chmod(0o666)
        _ask(tmux, "server-access", "-a", GUEST)
        yield tmux
    finally:
        signal.pidfd_send_signal(server, signal.SIGTERM)
        select.select([server], [], [], 5)
        os.close(server)


def _ask(tmux: list[str], *command: str) -> str:
    done = subprocess.run(
        [*tmux, *command], env=ENVIRONMENT, cwd="/", check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


@contextlib.contextmanager
def _user(tmux: list[str], name: str = "root") -> Iterator[int]:
    # Attaches a client on a new pty; yields the side on which its user types.
    keyboard, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (ROWS, COLUMNS))
    client = subprocess.Popen(
        ["setsid", "--ctty", *tmux, "attach-session", "-t", "demo"],
        env=ENVIRONMENT, cwd="/", stdin=terminal, stdout=terminal, stderr=terminal,
        user=name, group=name, extra_groups=[],
    )  # fmt: skip
    os.close(terminal)
    reader = threading.Thread(target=_drain, args=[keyboard])
    reader.start()
    try:
        yield keyboard
    finally:
        _stop(client, signal.SIGHUP)
        reader.join()
        os.close(keyboard)


def _drain(keyboard: int) -> None:
    # A client whose screen nobody reads would stand still. Ends with the client (EIO).
    with contextlib.suppress(OSError):
        while os.read(keyboard, 65536):
            pass


def _play(keyboards: Sequence[int], live: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + SECONDS
    time.sleep(1)
    for who, keys, pause_s in SCRIPT:
        for key in keys:
            os.write(keyboards[who], key.encode())
            time.sleep(0.015)
        time.sleep(pause_s)
    while time.monotonic() < end and live.poll() is None:
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(by)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
