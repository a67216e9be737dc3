"""Reads BTF, the kernel's description of its own types.

Invariant: whatever the bytes are, a reader gets an answer or a BadBtf, and in time linear in their
number; nothing in a damaged file can loop. Format: Documentation/bpf/btf.rst.

Not here: what we ask of the types (ktypes.py). A name index is not built, because finding one name
in the string section takes 0.1 ms and decoding all of them takes longer than everything else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tracer.errors import BadBtf, NoBtf

VMLINUX: Final = Path("/sys/kernel/btf/vmlinux")

INT, PTR, ARRAY, STRUCT, UNION, ENUM = 1, 2, 3, 4, 5, 6
TYPEDEF, VOLATILE, CONST, RESTRICT, FUNC, TYPE_TAG, ENUM64 = 8, 9, 10, 11, 12, 18, 19

_MAGIC: Final = 0xEB9F
_POINTER_BYTES: Final = 8
_TRANSPARENT: Final = frozenset({TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG})
_SIZED: Final = frozenset({INT, STRUCT, UNION, ENUM, ENUM64, 16})  # 16: FLOAT
# No real chain of typedefs, qualifiers or array dimensions comes near; a damaged one may be a ring.
_CHAIN_MAX: Final = 64

# By kind 0-19: words of a type's record without and per member. include/uapi/linux/btf.h
_WORDS: Final = (3, 4, 3, 6, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 3, 3, 4, 3, 3)
_WORDS_PER_MEMBER: Final = (0, 0, 0, 0, 3, 3, 2, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 0, 0, 3)


class Type(NamedTuple):
    """One type record. `size_or_type` is a size in bytes or a type id, as the kind has it."""

    id: int
    kind: int
    name: str
    size_or_type: int


class Member(NamedTuple):
    """Where a member lies in its struct; `bits` is not 0 for a bitfield of that width, which then
    begins `bit_shift` bits into the byte at `offset_bytes`."""

    offset_bytes: int
    size_bytes: int
    type_id: int
    bits: int = 0
    bit_shift: int = 0


class Btf:
    """The types of one BTF file.

    Raises BadBtf from any method when the bytes contradict themselves.
    """

    def __init__(self, data: bytes, source: str) -> None:
        self._source = source
        types, self._strings = self._sections(data)
        self._words = memoryview(types).cast("I")
        self._starts: list[int] = [0]  # type id → its first word
        self._structs: dict[int, list[int]] = {}  # offset of the name → type ids
        self._functions: dict[int, list[int]] = {}
        self._scan()

    @classmethod
    def load(cls, path: Path = VMLINUX) -> Btf:
        """Reads a file of BTF, by default the running kernel's. Raises NoBtf, BadBtf."""
        try:
            return cls(path.read_bytes(), str(path))
        except OSError as error:
            raise NoBtf(path=path, reason=error.strerror) from error

    def structs(self, name: str) -> list[int]:
        """Ids of the structs of this name: several if source files disagree on it."""
        return self._named(self._structs, name)

    def functions(self, name: str) -> list[int]:
        """Ids of the functions of this name, which fentry programs are loaded for."""
        return self._named(self._functions, name)

    def has_name(self, name: str) -> bool:
        """Whether anything at all has this name."""
        return b"\0%b\0" % name.encode() in self._strings

    def size_of(self, struct: str) -> int | None:
        """Bytes of a struct, or None if there is none of that name."""
        ids = self.structs(struct)
        return self.type(ids[0]).size_or_type if ids else None

    def member(self, struct: str, path: str) -> Member | None:
        """Finds `a.b.c`, through anonymous members, typedefs and arrays (at their first element).

        None if the kernel has no such struct or member.
        """
        for struct_id in self.structs(struct):
            found = self._follow(struct_id, path.split("."))
            if found is not None:
                return found
        return None

    def type(self, type_id: int) -> Type:
        """The record of a type; id 0 is void."""
        if not type_id:
            return Type(0, 0, "void", 0)
        if type_id >= len(self._starts):
            raise self._bad(f"there is no type {type_id}")
        at = self._starts[type_id]
        name, info, size_or_type = self._words[at : at + 3]
        return Type(type_id, _kind(info), self._string(name), size_or_type)

    def resolve(self, type_id: int) -> Type:
        """The type behind typedefs, qualifiers and tags."""
        for _ in range(_CHAIN_MAX):
            found = self.type(type_id)
            if found.kind not in _TRANSPARENT:
                return found
            type_id = found.size_or_type
        raise self._bad("a typedef never ends")

    def array(self, of: Type) -> tuple[int, int]:
        """Element type id and number of elements of an array; 0 elements: flexible."""
        at = self._starts[of.id]
        return self._words[at + 3], self._words[at + 5]

    def is_signed(self, of: Type) -> bool:
        """Whether an INT is signed (BTF_INT_SIGNED)."""
        return bool(self._words[self._starts[of.id] + 3] >> 24 & 1)

    def members(self, of: Type) -> Iterator[tuple[str, Member]]:
        """The members of a struct or union, one level; anonymous ones are named ""."""
        for name, type_id, offset_bits, bits in self._raw_members(of):
            yield self._string(name), self._placed(type_id, offset_bits, bits)

    def size(self, type_id: int) -> int:
        """Bytes that a value of a type takes; 0 for void, functions and flexible arrays."""
        element, count = self._element(type_id)
        if element.kind == PTR:
            return count * _POINTER_BYTES
        return count * element.size_or_type if element.kind in _SIZED else 0

    def _sections(self, data: bytes) -> tuple[bytes, bytes]:
        if len(data) < 24:
            raise self._bad("it is shorter than a header")
        magic, _, _, header, type_at, type_bytes, string_at, string_bytes = struct.unpack_from(
            "=HBBIIIII", data
        )
        if magic != _MAGIC:
            raise self._bad("it does not begin with BTF's magic number")
        types = data[header + type_at : header + type_at + type_bytes]
        strings = data[header + string_at : header + string_at + string_bytes]
        if len(types) != type_bytes or type_bytes % 4 or len(strings) != string_bytes:
            raise self._bad("a section reaches beyond the end")
        return types, strings

    def _scan(self) -> None:
        # The hot loop, 0.05 s for the 127 000 types of Linux 6.18; so no calls and no attributes.
        words, starts, structs, functions = self._words, [0], self._structs, self._functions
        per_type, per_member, end, at = _WORDS, _WORDS_PER_MEMBER, len(self._words), 0
        try:
            while at < end:
                info = words[at + 1]
                kind = info >> 24 & 31
                if kind == STRUCT:
                    structs.setdefault(words[at], []).append(len(starts))
                elif kind == FUNC:
                    functions.setdefault(words[at], []).append(len(starts))
                starts.append(at)
                at += per_type[kind] + (info & 0xFFFF) * per_member[kind]
        except IndexError:
            raise self._bad(f"type {len(starts)} is cut or of an unknown kind") from None
        if at != end:
            raise self._bad("the last type is cut")
        self._starts = starts

    def _named(self, index: dict[int, list[int]], name: str) -> list[int]:
        # Each string is there once (btf__dedup), so the first that names such a type is the only
        # one; to search on to the end of the strings for each name would take 0.05 s.
        text, at = b"\0" + name.encode() + b"\0", -1
        while (at := self._strings.find(text, at + 1)) >= 0:
            if at + 1 in index:
                return index[at + 1]
        return []

    def _follow(self, type_id: int, names: list[str]) -> Member | None:
        offset, found = 0, None
        for name in names:
            found = self._search(type_id, name.encode() + b"\0")
            if found is None:
                return None
            offset += found.offset_bytes
            type_id = found.type_id
        return found and found._replace(offset_bytes=offset)

    def _search(self, type_id: int, wanted: bytes) -> Member | None:
        # Each type is looked at once, which bounds the time even if anonymous members form a ring.
        to_do, seen = [(self._element(type_id)[0], 0)], set[int]()
        while to_do:
            of, base_bits = to_do.pop()
            if of.kind not in (STRUCT, UNION) or of.id in seen:
                continue
            seen.add(of.id)
            for name, member_id, offset_bits, bits in self._raw_members(of):
                if self._strings.startswith(wanted, name):
                    return self._placed(member_id, base_bits + offset_bits, bits)
                if self._strings[name : name + 1] == b"\0":
                    to_do.append((self.resolve(member_id), base_bits + offset_bits))
        return None

    def _element(self, type_id: int) -> tuple[Type, int]:
        """What an array of any dimensions holds, and how many; else the type itself, and 1."""
        count = 1
        for _ in range(_CHAIN_MAX):
            found = self.resolve(type_id)
            if found.kind != ARRAY:
                return found, count
            type_id, length = self.array(found)
            count *= length
        raise self._bad("an array never ends")

    def _raw_members(self, of: Type) -> Iterator[tuple[int, int, int, int]]:
        """(offset of the name, type id, offset in bits, width of a bitfield or 0) of each."""
        at = self._starts[of.id]
        info = self._words[at + 1]
        has_bitfields = info >> 31
        for first in range(at + 3, at + 3 + 3 * (info & 0xFFFF), 3):
            name, type_id, offset = self._words[first : first + 3]
            if has_bitfields:
                yield name, type_id, offset & 0xFFFFFF, offset >> 24
            else:
                yield name, type_id, offset, 0

    def _placed(self, type_id: int, offset_bits: int, bits: int) -> Member:
        return Member(offset_bits // 8, self.size(type_id), type_id, bits, offset_bits % 8)

    def _string(self, at: int) -> str:
        end = self._strings.find(b"\0", at)
        if end < 0:
            raise self._bad("a name lies outside the strings")
        return self._strings[at:end].decode(errors="replace")

    def _bad(self, reason: str) -> BadBtf:
        return BadBtf(path=self._source, reason=reason)


def _kind(info: int) -> int:
    return info >> 24 & 31
