"""Reads, writes and scenes by themselves."""

from __future__ import annotations

from tests.playbook import client_input, key, pane_input
from tests.unit.attribute.play import TTYS
from tracer.attribute.explain import Explanation, Scene, State
from tracer.attribute.keys import Paste
from tracer.attribute.pending import Read, Write

EMPTY = State({}, {}, {})


def read(client: str, data: bytes, at: int, prior: Read | None = None, withheld: int = 0) -> Read:
    """What was read of a client, as the `at`th thing that happened."""
    record = client_input(data, ms=at / 10, tty=TTYS[client], withheld=withheld)
    return Read(record, data, at, Paste().split(data), prior)


def write(data: bytes, at: int, pane: int = 0, *askers: int, withheld: int = 0) -> Write:
    """What was written to a pane."""
    record = pane_input(data, ms=at / 10, tty_id=pane, withheld=withheld)
    return Write(record, at, False, [key(pid) for pid in askers])


def scene(reads: list[Read], writes: list[Write], **more: object) -> Scene:
    """A server with nothing before."""
    queues: dict[object, list[Read]] = {}
    for each in reads:
        queues.setdefault(each.client, []).append(each)
    return Scene(queues, writes, more.pop("state", EMPTY), **more)


def told(found: list[Explanation]) -> list[list[list[bytes | None]]]:
    """For each explanation and write, the data of the reads that are in it."""
    return [
        [[piece.read.data if piece.read else None for piece in pieces] for pieces in each.writes]
        for each in found
    ]
