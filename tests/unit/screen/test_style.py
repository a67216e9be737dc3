"""What SGR makes of a style."""

from __future__ import annotations

import pytest

from tracer.screen.style import PLAIN, Style, rendition


@pytest.mark.parametrize(
    ("fields", "style"),
    [
        (b"", PLAIN),
        (b"1;31", Style(bold=True, foreground=1)),
        (b"31;0;4", Style(underline=1)),
        (b"94;105", Style(foreground=12, background=13)),
        (b"38;5;200;3", Style(foreground=200, italic=True)),
        (b"48;2;1;2;3;9", Style(background=(1, 2, 3), strike=True)),
        (b"4:3;58:5:9", Style(underline=3, underline_colour=9)),
        (b"38:2:1:2:3", Style(foreground=(1, 2, 3))),
        (b"38:2::1:2:3", Style(foreground=(1, 2, 3))),
        (
            b"53;21;5;7;8;2",
            Style(overline=True, underline=2, blink=True, reverse=True, hidden=True, dim=True),
        ),
        (b"38;5;300", PLAIN),
        (b"38;2;1;2;300;4", Style(dim=True, underline=1, bold=True)),  # its parts, one by one
        (b"38:2:1:2", PLAIN),
        (b"4:9", PLAIN),
        (b"3:1", PLAIN),
        (b"999", PLAIN),
    ],
)
def test_fields_make_a_style(fields: bytes, style: Style) -> None:
    """Semicolons, colons, what is missing and what is out of range: as tmux reads them."""
    assert rendition(PLAIN, fields.split(b";")) == style


def test_what_is_switched_off_is_plain_again() -> None:
    """Each flag and colour has its end."""
    full = rendition(PLAIN, b"1;2;3;4;5;7;8;9;53;31;42;58:5:1".split(b";"))
    assert rendition(full, b"22;23;24;25;27;28;29;55;39;49;59".split(b";")) == PLAIN
