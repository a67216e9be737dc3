"""What repeats is told once, with a count; and nothing is lost by it."""

from __future__ import annotations

import random
from typing import Any

from tests.unit.detect.correlating import SECOND, about_of
from tracer.detect.alerts import Alert
from tracer.detect.suppress import Suppressor


def alert(time_s: int, sequence: int, rule: str = "a", **event: Any) -> Alert:
    return Alert(about_of(rule), (sequence,), time_s * SECOND, event, {})


def by(uid: str, loginuid: int, pane: int = 1, **pane_fields: Any) -> dict[str, Any]:
    person = {"user": {"id": uid}, "loginuid": loginuid}
    places = {"server": {"pid": 900}, "pane": {"pid": pane} | pane_fields}
    return {"tmux": {"submitted_by": person} | places}


def fed(suppressor: Suppressor, *alerts: Alert) -> list[tuple[tuple[int, ...], int]]:
    told = [each for one in alerts for each in suppressor.feed(one)]
    return [(each.causes, each.repeated) for each in told]


def test_the_first_is_told_at_once_and_the_others_when_time_is_over() -> None:
    """As one that names all of them; then it begins anew."""
    suppressor = Suppressor(60)
    assert fed(suppressor, *(alert(100 + i, i) for i in range(4))) == [((0,), 0)]
    assert not suppressor.tick(160 * SECOND)
    (told,) = suppressor.tick(161 * SECOND)
    assert (told.causes, told.repeated, told.time_ns) == ((1, 2, 3), 2, 103 * SECOND)
    assert fed(suppressor, alert(162, 9)) == [((9,), 0)]


def test_what_came_once_is_told_once() -> None:
    """Nothing follows."""
    suppressor = Suppressor(60)
    assert fed(suppressor, alert(100, 1)) == [((1,), 0)]
    assert not suppressor.tick(500 * SECOND)
    assert not suppressor.flush()


def test_without_a_time_each_is_told() -> None:
    """At once."""
    suppressor = Suppressor(0)
    assert len(fed(suppressor, *(alert(1, i) for i in range(5)))) == 5
    assert not suppressor.flush()


def test_others_are_told_at_once() -> None:
    """Of another rule, person or pane; names that tmux gives a pane make none of them."""
    suppressor = Suppressor(60)
    events = [
        by("1000", 1000),
        by("1001", 1000),
        by("1000", 1001),
        by("1000", 1000, pane=2),
        {"user": {"id": "1000"}},
        {"user": {"id": "0"}},
        {"tmux": {"typed_by": [{"user": {"id": "7"}}, {"how": "unknown"}]}},
        {"tmux": {"typed_by": [{"user": {"id": "7"}}]}},
        {"tmux": {"typed_by": [{"user": {"id": "7"}, "source": {"ip": "192.0.2.1"}}]}},
        {"tmux": {"client": {"user": {"id": "8"}}}},
        {"tmux": {"client": {"user": {"id": "8"}}, "server": {"pid": 901}}},
        {"ttytrace": {"log": {"by": {"user": {"id": "1"}}}}},
        {"ttytrace": {"log": {"sender": {"user": {"id": "2"}}}}},
        {"tmux": "no", "user": ["no"]},
    ]
    told = fed(suppressor, *(alert(1, i, **event) for i, event in enumerate(events)))
    assert told == [((i,), 0) for i in range(len(events))]
    assert fed(suppressor, alert(2, 50, "b", **events[0])) == [((50,), 0)]
    assert not fed(suppressor, alert(2, 51, **by("1000", 1000, id="%9")))


def test_time_never_goes_back() -> None:
    """An alert that tells of something earlier waits from now on."""
    suppressor = Suppressor(60)
    assert fed(suppressor, alert(100, 1), alert(50, 2, "b"), alert(51, 3, "b")) == [
        ((1,), 0),
        ((2,), 0),
    ]
    assert not suppressor.tick(160 * SECOND)
    assert [each.causes for each in suppressor.tick(161 * SECOND)] == [(3,)]


def test_who_is_one_of_several_is_another() -> None:
    """The order in which they typed is not."""
    suppressor = Suppressor(60)
    a, b = {"user": {"id": "1"}}, {"user": {"id": "2"}}
    assert fed(suppressor, alert(1, 1, tmux={"typed_by": [a, b]})) == [((1,), 0)]
    assert not fed(suppressor, alert(1, 2, tmux={"typed_by": [b, a]}))
    assert fed(suppressor, alert(1, 3, tmux={"typed_by": [a]})) == [((3,), 0)]


def test_too_many_that_wait_are_told_early() -> None:
    """Those that wait for longest."""
    suppressor = Suppressor(60)
    panes = [by("1", 1, pane=i) for i in range(1025)]
    fed(suppressor, *(alert(1, i, **panes[i % 10]) for i in range(20)))
    told = fed(suppressor, *(alert(2, 100 + i, **pane) for i, pane in enumerate(panes[10:])))
    assert told[-2:] == [((10,), 0), ((1114,), 0)]


def test_causes_have_a_limit_and_the_count_has_none() -> None:
    """The last hundred are named."""
    suppressor = Suppressor(60)
    fed(suppressor, *(alert(1, i) for i in range(300)))
    (told,) = suppressor.flush()
    assert (told.causes, told.repeated) == (tuple(range(200, 300)), 298)


def test_every_match_is_told_once() -> None:
    """At random: by itself, or in a count; whatever time does."""
    dice = random.Random(5)
    suppressor, told, time_s = Suppressor(10), list[Alert](), 0
    for sequence in range(3000):
        time_s += dice.choice((-1, 0, 0, 1, 1, 5))
        told += suppressor.feed(alert(time_s, sequence, dice.choice("abc"), **by("1", 1)))
        if dice.random() < 0.1:
            told += suppressor.tick(time_s * SECOND)
    told += suppressor.flush()
    assert sum(1 + each.repeated for each in told) == 3000
    causes = sorted(cause for each in told for cause in each.causes)
    assert causes == list(range(3000))
    assert len(told) < 2000
