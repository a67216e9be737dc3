"""tracer.cli.select"""

from __future__ import annotations

import pytest

from tracer.cli.select import selected
from tracer.errors import BadFilter
from tracer.model.selection import BY_DEFAULT, Selection


def selection(
    session: str = "", pane: str = "", user: str = "", kind: str = "", output: bool = True
) -> Selection:
    return selected(session, pane, user, kind, output)


def test_without_options_all_but_forks_show() -> None:
    """A fork is shown on request only."""
    assert selection() == Selection("", "", None, BY_DEFAULT)
    assert selection(kind="fork, end").kinds == {"fork", "end"}


def test_output_can_be_left_out() -> None:
    """--no-output drops text_output and nothing else."""
    assert selection(output=False).kinds == BY_DEFAULT - {"text_output"}


def test_a_user_is_chosen_by_name_or_uid() -> None:
    """A uid need have no account."""
    assert (selection(user="root").uid, selection(user="4321").uid) == (0, 4321)


@pytest.mark.parametrize(
    ("options", "named"),
    [({"kind": "exec,boom"}, "--kind boom"), ({"user": "no-such-user"}, "--user no-such-user")],
)
def test_what_cannot_be_chosen_is_named(options: dict[str, str], named: str) -> None:
    """The error says which option and which word."""
    with pytest.raises(BadFilter, match=named):
        selection(**options)  # type: ignore[arg-type]
