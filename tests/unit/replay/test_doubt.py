"""tracer.replay.doubt; what it comes to is in test_scene.py"""

from __future__ import annotations

from tracer.replay.doubt import Doubt
from tracer.screen.screen import Screen


def test_rows_are_doubted_one_by_one() -> None:
    """The last one that stays is enough."""
    screen, doubt = Screen(10, 3), Doubt()
    assert not doubt.is_shown(screen)
    screen.feed(b"a\r\nb\r\nc")
    doubt.all_of(screen)
    for _ in range(2):
        screen.feed(b"\r\nnew")
        doubt.moved_on(screen)
        assert doubt.is_shown(screen)
    screen.feed(b"\r\nnew")
    doubt.moved_on(screen)
    assert not doubt.is_shown(screen)


def test_another_size_keeps_doubt() -> None:
    """Rows are made anew then, of the same text; without doubt there is none."""
    screen, doubt = Screen(10, 3), Doubt()
    screen.resize(5, 3)
    doubt.moved_on(screen, is_resized=True)
    assert not doubt.is_shown(screen)
    doubt.all_of(screen)
    screen.resize(7, 3)
    doubt.moved_on(screen, is_resized=True)
    assert doubt.is_shown(screen)
