"""YAML that anybody may have written, as plain values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracer.detect.document import BadDocument, Document, parse, read

BOMB = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


def parsed(text: str) -> list[Document]:
    return list(parse("f.yml", text))


def bad(text: str) -> str:
    with pytest.raises(BadDocument) as error:
        parsed(text)
    return str(error.value)


def unread(path: Path) -> str:
    with pytest.raises(BadDocument) as error:
        list(read(path))
    return str(error.value)


def test_each_document_knows_its_line_and_its_text() -> None:
    """Lines count from 1, and text is text whatever it has; empty documents are left out."""
    text = "# é\na: é\n---\n---\n\nb: [1, 2.5, true, ~, 'x']\n"
    first, second = parsed(text)
    assert (str(first.place), first.value, first.text) == ("f.yml:2", {"a": "é"}, "a: é\n")
    assert (second.place.line, second.value) == (6, {"b": [1, 2.5, True, None, "x"]})
    assert second.text.startswith("b: [1")


# What YAML may hold -> the line that is named, and words of the reason.
BAD = [
    (BOMB, 1, "alias"),
    ("a: &x 1\nb: *x\n", 1, "alias"),
    ("a: &x {b: *x}\n", 1, "alias"),
    ("base: &b {c: 1}\nd:\n  <<: *b\n", 3, "'merge'"),
    ("d:\n  <<: {c: 1}\n", 2, "'merge'"),
    ("a: 1\nb: 2\na: 3\n", 3, "'a' stands there twice"),
    ("a:\n  ? [1, 2]\n  : 3\n", 2, "a key must be text"),
    ("a: !!python/object/apply:os.system ['true']\n", 1, "python/object"),
    ("a: !!str [x]\n", 1, "'str'"),
    ("a: !!int {x: y}\n", 1, "'int'"),
    ("a: !!seq x\n", 1, "'seq'"),
    ("a: !mine x\n", 1, "'!mine'"),
    ("a: !!binary aGk=\n", 1, "'binary'"),
    ("a: !!set {x, y}\n", 1, "'set'"),
    ("x: 1\na: [1, 2\nb: 3\n", 3, "no YAML"),
    ("a: b: c\n", 1, "no YAML"),
    ("a: 'x\n", 2, "no YAML"),
    ("\ta: 1\n", 1, "no YAML"),
    ("a: \x00\n", 1, "no YAML"),
    ("a: 2026-99-99\n", 1, "'2026-99-99'"),
    ("x: 1\na: " + "9" * 5000 + "\n", 2, "quotes"),
    ("a: 1" + ":1" * 100_000, 1, "quotes"),
    ("a: 1" + ":1" * 200 + ".5", 1, "quotes"),
    ("a: 0x" + "f" * 5000, 1, "quotes"),
    ('a: "\\uD800"\n', 1, "no YAML"),
    ("a: " + "[" * 40 + "]" * 40, 1, "deeper"),
    ("a: " + "[" * 100_000, 1, "deeper"),
    ("{a: " * 60_000, 1, "deeper"),
    ("- " * 100_000 + "x", 1, "deeper"),
    ("? " * 100_000 + "x", 1, "deeper"),
    ("\n".join(" " * depth + "a:" for depth in range(300)), 33, "deeper"),
]


@pytest.mark.parametrize(("text", "line", "reason"), BAD)
def test_what_is_not_plain_is_named_with_its_line(text: str, line: int, reason: str) -> None:
    """Bombs, loops, tags, keys twice and depth: no value comes out of them, and soon."""
    said = bad(text)
    assert reason in said
    assert said.startswith(f"f.yml:{line}: ")
    assert "\n" not in said


def test_what_comes_before_an_error_is_good() -> None:
    """Documents of a file are read one after the other."""
    documents = parse("f.yml", "a: 1\n---\nb: *x\n")
    assert next(documents).value == {"a": 1}


def test_many_brackets_are_no_depth() -> None:
    """Regular expressions may have thousands."""
    [document] = parsed("a:\n" + "".join(f"- '[{n}]'\n" for n in range(2000)))
    assert len(document.value["a"]) == 2000


def test_files_that_are_none(tmp_path: Path) -> None:
    """A pipe without a writer, a device, a directory, nothing at all: none is waited for."""
    os.mkfifo(tmp_path / "pipe.yml")
    assert "no regular file" in unread(tmp_path / "pipe.yml")
    assert "no regular file" in unread(Path("/dev/zero"))
    assert "directory" in unread(tmp_path)
    assert "No such file" in unread(tmp_path / "none.yml")
    (tmp_path / "loop.yml").symlink_to("loop.yml")
    assert "symbolic links" in unread(tmp_path / "loop.yml")


def test_files_that_are_too_large(tmp_path: Path) -> None:
    """No more than the limit is read of them."""
    path = tmp_path / "large.yml"
    path.write_bytes(b"a: 1\n" * (2 << 20))
    assert "256 KiB" in unread(path)
    path.write_bytes(b"# " + b"x" * (256 * 1024 - 8) + b"\na: 1\n")
    assert [document.value for document in read(path)] == [{"a": 1}]


def test_files_in_other_encodings(tmp_path: Path) -> None:
    """UTF-8, with or without its mark, is read; nothing else is."""
    path = tmp_path / "file.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert [document.value for document in read(path)] == [{"a": 1}]
    path.write_bytes(b"a: 1\nb: \xe9\n")
    assert "byte 8 is no UTF-8" in unread(path)
    path.write_bytes("a: 1\n".encode("utf-16"))
    assert "no UTF-8" in unread(path)


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """The place is text all the same."""
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.yml"))
    path.write_text("a: 1\n")
    [document] = read(path)
    assert document.place.path == f"{tmp_path}/\\xff.yml"
