"""tracer.observe.imsg"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.observe.imsg import MAX_FRAME_BYTES, Decoder, Message, NotImsg, Type, pack, type_name

FRAMES = st.lists(st.tuples(st.sampled_from(list(Type)), st.binary(max_size=200)), max_size=6)


@given(FRAMES, st.lists(st.integers(0, 400)))
def test_messages_come_out_as_packed_however_the_stream_is_cut(frames, cuts):
    """Feeding the same bytes in any pieces gives the same messages."""
    stream = b"".join(pack(kind, data) for kind, data in frames)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    decoder = Decoder()
    pieces = (stream[a:b] for a, b in pairwise(edges))
    found = [message for piece in pieces for message in decoder.feed(piece)]
    assert found == [Message(kind, 8, data) for kind, data in frames]


def test_a_frame_has_the_layout_of_struct_imsg_hdr():
    """Type, length with the header, no flags, version, pid; then the data."""
    assert pack(Type.COMMAND, b"ab", 0x01020304) == (
        b"\xc8\0\0\0" b"\x12\0" b"\0\0" b"\x08\0\0\0" b"\x04\x03\x02\x01" b"ab"
    )  # fmt: skip


@pytest.mark.parametrize("length", [0, 15, MAX_FRAME_BYTES + 1, 65535])
def test_an_impossible_length_is_refused_at_the_header(length):
    """A length that no frame has is an error before any of its data is kept."""
    header = b"\x01\0\0\0" + length.to_bytes(2, "little") + bytes(10)
    with pytest.raises(NotImsg):
        Decoder().feed(header)


def test_the_longest_frame_passes_and_one_more_byte_does_not():
    """The bound is tmux's own, in both directions."""
    most = bytes(MAX_FRAME_BYTES - 16)
    assert Decoder().feed(pack(Type.WRITE, most)) == [Message(Type.WRITE, 8, most)]
    with pytest.raises(ValueError, match="16385 bytes"):
        pack(Type.WRITE, most + b"x")


@given(st.binary(max_size=2000))
def test_any_bytes_give_messages_or_not_imsg(data):
    """Nothing else is raised, whatever arrives."""
    try:
        assert all(message.version < 256 for message in Decoder().feed(data))
    except NotImsg as refused:
        assert "frame of" in str(refused)


def test_types_have_the_protocols_names_and_unknown_ones_their_number():
    """An alert says READ_OPEN, and 999 for what nobody knows."""
    assert [type_name(300), type_name(999)] == ["READ_OPEN", "999"]
