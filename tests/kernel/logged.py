"""A log of its own and `ttytrace run` that writes it.

Invariant: what `Log` reads is the files, as anybody may.
"""

from __future__ import annotations

import select
import subprocess
import sys
import time
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
import pyzstd

from tests.attributes import changeable
from tests.kernel.recording import REPO
from tests.kernel.tmux import Pane
from tests.patience import PATIENCE_S, eventually
from tracer.config import load
from tracer.probe.plan import PLAN_NAMES
from tracer.seal.report import Report, Verdict
from tracer.seal.verify import Trust
from tracer.store.check import verify_log
from tracer.store.create import create
from tracer.store.directory import Directory

RUN, ERASE = ([sys.executable, "-m", "tracer.cli.main", name] for name in ("run", "erase"))

Record = dict[str, Any]


class Ours(NamedTuple):
    """A record about the log: its action, its fields, and where it stands."""

    action: str
    fields: Record
    index: int


_NO_RULES: Final = "pack = false\ndirectories = []\n"


class Log:
    """A new log in `place`."""

    def __init__(self, place: Path) -> None:
        self.directory = place / "log"
        self.config = place / "config.toml"
        self.socket = place / "run/live.sock"
        self.config.write_text(
            f'[log]\ndirectory = "{self.directory}"\nstate = "{place / "state"}"\nballast_mib = 0\n'
            f'[rules]\n{_NO_RULES}[live]\nsocket = "{self.socket}"\n'
        )
        self.config.chmod(0o600)
        seeds: list[bytes] = []
        create(load(self.config).log, seeds.append)
        (self._seed,) = seeds

    def set(self, *lines: str) -> None:
        """More lines of `[log]`, before it is written."""
        text = self.config.read_text()
        self.config.write_text(text.replace("[log]\n", "\n".join(["[log]", *lines, ""])))

    def match(self, *lines: str) -> None:
        """Has rules, by these lines of `[rules]`; without, there are none, as they take their time
        to load in an emulated guest."""
        text = self.config.read_text()
        self.config.write_text(text.replace(_NO_RULES, "\n".join([*lines, ""])))

    def records(self) -> list[Record]:
        """All that are whole now, and not erased."""
        while True:
            with suppress(FileNotFoundError):  # it was compressed meanwhile
                return [record for record in self._whole() if "erased" not in record]

    def _whole(self) -> list[Record]:
        texts = {path.name[:12]: _text(path) for path in (self.directory / "log").glob("[0-9]*")}
        lines = [line for name in sorted(texts) for line in texts[name].splitlines(True)]
        return [orjson.loads(line) for line in lines if line.endswith(b"\n")]

    def ours(self, *actions: str) -> list[Ours]:
        """Those about the log, of these kinds."""
        found = []
        for record in self.records():
            action, fields = record["event"]["action"], record["ttytrace"].get("log")
            if fields is not None and action in actions:
                found.append(Ours(action, fields, record["event"]["sequence"]))
        return found

    def until(self, what: Callable[[Record], object]) -> Record:
        """The first record of which `what` is true, once there is one."""
        return eventually(lambda: next(filter(what, self.records()), {}))

    def until_ours(self, action: str, what: Callable[[Record], object] = bool) -> Ours:
        """The same of those about the log, by their fields."""
        found = eventually(lambda: [one for one in self.ours(action) if what(one.fields)])
        return found[0]

    def output(self, pane: Pane) -> bytes:
        """What is recorded of what a pane showed; all of it, or this fails."""
        data = b""
        for record in self.records():
            tty = record.get("process", {}).get("tty", {}).get("char_device")
            is_its = tty == {"major": pane.tty.major, "minor": pane.tty.minor}
            if not is_its or record["event"]["action"] not in ("text_output", "lost"):
                continue
            assert record["event"]["action"] == "text_output", record
            io = record["ttytrace"]["io"]
            assert io["offset"] == len(data)
            text = record["process"]["io"]["text"]
            data += b64decode(io["bytes"]) if "bytes" in io else text.encode()
        return data

    def verify(self) -> Verdict:
        """What its verifier says to who has the seed. That changes of tmux may be unseen counts for
        nothing: it can happen on any slow machine."""
        report = self.report()
        events = [record for record in self.records() if record["event"]["action"] == "lost"]
        if {event["ttytrace"]["lost"]["kind"] for event in events} == {"tmux-changed"}:
            left = tuple(each for each in report.problems if "`lost`" not in each.text)
            report = report._replace(problems=left)
        return report.verdict

    def report(self) -> Report:
        """All that its verifier says to who has the seed."""
        with closing(Directory(self.directory / "log")) as segments:
            verifier = verify_log(segments, Trust(None, self._seed, ()), lambda *_: None)
        report = verifier.report(time.time_ns())
        print(*report.problems, sep="\n")
        return report

    def files(self) -> list[Path]:
        """All that there are, the index as well."""
        return [path for path in self.directory.rglob("*") if path.is_file()]

    def release(self) -> None:
        """Takes off what keeps its files from being removed."""
        changeable(self.directory)


class Run:
    """`ttytrace run` into a log, from ready on."""

    def __init__(self, log: Log, plan: str | None) -> None:
        asked = ["--plan", plan] if plan in PLAN_NAMES else []
        self.process = subprocess.Popen(
            [*RUN, "--config", str(log.config), *asked],
            cwd=REPO,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        ready = select.select([self.process.stderr], [], [], PATIENCE_S)[0]
        first = self.process.stderr.readline() if ready else b"nothing"
        assert b"recording tmux" in first, first

    @property
    def pid(self) -> int:
        return self.process.pid

    def ended(self) -> int:
        """Its exit code; it complains of nothing."""
        _, said = self.process.communicate(timeout=PATIENCE_S)
        assert said == b""
        return self.process.returncode

    def stop(self) -> None:
        """Ends it in order."""
        self.process.terminate()
        assert self.ended() == 0

    def kill(self) -> None:
        """Ends it, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        if self.process.stderr is not None:
            self.process.stderr.close()


def _text(path: Path) -> bytes:
    return pyzstd.decompress(path.read_bytes()) if path.suffix == ".zst" else path.read_bytes()
