"""The C text of kernel types: it compiles, and bpftool's own account of the kernel agrees."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable

import pytest

from tracer.probe.btf import VMLINUX, Btf
from tracer.probe.ktypes import KERNEL_TYPES, Field, Layout, kernel_types, layouts

INTEGERS = "".join(
    f"typedef {sign}{name} {letter}{bits};\n"
    for name, bits in (("char", 8), ("short", 16), ("int", 32), ("long long", 64))
    for sign, letter in (("unsigned ", "u"), ("signed ", "s"))
)


def cc(source: str) -> str:
    """What cc says against a source; empty if nothing."""
    run = subprocess.run(
        ["cc", "-std=gnu11", "-fsyntax-only", "-Wno-unused", "-x", "c", "-"],
        input=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return run.stderr if run.returncode else ""


@pytest.fixture(scope="session")
def vmlinux_h() -> str:
    """The kernel's types as bpftool writes them; the compiler lays them out again."""
    command = ["bpftool", "btf", "dump", "file", VMLINUX, "format", "c"]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def test_the_text_compiles(kernel: Btf) -> None:
    """The asserts in the text hold when cc lays it out, so padding and alignment are right."""
    assert cc(INTEGERS + kernel_types(kernel)) == ""


def test_a_wrong_offset_would_not_compile(kernel: Btf) -> None:
    """The asserts in the text are real: with a pad of another size it is refused."""
    text = kernel_types(kernel).replace("char _pad", "char _more; char _pad", 1)
    assert "static assertion failed" in cc(INTEGERS + text)


def test_sizes_of_structs_agree_with_bpftool(kernel: Btf) -> None:
    """A struct is as big as bpftool says, so that one can hold another and be an array's element.

    By its raw dump: of some structs (inode on 6.18) its C text is bigger than the kernel's.
    """
    command = ["bpftool", "btf", "dump", "file", VMLINUX]
    dump = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    for layout in layouts(kernel):
        sizes = re.findall(rf"^\[\d+\] STRUCT '{layout.name}' size=(\d+) ", dump, re.MULTILINE)
        assert [str(layout.size_bytes)] == sizes


def test_members_agree_with_bpftool(kernel: Btf, vmlinux_h: str) -> None:
    """Each member lies where cc lays it out from bpftool's declarations, and is as big."""
    checks = []
    for layout, field in fields_of(kernel):
        place = f"__builtin_offsetof(struct {layout.name}, {field.path})"
        checks.append(f"{place} == {field.offset_bytes}")
        if field.c_suffix != "[]":
            checks.append(f"sizeof({value_of(layout, field)}) == {field.size_bytes}")
    assert cc(vmlinux_h + asserted(checks)) == ""


def test_types_agree_with_bpftool(kernel: Btf, vmlinux_h: str) -> None:
    """A number is as signed, and a pointer leads to the same struct, as in bpftool's text."""
    checks = []
    for layout, field in fields_of(kernel):
        value = value_of(layout, field)
        if field.c_type.startswith("struct ") and field.c_type.endswith("*"):
            target = field.c_type.removesuffix("*")
            checks.append(f"__builtin_types_compatible_p(typeof(*{value}), {target})")
        elif field.c_type in ("u16 ", "s32 ", "u32 ", "u64 "):
            number = f"{value}.val" if field.name in WRAPPED else value
            checks.append(f"((typeof({number}))-1 < 0) == {int(field.c_type[0] == 's')}")
    assert len(checks) > 50
    assert cc(vmlinux_h + asserted(checks)) == ""


WRAPPED = {"uid", "gid", "suid", "euid", "egid", "i_uid", "loginuid"}  # kuid_t and kgid_t


def fields_of(btf: Btf) -> list[tuple[Layout, Field]]:
    return [(layout, field) for layout in layouts(btf) for field in layout.fields]


def value_of(layout: Layout, field: Field) -> str:
    return f"((struct {layout.name} *)0)->{field.path}"


def asserted(checks: list[str]) -> str:
    return "".join(f'\n_Static_assert({check}, "{check}");' for check in checks) + "\n"


def test_nothing_is_missing_that_bpftool_has(kernel: Btf, vmlinux_h: str) -> None:
    """Every member that was asked for is declared, or is missing from bpftool's account too."""
    for layout in layouts(kernel):
        wanted = dict(item.partition("=")[::2] for item in KERNEL_TYPES[layout.name].split())
        assert {field.name for field in layout.fields} | set(layout.missing) == set(wanted)
        for name in layout.missing:
            for path in (wanted[name] or name).split("|"):
                place = f"__builtin_offsetof(struct {layout.name}, {path})"
                assert cc(f"{vmlinux_h}\nint here = {place};\n") != ""


SOURCE = """
struct held { int number; };
struct holder {
    unsigned bits : 3;
    union { long one; short other; } either;
    struct { char padded; short both; } pair;
    struct { unsigned val; } wrapped;
    signed char little;
    _Bool flag;
    enum { A, B } choice;
    const unsigned char *text;
    struct held **handles;
    void (*call)(void);
    struct held held;
    struct held row[4];
    struct held flexible[];
};
struct holder a_holder;
"""
SPEC = {
    "held": "number",
    "holder": """bits either pair wrapped little flag choice text handles call held row flexible
                 renamed=was.absent|little nowhere=absent|also.absent""",
    "not_there": "anything",
}


@pytest.fixture
def made(btf_of: Callable[[str], bytes]) -> dict[str, tuple[str, str]]:
    fields = layouts(Btf(btf_of(SOURCE), "unit.o"), SPEC)[1].fields
    return {field.name: (field.c_type.strip(), field.c_suffix) for field in fields}


def test_shapes(made: dict[str, tuple[str, str]]) -> None:
    """Numbers have their size and sign; a wrapped number is one; pointers keep their struct."""
    assert made == {
        "wrapped": ("u32", ""),
        "little": ("s8", ""),
        "renamed": ("s8", ""),
        "flag": ("u8", ""),
        "choice": ("u32", ""),
        "text": ("const char *", ""),
        "handles": ("struct held **", ""),
        "call": ("void *", ""),
        "held": ("struct held", ""),
        "row": ("struct held", "[4]"),
        "flexible": ("struct held", "[]"),
    }


def test_what_cannot_be_read_is_missing(btf_of: Callable[[str], bytes]) -> None:
    """Bitfields, unions and structs that nobody asked for are missing, as absent members are."""
    _, holder, absent = layouts(Btf(btf_of(SOURCE), "unit.o"), SPEC)
    assert set(holder.missing) == {"bits", "either", "pair", "nowhere"}
    assert (absent.size_bytes, absent.fields, absent.missing) == (None, (), ("anything",))


def test_missing_members_become_defines(btf_of: Callable[[str], bytes]) -> None:
    """bpf/ can ask by #ifdef for what a kernel lacks, and a struct it lacks is still declared."""
    text = kernel_types(Btf(btf_of(SOURCE), "unit.o"))
    assert "#define NO_task_struct_loginuid 1\n" in text
    assert "\nstruct task_struct;\n" in text
    assert cc(INTEGERS + text) == ""


def test_held_structs_have_their_offset(kernel: Btf) -> None:
    """MOUNT_MNT_OFFSET leads from a struct vfsmount to the struct mount that holds it."""
    check = '_Static_assert(MOUNT_MNT_OFFSET == __builtin_offsetof(struct mount, mnt), "mnt");'
    assert cc(INTEGERS + kernel_types(kernel) + check) == ""


def test_types_are_written_in_time() -> None:
    """From the kernel's file to the C text takes at most 0.2 s of processor time."""
    assert min(_processor_time_s() for _ in range(3)) <= 0.2


def _processor_time_s() -> float:
    before = time.process_time()
    kernel_types(Btf.load())
    return time.process_time() - before
