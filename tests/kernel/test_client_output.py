"""What is recorded of a client's screen equals, byte for byte, what its terminal got; and sizes are
those of tmux."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.conftest import StartTracer
from tests.kernel.recording import Tracer
from tests.kernel.sights import client_changed, wait_for_names
from tests.kernel.tmux import Pane, Tmux
from tests.kernel.viewers import Screen, Viewer, screen_of
from tests.kernel.witness import assert_equal
from tests.patience import eventually
from tracer.model.findings import ClientOutput, Finding, Lost, TerminalResized

SMALL, BIG = (80, 24), (132, 43)
# Without the space: tmux 3.7 leaves it out where it draws a line anew.
PROMPT = b"#"
View = Callable[..., Viewer]


@pytest.fixture
def view(tmux: Tmux) -> Iterator[View]:
    """Attaches clients."""
    viewers: list[Viewer] = []

    def attach(pane: Pane, size: tuple[int, int] = SMALL, *argv: str) -> Viewer:
        viewers.append(Viewer(tmux, pane, size, *argv))
        return viewers[-1]

    yield attach
    for viewer in viewers:
        viewer.close()


@pytest.fixture
def pane(watching: Tracer, tmux: Tmux) -> Pane:
    """A shell in the session "work", which the tracer knows."""
    made = tmux.new_session("exec sh", name="work")
    wait_for_names(watching, made)
    return made


def recorded(tracer: Tracer, viewer: Viewer, server_pid: int) -> Screen:
    """All that its terminal got, once that is recorded, and no other byte."""

    def seen() -> Screen:
        return screen_of(tracer.findings(), viewer.tty, server_pid)

    eventually(lambda: len(seen().data) >= len(viewer.sent))
    screen = seen()
    assert_equal(screen.data, viewer.sent)
    assert not screen.lost
    return screen


def shows(viewer: Viewer, marker: bytes) -> None:
    eventually(lambda: marker in viewer.got)


@pytest.mark.every_plan
def test_what_each_client_gets(
    watching: Tracer, tmux: Tmux, pane: Pane, view: View, scale: float
) -> None:
    """Two clients of different sizes, while a pane floods and somebody types; each with its person,
    its terminal and its session, and no pane."""
    small, big = view(pane), view(pane, BIG)

    def is_named(viewer: Viewer) -> bool:
        # tmux is asked who attached to what while the first pieces come.
        big.type(b"\r")
        pieces = screen_of(watching.findings(), viewer.tty, pane.server_pid).pieces
        return any(piece.place.session_name for piece in pieces)

    eventually(lambda: is_named(small) and is_named(big))
    big.type(f"seq {int(30_000 * scale)}; echo cr''ab 漢字\r".encode())
    for viewer in (small, big):
        shows(viewer, "crab 漢字".encode())
    big.type(b"\x02d")
    big.leave()
    small.type(b"\x02d")
    small.leave()
    for viewer, size in ((small, SMALL), (big, BIG)):
        screen = recorded(watching, viewer, pane.server_pid)
        assert {(p.columns, p.rows) for p in screen.pieces} == {size}
        assert {p.person and (p.person.key.tgid, p.person.tty) for p in screen.pieces} == {
            (viewer.pid, viewer.tty)
        }
        places = {(p.place.session_name, p.place.pane_id) for p in screen.pieces}
        # Those of the first pieces that came before tmux had answered have no session.
        assert places - {(None, None)} == {("work", None)}
        assert [(size_.columns, size_.rows, size_.offset) for size_ in screen.sizes] == [(*size, 0)]


@pytest.mark.every_plan
def test_a_terminal_that_takes_little(
    watching: Tracer, tmux: Tmux, pane: Pane, view: View, scale: float
) -> None:
    """Its user doesn't read for a while: writes are short then, or fail. What it took is recorded,
    once. With ten times as much, one write may be of more pieces than are taken, which is told."""
    viewer = view(pane)
    for nth in range(3):
        viewer.look_away()
        viewer.type(f"seq {int(30_000 * scale)}; echo lob''ster{nth}\r".encode())
        eventually(lambda nth=nth: f"lobster{nth}" in tmux.screen(pane))
        tmux.run("refresh-client", "-t", viewer.tty_name)
        viewer.look()
        viewer.type(f"echo cr''ab{nth}\r".encode())
        shows(viewer, f"crab{nth}".encode())
    viewer.type(b"\x02d")
    viewer.leave()
    recorded(watching, viewer, pane.server_pid)


def test_one_terminal_again_and_again(watching: Tracer, tmux: Tmux, pane: Pane, view: View) -> None:
    """Its shell attaches it three times: its bytes are counted on, each for who came then."""
    attach = shlex.join(tmux.argv("attach-session", "-t", "=work"))
    viewer = view(pane, SMALL, "sh", "-c", f"{attach}; {attach}; {attach}; :")
    for nth in range(3):
        eventually(lambda: tmux.run("list-clients"))
        pid = int(tmux.run("list-clients", "-F", "#{client_pid}"))
        tmux.run("send-keys", "-t", pane.id, f"echo crab{nth}''crab", "Enter")
        shows(viewer, f"crab{nth}crab".encode())
        viewer.type(b"\x02d")
        eventually(lambda pid=pid: not Path(f"/proc/{pid}").exists())
        assert watching.until(
            lambda f, pid=pid: isinstance(f, ClientOutput) and f.person and f.person.key.tgid == pid
        )
    viewer.leave()
    assert len({p.person for p in recorded(watching, viewer, pane.server_pid).pieces}) >= 3


@pytest.mark.every_plan
def test_sizes_are_those_that_tmux_has(
    watching: Tracer, tmux: Tmux, pane: Pane, view: View
) -> None:
    """Of the client's terminal, and of the pane, each where it came in the output; what a program
    sets in the pane changes nothing that tmux draws."""
    viewer = view(pane)
    for size in (BIG, (100, 30), SMALL):
        viewer.resize(*size)
        columns, rows = size
        eventually(lambda at=(columns, rows - 1): _sizes(watching, pane)[-1:] == [at])
        viewer.type(b"stty cols 199 rows 99; stty size\r")
        shows(viewer, b"99 199")
        viewer.got.clear()
    tmux.run("send-keys", "-t", pane.id, "echo cr''ab", "Enter")
    shows(viewer, b"crab")
    seen = watching.findings()
    told = _sizes(watching, pane)
    assert told[-3:] == [(132, 42), (100, 29), (80, 23)] and (199, 99) not in told
    screen = screen_of(seen, viewer.tty, pane.server_pid)
    lost = [finding for finding in seen if isinstance(finding, Lost)]
    sizes = [(f.columns, f.rows) for f in screen.sizes]
    assert sizes == [SMALL, BIG, (100, 30), SMALL], lost
    for before, after in zip(screen.sizes, screen.sizes[1:], strict=False):
        between = [p for p in screen.pieces if before.offset <= p.offset < after.offset]
        assert between and between[-1].offset + len(between[-1].data) == after.offset


def _sizes(tracer: Tracer, pane: Pane) -> list[tuple[int, int]]:
    ours = (f for f in tracer.findings() if isinstance(f, TerminalResized) and f.tty == pane.tty)
    return [(f.columns, f.rows) for f in ours if f.place.pane_id == pane.id]


def resized(tty: object, columns: int, rows: int) -> Callable[[Finding], bool]:
    return lambda f: (
        isinstance(f, TerminalResized) and (f.tty, f.columns, f.rows) == (tty, columns, rows)
    )


@pytest.mark.every_plan
def test_tmux_in_tmux(watching: Tracer, tmux: Tmux, pane: Pane, tmp_path: Path) -> None:
    """The inner server draws on a pane of the outer one: that is its client's screen, and the
    outer pane shows the same."""
    (tmp_path / "outer").mkdir()
    outer = Tmux(tmp_path / "outer")
    attach = shlex.join(tmux.argv("attach-session", "-t", "=work"))
    try:
        nest = outer.new_session(f"unset TMUX; {attach}; printf '@'; exec sleep infinity")
        eventually(lambda: "#" in outer.screen(nest))
        tmux.run("send-keys", "-t", pane.id, "echo cr''ab", "Enter")
        eventually(lambda: "crab" in outer.screen(nest))
        tmux.run("detach-client", "-s", "=work")
        eventually(lambda: "@" in outer.screen(nest))
        watching.until(lambda f: _is_of(f, nest) and b"@" in _data(f))
        shown = watching.recording().output(nest).data
    finally:
        outer.close()
    screen = screen_of(watching.findings(), nest.tty, pane.server_pid)
    assert_equal(screen.data, shown.partition(b"[detached")[0])


def _is_of(finding: object, pane: Pane) -> bool:
    place = getattr(finding, "place", None)
    return place is not None and (place.server.tgid, place.pane_pid) == (pane.server_pid, pane.pid)


def _data(finding: object) -> bytes:
    return getattr(finding, "data", None) or b""


def test_who_was_attached_before_tracing(start_tracer: StartTracer, tmux: Tmux, view: View) -> None:
    """From then on, with the same person."""
    pane = tmux.new_session("exec sh", name="work")
    viewer = view(pane)
    shows(viewer, PROMPT)
    tracer = start_tracer()
    tracer.until(client_changed("client-attached", viewer.pid))
    viewer.type(b"echo cr''ab\r")
    shows(viewer, b"crab")
    viewer.type(b"\x02d")
    viewer.leave()
    screen = screen_of(tracer.stop().findings, viewer.tty, pane.server_pid)
    assert screen.offset == 0 and len(screen.data) > 20
    assert viewer.sent.endswith(screen.data)
    last = screen.pieces[-1]
    assert last.person is not None
    assert (last.person.key.tgid, last.place.session_name) == (viewer.pid, "work")


def test_what_is_lost_is_told_to_the_byte(
    start_tracer: StartTracer, tmux: Tmux, view: View, scale: float
) -> None:
    """The reader stands still while a client gets ten times what the ring holds, and goes on."""
    tracer = start_tracer("--bulk-pages", "4")
    pane = tmux.new_session("exec sh", name="work")
    viewer = view(pane)
    shows(viewer, PROMPT)
    tracer.until(lambda f: isinstance(f, ClientOutput) and f.tty == viewer.tty)
    tracer.pause()
    for nth in range(5):
        viewer.type(f"seq 5003; echo cr''ab{nth}\r".encode())
        shows(viewer, f"crab{nth}".encode())
    tracer.resume()
    viewer.type(b"echo lob''ster\r")
    shows(viewer, b"lobster")
    viewer.type(b"\x02d")
    viewer.leave()
    screen = screen_of(tracer.stop().findings, viewer.tty, pane.server_pid)
    assert screen.lost and screen.offset == 0
    assert len(screen.data) + sum(hole.bytes or 0 for hole in screen.lost) == len(viewer.sent)
    for piece in screen.pieces:
        assert_equal(piece.data, viewer.sent[piece.offset : piece.offset + len(piece.data)])


def test_without_clients_nothing_of_them_is_read(
    start_tracer: StartTracer, tmux: Tmux, view: View
) -> None:
    """[capture] clients = false: what panes show and their sizes are still known."""
    tracer = start_tracer("--without-clients")
    pane = tmux.new_session("exec sh", name="work")
    viewer = view(pane, BIG)
    tracer.until(resized(pane.tty, 132, 42))
    viewer.type(b"\x02d")
    viewer.leave()
    recording = tracer.stop()
    assert not recording.of(ClientOutput, pane.server_pid)
    assert {f.tty for f in recording.of(TerminalResized, pane.server_pid)} == {pane.tty}
