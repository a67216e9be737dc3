"""tracer.seal.keys"""

from __future__ import annotations

import hmac
import string
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.seal.made import SEED
from tracer.seal.keys import (
    Ratchet,
    first_secret,
    first_signer,
    is_first_key,
    new_secret,
    origin_of,
    parse_seed,
    rekey_text,
    seed_text,
)
from tracer.seal.note import PublicKey, Signer

HASH = "sha256"


def hkdf(seed: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block of output, and no salt."""
    return hmac.digest(hmac.digest(bytes(32), seed, HASH), info + b"\1", HASH)


def by_hand(epoch: int, seal: int) -> bytes:
    """k(epoch, seal), from docs/format.md."""
    chain = hkdf(SEED, b"ttytrace epoch 0 mac")
    for _ in range(epoch):
        chain = hmac.digest(chain, b"epoch", HASH)
    key = hmac.digest(chain, b"seal", HASH)
    for _ in range(seal):
        key = hmac.digest(key, b"next", HASH)
    return key


def ratchet_at(epoch: int, seal: int) -> Ratchet:
    ratchet = Ratchet.first(SEED)
    for _ in range(epoch):
        ratchet = ratchet.after_seal().after_rekey()
    for _ in range(seal):
        ratchet = ratchet.after_seal()
    return ratchet


# The seed


@given(st.binary(min_size=32, max_size=32))
def test_a_seed_there_and_back(seed: bytes) -> None:
    """As it is shown; also when a terminal has broken it into lines."""
    text = seed_text(seed)
    assert parse_seed(text) == seed
    assert parse_seed(f"{text[:40]}\n {text[40:]}\n") == seed


def test_any_wrong_letter_of_a_seed_shows() -> None:
    """Each letter, replaced by each other, doubled or left out."""
    text = seed_text(SEED)
    for place in range(len(text)):
        for letter in ("", text[place] * 2, *string.ascii_letters, *string.digits, *"+/=-"):
            wrong = text[:place] + letter + text[place + 1 :]
            if wrong != text:
                with pytest.raises(ValueError, match="seed"):
                    parse_seed(wrong)


@given(st.text() | st.text().map("ttytrace-seed-1-{}".format))
def test_any_text_as_a_seed(text: str) -> None:
    """It is refused with a sentence."""
    with pytest.raises(ValueError, match="seed"):
        parse_seed(text)


def test_secrets_are_random() -> None:
    """No two are the same."""
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 32


# The first key, and the origin


def test_the_first_key_comes_from_the_seed() -> None:
    """So that who has the seed needs nothing else to check a log."""
    assert first_secret(SEED) == hkdf(SEED, b"ttytrace epoch 0 signature")
    assert first_signer(SEED).public.raw == Signer("any", first_secret(SEED)).public.raw


def test_the_origin_comes_from_the_first_key() -> None:
    """Nobody can begin a log of the same name with another key."""
    key = first_signer(SEED).public
    assert key.name == origin_of(key.raw) == f"ttytrace/{sha256(key.raw).hexdigest()[:16]}"
    assert is_first_key(key)
    assert not is_first_key(PublicKey(key.name, Signer("-", bytes(32)).public.raw))
    assert not is_first_key(PublicKey("ttytrace/0123456789abcdef", key.raw))


def test_what_a_dropped_key_signs() -> None:
    """By hand, once."""
    key = Signer("ttytrace/x", bytes(32)).public
    text = rekey_text("ttytrace/x", 7, key, bytes(32))
    assert text == f"ttytrace/x/rekey\n7\n{key.vkey}\n{'A' * 43}=\n"


def test_no_rekey_is_a_checkpoint() -> None:
    """The same keys sign both; a text of one kind can't be taken for the other."""
    lines = rekey_text("o", 7, Signer("o", bytes(32)).public, bytes(32)).split("\n")
    assert lines[0] != "o"
    assert "+" in lines[2]
    assert len(lines[2]) > len(b64encode(bytes(32)))


# The ratchet


@pytest.mark.parametrize(("epoch", "seal"), [(0, 0), (0, 1), (0, 13), (1, 0), (1, 2), (5, 7)])
def test_keys_of_seals(epoch: int, seal: int) -> None:
    """Those that docs/format.md's formulas give."""
    ratchet = ratchet_at(epoch, seal)
    assert (ratchet.epoch, ratchet.seal, ratchet.key) == (epoch, seal, by_hand(epoch, seal))


def test_an_epoch_does_not_depend_on_how_many_seals_were_before() -> None:
    """So that a verifier can begin with any epoch."""
    assert ratchet_at(2, 0) == Ratchet.first(SEED).after_rekey().after_rekey()


def test_a_mac() -> None:
    """The first half of HMAC-SHA-256 over root and body."""
    root, body = sha256(b"tree").digest(), b'{"@timestamp":"x"'
    assert ratchet_at(1, 2).mac(root, body) == hmac.digest(by_hand(1, 2), root + body, HASH)[:16]


def test_no_two_seals_have_a_key_in_common() -> None:
    """Neither within an epoch nor between two; nor is what begins an epoch ever one."""
    ratchets = [ratchet_at(epoch, seal) for epoch in range(5) for seal in range(9)]
    keys = [ratchet.key for ratchet in ratchets]
    assert len({*keys, *(ratchet.next_epoch for ratchet in ratchets)}) == 45 + 5


def test_nothing_leads_back() -> None:
    """What is kept after a seal holds no key of a seal before, nor what began its epoch; the one
    that follows can't seal what was sealed."""
    begins = [hkdf(SEED, b"ttytrace epoch 0 mac")]
    for _ in range(4):
        begins.append(hmac.digest(begins[-1], b"epoch", HASH))
    used: set[bytes] = {SEED}
    ratchet = Ratchet.first(SEED)
    for epoch in range(4):
        used.add(begins[epoch])
        for _ in range(6):
            assert not used & set(ratchet)
            used.add(ratchet.key)
            earlier, ratchet = ratchet, ratchet.after_seal()
            assert ratchet.mac(bytes(32), b"") != earlier.mac(bytes(32), b"")
        used.add(ratchet.key)
        ratchet = ratchet.after_rekey()
