"""A share of the CPU that is used up costs output, never programs, and nothing unaccounted."""

from __future__ import annotations

from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log
from tests.kernel.tmux import Tmux

_PROGRAMS = 503


def test_a_flood_beyond_the_share_loses_output_only(
    log: Log, start_run: StartRun, tmux: Tmux
) -> None:
    """Records of output = those that arrived + those told as lost, and each program is there."""
    rings = "[rings]\nbulk_pages = 16\n"
    log.config.write_text(log.config.read_text() + f"{rings}[limits]\ncpu_percent = 2\n")
    run = start_run()
    flood = tmux.new_session("exec yes 0123456789012345678901234567890123456789")
    loop = f"for i in $(seq {_PROGRAMS}); do /bin/true 7919; done; tmux wait-for -S over; read _"
    tmux.new_session(loop)
    tmux.run("wait-for", "over")
    lost = log.until(lambda event: event["event"]["action"] == "lost")
    assert lost["ttytrace"]["lost"]["kind"] == "text_output"
    tmux.run("kill-pane", "-t", flood.id)
    run.stop()
    (stop,) = log.ours("stop")
    for tally in stop.fields["records"].values():
        assert tally["produced"] == tally["arrived"] + tally["lost"]
    args = ["/bin/true", "7919"]
    execs = [event for event in log.records() if event["event"]["action"] == "exec"]
    assert sum(event["process"]["args"] == args for event in execs) == _PROGRAMS
    assert stop.fields["records"]["exec"]["lost"] == 0
    assert stop.fields["records"]["text_output"]["lost"] > 0
