"""tracer.model.selection"""

from __future__ import annotations

import pytest

from tests.samples import (
    ALICE,
    BOB,
    CAPTURED,
    CLIENT,
    COMMANDED,
    ENDED,
    EXEC,
    INJECTED,
    INPUT,
    LOST,
    METADATA,
    NOT_TYPED,
    NOW,
    OUTPUT,
    PLACE,
    PROCESS,
    RENAMED,
    RESIZED,
    SCREEN,
    STRANGER,
    TRACED,
    TYPED_BY,
)
from tracer.model.findings import AlertRaised, Finding, ProcessForked, TmuxChanged
from tracer.model.selection import BY_DEFAULT, Selection

FORKED = ProcessForked(NOW, PROCESS._replace(is_fork=True), PLACE)
SUBSHELL_ENDED = ENDED._replace(process=FORKED.process)
EVERYTHING: list[Finding] = [
    EXEC, OUTPUT, INPUT, INJECTED, TRACED, ENDED, LOST, RENAMED, FORKED, SUBSHELL_ENDED,
]  # fmt: skip


def selection(
    session: str = "", pane: str = "", uid: int | None = None, kinds: str = ""
) -> Selection:
    return Selection(session, pane, uid, frozenset(kinds.split(",")) if kinds else BY_DEFAULT)


def shown(chosen: Selection) -> list[Finding]:
    return [finding for finding in EVERYTHING if chosen.takes(finding)]


def test_without_options_all_but_forks_and_the_ends_of_subshells_show() -> None:
    """A fork, and the end of a process that never ran a program, are shown on request only."""
    assert shown(selection()) == EVERYTHING[:-2]
    assert shown(selection(kinds="fork,end")) == [ENDED, FORKED, SUBSHELL_ENDED]


@pytest.mark.parametrize(
    ("kind", "finding"),
    [("pane-captured", CAPTURED), ("client_output", SCREEN), ("terminal-resized", RESIZED)],
)
def test_whole_screens_and_sizes_show_on_request_only(kind: str, finding: Finding) -> None:
    """They are for replay."""
    assert not selection().takes(finding)
    assert selection(kinds=kind).takes(finding)


def test_kinds_are_named_as_their_actions() -> None:
    """What --kind takes is what event.action says."""
    assert shown(selection(kinds="text_input")) == [INPUT]
    assert shown(selection(kinds="input-injected,process-traced")) == [INJECTED, TRACED]


@pytest.mark.parametrize("name", ["work", "$1"])
def test_a_session_is_chosen_by_its_name_or_id(name: str) -> None:
    """What happened in another session doesn't show."""
    assert selection(session=name).takes(EXEC)
    elsewhere = EXEC._replace(place=PLACE._replace(session_id="$2", session_name="play"))
    assert not selection(session=name).takes(elsewhere)


def test_a_pane_is_chosen_by_its_id() -> None:
    """%3 is not %30."""
    assert selection(pane="%3").takes(OUTPUT)
    assert not selection(pane="%30").takes(OUTPUT)


def test_a_user_is_chosen_by_uid() -> None:
    """The real uid counts, also when the program runs with another effective one."""
    assert selection(uid=1000).takes(EXEC)
    assert not selection(uid=0).takes(EXEC)
    assert not selection(uid=1000).takes(TmuxChanged(NOW, "server-seen", PLACE, None, None))


@pytest.mark.parametrize(
    "finding",
    [
        METADATA._replace(typed_by=(NOT_TYPED, TYPED_BY._replace(person=BOB))),
        COMMANDED,
        COMMANDED._replace(command=COMMANDED.command._replace(composed_by=(), submitted_by=BOB)),
        INJECTED,
        TRACED,
        TmuxChanged(NOW, "client-attached", PLACE, CLIENT._replace(person=BOB), None),
        INPUT._replace(typed_by=(TYPED_BY._replace(person=BOB._replace(uid=0)),)),
    ],
)
def test_a_user_is_chosen_by_what_the_person_did(finding: Finding) -> None:
    """Whoever's process it is: typing, a command, an injection, an attach, also after su."""
    assert selection(uid=1002).takes(finding)
    assert not selection(uid=1003).takes(finding)


def test_nobody_is_no_user() -> None:
    """An unknown author, or one without a user, is never the one that was asked for."""
    unknown = INPUT._replace(process=None, typed_by=(NOT_TYPED, TYPED_BY._replace(person=STRANGER)))
    assert not any(selection(uid=uid).takes(unknown) for uid in (0, 1000, 1002))
    assert selection(uid=1000).takes(unknown._replace(typed_by=(TYPED_BY,)))
    assert ALICE.uid == 1000


def test_a_loss_without_a_place_always_shows() -> None:
    """It may have been of what was chosen."""
    unplaced = LOST._replace(place=None)
    assert selection(session="work", pane="%9", uid=0).takes(unplaced)


def test_alerts_are_chosen_as_what_they_tell_of() -> None:
    """By place, and by who did it."""
    alert = AlertRaised(NOW, "high", "Somebody looks", "looks", 0, ALICE, None, PLACE)
    of_bob = alert._replace(person=None, uid=1002, place=None)
    assert selection(kinds="alert").takes(alert)
    assert not selection(kinds="exec").takes(alert)
    assert selection(session="work", uid=1000).takes(alert)
    assert not selection(session="play").takes(alert)
    assert selection(uid=1002).takes(of_bob)
    assert not selection(uid=1000).takes(of_bob)
