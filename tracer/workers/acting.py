"""What the workers of actions have in common: a thread for each action, and how they stand.

Invariant: an action that hangs or fails holds up no other, and recording never waits for any.
"""

from __future__ import annotations

import os
import select
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, Final

from tracer.respond.action import Action
from tracer.respond.responder import Responder
from tracer.settings import ActionKind, ActionSettings
from tracer.workers.door import Door, Message

REPORT_S: Final = 0.5
_BUG: Final = 70  # EX_SOFTWARE


def settings_of(hello: Message) -> list[ActionSettings]:
    """Those that the service wants."""
    return [_settings(each) for each in hello.fields["actions"]]


def serve(hello: Message, door: Door, action_of: Callable[[ActionSettings], Action]) -> None:
    """Acts, and says how the actions stand, until the door ends."""
    fields = hello.fields
    first, cursors = fields["first"], fields["cursors"]
    responders = [
        Responder(each, action_of(each), cursors.get(each.name, first), first, door.send)
        for each in settings_of(hello)
    ]
    threads = _started(responders, Path(fields["directory"], "log"))
    while not select.select([door], [], [], REPORT_S)[0]:
        if not all(thread.is_alive() for thread in threads):
            os._exit(_BUG)
        door.send({"actions": {each.name: each.state() for each in responders}})


def _started(responders: Sequence[Responder], segments: Path) -> list[Thread]:
    threads = [
        Thread(target=each.run, args=(segments,), name=each.name, daemon=True)
        for each in responders
    ]
    for thread in threads:
        thread.start()
    return threads


def _settings(fields: dict[str, Any]) -> ActionSettings:
    lists = {key: tuple(fields[key]) for key in ("rules", "networks", "program")}
    return ActionSettings(**fields | lists | {"kind": ActionKind(fields["kind"])})
