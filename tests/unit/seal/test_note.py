"""tracer.seal.note"""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.seal.note import Head, PublicKey, Signer, note_text, open_note, unbase64

# From the tests of golang.org/x/mod/sumdb/note, with its secret key.
PETER = PublicKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
PETERS_SECRET = unbase64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETERS_NOTE = """\
If you think cryptography is the answer to your problem,
then you don't know what your problem is.

— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
"""  # noqa: E501
PETERS_TEXT = PETERS_NOTE.partition("\n\n")[0] + "\n"

TEST = PublicKey.parse("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6")

# From c2sp.org/signed-note: the text has an empty line.
QUASIMODOS_TEXT = """\
Ognuno sta solo sul cuor della terra
trafitto da un raggio di sole:

ed è subito sera.
"""
QUASIMODOS_NOTE = f"""{QUASIMODOS_TEXT}
— quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=
"""  # noqa: E501

# From c2sp.org/tlog-cosignature: the log's signature, and a witness's.
COSIGNED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501

SIGNER = Signer("example.org/log", bytes(range(32)))
NOTE = SIGNER.sign("one\n\ntwo\n")
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493


def outcome(function, *arguments) -> object:
    """What it returns, or its ValueError's text; whatever else it raises is a bug."""
    try:
        return function(*arguments)
    except ValueError as error:
        return f"refused: {error}"


def is_refused(note: str, key: PublicKey = SIGNER.public) -> bool:
    return str(outcome(open_note, note, key)).startswith("refused: ")


def signature_line(raw: bytes, name: str = "example.org/log") -> str:
    return f"— {name} {b64encode(raw).decode()}\n"


# Keys


@pytest.mark.parametrize(
    "vkey",
    [
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
    ],
)
def test_keys_of_other_implementations(vkey: str) -> None:
    """Others' vkeys are read, their IDs are as we calculate them, and are written the same."""
    assert PublicKey.parse(vkey).vkey == vkey


def test_the_secret_makes_the_public_key() -> None:
    """The known pair."""
    assert Signer("PeterNeumann", PETERS_SECRET).public == PETER


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # ID
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "peterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # name
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T=",  # length
        "PeterNeumann+c74f20a3+AZpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # a letter
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
        f"TEST+7997405c+{b64encode(bytes([4]) + TEST.raw).decode()}",  # another kind, by its type
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",  # of cosignatures
    ],
)
def test_what_is_no_key(vkey: str) -> None:
    """A vkey with a typing error, or of another kind of key, is refused."""
    with pytest.raises(ValueError):
        PublicKey.parse(vkey)


@given(st.text() | st.text("+AQaz09/=\n é"))
def test_any_text_as_a_key(text: str) -> None:
    """Any text is a key's or refused."""
    key = outcome(PublicKey.parse, text)
    assert isinstance(key, str) or key.vkey == text


# Notes


def test_a_known_note_opens() -> None:
    """Go's note, with its key."""
    assert open_note(PETERS_NOTE, PETER) == PETERS_TEXT


def test_a_known_note_is_written_the_same() -> None:
    """Ed25519 is deterministic: with Go's secret, Go's note to the byte."""
    assert Signer("PeterNeumann", PETERS_SECRET).sign(PETERS_TEXT) == PETERS_NOTE


@pytest.mark.parametrize(
    ("note", "text"),
    [
        (PETERS_NOTE, PETERS_TEXT),
        (QUASIMODOS_NOTE, QUASIMODOS_TEXT),
        (COSIGNED, COSIGNED.partition("\n\n")[0] + "\n"),
        (NOTE, "one\n\ntwo\n"),
        (SIGNER.sign("\n"), "\n"),
    ],
)
def test_the_text_of_any_note(note: str, text: str) -> None:
    """Whoever signed, and however many: the text goes up to the last empty line."""
    assert note_text(note) == text


def test_witnesses_may_be_many() -> None:
    """Sixteen signatures are taken, as the specification asks; no more than sixty-four are."""
    note = NOTE.removesuffix("\n")
    assert note_text(note + "\n" + signature_line(bytes(5000), "witness") * 63) == "one\n\ntwo\n"
    with pytest.raises(ValueError, match="more signatures"):
        note_text(note + "\n" + signature_line(bytes(76), "witness") * 64)


def test_a_note_of_the_log_has_one_signature() -> None:
    """A second one, even by the same key, would be a second way to write the note."""
    assert is_refused(NOTE + signature_line(bytes(68), "witness"))
    assert is_refused(NOTE + NOTE.rpartition("\n\n")[2])


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n" + signature_line(bytes(68)),  # no empty line
        "text\n\n" + signature_line(bytes(68)) + "\n",
        "text\n\n" + signature_line(bytes(68)).rstrip("\n"),
        "text\n\n" + signature_line(bytes(68)).replace("—", "-"),
        "text\n\n" + signature_line(bytes(68)).replace(" ", "  ", 1),
        "text\n\n" + signature_line(bytes(68), ""),
        "text\n\n" + signature_line(bytes(68), "a+b"),
        "text\n\n" + signature_line(bytes(68), "a\u2003b"),
        "text\n\n" + signature_line(bytes(68)).replace("\n", "\r\n"),
        "text\n\n" + signature_line(bytes(68)).replace("\n", "\u2028") * 2 + "\n",
        "text\n\n— example.org/log \n",
        "text\n\n— example.org/log AA\n",  # unpadded
        "text\n\n— example.org/log AB==\n",  # bits behind the last byte
        "te\x1bxt\n\n" + signature_line(bytes(68)),
        "te\txt\n\n" + signature_line(bytes(68)),
        "te\0xt\n\n" + signature_line(bytes(68)),
        "te\udc80xt\n\n" + signature_line(bytes(68)),
        "text\n\n" + signature_line(bytes(68), "a\x1bb"),
    ],
)
def test_what_is_no_note(note: str) -> None:
    """Neither opened nor read where the specification's form is not kept."""
    assert is_refused(note)
    assert str(outcome(note_text, note)).startswith("refused: ")


def test_another_key_of_the_same_name() -> None:
    """A name is no key."""
    other = Signer("example.org/log", bytes(32))
    assert is_refused(other.sign("one\n\ntwo\n"))
    assert is_refused(NOTE, PublicKey("example.org/other", SIGNER.public.raw))


def test_a_key_of_the_same_id() -> None:
    """An ID is no signature: only the key's own opens."""
    forged = SIGNER.public.id + bytes(64)
    assert is_refused("one\n\ntwo\n\n" + signature_line(forged))


def test_a_signature_has_one_form() -> None:
    """That of RFC 8032: adding the group's order to S makes no second valid signature."""
    raw = unbase64(NOTE.rpartition(" ")[2].rstrip("\n"))
    s = int.from_bytes(raw[36:], "little") + GROUP_ORDER
    again = raw[:36] + s.to_bytes(32, "little")
    assert is_refused("one\n\ntwo\n\n" + signature_line(again))
    assert is_refused("one\n\ntwo\n\n" + signature_line(raw + b"\0"))
    assert is_refused("one\n\ntwo\n\n" + signature_line(raw[:-1]))


@given(st.text())
def test_any_text_can_be_signed_or_is_refused(text: str) -> None:
    """What opens is what was signed."""
    signed = outcome(SIGNER.sign, text + "\n")
    assert outcome(open_note, signed, SIGNER.public) in (
        text + "\n",
        "refused: this is no signed note",
    )


@given(
    st.text()
    | st.text("—\n aA+/=\x85\u2028")
    | st.builds("{}\n\n— {} {}\n".format, st.text(), st.text(), st.text())
)
def test_any_text_as_a_note(note: str) -> None:
    """Any text has a note's text or is refused, and none opens that the key did not sign."""
    text = outcome(note_text, note)
    assert text.startswith("refused: ") or note.startswith(text + "\n— ")
    assert is_refused(note)


@given(st.integers(0, len(NOTE)), st.integers(0, 2), st.characters())
def test_no_change_of_a_note_opens(place: int, cut: int, letter: str) -> None:
    """A letter more, less or another: the note is refused, or it is the same note."""
    changed = NOTE[:place] + letter + NOTE[place + cut :]
    assert changed == NOTE or is_refused(changed)
    assert is_refused(NOTE[:place] + NOTE[place + 1 :]) or place == len(NOTE)


# Tree heads


def test_the_known_checkpoint() -> None:
    """The example of c2sp.org/tlog-checkpoint, with a witness's signature, there and back."""
    text = note_text(COSIGNED)
    head = Head.parse(text, "example.com/behind-the-sofa")
    assert head.size == 20852163
    assert head.root.hex() == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62"
    assert head.text("example.com/behind-the-sofa") == text


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"origin\n7\n{ROOT}",
        f"origin\n7\n{ROOT}\nmore\n",
        f"origin\n7\n{ROOT}\n\n",
        f"origin\n07\n{ROOT}\n",
        f"origin\n-7\n{ROOT}\n",
        f"origin\n+7\n{ROOT}\n",
        f"origin\n７\n{ROOT}\n",
        f"origin\n7 \n{ROOT}\n",
        f"origin\n{10**19}\n{ROOT}\n",
        f"origin\n\n{ROOT}\n",
        "origin\n7\n\n",
        f"origin\n7\n{ROOT[:-1]}\n",
        f"origin\n7\n{ROOT[:-2]}B=\n",
        f"origin\n7\n{b64encode(bytes(31)).decode()}\n",
        f"origin\n7\n{b64encode(bytes(33)).decode()}\n",
        f"origin \n7\n{ROOT}\n",
        f"other\n7\n{ROOT}\n",
    ],
)
def test_what_is_no_checkpoint(text: str) -> None:
    """There is one way to write a tree head; and another log's isn't ours."""
    with pytest.raises(ValueError):
        Head.parse(text, "origin")


@given(st.integers(0, 10**19 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_there_and_back(size: int, root: bytes) -> None:
    """What is written is read."""
    assert Head.parse(Head(size, root).text("origin"), "origin") == Head(size, root)


@given(st.text() | st.builds("origin\n{}\n{}\n".format, st.text(), st.text()))
def test_any_text_as_a_checkpoint(text: str) -> None:
    """Any text is a checkpoint, written as we write it, or refused."""
    head = outcome(Head.parse, text, "origin")
    assert isinstance(head, str) or head.text("origin") == text


@given(st.binary())
def test_base64_there_and_back(raw: bytes) -> None:
    """One text for the bytes, and no other that differs by a letter's bits or its padding."""
    text = b64encode(raw).decode()
    assert unbase64(text) == raw
    for other in (text + "=", text + "\n", " " + text, text + "A"):
        assert str(outcome(unbase64, other)).startswith("refused: ")
