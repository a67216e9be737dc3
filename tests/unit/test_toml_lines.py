"""tracer.toml_lines"""

from __future__ import annotations

import pytest

from tracer.toml_lines import MAX_DEPTH, Key, Lines, is_too_deep

TEXT = '''
input = "full"  # a """ that begins nothing
[redact]
without = [
  "cookie",
]
prompts.regexes = []
[[redact.patterns]]
name = "one"
regex = """
name = "no key"
"""
[[redact.patterns]]
"name" = 'two'
inner = { name = 1 }
[ log ]
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("input",), 2),
        (("redact", "without"), 4),
        (("redact", "without", 1), 4),
        (("redact", "prompts"), 7),
        (("redact", "prompts", "regexes"), 7),
        (("redact", "patterns", 1, "name"), 9),
        (("redact", "patterns", 1, "programs"), 8),
        (("redact", "patterns", 2), 13),
        (("redact", "patterns", 2, "name"), 14),
        (("redact", "patterns", 2, "inner", "name"), 15),
        (("log", "state"), 16),
        (("none",), None),
        ((), None),
    ],
)
def test_a_key_is_where_it_is_set(key: Key, line: int | None) -> None:
    """One of several tables of that name, too; what has no line is told by its table's."""
    assert Lines(TEXT).of(key) == line


@pytest.mark.parametrize(
    "text", ["a" + ".a" * 70 + "=1", "[" + "a." * 70 + "a]", "x={a" + ".a" * 70]
)
def test_names_in_names_without_end_are_noticed(text: str) -> None:
    """tomllib would keep the square of them."""
    assert is_too_deep(text)


@pytest.mark.parametrize(
    "text", ["#" + "." * 99, f'a = "{"." * 99}"', f"a = '{'.' * 99}'", "a" + ".a" * MAX_DEPTH]
)
def test_dots_elsewhere_are_no_names(text: str) -> None:
    """In texts and comments."""
    assert not is_too_deep(text)
