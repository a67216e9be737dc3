"""The door between the service and a worker."""

from __future__ import annotations

import os

import pytest

from tracer.workers.door import MAX_BYTES, Door, pair


def test_a_message_comes_with_its_descriptors() -> None:
    """Whole, in both directions."""
    ours, theirs = pair()
    worker = Door(theirs)
    reader, writer = os.pipe()
    assert ours.send({"say": "é"}, [writer])
    got = worker.receive()
    assert got and got.fields == {"say": "é"}
    os.write(got.descriptors[0], b"x")
    assert os.read(reader, 1) == b"x"
    assert worker.send({"n": 1})
    heard = ours.receive()
    assert heard and heard.fields == {"n": 1}
    for fd in (reader, writer, *got.descriptors):
        os.close(fd)
    ours.close()
    worker.close()


def test_the_service_never_waits() -> None:
    """Not for a message, and not for a worker that doesn't read."""
    ours, theirs = pair()
    with pytest.raises(BlockingIOError):
        ours.receive()
    while ours.send({"fill": "x" * 60_000}):
        pass
    ours.close()
    theirs.close()


def test_the_end_is_seen() -> None:
    """By both, also where something was not read."""
    ours, theirs = pair()
    worker = Door(theirs)
    assert ours.send({})
    assert worker.send({})
    worker.close()
    assert ours.receive() is not None
    assert ours.receive() is None
    assert not ours.send({})
    ours.close()


def test_what_is_too_large_is_a_bug() -> None:
    """It is heard of at the sender."""
    ours, theirs = pair()
    with pytest.raises(ValueError):
        ours.send({"x": "y" * MAX_BYTES})
    ours.close()
    theirs.close()
