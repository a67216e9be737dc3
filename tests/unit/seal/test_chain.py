"""The keys of a log: each from the one before it, each seal by the one whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from tests.unit.seal.made import SEED, made_log, sealer, stamp
from tracer.codec.log import log_part, parse
from tracer.model.sealed import End, Previous
from tracer.seal.chain import KeyChain
from tracer.seal.claims import Altered, Header, LostKeys, Rekey, Seal
from tracer.seal.keys import Ratchet, first_signer
from tracer.seal.note import Head, PublicKey, Signer
from tracer.seal.stage import Keys, Sealer
from tracer.seal.tree import Frontier

KEY = first_signer(SEED).public
OTHER = Signer(KEY.name, bytes(31) + b"7").public
LOG = made_log(3)
REKEYS = [line for line in LOG if b'"action":"rekey"' in line]


def claim(line: bytes) -> tuple[str, dict]:
    found = log_part(parse(line))
    assert found is not None
    return found


def chain(trusted: PublicKey | None = KEY, seed: bytes | None = SEED) -> KeyChain:
    begun = KeyChain(Header.parse(claim(LOG[0])[1]), trusted, seed)
    begun.begin()
    return begun


def follow(keys: KeyChain, lines: list[bytes], first: int = 1) -> None:
    """As the verifier does, without the tree."""
    for index, line in enumerate(lines, first):
        action, fields = log_part(parse(line)) or ("", {})
        if action == "seal":
            seal = Seal.parse(fields)
            keys.seal(seal, index, line)
            if seal.note:
                keys.checkpoint(seal.note, Head(index, seal.root), "then")
        elif action == "rekey":
            keys.rekey(Rekey.parse(fields))


def with_log(line: bytes, **fields: object) -> bytes:
    record = orjson.loads(line)
    record["ttytrace"]["log"] |= fields
    return orjson.dumps(record)


def later_header(epoch: int, interval: int, end: End = End.SEALED) -> Header:
    """Of a segment that begins there; the keys are the log's."""
    secret = bytes([epoch]) * 32  # as made_log() has them
    ratchet = Ratchet(epoch, interval, 0, bytes(32), bytes(32), bytes(32))
    keys = Keys(KEY.name, secret, None, ratchet, Head(0, bytes(32)))
    line = Sealer(keys, Frontier()).segment(stamp(), Previous("x", end))
    return Header.parse(claim(line)[1])


def test_a_log_is_followed() -> None:
    """Over its epochs; what was signed last and MACed last is known."""
    keys = chain()
    follow(keys, LOG[1:])
    keys.settle()
    assert keys.is_trusted
    assert keys.signed is not None
    assert (keys.signed.head.size, keys.maced) == (len(LOG) - 1, len(LOG))


def test_other_keys_than_the_log_s() -> None:
    """Each says which it is; one that the log may reach later is waited for."""
    header = Header.parse(claim(LOG[0])[1])
    with pytest.raises(ValueError, match="seed"):
        KeyChain(header, None, bytes(32))
    with pytest.raises(ValueError, match="key"):
        KeyChain(header, Signer("ttytrace/x", bytes(32)).public, None)
    waiting = chain(OTHER)
    assert not waiting.is_trusted
    assert not waiting.has_reached_key


def test_a_key_of_a_later_epoch() -> None:
    """What it signs covers all before it as well."""
    later = Rekey.parse(claim(REKEYS[1])[1]).next
    keys = chain(later, None)
    follow(keys, LOG[1:])
    assert keys.is_trusted


@pytest.mark.parametrize("change", [{"epoch": 1}, {"interval": 1}], ids=str)
def test_a_log_begins_with_its_first_key(change: dict) -> None:
    """And the first interval."""
    with pytest.raises(ValueError, match="first key"):
        KeyChain(Header.parse(claim(LOG[0])[1])._replace(**change), KEY, None).begin()


def test_the_mac() -> None:
    """Of another key, or of another line."""
    nth = next(n for n, line in enumerate(LOG) if b'"mac":"' in line[-40:])
    for wrong in (LOG[nth][:-24] + b"A" * 22 + b'"}', LOG[nth].replace(b"2026", b"2027", 1)):
        keys = chain()
        with pytest.raises(ValueError, match="MAC"):
            keys.seal(Seal.parse(claim(LOG[nth])[1]), nth, wrong)


@pytest.mark.parametrize("fields", [{"seal": 1}, {"interval": 1}, {"epoch": 1}], ids=str)
@pytest.mark.parametrize("seed", [SEED, None])
def test_seals_are_numbered(fields: dict, seed: bytes | None) -> None:
    """Without a hole, seed or not."""
    line = next(line for line in LOG if b'"action":"seal"' in line)
    with pytest.raises(ValueError, match="should be seal 0 of interval 0 of epoch 0"):
        chain(KEY, seed).seal(Seal.parse(claim(with_log(line, **fields))[1]), 1, line)


def test_a_signature_is_checked_where_it_counts() -> None:
    """At the end of the epoch; what is bad begins behind the last one that was right."""
    keys = chain()
    note = first_signer(bytes(32)).sign(Head(9, bytes(32)).text(KEY.name))
    keys.checkpoint(note, Head(9, bytes(32)), "then")
    with pytest.raises(Altered, match="another key") as raised:
        keys.rekey(Rekey.parse(claim(REKEYS[0])[1]))
    assert raised.value.index == 0


def test_a_note_of_another_tree() -> None:
    """Is seen at once."""
    note = first_signer(SEED).sign(Head(9, bytes(32)).text(KEY.name))
    with pytest.raises(ValueError, match="another tree"):
        chain().checkpoint(note, Head(10, bytes(32)), "then")


@pytest.mark.parametrize(
    "fields",
    [{"epoch": 2}, {"next": OTHER.vkey}, {"root": "A" * 43 + "="}],
    ids=lambda fields: next(iter(fields)),
)
def test_a_rekey_is_what_was_signed(fields: dict) -> None:
    """All of it."""
    with pytest.raises(ValueError):
        chain().rekey(Rekey.parse(claim(with_log(REKEYS[0], **fields))[1]))


def pruned(trusted: PublicKey | None) -> KeyChain:
    """Of a log that is kept from its third epoch on."""
    return KeyChain(later_header(2, 0), trusted, None)


def test_removed_epochs_are_walked() -> None:
    """From the first key to the one of the first segment; what follows is in the segments."""
    keys = pruned(KEY)
    assert keys.walk([*REKEYS, REKEYS[0]]) is None
    assert keys.is_trusted


@pytest.mark.parametrize(
    ("lines", "why"),
    [([], "ends with epoch 0"), (REKEYS[:1], "ends with epoch 1"), (REKEYS[1:], "no epoch 1")],
)
def test_removed_epochs_that_are_missing(lines: list[bytes], why: str) -> None:
    """Are no proof of anything, and no trust."""
    keys = pruned(KEY)
    assert why in str(keys.walk(lines))
    assert not keys.is_trusted


def test_removed_epochs_that_somebody_wrote() -> None:
    """Are tampering."""
    for lines in ([b"{}"], [b"x"], [with_log(REKEYS[0], next=OTHER.vkey)], [LOG[0]]):
        with pytest.raises(ValueError):
            pruned(KEY).walk(lines)


def ended(*, with_checkpoint: bool) -> KeyChain:
    """Behind a segment whose last seal is of interval 4 of epoch 2."""
    keys = KeyChain(later_header(2, 4), None, None)
    note = "x" if with_checkpoint else None
    keys.seal(Seal(2, 4, 0, bytes(32), note), 9, b'{,"mac":"A"}')
    return keys


@pytest.mark.parametrize(
    ("end", "with_checkpoint", "can_follow"),
    [
        (End.SEALED, True, [5]),
        (End.SEALED, False, []),
        (End.TORN, True, [5, 6]),
        (End.TORN, False, [5]),
        (End.IO_ERROR, True, [5, 6]),
        (End.BEHIND, True, range(5, 100)),
        (End.BEHIND, False, range(5, 100)),
    ],
)
def test_segments_go_on_with_the_keys(
    end: End, with_checkpoint: bool, can_follow: Iterable[int]
) -> None:
    """In the next interval, or behind as much as can be lost in the way that they say."""
    for interval in (*range(100), 10**9):
        keys, header = ended(with_checkpoint=with_checkpoint), later_header(2, interval, end)
        if interval in can_follow:
            keys.resume(header)
            keys.seal(Seal(2, interval, 0, bytes(32), None), 9, b'{,"mac":"A"}')
        else:
            with pytest.raises(ValueError, match="can't follow"):
                keys.resume(header)


@pytest.mark.parametrize("epoch", [1, 3])
def test_segments_go_on_with_the_key_of_the_epoch(epoch: int) -> None:
    """Whatever they say; unless the disk lost what leads to the next one."""
    for end in (End.SEALED, End.TORN, End.IO_ERROR):
        with pytest.raises(ValueError, match="another key"):
            ended(with_checkpoint=True).resume(later_header(epoch, 5, end))
    with pytest.raises(LostKeys if epoch == 3 else ValueError):
        ended(with_checkpoint=True).resume(later_header(epoch, 5, End.BEHIND))


@pytest.mark.parametrize("skipped", [0, 1])
def test_macs_go_on_behind_a_hole(skipped: int) -> None:
    """The keys that are skipped are known to who has the seed."""
    log = sealer()
    lines = [log.segment(stamp(), None), log.seal(stamp()), log.checkpoint(stamp())]
    ratchet = log.keys(log.head()).ratchet
    for _ in range(skipped):
        ratchet = ratchet.after_interval()
    later = Sealer(log.keys(log.head())._replace(ratchet=ratchet), log.tree())
    header = later.segment(stamp(), Previous("x", End.TORN))
    keys = chain()
    follow(keys, lines[1:])
    keys.resume(Header.parse(claim(header)[1]))
    follow(keys, [later.seal(stamp()), later.checkpoint(stamp())], 4)
    assert keys.maced == 6


@pytest.mark.parametrize("skipped", [0, 1])
def test_an_epoch_ends_where_its_last_key_is(skipped: int) -> None:
    """A thief of a later key can't say that it ended before, though the signature is right."""
    log = sealer()
    lines = [log.segment(stamp(), None), log.checkpoint(stamp())]
    ratchet = log.keys(log.head()).ratchet
    for _ in range(skipped):
        ratchet = ratchet.after_interval()
    thief = Sealer(log.keys(log.head())._replace(ratchet=ratchet), log.tree())
    keys = chain()
    follow(keys, [*lines[1:], thief.rekey(stamp(), bytes(32))])
    seal = thief.checkpoint(stamp())
    if skipped:
        with pytest.raises(ValueError, match="MAC"):
            follow(keys, [seal], 3)
    else:
        follow(keys, [seal], 3)


def test_what_can_t_have_been() -> None:
    """Is not computed: the time it takes is bounded."""
    begun = Header.parse(claim(LOG[0])[1])
    for change in ({"epoch": 10**8}, {"interval": 10**8}):
        with pytest.raises(ValueError, match="so many"):
            KeyChain(begun._replace(**change), None, SEED)
