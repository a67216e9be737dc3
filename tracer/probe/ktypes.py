"""C definitions of the kernel structs that bpf/ reads, at the running kernel's offsets.

Invariant: every offset and size comes from BTF, and the text itself asserts them when it compiles.
Only the members in KERNEL_TYPES exist; the rest is padding. No `packed`: clang would then read
byte by byte.

A member that this kernel lacks, or has in a shape that can't be read as a number or a pointer,
becomes `#define NO_<struct>_<member> 1`. Not here: the integer types u8 to s64, which come from
capture/headers.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from tracer.probe.btf import ARRAY, ENUM, INT, PTR, STRUCT, Btf, Type

# struct → `member`, or `name=path` where the name or the place differs, with `|` between what
# kernels have called it, newest first. A struct held by value stands before its holder.
KERNEL_TYPES: Final[Mapping[str, str]] = {
    "tty_struct": """
        index driver link disc_data c_lflag=termios.c_lflag
        session=ctrl.session|session pgrp=ctrl.pgrp|pgrp
        ws_row=winsize.ws_row ws_col=winsize.ws_col""",
    "tty_driver": "major minor_start",
    "ktermios": "c_lflag",
    "tty_file_private": "tty file",
    "n_tty_data": "read_tail",
    "file": "private_data f_inode dentry=f_path.dentry mnt=f_path.mnt",
    "inode": "i_mode i_rdev i_ino i_nlink i_sb i_uid",
    "super_block": "s_dev",
    "dentry": "d_parent d_inode name=d_name.name",
    "vfsmount": "mnt_root",
    "mount": "mnt_parent mnt_mountpoint mnt",
    "hlist_node": "next",
    "hlist_head": "first",
    "task_struct": """
        pid_links ptraced_next=ptraced.next ptrace_entry_next=ptrace_entry.next
        pid tgid loginuid sessionid signal real_parent group_leader
        start_boottime=start_boottime|real_start_time
        children_prev=children.prev sibling_prev=sibling.prev
        mm exit_code fs files cgroups cred comm flags""",
    "signal_struct": "tty leader live=live.counter flags group_exit_code",
    "mm_struct": "arg_start arg_end exe_file start_stack",
    "fs_struct": """
        pwd_dentry=pwd.dentry pwd_mnt=pwd.mnt root_dentry=root.dentry root_mnt=root.mnt""",
    "files_struct": "fdt",
    "fdtable": "max_fds fd",
    "cred": "uid gid suid euid egid",
    "linux_binprm": "file filename argc",
    "css_set": "dfl_cgrp",
    "cgroup": "kn",
    "kernfs_node": "id",
    "upid": "nr",
    "pid": "level tasks numbers",
    "socket": "sk state",
    "sock": "skc_family=__sk_common.skc_family skc_state=__sk_common.skc_state sk_peer_pid",
    "unix_sock": "dentry=path.dentry peer addr",
}


class Field(NamedTuple):
    """A member as the C text declares it; `path` is what the kernel calls it."""

    offset_bytes: int
    size_bytes: int
    name: str
    path: str
    c_type: str
    c_suffix: str  # array dimensions


class Layout(NamedTuple):
    """A struct of the C text; fields by offset. `size_bytes` is None if the kernel has none."""

    name: str
    size_bytes: int | None
    fields: tuple[Field, ...]
    missing: tuple[str, ...]


def kernel_types(btf: Btf) -> str:
    """The C text for KERNEL_TYPES. Raises BadBtf."""
    return "\n".join(_c_text(layout) for layout in layouts(btf)) + "\n"


def layouts(btf: Btf, spec: Mapping[str, str] = KERNEL_TYPES) -> list[Layout]:
    """Where the running kernel has what `spec` asks for. Raises BadBtf."""
    return [_layout(btf, name, wanted.split(), spec) for name, wanted in spec.items()]


def _layout(btf: Btf, struct: str, wanted: list[str], spec: Mapping[str, str]) -> Layout:
    fields, missing = list[Field](), list[str]()
    for item in wanted:
        name, _, paths = item.partition("=")
        field = _field(btf, struct, name, (paths or name).split("|"), spec)
        if field is None:
            missing.append(name)
        else:
            fields.append(field)
    return Layout(struct, btf.size_of(struct), tuple(sorted(fields)), tuple(missing))


def _field(
    btf: Btf, struct: str, name: str, paths: list[str], spec: Mapping[str, str]
) -> Field | None:
    for path in paths:
        member = btf.member(struct, path)
        if member is None or member.bits:
            continue
        declared = _declare(btf, btf.resolve(member.type_id), spec)
        if declared is not None:
            return Field(member.offset_bytes, member.size_bytes, name, path, *declared)
    return None


def _declare(btf: Btf, of: Type, spec: Mapping[str, str]) -> tuple[str, str] | None:
    """(type, array suffix) that declare a member; None for what bpf/ couldn't read in one go."""
    suffix = ""
    if of.kind == ARRAY:
        element, count = btf.array(of)
        of, suffix = btf.resolve(element), f"[{count or ''}]"
    c_type = _c_type(btf, of, spec)
    return None if c_type is None else (c_type, suffix)


def _c_type(btf: Btf, of: Type, spec: Mapping[str, str]) -> str | None:
    if of.kind != STRUCT:
        return _c_scalar(btf, of)
    if of.name in spec:
        return f"struct {of.name} "
    # kuid_t and its like: a struct around one number, so that C can't mix it up with others.
    members = [member for _, member in btf.members(of)]
    if len(members) != 1 or members[0].size_bytes != of.size_or_type:
        return None
    return _c_scalar(btf, btf.resolve(members[0].type_id))


def _c_scalar(btf: Btf, of: Type) -> str | None:
    if of.kind == PTR:
        return _c_pointer(btf, of)
    if of.kind not in (INT, ENUM) or of.size_or_type not in (1, 2, 4, 8):
        return None
    sign = "s" if of.kind == INT and btf.is_signed(of) else "u"
    return f"{sign}{8 * of.size_or_type} "


def _c_pointer(btf: Btf, of: Type) -> str:
    stars = "*"
    target = btf.resolve(of.size_or_type)
    if target.kind == PTR:
        stars = "**"
        target = btf.resolve(target.size_or_type)
    if target.kind == STRUCT and target.name:
        return f"struct {target.name} {stars}"
    return f"const char {stars}" if target.kind == INT and target.size_or_type == 1 else "void *"


def _c_text(layout: Layout) -> str:
    lines = [f"#define NO_{layout.name}_{name} 1" for name in layout.missing]
    if layout.size_bytes is None:
        return "\n".join([*lines, f"struct {layout.name};"])
    lines += [f"struct {layout.name} {{", *_c_body(layout, layout.size_bytes), "};"]
    lines.append(f'_Static_assert(sizeof(struct {layout.name}) == {layout.size_bytes}, "size");')
    for field in layout.fields:
        place = f"__builtin_offsetof(struct {layout.name}, {field.name})"
        lines.append(f'_Static_assert({place} == {field.offset_bytes}, "{field.name}");')
    return "\n".join(lines + _c_offsets(layout))


def _c_body(layout: Layout, size_bytes: int) -> list[str]:
    body, at = list[str](), 0
    for field in layout.fields:
        if field.offset_bytes > at:
            body.append(f"\tchar _pad{at}[{field.offset_bytes - at}];")
        body.append(f"\t{field.c_type}{field.name}{field.c_suffix};")
        at = field.offset_bytes + field.size_bytes
    if at < size_bytes:
        body.append(f"\tchar _pad{at}[{size_bytes - at}];")
    return body


def _c_offsets(layout: Layout) -> list[str]:
    # For container_of(): where a struct that is held by value lies in its holder.
    return [
        f"#define {layout.name.upper()}_{field.name.upper()}_OFFSET {field.offset_bytes}"
        for field in layout.fields
        if field.c_type.startswith("struct ") and field.c_type.endswith(" ") and not field.c_suffix
    ]
