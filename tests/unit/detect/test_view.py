"""Records as rules see them."""

from __future__ import annotations

import pytest

from tracer.detect.view import AUDITD, PROCESS_CREATION, SOURCES, TTY_INPUT, LogSource, View


@pytest.mark.parametrize(
    ("stated", "covered"),
    [
        (LogSource(), set(SOURCES)),
        (LogSource(product="linux"), set(SOURCES)),
        (LogSource(category="process_creation"), {PROCESS_CREATION}),
        (LogSource(service="auditd"), {AUDITD}),
        (LogSource("tty_input", "linux", "ttytrace"), {TTY_INPUT}),
        (LogSource("process_creation", "windows"), set()),
        (LogSource("process_creation", "linux", "auditd"), set()),
    ],
)
def test_a_rule_covers_what_it_leaves_open(stated: LogSource, covered: set[LogSource]) -> None:
    """What it states must be the same."""
    assert {source for source in SOURCES if stated.covers(source)} == covered


def test_a_view_folds_what_it_holds() -> None:
    """Each value by itself, and the text; what it holds stays as it is."""
    view = View(PROCESS_CREATION, {"A": ("Ab", "É"), "B": ()}, "A Text")
    assert view.folded == {"A": ("ab", "é"), "B": ()}
    assert view.folded_text == "a text"
    assert view.fields["A"] == ("Ab", "É")
    assert not view.is_cut
