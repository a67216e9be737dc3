"""The BTF reader: against what the compiler laid out, what bpftool prints, and damaged bytes."""

from __future__ import annotations

import re
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracer.errors import BadBtf, NoBtf
from tracer.probe.btf import VMLINUX, Btf
from tracer.probe.ktypes import layouts

SOURCE = """
typedef struct { unsigned val; } kuid_t;
struct inner { char c; long number; };
typedef const volatile struct inner inner_t;
struct outer {
    char first;
    union { int in_union; struct { short a; short deep; }; };
    inner_t nested;
    struct inner several[3][2];
    struct inner *pointer;
    kuid_t owner;
    unsigned low : 3, high : 7;
    int (*function)(void);
    struct inner flexible[];
};
struct outer an_outer;
int called(int x) { return x; }
"""
PATHS = (
    "first in_union a deep nested nested.number several several.number pointer owner owner.val"
    " function flexible flexible.number"
).split()


@pytest.fixture
def outer(btf_of: Callable[[str], bytes]) -> Btf:
    return Btf(btf_of(SOURCE), "unit.o")


def offsets_by_cc(directory: Path) -> dict[str, int]:
    places = {path: re.sub(r"^(several|flexible)\.", r"\1[0].", path) for path in PATHS}
    places["several.number"] = "several[0][0].number"
    body = "".join(
        f'printf("{path} %zu\\n", __builtin_offsetof(struct outer, {place}));'
        for path, place in places.items()
    )
    program = directory / "offsets"
    source = f"#include <stdio.h>\n{SOURCE}int main(void){{{body}}}"
    subprocess.run(["gcc", "-x", "c", "-o", program, "-"], input=source.encode(), check=True)
    run = subprocess.run([program], capture_output=True, check=True, text=True)
    return {path: int(at) for path, at in map(str.split, run.stdout.splitlines())}


def test_offsets_are_the_compilers(outer: Btf, tmp_path: Path) -> None:
    """Members are found through anonymous ones, typedefs and arrays, where gcc put them."""
    found = {path: outer.member("outer", path) for path in PATHS}
    assert {path: member and member.offset_bytes for path, member in found.items()} == (
        offsets_by_cc(tmp_path)
    )


@pytest.mark.parametrize(
    ("path", "size_bytes"),
    [("first", 1), ("nested", 16), ("several", 96), ("pointer", 8), ("owner", 4), ("flexible", 0)],
)
def test_sizes(outer: Btf, path: str, size_bytes: int) -> None:
    """A member's size counts the elements of arrays, and is 0 for a flexible one."""
    member = outer.member("outer", path)
    assert member is not None
    assert member.size_bytes == size_bytes


def test_bitfields_tell_their_place(outer: Btf) -> None:
    """A bitfield has its width and the bit of the byte where it begins."""
    low, high = outer.member("outer", "low"), outer.member("outer", "high")
    assert low is not None
    assert high is not None
    assert (low.bits, high.bits) == (3, 7)
    assert 8 * high.offset_bytes + high.bit_shift - 8 * low.offset_bytes - low.bit_shift == 3


@pytest.mark.parametrize("path", ["absent", "nested.absent", "pointer.number", "first.x"])
def test_what_is_not_there_is_none(outer: Btf, path: str) -> None:
    """A member that no struct holds, or that lies behind a pointer, is not found."""
    assert outer.member("outer", path) is None


def test_unknown_names_are_none(outer: Btf) -> None:
    """A name that isn't a struct's has no size, though it ends or begins a struct's name."""
    assert outer.size_of("oute") is None
    assert outer.size_of("uter") is None
    assert outer.size_of("called") is None
    assert outer.member("absent", "first") is None


def test_functions_have_the_ids_that_bpftool_prints(kernel: Btf) -> None:
    """A function's id is the one to load an fentry program for."""
    dump = subprocess.run(
        ["bpftool", "btf", "dump", "file", VMLINUX], capture_output=True, check=True, text=True
    ).stdout
    for name in ("tty_ldisc_deref", "n_tty_read"):
        ids = re.findall(rf"^\[(\d+)\] FUNC '{name}' ", dump, re.MULTILINE)
        assert kernel.functions(name) == [int(number) for number in ids] != []


def test_a_missing_file_is_no_btf(tmp_path: Path) -> None:
    """Where the kernel publishes no types, the error says which file and why."""
    with pytest.raises(NoBtf, match=r"absent: No such file"):
        Btf.load(tmp_path / "absent")


@pytest.mark.parametrize(
    "data", [b"", b"\x9f\xeb", b"\x7fELF" + bytes(60), b"\xeb\x9f" + bytes(60)]
)
def test_other_files_are_bad_btf(tmp_path: Path, data: bytes) -> None:
    """A file that isn't BTF, or of the other byte order, is refused."""
    (tmp_path / "btf").write_bytes(data)
    with pytest.raises(BadBtf, match=str(tmp_path / "btf")):
        Btf.load(tmp_path / "btf")


def made(types: bytes, strings: bytes) -> Btf:
    header = struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, len(types), len(types), len(strings))
    return Btf(header + types + strings, "made")


def test_a_ring_of_typedefs_ends() -> None:
    """A typedef of itself is an error, not a loop."""
    types = struct.pack("=III", 1, 8 << 24, 1)
    with pytest.raises(BadBtf, match="never ends"):
        made(types, b"\0a\0").size(1)


def test_a_ring_of_arrays_ends() -> None:
    """An array of itself is an error, not a loop."""
    types = struct.pack("=IIIIII", 0, 3 << 24, 0, 1, 1, 7)
    with pytest.raises(BadBtf, match="never ends"):
        made(types, b"\0").size(1)


def test_a_ring_of_anonymous_members_ends() -> None:
    """Structs that hold each other anonymously, many times, are each looked at once."""
    members = struct.pack("=III", 0, 2, 0) * 1000, struct.pack("=III", 0, 1, 0) * 1000
    first = struct.pack("=III", 1, 4 << 24 | 1000, 8) + members[0]
    second = struct.pack("=III", 3, 4 << 24 | 1000, 8) + members[1]
    assert made(first + second, b"\0a\0b\0").member("a", "x") is None


@pytest.mark.parametrize("kind", [20, 31])
def test_unknown_kinds_are_refused(kind: int) -> None:
    """The length of a record of an unknown kind is unknown, so nothing after it is believed."""
    with pytest.raises(BadBtf, match="unknown kind"):
        made(struct.pack("=III", 0, kind << 24, 0), b"\0")


def ask_everything(data: bytes) -> None:
    btf = Btf(data, "mutated")
    layouts(
        btf, {"inner": "c number", "outer": " ".join(path for path in PATHS if "." not in path)}
    )
    for path in PATHS:
        btf.member("outer", path)
    btf.functions("called")


@settings(
    max_examples=400,
    deadline=1000,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    edits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=6)
)
def test_damaged_bytes_are_an_answer_or_bad_btf(
    outer_bytes: bytes, edits: list[tuple[float, int]]
) -> None:
    """Whatever bytes change, there is no other exception and no long computation."""
    data = bytearray(outer_bytes)
    for place, value in edits:
        data[int(place * len(data))] = value
    try:
        ask_everything(bytes(data))
    except BadBtf:
        return


def test_a_cut_file_is_bad_btf(outer_bytes: bytes) -> None:
    """Wherever the file ends too early, that is noticed."""
    for length in range(len(outer_bytes)):
        with pytest.raises(BadBtf):
            Btf(outer_bytes[:length], "cut")


@pytest.fixture
def outer_bytes(btf_of: Callable[[str], bytes]) -> bytes:
    data = btf_of(SOURCE)
    ask_everything(data)
    return data


def test_the_kernels_types_are_read_in_time(kernel: Btf) -> None:
    """Reading the running kernel's types takes at most 0.15 s of processor time."""
    best = min(_processor_time_s() for _ in range(3))
    assert best <= 0.15


def _processor_time_s() -> float:
    before = time.process_time()
    Btf.load()
    return time.process_time() - before
