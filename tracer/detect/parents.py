"""What the programs ran that other programs were started by.

Invariant: at most PROCESSES are known, those that were heard of last; of others, nothing is said.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from tracer.codec.identity import Fields
from tracer.detect.shape import part, value_of

PROCESSES: Final = 8192


class Parent(NamedTuple):
    """`invoked`: the path that was given to execve."""

    invoked: str | None
    command_line: str | None


class Parents:
    """Processes by their `entity_id`."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Parent] = OrderedDict()

    def note(self, event: Fields) -> None:
        """A `fork` or `exec`: from now on it runs this."""
        process, ours = part(event, "process"), part(event, "ttytrace", "process")
        entity = process.get("entity_id")
        if isinstance(entity, str):
            runs = value_of(ours.get("invoked")), value_of(process.get("command_line"))
            self._known[entity] = Parent(*runs)
            self._known.move_to_end(entity)
            if len(self._known) > PROCESSES:
                self._known.popitem(last=False)

    def end(self, event: Fields) -> None:
        """It is over."""
        entity = part(event, "process").get("entity_id")
        if isinstance(entity, str):
            self._known.pop(entity, None)

    def of(self, event: Fields) -> Parent | None:
        """What the parent of a process runs."""
        entity = part(event, "process", "parent").get("entity_id")
        return self._known.get(entity) if isinstance(entity, str) else None
