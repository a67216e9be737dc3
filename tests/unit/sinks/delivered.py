"""Records for the tests of drivers."""

from __future__ import annotations

import orjson

from tests import samples
from tracer.codec.ecs import Encoder
from tracer.codec.identity import Fields
from tracer.sinks.driver import Record


def record(sequence: int, event: Fields) -> Record:
    """As it stands in a log."""
    event["event"]["sequence"] = sequence
    return Record(sequence, orjson.dumps(event) + b"\n", event)


def exec_of(argument: bytes, sequence: int = 1) -> Record:
    """Of `ls` with this argument, in a session that is called the same."""
    place = samples.PLACE._replace(session_name=argument.decode(errors="replace"))
    process = samples.PROCESS._replace(argv=(b"ls", argument))
    encoder = Encoder(samples.HOST, samples.names, samples.FixedClock())
    return record(sequence, encoder.encode(samples.EXEC._replace(process=process, place=place)))
