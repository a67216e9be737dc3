"""Whose server it is, and who acts in it."""

from __future__ import annotations

from typing import Any

import pytest

from tracer.detect.people import by_other

ALICE, BOB, NOBODY = {"user": {"id": "1000"}}, {"user": {"id": "1002"}}, {"how": "unknown"}
OF_ALICE = {"tmux": {"server": {"user": {"id": "1000"}}}}


@pytest.mark.parametrize(
    ("persons", "told"),
    [
        ([BOB], "true"),
        ([ALICE, BOB], "true"),
        ([BOB, NOBODY], "true"),
        ([ALICE], "false"),
        ([ALICE, NOBODY], None),
        ([NOBODY], None),
        ([], None),
        (["bob"], None),
    ],
)
def test_another_is_told_from_the_owner(persons: list[Any], told: str | None) -> None:
    """Once one of them is known to be another; that none is needs all of them known."""
    assert by_other(OF_ALICE, persons) == ({} if told is None else {"IsByOther": (told,)})


def test_without_an_owner_nobody_is_another() -> None:
    """A server whose owner isn't known is nobody's."""
    assert by_other({"tmux": {"server": {}}}, [BOB]) == by_other({}, [BOB]) == {}
