"""docs/rules.md and the views name the same fields."""

from __future__ import annotations

import re

from tests.meta.sources import REPO
from tracer.detect.fields import AUDIT_ARGS, FIELDS

_SECTION = re.compile(r"^### (\w+)$(.*?)(?=^##)", re.M | re.S)
_ROW = re.compile(r"^\| ((?:`[^`]+`(?:, | to )?)+) \|", re.M)
_NAME = re.compile(r"`(\w+)(?:\[\])?`")


def documented() -> dict[str, set[str]]:
    """The fields of each log source, by the heading they stand under."""
    text = (REPO / "docs/rules.md").read_text()
    return {
        title: {name for row in _ROW.findall(table) for name in _NAME.findall(row)}
        for title, table in _SECTION.findall(text)
    }


def test_every_field_is_documented_and_no_other() -> None:
    """Whoever writes a rule finds each field that a view may have, and none that never comes."""
    arguments = {f"a{place}" for place in range(1, AUDIT_ARGS - 1)}
    fields = {source.category or source.service: set(names) for source, names in FIELDS.items()}
    fields["auditd"] -= arguments
    assert documented() == fields
