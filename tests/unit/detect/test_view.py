"""Views, and which rules are for them."""

from __future__ import annotations

import pytest

from tracer.detect.view import (
    AUDITD,
    PROCESS_CREATION,
    SOURCES,
    TTY_INPUT,
    TTY_OUTPUT,
    LogSource,
    View,
)


@pytest.mark.parametrize(
    ("rule", "covered"),
    [
        (LogSource(), set(SOURCES)),
        (LogSource(product="linux"), set(SOURCES)),
        (LogSource(product="windows"), set()),
        (LogSource("process_creation"), {PROCESS_CREATION}),
        (LogSource("process_creation", "linux", "auditd"), set()),
        (LogSource(service="auditd"), {AUDITD}),
        (LogSource(service="ttytrace"), set(SOURCES) - {PROCESS_CREATION, AUDITD}),
        (TTY_INPUT, {TTY_INPUT}),
    ],
)
def test_a_rule_is_for_what_has_all_that_it_states(
    rule: LogSource, covered: set[LogSource]
) -> None:
    """What it leaves out may be anything."""
    assert {source for source in SOURCES if rule.covers(source)} == covered


def test_a_view_is_compared_in_lower_case() -> None:
    """What it holds stays as it was."""
    view = View(TTY_OUTPUT, {"Text": ("Ab", "C")}, "Ab C")
    assert view.folded == {"Text": ("ab", "c")}
    assert view.folded_text == "ab c"
    assert view.fields == {"Text": ("Ab", "C")}
    assert view.text == "Ab C"
    assert not view.is_cut
