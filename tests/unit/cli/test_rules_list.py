"""tracer.cli.rules_list"""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.unit.cli.made_rules import LS, MANY, rules
from tracer.cli.rules_list import listed


def test_each_rule_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """But for those that only correlations use; nothing in it moves a cursor."""
    listed(
        [rules(tmp_path, look=LS.replace("title: Somebody looks", 'title: "a\\x1b[2Jb"'))],
        is_json=False,
    )
    text = capsys.readouterr().out
    assert text == (
        "high          looks  a\\x1b[2Jb  (category process_creation, product linux)"
        "  [attack.discovery, attack.t1083]\n"
    )
    listed([rules(tmp_path, look=LS, many=MANY)], is_json=False)
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        "critical      22222222-2222-4222-8222-222222222222  Somebody looks a lot  (event_count)"
    )


def test_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An object a line."""
    listed([rules(tmp_path, look=LS)], is_json=True)
    fields = orjson.loads(capsys.readouterr().out)
    assert fields == {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "looks",
        "title": "Somebody looks",
        "level": "high",
        "source": "category process_creation, product linux",
        "status": "test",
        "path": str(tmp_path / "look.yml"),
        "line": 2,
        "tags": ["attack.discovery", "attack.t1083"],
    }
