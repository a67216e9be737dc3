"""Records that another source makes are read back as they were."""

from __future__ import annotations

import pytest

from tests import packing
from tests.playbook import PANE, SERVER, exec_, exit_, server_found
from tracer.capture.packed import kind_of, pack
from tracer.decode.records import decode
from tracer.model import abi
from tracer.model.events import Exec, Exit, ServerFound

RECORDS = [
    exec_(201, b"ls", b"", b"caf\xe9"),
    exec_(201, b"sh")._replace(
        flags=abi.EXEC_ARGV_CUT, cwd=b"/", exe=b"/a/b (x)", who=exec_(1).who._replace(
            loginuid=None, audit_session=None, session=None, tty=None
        ),
    ),
    exit_(PANE, 9),
    server_found(SERVER),
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS)
def test_what_was_packed_is_read_back(record: Exec | Exit | ServerFound) -> None:
    """As from the kernel half, which packs the same bytes."""
    data = pack(record, 7)
    (arrival,) = decode(data, [(0, len(data))])
    assert (arrival.record, arrival.seq, arrival.kind) == (record, 7, kind_of(record))
    assert data == packing.pack(record, 7)
