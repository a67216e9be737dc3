"""Which servers are recorded: by what the kernel says of real ones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.observe.conftest import RealTmux
from tracer.observe.scope import Scope
from tracer.settings import ScopeSettings

NOBODY = 65534


@pytest.fixture
def theirs(public_place: Path) -> Iterator[RealTmux]:
    """A server of nobody's."""
    server = RealTmux(public_place, user=NOBODY)
    server.run("new-session", "-d", "sleep 1000")
    yield server
    server.close()


def excludes(server: RealTmux, **settings: tuple[str, ...]) -> str | None:
    return Scope(ScopeSettings(**settings)).excludes(server.pid)


def test_without_settings_all_are_recorded(theirs: RealTmux) -> None:
    """Nothing is looked at."""
    assert Scope(ScopeSettings()).excludes(theirs.pid) is None


def test_a_user_is_left_out_or_asked_for(theirs: RealTmux) -> None:
    """By name or number; what is left out goes before what is asked for."""
    assert excludes(theirs, without_users=("nobody",)) == f"user {NOBODY} is left out"
    assert excludes(theirs, without_users=("0",)) is None
    assert excludes(theirs, users=("root",)) == f"user {NOBODY} is not asked for"
    assert excludes(theirs, users=("root", str(NOBODY))) is None
    assert excludes(theirs, users=("nobody",), without_users=("nobody",)) is not None


def test_a_group_is_any_that_it_runs_with(theirs: RealTmux) -> None:
    """subprocess lets it keep root's."""
    groups = {*os.getgroups(), os.getgid()}
    gid = str(min(groups))
    assert excludes(theirs, without_groups=(gid,)) == f"group {gid} is left out"
    assert excludes(theirs, groups=(gid,)) is None
    assert excludes(theirs, groups=("54321",)) == "no group of it is asked for"


def test_a_socket_is_a_pattern(theirs: RealTmux) -> None:
    """`*` and `?` stand for others, and nothing else does."""
    place = str(theirs.socket.parent)
    assert excludes(theirs, without_sockets=(f"{place}/*",)) == "its socket is left out"
    assert excludes(theirs, without_sockets=(f"{place}/s?cket",)) is not None
    assert excludes(theirs, without_sockets=(f"{place}/[s]ocket",)) is None
    assert excludes(theirs, sockets=("/nowhere/*",)) == "its socket is not asked for"
    assert excludes(theirs, sockets=("/nowhere/*", str(theirs.socket))) is None


def test_a_name_that_nobody_has_takes_in_nothing(theirs: RealTmux) -> None:
    """And is told; what else stands there holds."""
    scope = Scope(ScopeSettings(users=("no such",), without_groups=("nor this\0",)))
    assert scope.excludes(theirs.pid) == f"user {NOBODY} is not asked for"
    assert len(scope.unknown) == 2


def test_what_has_gone_is_not_judged() -> None:
    """It is over, and that is told as for all."""
    assert Scope(ScopeSettings(users=("root",))).excludes(2**22 + 1) is None
