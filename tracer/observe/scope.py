"""Which tmux servers are recorded: by the user and the groups that they run with, and by their
sockets.

Invariant: only what the kernel says of a server decides. A name that nobody has takes nothing in,
and keeps nothing out. Where a server can't be looked at any more, it is over.
"""

from __future__ import annotations

import fnmatch
import grp
import os
import pwd
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

from tracer.observe import servers
from tracer.settings import ScopeSettings

_IDS: Final = re.compile(rb"^(Uid|Gid|Groups):(.*)$", re.MULTILINE)


class Owner(NamedTuple):
    """Whom a server runs as: its real uid, and all its groups."""

    uid: int
    groups: frozenset[int]


class Scope:
    """Looks up names once, when it is made, which may wait for the name service.

    `unknown`: what doesn't exist, each as half a sentence.
    """

    def __init__(self, settings: ScopeSettings) -> None:
        self.unknown: list[str] = []
        self._users = self._ids("users", settings.users, _uid)
        self._groups = self._ids("groups", settings.groups, _gid)
        self._without_users = self._ids("without_users", settings.without_users, _uid)
        self._without_groups = self._ids("without_groups", settings.without_groups, _gid)
        self._sockets = _patterns(settings.sockets)
        self._without_sockets = _patterns(settings.without_sockets)
        self._settings = settings

    def excludes(self, server_tgid: int) -> str | None:
        """Why a server is not recorded; None: it is."""
        if self._settings == ScopeSettings():
            return None
        owner = _owner(server_tgid)
        if owner is None:
            return None
        has_sockets = self._settings.sockets or self._settings.without_sockets
        paths = [os.fsdecode(path) for path in servers.socket_paths(server_tgid)]
        return self._of_owner(owner) or (self._of_sockets(paths) if has_sockets else None)

    def _of_owner(self, owner: Owner) -> str | None:
        if owner.uid in self._without_users:
            return f"user {owner.uid} is left out"
        if left_out := owner.groups & self._without_groups:
            return f"group {min(left_out)} is left out"
        if self._settings.users and owner.uid not in self._users:
            return f"user {owner.uid} is not asked for"
        if self._settings.groups and not owner.groups & self._groups:
            return "no group of it is asked for"
        return None

    def _of_sockets(self, paths: list[str]) -> str | None:
        """A second socket must not hide what the first one shows."""
        if paths and all(map(self._without_sockets.match, paths)):
            return "its socket is left out"
        if self._settings.sockets and not any(map(self._sockets.match, paths)):
            return "its socket is not asked for"
        return None

    def _ids(self, key: str, names: Iterable[str], look_up: Callable[[str], int]) -> set[int]:
        found = set()
        for name in names:
            try:
                found.add(int(name) if name.isdecimal() else look_up(name))
            except (KeyError, ValueError):  # ValueError: a NUL
                self.unknown.append(f"scope.{key}: there is no {name}")
        return found


def _uid(name: str) -> int:
    return pwd.getpwnam(name).pw_uid


def _gid(name: str) -> int:
    return grp.getgrnam(name).gr_gid


def _patterns(globs: Iterable[str]) -> re.Pattern[str]:
    """Of all of them; without any it matches nothing."""
    parts = [fnmatch.translate(glob.replace("[", "[[]")) for glob in globs]
    return re.compile("|".join(parts) or r"(?!)")


def _owner(tgid: int) -> Owner | None:
    try:
        status = Path(f"/proc/{tgid}/status").read_bytes()
    except OSError:
        return None
    ids = {name: list(map(int, numbers.split())) for name, numbers in _IDS.findall(status)}
    return Owner(ids[b"Uid"][0], frozenset([*ids[b"Gid"], *ids[b"Groups"]]))
