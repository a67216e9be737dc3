"""tracer.store.search: what it answers is what a scan of the log's lines finds."""

from __future__ import annotations

import random
import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.samples import (
    ALICE,
    BOB,
    ENDED,
    EXEC,
    FINDINGS,
    INPUT,
    LOST,
    NOT_TYPED,
    NOW,
    OUTPUT,
    PLACE,
    PROCESS,
    SECOND,
    TYPED_BY,
    WHO,
)
from tests.stored import StoredLog
from tracer.codec.moment import wall_ns
from tracer.model.context import Command
from tracer.model.events import Tty
from tracer.model.findings import Finding
from tracer.store import index_file, index_read, index_shard
from tracer.store.directory import Directory
from tracer.store.index import Index
from tracer.store.query import BACKGROUND, KINDS, Query
from tracer.store.search import Searcher

WORDS = "alpha beta gamma delta rm ls /etc/passwd --force naïve 日本 x1".split()
UIDS = (0, 1000, 1002, 1003)


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several shards and blocks, of few records."""
    monkeypatch.setattr(index_file, "SHARD_RECORDS", 500)
    for module in (index_shard, index_read):
        monkeypatch.setattr(module, "BLOCK_RECORDS", 32)


def findings(chance: random.Random, count: int) -> Iterator[Finding]:
    """What goes on in three panes of two sessions: rows come in pieces."""
    offsets: dict[int, int] = defaultdict(int)
    unfinished: dict[int, list[bytes]] = defaultdict(list)
    for number in range(count):
        pane, now = chance.randrange(3), NOW + number * SECOND // 20
        session = ("$1", "work") if pane else ("$2", "play")
        place = PLACE._replace(
            session_id=session[0], session_name=session[1], pane_id=f"%{pane}", pane_pid=2000 + pane
        )
        uid = chance.choice(UIDS)
        text = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
        process = PROCESS._replace(who=WHO._replace(uid=uid), argv=tuple(text.encode().split()))
        person = chance.choice((ALICE, BOB, BOB._replace(loginuid=1000, uid=0)))
        match chance.randrange(10):
            case 0:
                command = chance.choice((None, Command(((person, 3), (None, 1)), person, True, "")))
                yield EXEC._replace(time_ns=now, process=process, place=place, command=command)
            case 1:
                status = chance.choice((0, 1 << 8, 3 << 8, 9))
                yield ENDED._replace(time_ns=now, process=process, place=place, status=status)
            case 2:
                typed = chance.choice((NOT_TYPED, TYPED_BY._replace(person=person)))
                yield INPUT._replace(time_ns=now, place=place, typed_by=(typed,))
            case 3:
                yield LOST._replace(time_ns=now, place=place)
            case 4:
                yield chance.choice(FINDINGS)
            case _:
                if not unfinished[pane]:
                    shown = f"{text}\r\n".encode()
                    cut = chance.randrange(len(text.encode()) + 1)
                    unfinished[pane] = (
                        [shown] if chance.random() < 0.7 else [shown[:cut], shown[cut:]]
                    )
                data = unfinished[pane].pop(0)
                yield OUTPUT._replace(
                    time_ns=now, process=process, place=place, tty=Tty(136, 50 + pane),
                    offset=offsets[pane], data=data,
                )  # fmt: skip
                offsets[pane] += len(data)


def write(log: StoredLog, chance: random.Random, count: int) -> None:
    """In batches, in several segments, with the index brought up to date in between."""
    log.segment(NOW)
    index = Index(Directory(log.path))
    batch: list[Finding] = []
    for finding in findings(chance, count):
        batch.append(finding)
        if chance.random() < 0.2:
            log.add(*batch)
            batch = []
            if chance.random() < 0.1:
                index.catch_up()
            if chance.random() < 0.02:
                index.close()
                index = Index(Directory(log.path))
            if chance.random() < 0.02:
                log.segment(finding.time_ns)
    log.add(*batch)
    index.close()


class Scan:
    """Answers from the lines alone, one by one, by other code."""

    def __init__(self, lines: list[bytes]) -> None:
        self.events = [orjson.loads(line) for line in lines]
        self.uids: dict[str, set[str]] = defaultdict(set)
        self.shown: dict[int, list[str]] = defaultdict(list)
        pieces: dict[int, tuple[int, bytes]] = defaultdict(lambda: (0, b""))
        came_up: dict[int, bytes] = {}
        for number, event in enumerate(self.events):
            self._learn(event)
            device = event.get("process", {}).get("tty", {}).get("char_device", {}).get("minor", 0)
            if number % index_file.SHARD_RECORDS == 0:  # there, what is unfinished comes up
                for terminal, (last, rest) in pieces.items():
                    self.shown[last] += [rest.decode(errors="ignore")] if rest else []
                    came_up[terminal] = rest
            if event["event"]["action"] == "text_output" and device >= 50:
                *rows, rest = (pieces[device][1] + exact(event)).split(b"\r\n")
                is_old = bool(rows) and rows[0] == came_up.pop(device, None)  # it has only ended
                self.shown[number] = [row.decode() for row in rows[is_old:]]
                pieces[device] = number, rest

    def _learn(self, value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(value.get("name"), str) and str(value.get("id", "")).isdigit():
                self.uids[value["name"]].add(value["id"])
            for part in value.values():
                self._learn(part)
        elif isinstance(value, list):
            for part in value:
                self._learn(part)

    def find(self, query: Query) -> list[int]:
        found = [
            number for number, event in enumerate(self.events) if self.takes(query, number, event)
        ]
        return found[-query.limit :] if query.limit else found

    def takes(self, query: Query, number: int, event: dict[str, Any]) -> bool:
        tmux, user = event.get("tmux", {}), event.get("user", {})
        action, process = event["event"]["action"], event.get("process", {})
        command = process.get("command_line", "") if action in ("exec", "end") else ""
        rows = self.shown.get(number, [])
        at = wall_ns(event["@timestamp"]) // 1000
        session = tmux.get("session", {})
        return (
            (action in query.kinds if query.kinds else action not in BACKGROUND)
            and (not query.user or query.user in (user.get("name"), user.get("id")))
            and (not query.typed_by or self.is_by(query.typed_by, tmux))
            and (not query.session or query.session in (session.get("id"), session.get("name")))
            and (not query.pane or query.pane == tmux.get("pane", {}).get("id"))
            and (not query.host or query.host == event.get("host", {}).get("name"))
            and (query.exit_code is None or query.exit_code == process.get("exit_code"))
            and (query.since_us is None or at >= query.since_us)
            and (query.until_us is None or at <= query.until_us)
            and (not query.command or holds(command, query.command))
            and (not query.text or holds(" ".join(rows), query.text))
            and (query.regex is None or any(map(query.regex.search, [*rows, command])))
        )

    def is_by(self, name: str, tmux: dict[str, Any]) -> bool:
        people = [
            *(typed for typed in tmux.get("typed_by", []) if typed["how"] != "terminal-reply"),
            *tmux.get("composed_by", []),
            *([tmux.get("submitted_by", {})] if "command_partial" in tmux else []),
            *(tmux[part] for part in ("client", "injected_by", "traced_by") if part in tmux),
        ]
        asked = {name, *self.uids.get(name, ())}
        for person in people:
            user, loginuid = person.get("user", {}), person.get("loginuid")
            if not user and loginuid is None:
                names = {"unknown"}
            else:
                names = {
                    user.get("name"),
                    user.get("id"),
                    None if loginuid is None else str(loginuid),
                }
            if names & asked:
                return True
        return False


def exact(event: dict[str, Any]) -> bytes:
    """What an output showed."""
    if "bytes" in event["ttytrace"]["io"]:
        return b64decode(event["ttytrace"]["io"]["bytes"])
    shown: str = event["process"]["io"]["text"]
    return shown.encode()


def holds(text: str, words: str) -> bool:
    """Whether all the words and phrases are in the text."""
    tokens = " " + " ".join(re.findall(r"[^\W_]+", plain(text))) + " "
    return all(
        " " + " ".join(re.findall(r"[^\W_]+", plain(phrase or word))) + " " in tokens
        for phrase, word in re.findall(r'"([^"]*)"|(\S+)', words)
    )


def plain(text: str) -> str:
    return text.casefold().replace("ï", "i")


def questions(chance: random.Random, last_us: int) -> Query:
    """Some filters of all."""
    first_us = last_us - 45_000_000
    since, until = sorted(chance.randint(first_us, last_us) for _ in range(2))
    word = chance.choice(WORDS)
    filters: dict[str, Any] = {
        "user": chance.choice(("alice", "bob", "1003", "root", "nobody")),
        "typed_by": chance.choice(("alice", "bob", "1000", "1002", "unknown", "root", "eve")),
        "session": chance.choice(("work", "$2", "none")),
        "pane": chance.choice(("%0", "%1", "%3")),
        "host": chance.choice(("lab", "lab", "other")),
        "kinds": tuple(chance.sample(KINDS, 4)),
        "command": chance.choice((word, f'"{word} {chance.choice(WORDS)}"', f"rm {word}")),
        "text": chance.choice((word, f'"{word} {chance.choice(WORDS)}"', f"{word} ALPHA")),
        "regex": re.compile(chance.choice((word, r"^rm .*", r"(alpha|beta) gamma$", r"日."))),
        "exit_code": chance.choice((0, 1, 137)),
        "since_us": since,
        "until_us": until,
    }
    asked = chance.sample(sorted(filters), chance.choice((0, 1, 1, 2, 2, 3)))
    limit = chance.choice((0, 0, 5, 100))
    return Query(**{name: filters[name] for name in asked}, limit=limit)


@pytest.mark.parametrize("seed", range(2))
def test_it_finds_what_a_scan_finds(tmp_path: Path, small_shards: None, seed: int) -> None:
    """For any filters together; however the index was brought up to date."""
    chance = random.Random(seed)
    log = StoredLog(tmp_path / "log")
    write(log, chance, 900)
    index = Index(Directory(log.path))
    assert index.catch_up() == len(log.lines)
    assert len(index.shards()) > 2
    scan, searcher = Scan(log.lines), Searcher(index)
    last_us = wall_ns(scan.events[-1]["@timestamp"]) // 1000
    answered = 0
    for _ in range(200):
        query = questions(chance, last_us)
        expected = scan.find(query)
        assert searcher.find(query) == expected, query
        answered += bool(expected)
    assert answered > 40
    for number in (0, 1, 499, 500, len(log.lines) - 1):
        found = searcher.found(number)
        assert found is not None
        assert found.line == log.lines[number]
    searcher.close()
    index.close()
