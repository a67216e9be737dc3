"""What another root changes of ours in the kernel is told, and put right."""

from __future__ import annotations

import mmap
import signal
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log, Record
from tests.kernel.stolen import CRITICAL, stolen, take_out
from tests.kernel.tmux import Tmux
from tests.patience import eventually

_PAGE = mmap.PAGESIZE


def _runs(*argv: str) -> Callable[[Record], object]:
    return lambda event: event.get("process", {}).get("args") == list(argv)


def test_a_server_that_was_taken_out_is_followed_again(
    log: Log, start_run: StartRun, tmux: Tmux
) -> None:
    """And what runs in it is recorded on."""
    run = start_run()
    pane = tmux.new_session("/bin/true 7907; read go; exec sleep 7919")
    log.until(_runs("/bin/true", "7907"))
    take_out(run.pid, pane.server_pid, pane.pid)
    told = log.until_ours("watch")
    assert told.fields == {"changed": "lineage", "server": pane.server_pid, "mended": True}
    tmux.send_keys(pane, "Enter")
    log.until(_runs("sleep", "7919"))
    run.stop()
    assert len(log.ours("watch")) == 1


def test_a_position_that_was_moved_is_put_back(
    log: Log, start_run: StartRun, tmux: Tmux, tmp_path: Path
) -> None:
    """While nothing is drained, somebody throws away what waits; it is there all the same."""
    run, done = start_run(), tmp_path / "done"
    pane = tmux.new_session(f"/bin/true 7907; read go; touch {done}; exec sleep 1000")
    log.until(_runs("/bin/true", "7907"))
    with stolen(run.pid, CRITICAL) as fd:
        run.process.send_signal(signal.SIGSTOP)
        tmux.send_keys(pane, "Enter")
        eventually(done.exists)
        with (
            closing(mmap.mmap(fd, _PAGE)) as consumer,
            closing(mmap.mmap(fd, _PAGE, prot=mmap.PROT_READ, offset=_PAGE)) as producer,
        ):
            consumer[:8] = producer[:8]
        run.process.send_signal(signal.SIGCONT)
    log.until(_runs("touch", str(done)))
    told = log.until_ours("watch")
    assert told.fields == {"changed": "ring", "ring": "critical", "mended": True}
    run.stop()
    lost = [each["ttytrace"]["lost"] for each in log.records() if "lost" in each["ttytrace"]]
    # A busy machine asks tmux late, after a stop most of all.
    (moved,) = [each for each in lost if each["kind"] != "tmux-changed"]
    assert moved["reason"] == "ring position moved"
