"""What docs/rules.md says of rules is so."""

from __future__ import annotations

import re
from pathlib import Path

from tests.meta.sources import REPO
from tests.samples import BOB, METADATA, TYPED_BY
from tests.viewed import record
from tracer.detect.fields import AUDIT_ARGS, FIELDS
from tracer.detect.load import load
from tracer.detect.views import Views

_SECTION = re.compile(r"^### (\w+)$(.*?)(?=^##)", re.M | re.S)
_ROW = re.compile(r"^\| ((?:`[^`]+`(?:, | to )?)+) \|", re.M)
_EXAMPLE = re.compile(r"^```yaml\n(title:.*?)^```", re.M | re.S)
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


def test_the_example_works(tmp_path: Path) -> None:
    """It is read, and met by what it is for: bob in a program of root, in alice's server."""
    example = _EXAMPLE.search((REPO / "docs/rules.md").read_text())
    assert example is not None
    (tmp_path / "example.yml").write_text(example[1])
    found = load([tmp_path])
    assert not found.refusals
    (rule,) = found.rules
    event = record(METADATA._replace(typed_by=(TYPED_BY._replace(person=BOB),)))
    for euid, is_met in (("0", True), ("1000", False)):
        event["user"]["effective"]["id"] = euid
        (view,) = Views().feed(event)
        assert rule.node.test(view) is is_met
