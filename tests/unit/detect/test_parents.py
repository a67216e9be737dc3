"""What runs is known to those that it starts."""

from __future__ import annotations

from typing import Any

from tracer.detect.parents import PROCESSES, Parent, Parents


def runs(entity: object, command: object, invoked: object = "/bin/x") -> dict[str, Any]:
    """A record of a program."""
    process = {"entity_id": entity, "command_line": command}
    return {"process": process, "ttytrace": {"process": {"invoked": invoked}}}


def child(entity: object) -> dict[str, Any]:
    """A record of a program that this one started."""
    return {"process": {"parent": {"entity_id": entity}}}


def test_a_child_is_told_what_its_parent_runs_now() -> None:
    """The last program counts; once the parent has ended, nothing is said."""
    parents = Parents()
    parents.note(runs("a", "bash -c x"))
    parents.note(runs("a", "python x.py", "/usr/bin/python"))
    assert parents.of(child("a")) == Parent("/usr/bin/python", "python x.py")
    parents.end(runs("a", ""))
    assert parents.of(child("a")) is None


def test_those_heard_of_last_are_known() -> None:
    """One that ran something again stays, the next oldest goes."""
    parents = Parents()
    for number in range(PROCESSES):
        parents.note(runs(str(number), "x"))
    parents.note(runs("0", "y"))
    parents.note(runs("new", "z"))
    assert parents.of(child("0")) == Parent("/bin/x", "y")
    assert parents.of(child("1")) is None


def test_what_is_no_process_is_left() -> None:
    """Names and lines of another type are none."""
    parents = Parents()
    for entity in (None, 3, ["a"], {}):
        parents.note(runs(entity, "x"))
        parents.end(runs(entity, "x"))
        assert parents.of(child(entity)) is None
    parents.note(runs("a", {"x": 1}, []))
    assert parents.of(child("a")) == Parent(None, None)
