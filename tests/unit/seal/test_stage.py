"""tracer.seal.stage"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import orjson
import pytest

from tests.unit.seal.made import (
    NEXT_SECRETS,
    SEED,
    event,
    made_log,
    merkle_tree_hash,
    sealer,
    stamp,
)
from tests.unit.seal.test_keys import by_hand, ratchet_at
from tracer.model.sealed import End, Previous
from tracer.seal.keys import first_signer, rekey_text
from tracer.seal.note import Head, PublicKey, Signer, open_note, unbase64
from tracer.seal.stage import Keys, Sealer, lines_of, may_be_seal, sealed_line, split_seal
from tracer.seal.tree import EMPTY_ROOT, Frontier, leaf_hash

ORIGIN = first_signer(SEED).public.name


def log_of(line: bytes) -> dict[str, Any]:
    return orjson.loads(line)["ttytrace"]["log"]


def action_of(line: bytes) -> str:
    return orjson.loads(line)["event"]["action"]


LOG = made_log()
SEALS = [index for index, line in enumerate(LOG) if action_of(line) == "seal"]
CHECKPOINTS = [index for index in SEALS if "note" in log_of(LOG[index])]


# Records


def test_records_are_numbered_without_a_hole() -> None:
    """Events, seals and all else, from 0 on."""
    assert [orjson.loads(line)["event"]["sequence"] for line in LOG] == list(range(len(LOG)))


def test_numbers_go_on_from_the_tree() -> None:
    """A log that goes on counts over its whole life."""
    tree = Frontier()
    tree.extend([bytes(32)] * 48211)
    log = Sealer(Keys.first(SEED), tree)
    assert log.size == 48211
    assert orjson.loads(log.segment(stamp(), None))["event"]["sequence"] == 48211
    assert orjson.loads(log.add([event("a"), event("b")])[1])["event"]["sequence"] == 48213
    assert log.head().size == 48214
    assert tree.size == 48211


def test_each_event_has_a_salt_of_its_own() -> None:
    """96 random bits, so that what was erased can't be guessed by its hash."""
    log = sealer()
    lines = log.add(copies(500)) + log.add(copies(500)) + sealer().add(copies(1))
    salts = {orjson.loads(line)["ttytrace"]["salt"] for line in lines}
    assert len(salts) == 1001
    assert {len(urlsafe_b64decode(salt)) for salt in salts} == {12}


def copies(count: int) -> list[dict[str, Any]]:
    return [event("the same") for _ in range(count)]


def test_salts_are_all_of_the_random_bytes() -> None:
    """In order, none twice."""
    log = Sealer(Keys.first(SEED), Frontier(), lambda count: bytes(range(count)))
    salts = [orjson.loads(line)["ttytrace"]["salt"] for line in log.add(copies(3))]
    assert urlsafe_b64decode("".join(salts)) == bytes(range(36))


def test_no_events_are_no_lines() -> None:
    """And take no number."""
    log = sealer()
    assert log.add([]) == []
    assert log.size == 0


def test_lines_are_one_line() -> None:
    """Whatever is in an event, its line has no newline; those of a segment end with one."""
    (line,) = sealer().add([event("a\nb\r\u2028\0")])
    assert b"\n" not in line
    assert lines_of([line, b"x"]) == line + b"\nx\n"
    assert orjson.loads(line)["message"] == "a\nb\r\u2028\0"


# Seals


@pytest.mark.parametrize("index", SEALS)
def test_a_seal_covers_all_before_it(index: int) -> None:
    """Its root is that of RFC 6962 over the lines before it."""
    assert b64decode(log_of(LOG[index])["root"]) == merkle_tree_hash(LOG[:index])


def key_of(epoch: int, seal: int) -> bytes:
    """Of a seal in LOG, whose epochs have one interval."""
    return by_hand(epoch, 0, seal, by_hand(epoch - 1, 1, 0) if epoch else b"")


@pytest.mark.parametrize(("nth", "index"), list(enumerate(SEALS)))
def test_a_mac_is_by_its_own_key(nth: int, index: int) -> None:
    """That of its epoch and number; over the root and the line before the mac."""
    epoch, seal = divmod(nth, 3)
    fields = log_of(LOG[index])
    assert (fields["epoch"], fields["interval"], fields["seal"]) == (epoch, 0, seal)
    body, _, mac = LOG[index].rpartition(b',"mac":"')
    key = key_of(epoch, seal)
    expected = hmac.digest(key, merkle_tree_hash(LOG[:index]) + body, "sha256")[:16]
    assert mac == urlsafe_b64encode(expected).rstrip(b"=") + b'"}'
    assert orjson.loads(LOG[index])["mac"].encode() + b'"}' == mac


@pytest.mark.parametrize(("epoch", "index"), list(enumerate(CHECKPOINTS)))
def test_a_checkpoint_is_signed_by_its_epoch(epoch: int, index: int) -> None:
    """Its note says size and root of the same tree."""
    secret = [None, *NEXT_SECRETS][epoch]
    key = Signer(ORIGIN, secret).public if secret else first_signer(SEED).public
    text = open_note(log_of(LOG[index])["note"], key)
    root = merkle_tree_hash(LOG[:index])
    assert text == f"{ORIGIN}\n{index}\n{b64encode(root).decode()}\n"
    assert b64decode(log_of(LOG[index])["root"]) == root


def test_head_and_tree_are_those_of_all_lines() -> None:
    """Whatever was added last."""
    log = sealer()
    assert log.head() == Head(0, EMPTY_ROOT)
    lines = [log.segment(stamp(), None), *log.add(copies(6)), log.seal(stamp())]
    assert log.head() == Head(8, merkle_tree_hash(lines))
    assert log.tree().nodes == (merkle_tree_hash(lines),)
    log.tree().extend([bytes(32)])
    assert log.head() == Head(8, merkle_tree_hash(lines))


def test_a_seal_comes_apart_where_its_mac_begins() -> None:
    """The last such place: what else is in the line doesn't matter."""
    body = b'{"a":"\\",\\"mac\\":\\"","b":{"c":1,"mac":"x"}'
    assert split_seal(sealed_line(body, bytes(16))) == (body, b"A" * 22)


@pytest.mark.parametrize("line", [b"", b"{}", b'{"a":1,"mac":"AAAA"', b'{"a":1, "mac":"AAAA"}'])
def test_what_has_no_mac(line: bytes) -> None:
    """Is no seal."""
    with pytest.raises(ValueError):
        split_seal(line)


# Epochs


def test_a_rekey_is_signed_by_the_key_it_drops() -> None:
    """And names the one that signs from then on."""
    index = CHECKPOINTS[0] + 1
    fields = log_of(LOG[index])
    assert action_of(LOG[index]) == "rekey"
    next_key = Signer(ORIGIN, NEXT_SECRETS[0]).public
    assert fields["epoch"] == 1
    assert PublicKey.parse(fields["next"]) == next_key
    text = open_note(fields["note"], first_signer(SEED).public)
    root = merkle_tree_hash(LOG[:index])
    assert text == rekey_text(ORIGIN, 1, next_key, root)
    assert unbase64(fields["root"]) == root


def test_what_is_kept_can_go_on_and_not_back() -> None:
    """After each seal and each rekey, what is to be kept holds no key that was used before it: not
    the seed, no MAC key, no secret that was dropped."""
    log = sealer()
    used: set[bytes] = {SEED}
    for epoch, secret in enumerate(NEXT_SECRETS):
        for seal in range(3):
            used.add(key_of(epoch, seal))
            log.seal(stamp())
            assert not used & values_of(log.keys(log.head()))
        dropped = log.keys(log.head()).secret
        log.checkpoint(stamp())
        log.rekey(stamp(), secret)
        used |= {key_of(epoch, 3), by_hand(epoch, 1, 0), dropped}
        kept = log.keys(log.head())
        assert not used & values_of(kept)
        assert (kept.secret, kept.ratchet.key) == (secret, key_of(epoch + 1, 0))


def values_of(keys: Keys) -> set[bytes]:
    return {value for value in (*keys, *keys.ratchet) if isinstance(value, bytes)}


def test_a_log_goes_on_from_what_was_kept() -> None:
    """Keys and tree are all that it takes to make the same lines."""
    log = sealer()
    log.add(copies(3))
    log.checkpoint(stamp())
    log.rekey(stamp(), NEXT_SECRETS[0])
    again = Sealer(log.keys(log.head()), log.tree())
    assert again.epoch == log.epoch == 1
    assert again.checkpoint(stamp(9)) == log.checkpoint(stamp(9))
    assert again.keys(again.head(), NEXT_SECRETS[1]) == log.keys(log.head(), NEXT_SECRETS[1])


def test_the_keys_of_a_new_log() -> None:
    """All from the seed, and nothing synced."""
    keys = Keys.first(SEED)
    assert keys.origin == ORIGIN
    assert Signer(ORIGIN, keys.secret).public == first_signer(SEED).public
    assert (keys.next_secret, keys.ratchet) == (None, ratchet_at(0, 0))
    assert keys.head == Head(0, EMPTY_ROOT)


# Segments


def test_a_segment_says_where_it_begins() -> None:
    """The tree before it, the key and the seal that come next; nothing before the first."""
    log = sealer()
    lines = [log.segment(stamp(), None), *log.add(copies(4)), log.seal(stamp())]
    assert log_of(lines[0]) == {
        "format": 1,
        "origin": ORIGIN,
        "epoch": 0,
        "key": first_signer(SEED).public.vkey,
        "interval": 0,
        "root": b64encode(EMPTY_ROOT).decode(),
        "frontier": [],
        "previous": None,
    }
    previous = Previous("000000000000", End.TORN, 17, "ab" * 32)
    later = log_of(log.segment(stamp(), previous))
    assert later["root"] == b64encode(merkle_tree_hash(lines)).decode()
    nodes = [b64decode(node) for node in later["frontier"]]
    assert nodes == [merkle_tree_hash(lines[:4]), merkle_tree_hash(lines[4:])]
    assert Frontier(6, nodes).root() == merkle_tree_hash(lines)
    assert later["interval"] == 1
    assert later["previous"] == {
        "name": "000000000000",
        "end": "torn",
        "bytes": 17,
        "sha256": "ab" * 32,
    }


def test_intervals_end_with_checkpoints() -> None:
    """And with segments, which begin one unless it has just begun."""
    log, previous = sealer(), Previous("x", End.SEALED)
    lines = [log.segment(stamp(), None), log.seal(stamp()), log.checkpoint(stamp())]
    lines += [log.segment(stamp(), previous), log.seal(stamp()), log.seal(stamp())]
    lines += [log.segment(stamp(), previous), log.seal(stamp())]
    assert [log_of(line)["interval"] for line in lines] == [0, 0, 0, 1, 1, 1, 2, 2]
    assert [log_of(line).get("seal") for line in lines] == [None, 0, 1, None, 0, 1, None, 0]
    assert not log.ends_with_checkpoint
    log.checkpoint(stamp())
    assert log.ends_with_checkpoint


def test_all_lines_are_leaves() -> None:
    """The tree of a log is that of its lines, of whatever kind, in their order."""
    tree = Frontier()
    tree.extend(map(leaf_hash, LOG))
    assert tree.root() == merkle_tree_hash(LOG)
    kinds = [action_of(line) for line in LOG]
    assert {"segment", "text_output", "seal", "rekey"} == set(kinds)


def test_a_seal_is_told_by_its_end() -> None:
    """Every seal; and no record that only holds something like a MAC."""
    seal = sealed_line(b'{"a":1', bytes(16))
    assert may_be_seal(seal)
    assert not may_be_seal(seal + b" ")
    assert not may_be_seal(b'{"text":",\\"mac\\":\\"0123456789012345678901"}')
