"""Where the service writes is what it opened: what becomes of the names changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.kernel.conftest import StartRun
from tests.kernel.logged import RUN, Log
from tests.kernel.recording import REPO
from tests.kernel.tmux import Tmux
from tests.patience import eventually
from tracer.errors import BadLog
from tracer.seal.report import Verdict


def test_a_log_whose_name_is_somebody_elses_link_is_written_on_in_its_place(
    log: Log, start_run: StartRun, tmux: Tmux, tmp_path: Path
) -> None:
    """The directory is moved away, and a link stands for it: all goes on in the directory, new
    segments too, and nothing behind the link. The next run refuses it in words."""
    log.set("segment_mib = 1")
    run = start_run()
    named, moved, theirs = log.directory, tmp_path / "moved", tmp_path / "theirs"
    (theirs / "log").mkdir(parents=True)
    named.rename(moved)
    named.symlink_to(theirs)
    log.directory = moved
    tmux.new_session("seq 200003; exec sleep 1019")
    log.until(lambda record: record.get("process", {}).get("args") == ["sleep", "1019"])
    eventually(lambda: len([*(moved / "log").glob("0*")]) > 1)
    run.stop()
    assert log.verify() is Verdict.OK
    assert [*theirs.rglob("*")] == [theirs / "log"]
    argv = [*RUN, "--config", str(log.config)]
    done = subprocess.run(argv, cwd=REPO, capture_output=True, text=True, check=False)
    assert done.returncode == BadLog.exit_code
    assert str(named) in done.stderr and done.stderr.count("\n") == 1
