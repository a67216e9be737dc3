"""From explanations of a write to whose each byte is.

Invariant: ranges cover the write; a hand stands only on bytes that every explanation gives to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from tracer.attribute.pending import Piece, Read
from tracer.model.hands import Confidence, Hand, How, Range

SEVERAL: Final = "more than one terminal or process can have sent this"
EITHER: Final = "more than one process or terminal can have asked for this"
SIZES: Final = "the bytes were withheld; the sizes fit, and no other terminal sent anything"
ANSWER: Final = "a terminal or tmux answered a program"


def unknown(size: int, reason: str) -> Range:
    """`size` bytes of nobody that we could name."""
    return Range(size, None, How.UNKNOWN, Confidence.NONE, reason)


def ranges_of(pieces: Iterable[Piece], is_withheld: bool) -> list[Range]:
    """Whose a write is by one explanation."""
    return [each for piece in pieces for each in _piece_ranges(piece, is_withheld)]


def agreed(choices: Sequence[Sequence[Range]]) -> tuple[Range, ...]:
    """What all explanations of a write say; where they differ, nobody is named."""
    if all(each == choices[0] for each in choices[1:]):
        return joined(choices[0])
    cuts = sorted({cut for ranges in choices for cut in _cuts(ranges)})
    split = [_split(ranges, cuts) for ranges in choices]
    return joined(_same(cell) for cell in zip(*split, strict=True))


def joined(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Neighbours that differ in nothing but size become one."""
    groups = groupby(ranges, key=lambda each: each[1:])
    return tuple(Range(sum(each.size for each in group), *rest) for rest, group in groups)


def _piece_ranges(piece: Piece, is_withheld: bool) -> Iterator[Range]:
    if piece.is_asked:
        yield unknown(piece.size, EITHER)
    elif piece.read is None or piece.read.is_answer:
        yield Range(piece.size, None, How.TERMINAL_REPLY, Confidence.NONE, ANSWER)
    elif is_withheld or piece.read.is_withheld:
        hand, how = Hand(piece.read.client, None), _shown(How.KEYSTROKE, piece)
        yield Range(piece.size, hand, how, Confidence.LIKELY, SIZES)
    else:
        for size, how in _parts(piece, piece.read):
            hand = Hand(piece.read.client, None)
            yield Range(size, hand, _shown(how, piece), Confidence.EXACT, "")


def _shown(how: How, piece: Piece) -> How:
    return How.SYNC_PANES if piece.is_copy else how


def _parts(piece: Piece, read: Read) -> Iterator[tuple[int, How]]:
    """How the bytes of a piece came; where they were rewritten, all of them are a paste or none."""
    hows = {how for _, how in read.parts}
    if len(hows) == 1 or piece.joined or piece.size > read.size - piece.offset:
        yield piece.size, How.PASTE if How.PASTE in hows else How.KEYSTROKE
        return
    skip, left = piece.offset, piece.size
    for size, how in read.parts:
        shown = min(max(size - skip, 0), left)
        skip, left = max(skip - size, 0), left - shown
        if shown:
            yield shown, how


def _cuts(ranges: Sequence[Range]) -> Iterator[int]:
    at = 0
    for each in ranges:
        at += each.size
        yield at


def _split(ranges: Sequence[Range], cuts: Sequence[int]) -> Iterator[Range]:
    at, own = 0, iter(ranges)
    current, end = None, 0
    for cut in cuts:
        if at == end:
            current = next(own)
            end += current.size
        assert current is not None
        yield current._replace(size=cut - at)
        at = cut


def _same(cell: Sequence[Range]) -> Range:
    first = cell[0]
    if any(each.hand != first.hand or (each.how != first.how and not first.hand) for each in cell):
        return unknown(first.size, SEVERAL)
    return next((each for each in cell if each.confidence == Confidence.LIKELY), first)
