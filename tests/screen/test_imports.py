"""Recordings that asciinema, script and tlog make here, read by ours: the screen at the end is the
one of a tmux that got what their terminal got."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.patience import PATIENCE_S
from tests.screen.tmux import COLUMNS, ROWS, Step, Tmux, shown_by
from tracer.replay.files import open_recording
from tracer.replay.playback import Playback
from tracer.replay.recording import Typed

SECOND: Final = 1_000_000_000
WIDER: Final = (60, 12)
TYPED: Final = "größe"
# tlog-rec asks for an utmp file, which a host without logins hasn't.
UTMP: Final = "mkdir run && touch run/utmp && mount --bind run /run"

# Colours, wide characters, wrapped rows, a full-screen part; it waits for a line, and for a size.
SESSION: Final = rb"""
stty -echo
printf 'h\303\251llo \344\270\255\346\226\207 \360\237\230\200\n'
i=0; while [ $i -lt 30 ]; do printf '\033[3%dmrow %d\033[m\n' $((i % 7 + 1)) $i; i=$((i + 1)); done
printf 'a row that is much longer than the screen is wide, %s' 'and so goes on in the next'; echo
printf '\033[?1049h\033[2J\033[3;5H\033[1;4;38;5;208mfull screen\033[m'; sleep 0.2
printf 'ready?'; read line
until [ "$(stty size)" = "$(cat size)" ]; do sleep 0.02; done
printf '\033[?1049l%s \033[7m%s\033[m\nend' "$line" back
"""


@pytest.fixture(scope="module")
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    tmux = Tmux(tmp_path_factory.mktemp("tmux"))
    yield tmux
    tmux.end()


def recorded(folder: Path, recorder: str, size: tuple[int, int]) -> list[Step]:
    """Runs it in a terminal of its own that takes that size meanwhile; what that one got."""
    (folder / "session").write_bytes(SESSION)
    (folder / "size").write_text(f"{size[1]} {size[0]}\n")
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = os.environ | {"TERM": "xterm-256color", "LANG": "C.UTF-8", "SHELL": "/bin/sh"}
        sized = f"stty rows {ROWS} cols {COLUMNS}; {recorder}"
        os.execvpe("sh", ["sh", "-c", sized], environment)
    steps: list[Step] = []
    for data in _read(terminal):
        steps.append(data)
        if data.endswith(b"ready?"):
            if size != (COLUMNS, ROWS):
                fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", size[1], size[0], 0, 0))
                steps.append(size)
            os.write(terminal, f"{TYPED}\n".encode())
    os.close(terminal)
    assert os.waitpid(pid, 0)[1] == 0, steps
    *before, last = steps
    assert isinstance(last, bytes)
    return [*before, last.removesuffix(b"\r\n")]  # of tlog-rec itself


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        assert select.select([terminal], [], [], PATIENCE_S)[0], "nothing more came"
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # EIO: all have closed it
            return
        yield data


def at_end(path: Path) -> Playback:
    """The recording, played."""
    playback = Playback(open_recording(path))
    playback.seek(playback.recording.duration_ns)
    return playback


@pytest.mark.parametrize(
    ("recorder", "size"),
    [
        ('asciinema rec -q --stdin -c "sh session" file', (COLUMNS, ROWS)),
        ('script -q -c "sh session" --timing=file.timing file', (COLUMNS, ROWS)),
        ('script -q -c "sh session" --log-timing file.timing --log-io file', WIDER),
        ('script -q -c "sh session" -T file.timing -I typed -O file', WIDER),
        (f"unshare -m sh -c '{UTMP} && exec tlog-rec -w file -o file sh session'", WIDER),
    ],
    ids=["asciinema", "script", "script, both streams", "script, two files", "tlog"],
)
def test_replay_ends_as_the_terminal_did(
    tmp_path: Path, tmux: Tmux, recorder: str, size: tuple[int, int]
) -> None:
    """Text, colours, cursor and size; nothing is missing, and it lasts as long."""
    steps = recorded(tmp_path, recorder, size)
    playback = at_end(tmp_path / "file")
    shown, ours = tmux.show(steps), shown_by(playback.scene.screen)
    assert (ours.rows, ours.state) == (shown.rows, shown.state)
    assert f"{TYPED} back" in "".join(character for row in shown.rows for character, _ in row)
    assert not playback.marks()
    assert 0.2 * SECOND < playback.recording.duration_ns < PATIENCE_S * SECOND


@pytest.mark.parametrize(
    ("recorder", "typed"),
    [
        ('asciinema rec -q --stdin -c "sh session" file', TYPED),
        ('script -q -c "sh session" --log-timing file.timing --log-io file', TYPED),
        ('script -q -c "sh session" -T file.timing -I typed -O file', None),
    ],
    ids=["asciinema", "script, both streams", "script, two files"],
)
def test_what_was_typed_is_there(tmp_path: Path, recorder: str, typed: str | None) -> None:
    """Where it is in the file that was named; else its size."""
    recorded(tmp_path, recorder, (COLUMNS, ROWS))
    recording = open_recording(tmp_path / "file")
    found = [event for event in recording.events(recording.keyframe(0)) if isinstance(event, Typed)]
    assert sum(event.size for event in found) == len(f"{TYPED}\n".encode())
    data = [event.data for event in found if event.data is not None]
    assert b"".join(data).decode().strip() == (typed or "")
