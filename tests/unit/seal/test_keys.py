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


def by_hand(epoch: int, interval: int, seal: int, given_up: bytes = b"") -> bytes:
    """k(epoch, interval, seal), from docs/format.md; `given_up`: the key that its rekey took."""
    chain = hkdf(SEED, b"ttytrace epoch 0 mac")
    for _ in range(epoch):
        chain = hmac.digest(chain, b"epoch", HASH)
    for _ in range(interval + 1):
        chain = hmac.digest(chain, b"interval", HASH)
    key = hmac.digest(chain, b"seal" if interval or not epoch else given_up, HASH)
    for _ in range(seal):
        key = hmac.digest(key, b"next", HASH)
    return key


def ratchet_at(epoch: int, interval: int, seal: int = 0) -> Ratchet:
    """Epochs before have an interval of two seals."""
    ratchet = Ratchet.first(SEED)
    for _ in range(epoch):
        ratchet = ratchet.after_seal().after_interval().after_rekey()
    for _ in range(interval):
        ratchet = ratchet.after_seal().after_interval()
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


@pytest.mark.parametrize(
    "number", [(0, 0, 0), (0, 0, 1), (0, 0, 13), (0, 2, 0), (1, 1, 0), (1, 1, 2), (5, 3, 7)]
)
def test_keys_of_seals(number: tuple[int, int, int]) -> None:
    """Those that docs/format.md's formulas give."""
    ratchet = ratchet_at(*number)
    assert (*ratchet[:3], ratchet.key) == (*number, by_hand(*number))


def test_intervals_do_not_depend_on_how_many_seals_were_before() -> None:
    """So that a verifier can begin with any of them."""
    assert ratchet_at(0, 2) == Ratchet.first(SEED).after_interval().after_interval()
    assert ratchet_at(2, 1) == Ratchet.first(SEED).after_rekey().after_rekey().after_interval()


def test_an_epoch_begins_with_the_key_that_is_given_up() -> None:
    """Who doesn't have it can't end the epoch there."""
    for before in ((0, 0, 0), (0, 0, 1), (0, 2, 0)):
        assert ratchet_at(*before).after_rekey().key == by_hand(1, 0, 0, by_hand(*before))


def test_a_fresh_interval() -> None:
    """Is this one, as long as it has no seal."""
    assert ratchet_at(1, 2, 0).fresh() == ratchet_at(1, 2)
    assert ratchet_at(1, 2, 1).fresh() == ratchet_at(1, 3)


def test_a_mac() -> None:
    """The first half of HMAC-SHA-256 over root and body."""
    root, body = sha256(b"tree").digest(), b'{"@timestamp":"x"'
    expected = hmac.digest(by_hand(1, 2, 3), root + body, HASH)[:16]
    assert ratchet_at(1, 2, 3).mac(root, body) == expected


def test_no_two_seals_have_a_key_in_common() -> None:
    """Neither within an interval nor between two; nor is what begins one, or an epoch, ever one."""
    ratchets = [ratchet_at(e, c, n) for e in range(3) for c in range(4) for n in range(5)]
    keys = {ratchet.key for ratchet in ratchets}
    intervals = {ratchet.next_interval for ratchet in ratchets}
    assert len(keys | intervals | {ratchet.next_epoch for ratchet in ratchets}) == 60 + 12 + 3


def test_nothing_leads_back() -> None:
    """What is kept after a seal holds no key of a seal before, nor what began its interval or its
    epoch; the one that follows can't seal what was sealed."""
    used: set[bytes] = {SEED, hkdf(SEED, b"ttytrace epoch 0 mac")}
    ratchet = Ratchet.first(SEED)
    for _ in range(3):
        used.add(hmac.digest(hkdf(SEED, b"ttytrace epoch 0 mac"), b"interval", HASH))
        for step in "seal", "seal", "interval", "seal", "interval", "seal", "rekey":
            assert not used & set(ratchet)
            used.add(ratchet.key)
            if step != "seal":
                used.add(ratchet.next_interval if step == "interval" else ratchet.next_epoch)
            earlier, ratchet = ratchet, getattr(ratchet, f"after_{step}")()
            assert ratchet.mac(bytes(32), b"") != earlier.mac(bytes(32), b"")
