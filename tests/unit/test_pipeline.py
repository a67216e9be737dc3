"""The stream: from drains to sinks, with a recorded run as the source and a world by playbook."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.packing import drain, kind_of
from tests.playbook import (
    CGROUP,
    CLIENT,
    CLIENT_PTS,
    PANE,
    SERVER,
    asked,
    at_ns,
    client_input,
    client_tty,
    exec_,
    exit_,
    followed,
    fork,
    key,
    output,
    pane_claim,
    pane_input,
    peer,
    server_found,
    who,
)
from tracer.capture.recorded import RecordedSource
from tracer.capture.recorded import record as write_recording
from tracer.model import abi
from tracer.model.events import ProcessKey, Record
from tracer.model.facts import CgroupSeen, Fact, PaneToAsk, ServerSeen
from tracer.model.findings import Finding, Lost, ProcessEnded, ProgramStarted, TextInput, TextOutput
from tracer.model.hands import How
from tracer.model.stage import Drain
from tracer.pipeline import Pipeline
from tracer.redact.stage import Redactor
from tracer.settings import InputPolicy, RedactSettings

# Keeps what was typed: what is under test here is the stream.
REDACTOR = Redactor(RedactSettings(), InputPolicy.FULL, b"key")


class Page:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def write(self, findings: list[Finding]) -> None:
        self.findings += findings

    def of(self, kind: type) -> list:
        return [finding for finding in self.findings if isinstance(finding, kind)]


class Book:
    """A world in which one server answers as soon as it is asked; what was asked is in `said`."""

    def __init__(self) -> None:
        self.said: list[tuple] = []
        self._answers: list[Fact] = []
        self.containers: dict[int, str | None] = {}

    def adopt(self, server_tgid: int) -> list[Fact]:
        self.said.append(("adopt", server_tgid))
        return [followed(server_tgid, 0), followed(PANE, PANE)]

    def ask(self, server_tgids: Iterable[int]) -> None:
        for tgid in server_tgids:
            self.said.append(("ask", tgid))
            self._answers.append(asked(pane_claim(), ms=10_000))

    def ask_panes(self, panes: Iterable[PaneToAsk]) -> None:
        self.said += [("pane", pane.pane_pid) for pane in panes]

    def facts(self) -> list[Fact]:
        answers, self._answers = self._answers, []
        return answers

    def container(self, cgroup_id: int, tgid: int) -> CgroupSeen | None:
        self.said.append(("container", cgroup_id, tgid))
        if tgid not in self.containers:
            return None
        return CgroupSeen(cgroup_id, self.containers[tgid])

    def look_at_peers(self, keys: Iterable[ProcessKey]) -> None:
        self.said += [("look", key.tgid) for key in keys]

    def ignore(self, server_tgids: set[int]) -> None:
        self.said.append(("ignore", *server_tgids))

    def forget(self, live: set[int]) -> None:
        self.said.append(("forget", *live))


class Run:
    """Plays groups of records, one drain each, 20 ms apart."""

    def __init__(self, place: Path, *groups: list[Record], lost: Iterable[Record] = ()) -> None:
        path = place / "run.rec"
        with path.open("wb") as file:
            write_recording(_drains(groups, set(lost)), file)
        self.page, self.book = Page(), Book()
        self.pipeline = Pipeline(RecordedSource(path), [self.page], REDACTOR, self.book)

    def play(self) -> Page:
        while self.pipeline.turn():
            pass
        self.pipeline.finish()
        return self.page


def _drains(groups: Iterable[list[Record]], lost: set[Record]) -> list[Drain]:
    made, drains = [0] * abi.KINDS, []
    for nth, group in enumerate([*groups, [], []]):
        arrivals = []
        for record in group:
            if record not in lost:
                arrivals.append((record, made[kind_of(record)], 0))
            made[kind_of(record)] += 1
        drains.append(drain(arrivals, made, 20 * (nth + 1)))
    return drains


def test_records_become_findings_in_order(tmp_path: Path) -> None:
    """A session from its server to the end of its shell, with the names that tmux told."""
    run = Run(
        tmp_path,
        [server_found(ms=1), exec_(PANE, b"bash", ms=2, parent=SERVER)],
        [output(b"$ ls\r\n", ms=21), fork(300, ms=22), exec_(300, b"ls", ms=23)],
        [output(b"file\r\n", 6, 1, ms=41), exit_(300, ms=42), exit_(PANE, 256, ms=43)],
    )
    page = run.play()
    commands = [started.process.argv[0] for started in page.of(ProgramStarted)]
    assert commands == [b"bash", b"ls"]
    assert b"".join(text.data for text in page.of(TextOutput)) == b"$ ls\r\nfile\r\n"
    assert [ended.status for ended in page.of(ProcessEnded)] == [0, 256]
    assert {started.place.session_name for started in page.of(ProgramStarted)} == {"work"}
    assert page.of(Lost) == []


def test_what_a_client_types_has_its_author(tmp_path: Path) -> None:
    """Read from a terminal, written to a pane: one finding, with the person of that terminal."""
    there = who(pane=0, session=CLIENT)._replace(tty=CLIENT_PTS)
    run = Run(
        tmp_path,
        [server_found(ms=1), peer(CLIENT, ms=2, who_=there), client_tty(ms=3)],
        [client_input(b"ls\r", ms=21), pane_input(b"ls\r", ms=22)],
    )
    (typed,) = run.play().of(TextInput)
    assert (typed.data, typed.size) == (b"ls\r", 3)
    (part,) = typed.typed_by
    assert (part.how, part.person and part.person.key) == (How.KEYSTROKE, key(CLIENT))


def test_a_new_server_is_adopted_and_asked(tmp_path: Path) -> None:
    """In the turn in which it is found."""
    run = Run(tmp_path, [server_found(ms=1)])
    assert run.pipeline.turn()
    assert [said for said in run.book.said if said[0] in ("adopt", "ask")] == [
        ("adopt", SERVER),
        ("ask", SERVER),
    ]


def test_a_cgroup_is_asked_for_until_somebody_knows(tmp_path: Path) -> None:
    """Once a turn; a process that has gone can't tell, and is not taken for "none"."""
    run = Run(
        tmp_path,
        [exec_(300, ms=1), exec_(301, ms=2)],
        [exec_(302, ms=21)],
        [exec_(303, ms=41)],
    )
    run.book.containers = {302: "c0ffee"}
    page = run.play()
    assert [said for said in run.book.said if said[0] == "container"] == [
        ("container", CGROUP, 301),
        ("container", CGROUP, 302),
    ]
    ids = [started.process.container_id for started in page.of(ProgramStarted)]
    assert ids == [None, None, "c0ffee", "c0ffee"]


def test_once_a_second_it_says_which_servers_live(tmp_path: Path) -> None:
    """So that nothing is remembered of others."""
    run = Run(tmp_path, [server_found(ms=1)], *[[] for _ in range(101)])
    run.play()
    assert 3 <= run.book.said.count(("forget", SERVER)) <= 4


def test_how_a_client_came_is_looked_up_once(tmp_path: Path) -> None:
    """When its terminal is taken."""
    caller = peer(500, ms=2, who_=who(pane=0)._replace(tty=CLIENT_PTS))
    run = Run(tmp_path, [server_found(ms=1), caller, client_tty(ms=3)], [client_tty(ms=21)])
    run.play()
    assert [said for said in run.book.said if said[0] == "look"] == [("look", 500)]


def test_a_run_without_a_world(tmp_path: Path) -> None:
    """Everything that the kernel saw, without names."""
    run = Run(tmp_path, [server_found(ms=1), exec_(PANE, b"bash", ms=2, parent=SERVER)])
    run.pipeline = Pipeline(RecordedSource(tmp_path / "run.rec"), [run.page], REDACTOR)
    (started,) = run.play().of(ProgramStarted)
    assert (started.place.pane_pid, started.place.pane_id) == (PANE, None)


@pytest.mark.parametrize("nth", range(3))
def test_a_lost_record_is_a_finding_wherever_it_was(tmp_path: Path, nth: int) -> None:
    """Before others, between them, and at the very end, where only the count knows."""
    records: list[Record] = [exec_(300 + n, ms=n + 1) for n in range(3)]
    page = Run(tmp_path, records, lost=[records[nth]]).play()
    assert len(page.of(ProgramStarted)) == 2
    (lost,) = page.of(Lost)
    assert (lost.kind, lost.records) == ("exec", 1)


def test_every_sink_gets_everything(tmp_path: Path) -> None:
    """In the same order."""
    run = Run(tmp_path, [exec_(300, ms=1), exit_(300, ms=2)])
    pages = [Page(), Page()]
    run.pipeline = Pipeline(RecordedSource(tmp_path / "run.rec"), list(pages), REDACTOR)
    run.play()
    assert pages[0].findings == pages[1].findings
    assert len(pages[0].findings) == 2


def test_what_panes_that_were_there_first_show_is_asked_for(tmp_path: Path) -> None:
    """Once their server has told which they are."""
    run = Run(tmp_path, [fork(300, ms=1)], [fork(301, ms=21)])
    there = ServerSeen(SERVER, key(SERVER).start_time_ns, 1000, None, b"/tmp/s", ())
    run.pipeline.learn([there], at_ns(0))
    run.play()
    assert [each for each in run.book.said if each[0] in ("ask", "pane")] == [
        ("ask", SERVER),
        ("pane", PANE),
    ]


def test_what_was_there_first_is_learnt_before_the_first_turn(tmp_path: Path) -> None:
    """A process that the start-up scan found is the parent of what comes."""
    run = Run(tmp_path, [fork(300, ms=1)])
    run.pipeline.learn([followed(PANE, PANE)], at_ns(0))
    run.play()
    assert run.page.findings[0].process.exe == b"/usr/bin/bash"
