"""The contract with the kernel half, with a C compiler as the independent witness."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from pathlib import Path

import pytest

from tracer.model import abi
from tracer.paths import bpf_dir

_HEADER = bpf_dir() / "abi.h"
_TEXT = _HEADER.read_text()
_TYPES = {
    "__u64": "unsigned long long",
    "__u32": "unsigned int",
    "__u16": "unsigned short",
}
_PARTS = {"header": abi.HEADER, "who": abi.WHO}
_WHOLE = ""  # the name under which a struct's own size is printed


def _structs() -> dict[str, list[str]]:
    """Struct name → field names, read from the text of abi.h."""
    found = re.findall(r"^struct tt_(\w+) \{(.*?)^\};", _TEXT, re.MULTILINE | re.DOTALL)
    return {
        name: re.findall(r"^\t(?:__u\d+|struct \w+)\s+(\w+);", body, re.MULTILINE)
        for name, body in found
    }


def _probe_program(structs: dict[str, list[str]]) -> str:
    lines = []
    for name, fields in structs.items():
        lines.append(f'printf("\\"{name}\\": {{\\"\\": %zu", sizeof(struct tt_{name}));')
        lines += [
            f'printf(", \\"{field}\\": [%zu, %zu]", offsetof(struct tt_{name}, {field}),'
            f" sizeof(((struct tt_{name} *)0)->{field}));"
            for field in fields
        ]
        lines.append('printf("}, ");')
    typedefs = "\n".join(f"typedef {c} {name};" for name, c in _TYPES.items())
    body = "\n".join(lines)
    return f"""#include <stddef.h>
#include <stdio.h>
{typedefs}
#include "{_HEADER}"
int main(void) {{ printf("{{"); {body} printf("\\"end\\": 0}}\\n"); }}"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[int]]]:
    """What cc makes of abi.h: struct → field → [offset, size]."""
    program = tmp_path_factory.mktemp("abi") / "offsets"
    source = _probe_program(_structs())
    subprocess.run(
        ["cc", "-Wall", "-Werror", "-x", "c", "-o", program, "-"], input=source.encode(), check=True
    )
    printed = json.loads(subprocess.run([program], capture_output=True, check=True).stdout)
    del printed["end"]
    return printed


def _own_fields(layout: abi.Layout) -> list[tuple[str, int, int]]:
    """(name, offset, width) of every field of a struct, those of its parts by their own names."""
    sizes = [struct.calcsize(f"<{code}") for code in layout.format[1:]]
    starts = [sum(sizes[:at]) for at in range(len(sizes))]
    return [f for f in zip(layout.names, starts, sizes, strict=True) if f[0] != "pad"]


def _their_fields(compiled: dict, name: str, start: int = 0) -> list[tuple[str, int, int]]:
    out = []
    for field, place in compiled[name].items():
        if field in _PARTS:
            out += _their_fields(compiled, field, start + place[0])
        elif field not in (_WHOLE, "pad"):
            out.append((field, start + place[0], place[1]))
    return out


def test_every_struct_has_a_layout() -> None:
    """A struct that abi.h gained is in model/abi.py as well."""
    assert set(_structs()) == {*abi.LAYOUTS, *_PARTS}


@pytest.mark.parametrize("name", [*abi.LAYOUTS, *_PARTS])
def test_layout_is_what_cc_lays_out(name: str, compiled: dict) -> None:
    """Each field has the offset and width that a C compiler gives it, and so has the whole."""
    layout = _PARTS.get(name) or abi.LAYOUTS[name]
    assert _their_fields(compiled, name) == _own_fields(layout)
    assert compiled[name][_WHOLE] == layout.size


def test_pads_leave_no_hole(compiled: dict) -> None:
    """Fields and named pads fill every struct: no byte of kernel memory can leak."""
    for name, fields in compiled.items():
        places = sorted(place for field, place in fields.items() if field != _WHOLE)
        ends = [0, *(at + size for at, size in places)]
        assert [at for at, _ in places] == ends[:-1], name
        assert ends[-1] == fields[_WHOLE], name


def test_numbers_are_those_of_the_header() -> None:
    """Kinds, flags and the version have one value on both sides."""
    theirs = {name: int(value, 0) for name, value in _defines()}
    assert theirs["ABI_VERSION"] == abi.ABI_VERSION
    assert theirs["UNSET"] == abi.UNSET
    assert theirs["KINDS"] == abi.KINDS
    assert theirs["DATA_MAX"] == abi.DATA_MAX
    kinds = {name: value for name, value in theirs.items() if name.startswith("KIND_")}
    flags = {name: value for name, value in theirs.items() if name.startswith("EXEC_")}
    assert kinds == {name: getattr(abi, name) for name in kinds}
    assert flags == {name: getattr(abi, name) for name in flags}
    assert sorted(abi.KIND_NAMES) == sorted(kinds.values())
    assert max(kinds.values()) < abi.KINDS


def _defines() -> list[tuple[str, str]]:
    return re.findall(r"^#define TT_(\w+)\s+(0x[0-9a-f]+|\d+)", _TEXT, re.MULTILINE)


def test_offset_of_an_unknown_field_is_an_error() -> None:
    """A misspelt field can't be read as some other one."""
    with pytest.raises(ValueError, match=r"tuple\.index"):
        abi.EXEC.offset("no_such_field")


def test_header_stays_readable_without_includes() -> None:
    """abi.h includes nothing, so the kernel half and cc see the same text."""
    assert "#include" not in Path(_HEADER).read_text()
