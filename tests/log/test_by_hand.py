"""docs/format.md is enough to check a log: everything it says is done here with openssl and
sha256sum, and with nothing of ttytrace's."""

from __future__ import annotations

import json
import re
import subprocess
from base64 import b64decode, b64encode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.meta.sources import REPO
from tests.unit.seal.made import SEED, made_segments, write_segments
from tracer.cli.main import app
from tracer.seal.keys import seed_text

FORMAT = (REPO / "docs/format.md").read_text()
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410, before the 32 bytes
SPKI = bytes.fromhex("302a300506032b6570032100")


def run(*command: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(command, input=stdin, check=True, capture_output=True).stdout


def sha256(data: bytes) -> bytes:
    return bytes.fromhex(run("sha256sum", stdin=data).decode()[:64])


def hmac(key: bytes, data: bytes) -> bytes:
    key_option = f"hexkey:{key.hex()}"
    return run(*"openssl dgst -sha256 -binary -mac HMAC -macopt".split(), key_option, stdin=data)


def hkdf(seed: bytes, info: str) -> bytes:
    options = [f"hexkey:{seed.hex()}", f"info:{info}", "digest:SHA256"]
    with_options = [part for option in options for part in ("-kdfopt", option)]
    return run("openssl", "kdf", "-keylen", "32", "-binary", *with_options, "HKDF")


def public_of(secret: bytes) -> bytes:
    command = "openssl pkey -inform DER -pubout -outform DER"
    return run(*command.split(), stdin=PKCS8 + secret).removeprefix(SPKI)


def leaf(line: bytes) -> bytes:
    return sha256(b"\0" + line)


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1" + root_of(leaves[:left]) + root_of(leaves[left:]))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three segments and three epochs, as Sealer makes it from SEED."""
    directory = tmp_path_factory.mktemp("log")
    write_segments(directory, made_segments())
    return directory


@pytest.fixture(scope="module")
def lines(log: Path) -> list[bytes]:
    files = sorted((log / "log").iterdir())
    return [line for file in files for line in file.read_bytes().split(b"\n")[:-1]]


@pytest.fixture(scope="module")
def leaves(lines: list[bytes]) -> list[bytes]:
    return [leaf(line) for line in lines]


def of_kind(lines: list[bytes], action: str) -> list[tuple[int, dict[str, Any]]]:
    """Index and `ttytrace.log` of the log's own records of that kind."""
    records = [json.loads(line) for line in lines]
    return [
        (index, record["ttytrace"]["log"])
        for index, record in enumerate(records)
        if record["event"]["action"] == action
    ]


def split_vkey(vkey: str) -> tuple[str, bytes]:
    """Name and public key; the key ID between them is right."""
    name, key_id, encoded = vkey.split("+", 2)
    typed = b64decode(encoded, validate=True)
    assert typed[:1] == b"\x01"
    assert sha256(name.encode() + b"\n" + typed)[:4].hex() == key_id
    return name, typed[1:]


def signed_text(note: str, vkey: str, folder: Path) -> str:
    """What a note says, once openssl has verified that this key signed it."""
    name, public = split_vkey(vkey)
    text, _, last = note.rpartition("\n\n")
    dash, signer, encoded = last.removesuffix("\n").split(" ")
    signature = b64decode(encoded, validate=True)
    assert (dash, signer, signature[:4].hex()) == ("—", name, vkey.split("+")[1])
    files = {"key": SPKI + public, "signature": signature[4:], "text": f"{text}\n".encode()}
    for file, content in files.items():
        (folder / file).write_bytes(content)
    command = "openssl pkeyutl -verify -pubin -keyform DER -rawin".split()
    arguments = [
        part
        for flag, file in zip(("-inkey", "-sigfile", "-in"), files, strict=True)
        for part in (flag, str(folder / file))
    ]
    assert b"Verified Successfully" in run(*command, *arguments)
    return f"{text}\n"


def test_the_seed_is_what_it_says() -> None:
    """The text that init shows holds the 32 bytes and the first four of their hash."""
    raw = b64decode(seed_text(SEED).removeprefix("ttytrace-seed-1-"), validate=True)
    assert raw == SEED + sha256(SEED)[:4]


def test_the_shell_line_of_the_page(log: Path, leaves: list[bytes]) -> None:
    """A leaf by hand, exactly as docs/format.md has it."""
    (line,) = re.findall(r"^    (\(printf .*sha256sum)$", FORMAT, re.M)
    shown = subprocess.check_output(["sh", "-c", line], cwd=log / "log", text=True)
    assert shown.split() == [leaves[4].hex(), "-"]


def test_the_first_key_and_the_origin(lines: list[bytes]) -> None:
    """Both follow from the seed, and stand in the first segment."""
    public = public_of(hkdf(SEED, "ttytrace epoch 0 signature"))
    _, first = of_kind(lines, "segment")[0]
    assert first["origin"] == f"ttytrace/{sha256(public).hex()[:16]}"
    assert split_vkey(first["key"]) == (first["origin"], public)


def test_roots(lines: list[bytes], leaves: list[bytes]) -> None:
    """Of seals, segments and rekeys, over all records before them; and a segment's frontier."""
    with_root = [found for kind in ("seal", "segment", "rekey") for found in of_kind(lines, kind)]
    for index, fields in with_root:
        assert b64decode(fields["root"]) == root_of(leaves[:index])
    for index, fields in of_kind(lines, "segment"):
        start, nodes = 0, []
        for width in (16, 8, 4, 2, 1):
            if index & width:
                nodes.append(b64encode(root_of(leaves[start : start + width])).decode())
                start += width
        assert fields["frontier"] == nodes


def mac_key(epoch: int, interval: int, seal: int, first: bytes = b"seal") -> bytes:
    """`first`: what the first seal of the epoch is made with."""
    chain = hkdf(SEED, "ttytrace epoch 0 mac")
    for _ in range(epoch):
        chain = hmac(chain, b"epoch")
    for _ in range(interval + 1):
        chain = hmac(chain, b"interval")
    key = hmac(chain, b"seal" if interval else first)
    for _ in range(seal):
        key = hmac(key, b"next")
    return key


def test_macs(lines: list[bytes]) -> None:
    """Of each seal, with the key of its number."""
    given_up = b"seal"
    for index, fields in of_kind(lines, "seal"):
        number = fields["epoch"], fields["interval"], fields["seal"]
        key = mac_key(*number, given_up)
        if "note" in fields:  # the epoch may end here
            given_up = mac_key(number[0], number[1] + 1, 0)
        body, _, end = lines[index].rpartition(b',"mac":')
        mac = urlsafe_b64encode(hmac(key, b64decode(fields["root"]) + body)[:16]).rstrip(b"=")
        assert end == b'"' + mac + b'"}'


def test_signatures(lines: list[bytes], tmp_path: Path) -> None:
    """Of each checkpoint and each rekey, by the key of the epoch, from the first key on."""
    vkey = of_kind(lines, "segment")[0][1]["key"]
    origin, epoch = split_vkey(vkey)[0], 0
    for index, line in enumerate(lines):
        record = json.loads(line)
        fields = record["ttytrace"].get("log", {})
        if "note" in fields:
            text = signed_text(fields["note"], vkey, tmp_path).splitlines()
        if record["event"]["action"] == "seal" and "note" in fields:
            assert text == [origin, str(index), fields["root"]]
        if record["event"]["action"] == "rekey":
            epoch += 1
            assert text == [f"{origin}/rekey", str(epoch), fields["next"], fields["root"]]
            vkey = fields["next"]
    assert epoch == 2


def test_a_proof(log: Path, lines: list[bytes], leaves: list[bytes]) -> None:
    """What `ttytrace prove` prints leads from a record to the newest checkpoint's root."""
    note = of_kind(lines, "seal")[-2][1]["note"]
    for index in (0, 13, 37):
        printed = CliRunner().invoke(app, ["prove", str(index), "--log", str(log)]).stdout
        head, _, checkpoint = printed.partition("\n\n")
        assert checkpoint == note
        kind, place, *path = head.split("\n")
        assert (kind, place) == ("c2sp.org/tlog-proof@v1", f"index {index}")
        _, size, root = note.split("\n")[:3]
        node, last = leaves[index], int(size) - 1
        at, siblings = index, [b64decode(text, validate=True) for text in path]
        while last:
            if at & 1:
                node = sha256(b"\1" + siblings.pop(0) + node)
            elif at < last:
                node = sha256(b"\1" + node + siblings.pop(0))
            at, last = at >> 1, last >> 1
        assert (siblings, b64encode(node).decode()) == ([], root)
