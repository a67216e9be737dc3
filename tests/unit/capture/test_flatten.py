"""One text of many files, whose lines still know where they are from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tracer.capture.flatten import flatten
from tracer.paths import bpf_dir


def write(place: Path, **files: str) -> Path:
    for name, text in files.items():
        (place / f"{name}.h").write_text(text)
    return place / "main.h"


def test_includes_are_replaced_once(tmp_path: Path) -> None:
    """A file that two others include is there once, where it was first."""
    main = write(
        tmp_path,
        main='#include "a.h"\n#include "b.h"\n#include "a.h"\nmain\n',
        a='#include "common.h"\na\n',
        b='  # include   "common.h"\nb\n',
        common="common\n",
    )
    lines = flatten(main).splitlines()
    assert [line for line in lines if not line.startswith("#line")] == ["common", "a", "b", "main"]


def test_system_headers_are_left(tmp_path: Path) -> None:
    """`<...>` is for the compiler."""
    main = write(tmp_path, main="#include <stddef.h>\n")
    assert "#include <stddef.h>" in flatten(main)


def test_messages_name_the_real_place(tmp_path: Path) -> None:
    """A compiler that finds a fault says in which file and line it is written."""
    main = write(
        tmp_path,
        main='int before;\n#include "a.h"\nint after = fault_1;\n',
        a="int a;\n\nint b = fault_2;\n",
    )
    done = subprocess.run(
        ["cc", "-fsyntax-only", "-x", "c", "-"],
        input=flatten(main), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "a.h:3:" in done.stderr
    assert "main.h:3:" in done.stderr


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """And not a text without it."""
    with pytest.raises(FileNotFoundError):
        flatten(write(tmp_path, main='#include "gone.h"\n'))


def test_every_file_of_bpf_is_in_the_text() -> None:
    """Nothing of the kernel half is forgotten in main.bpf.c."""
    text = flatten(bpf_dir() / "main.bpf.c")
    for path in bpf_dir().glob("*.[ch]"):
        assert f'#line 1 "{path.name}"' in text
    assert '#include "' not in text
