"""What a process runs, as fields: ECS's own, and ours for what ECS has no place for.

Invariant: the text of a path or argument may hold U+FFFD; then `<field>_base64` of ours holds the
exact bytes. Flags of ours are present only where they are true.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any, Final, NamedTuple

from tracer.codec.text import text_of
from tracer.model import abi
from tracer.model.context import Mask, Process

Fields = dict[str, Any]

FLAGS: Final = {
    "argv_truncated": abi.EXEC_ARGV_CUT,
    "argv_unread": abi.EXEC_ARGV_FAULT,
    "invoked_truncated": abi.EXEC_INVOKED_CUT,
    "executable_truncated": abi.EXEC_EXE_CUT,
    "working_directory_truncated": abi.EXEC_CWD_CUT,
}
# How the kernel writes the path of an executable that has no name any more: mm/shmem.c
# (memfd_create: "memfd:" and the name, at the root of its own mount), fs/d_path.c (" (deleted)").
_MEMFD: Final = b"/memfd:"
_DELETED: Final = b" (deleted)"


class Image(NamedTuple):
    """An executable: its path, and whether that path leads nowhere (any more, or ever)."""

    path: bytes
    deleted: bool
    memfd: bool


def image_of(process: Process) -> Image:
    """What the process runs, without the kernel's remarks in the path."""
    path, deleted = process.exe, process.exe_links == 0
    if process.source == "procfs" and path.endswith(_DELETED):
        path, deleted = path.removesuffix(_DELETED), True
    memfd = deleted and path.startswith(_MEMFD)
    return Image(path, deleted and not memfd, memfd)


def executable_of(process: Process) -> Fields:
    """`executable` and `name`, which every event of a process has."""
    path = image_of(process).path
    if not path:
        return {}
    return {"executable": text_of(path)[0], "name": text_of(path.rpartition(b"/")[2])[0]}


def program_of(process: Process) -> tuple[Fields, Fields]:
    """The fields of `process` but for its name, and of `ttytrace.process`."""
    image = image_of(process)
    ecs: Fields = {}
    ours: Fields = {"source": process.source}
    _put(ecs, ours, "executable", image.path)
    _put(ecs, ours, "working_directory", process.cwd)
    _put(ours, ours, "invoked", process.invoked)
    if process.argc:
        _put_argv(ecs, ours, process)
    ours |= {name: True for name, flag in FLAGS.items() if process.flags & flag}
    ours |= {name: True for name in ("deleted", "memfd") if getattr(image, name)}
    if process.is_fork:
        ours["forked"] = True
    if process.masks:
        ours["masked"] = [_mask(mask) for mask in process.masks]
    if process.ancestors:
        ours["ancestors"] = [_ancestor(*ancestor) for ancestor in process.ancestors]
    return ecs, ours


def _put(fields: Fields, ours: Fields, name: str, value: bytes) -> None:
    if not value:
        return
    fields[name], exact = text_of(value)
    if exact is not None:
        ours[f"{name}_base64"] = exact


def _put_argv(ecs: Fields, ours: Fields, process: Process) -> None:
    pairs = [text_of(arg) for arg in process.argv]
    args = [text for text, _ in pairs]
    ecs |= {"args": args, "args_count": process.argc, "command_line": " ".join(args)}
    ours["argv_bytes"] = process.argv_bytes
    if any(exact is not None for _, exact in pairs):
        ours["args_base64"] = [b64encode(arg).decode() for arg in process.argv]


def _ancestor(pid: int, exe: bytes) -> Fields:
    fields: Fields = {"pid": pid}
    _put(fields, fields, "executable", exe)
    return fields


def _mask(mask: Mask) -> Fields:
    return {"argument": mask.argument, "length": mask.size, "digest": mask.digest}
