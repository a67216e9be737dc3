"""tracer.codec.capture: a picture and its fields."""

from __future__ import annotations

import pytest

from tests import samples
from tracer.codec.capture import capture_of, claimed, fields_of
from tracer.model.capture import Capture
from tracer.model.findings import PaneCaptured

_CAPTURES = [f.capture for f in samples.FINDINGS if isinstance(f, PaneCaptured)]


@pytest.mark.parametrize("capture", _CAPTURES)
def test_a_picture_comes_back_as_it_was(capture: Capture) -> None:
    """Bytes that aren't UTF-8 too."""
    assert capture_of(fields_of(capture)) == capture


def test_every_field_is_a_claim() -> None:
    """By its full name, however deep it stands."""
    fields = fields_of(samples.CAPTURE._replace(saved_text=b"$\n"))
    names = set(claimed(fields))
    assert {"tmux.capture.text", "tmux.capture.cursor.row", "tmux.capture.saved.text"} <= names
    assert len(names) == len(fields) - 3 + 3 + 2 + 1  # cursor, region, saved have parts


def test_what_is_no_picture_is_told() -> None:
    """By the errors that codec.findings knows."""
    with pytest.raises(KeyError):
        capture_of({"columns": 80})
    with pytest.raises(TypeError):
        capture_of(fields_of(samples.CAPTURE) | {"cursor": 3})
