"""Ring bytes into records: there and back for whatever a record may hold, and no guess at a
record that isn't one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packing import kind_of, pack
from tests.playbook import (
    client_input,
    client_shown,
    client_tty,
    exec_,
    exit_,
    fork,
    injection,
    output,
    pane_input,
    peer,
    resize,
    server_found,
    traced,
)
from tracer.decode.records import decode
from tracer.model import abi
from tracer.model.events import (
    ClientInput,
    ClientShown,
    ClientTty,
    Exec,
    Exit,
    Fork,
    Injection,
    PaneInput,
    PaneOutput,
    Peer,
    ProcessKey,
    Record,
    Resize,
    Traced,
    Tty,
    Who,
)

_U64 = st.integers(0, 2**64 - 1)
_U32 = st.integers(0, 2**32 - 1)
_U16 = st.integers(0, 2**16 - 1)
_ID = st.none() | st.integers(0, 2**32 - 2)  # loginuid and audit session: 2**32-1 is "not set"
_PID = st.none() | st.integers(1, 2**32 - 1)
_TTY = st.builds(Tty, st.integers(1, 2**12 - 1), st.integers(0, 2**20 - 1))
_KEY = st.builds(ProcessKey, _U32, _U64)
_NAME = st.binary(min_size=1, max_size=20).filter(lambda name: not {0, 47} & set(name))
_PATH = st.lists(_NAME, max_size=5).map(lambda names: b"/" + b"/".join(names))
_WORD = st.binary(max_size=20).filter(lambda word: b"\0" not in word)
_WHO = st.builds(
    Who, _KEY, _U32, _U32, _U32, _U32, _U32, _U32, _ID, _ID, _PID, st.none() | _TTY, _U64
)
_EXEC = st.builds(
    Exec,
    *(_U64, _KEY, _U32, _WHO, _WORD, _PATH, _PATH),
    st.lists(_WORD, max_size=6).map(tuple),
    *(_U64, _U32, _U64, st.tuples(st.integers(0, 2**12 - 1), st.integers(0, 2**20 - 1))),
    *(_U32, _U16),
)
_OUTPUT = st.builds(
    PaneOutput,
    *(_U64, _KEY, _U64, _U64, _U64, _U64, _U32, _PID, _PID, _TTY, _U16, _U16),
    st.binary(max_size=100),
)
_SHOWN = _OUTPUT.map(lambda output: ClientShown(*output))
_RESIZES = st.builds(
    Resize, *(_U64, _KEY, _U64, _U64, _PID, _TTY, _U16, _U16), is_client=st.booleans()
)
_DATA = st.binary(max_size=100).map(lambda data: (len(data), False, data))
_WITHHELD = _U32.map(lambda size: (size, True, b""))
_INPUT = _DATA | _WITHHELD


@st.composite
def _client_inputs(draw: st.DrawFn) -> ClientInput:
    fields = _U64, _KEY, _U64, _U64, _U64, _U32, _PID, _TTY
    return ClientInput(*map(draw, fields), *draw(_INPUT))


@st.composite
def _pane_inputs(draw: st.DrawFn) -> PaneInput:
    fields = _U64, _KEY, _U32, _U64, _U64, _U64, _U32, _PID, _PID, _TTY, _U32
    return PaneInput(*map(draw, fields), *draw(_INPUT))


@st.composite
def _peers(draw: st.DrawFn) -> Peer:
    who = draw(st.none() | _WHO)
    server = draw(_U32) if who is None else who.server_tgid
    return Peer(draw(_U64), draw(_KEY), who, server, draw(_U64), draw(_U32), draw(st.booleans()))


_RECORD = st.one_of(
    st.builds(Fork, _U64, _KEY, _WHO),
    _EXEC,
    st.builds(Exit, _U64, _KEY, _U32, _U32, st.booleans()),
    _OUTPUT,
    _SHOWN,
    _RESIZES,
    _client_inputs(),
    _pane_inputs(),
    st.builds(ClientTty, _U64, _KEY, _U64, _PID, _TTY, _U16, _U16, st.booleans()),
    _peers(),
    st.builds(Injection, _U64, _KEY, _WHO, _U32, _U64, _PID, _TTY, _U32),
    st.builds(Traced, _U64, _KEY, _WHO, _KEY, _U32, _U32, _U32),
)
_ONE_OF_EACH = [
    fork(5),
    exec_(5),
    exit_(5),
    server_found(),
    output(b"text"),
    client_shown(b"text"),
    resize(80, 24),
    client_input(b"keys"),
    pane_input(b"keys"),
    client_tty(),
    peer(5),
    injection(5),
    traced(5),
]


@given(_RECORD, _U32, _U16)
def test_what_was_packed_is_decoded(record: Record, seq: int, cpu: int) -> None:
    """Every field of every kind comes back, with the number and the CPU of its header."""
    data = pack(record, seq, cpu)
    (arrival,) = decode(data, [(0, len(data))])
    assert arrival == (record.ktime_ns, kind_of(record), cpu, seq, record)


def test_records_are_found_where_the_spans_say() -> None:
    """Padding and ring headers between records are never looked at."""
    records = [fork(5), exec_(5, b"ls", b"-l"), output(b"total 0\r\n"), exit_(5), server_found()]
    data, spans = b"", []
    for record in records:
        data += b"\xee" * 13
        spans.append((len(data), len(pack(record))))
        data += pack(record)
    assert [arrival.record for arrival in decode(data + b"\xee" * 8, spans)] == records


@pytest.mark.parametrize("wrong", [-1, 1, 8])
@pytest.mark.parametrize("record", _ONE_OF_EACH)
def test_a_size_that_disagrees_is_a_bug(record: Record, wrong: int) -> None:
    """The ring and the header say the same length, or the record isn't taken."""
    data = pack(record) + bytes(8)
    size = len(pack(record))
    with pytest.raises(ValueError, match="says that it has"):
        decode(data, [(0, size + wrong)])


@pytest.mark.parametrize("record", _ONE_OF_EACH)
def test_a_record_that_is_cut_is_a_bug(record: Record) -> None:
    """A record whose parts pass its own end is not taken, whatever its header says."""
    whole = pack(record)
    size_at = abi.HEADER.offset("size")
    for size in range(abi.HEADER.size, len(whole)):
        cut = bytearray(whole[:size])
        cut[size_at : size_at + 4] = size.to_bytes(4, "little")
        with pytest.raises(ValueError):
            decode(bytes(cut), [(0, size)])


@pytest.mark.parametrize("record", [client_input(b"", withheld=3), pane_input(b"", withheld=3)])
def test_bytes_where_they_were_withheld_are_a_bug(record: Record) -> None:
    """A record that says that it keeps its bytes to itself and has some is not taken."""
    whole = bytearray(pack(record) + b"abc")
    size_at = abi.HEADER.offset("size")
    whole[size_at : size_at + 4] = len(whole).to_bytes(4, "little")
    with pytest.raises(ValueError, match="hold 3"):
        decode(bytes(whole), [(0, len(whole))])


def test_a_kind_from_the_future_is_a_bug() -> None:
    """A kind that nobody knows is never taken for a known one."""
    data = bytearray(pack(fork(5)))
    kind_at = abi.HEADER.offset("kind")
    data[kind_at : kind_at + 2] = (12).to_bytes(2, "little")
    with pytest.raises(ValueError, match="12"):
        decode(bytes(data), [(0, len(data))])


def test_argv_keeps_empty_words() -> None:
    """An empty argv[0] and empty arguments are words; no argv is none."""
    for argv in ((b"",), (b"", b"", b"a"), (b"a", b"")):
        data = pack(exec_(5)._replace(argv=argv))
        assert decode(data, [(0, len(data))])[0].record.argv == argv
    data = pack(exec_(5)._replace(argv=()))
    assert decode(data, [(0, len(data))])[0].record.argv == ()


def test_the_root_is_a_path() -> None:
    """A path without names is the root."""
    data = pack(exec_(5)._replace(cwd=b"/"))
    assert decode(data, [(0, len(data))])[0].record.cwd == b"/"
