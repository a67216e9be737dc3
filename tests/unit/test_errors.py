"""tracer.errors"""

from __future__ import annotations

import re
import string

import pytest

from tests.meta.sources import REPO
from tracer import errors
from tracer.errors import NotRoot, TtytraceError

README = (REPO / "README.md").read_text()
ALL = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, TtytraceError) and value is not TtytraceError
]


def test_the_docstring_is_the_message() -> None:
    """With the facts filled in, on one line."""
    message = str(NotRoot(command="live"))
    assert message.startswith("ttytrace live looks into the kernel")
    assert "\n" not in message


@pytest.mark.parametrize("error", ALL)
def test_each_message_can_be_made_and_is_one_line(error: type[TtytraceError]) -> None:
    """Every field of the message is a name, so no position can be forgotten."""
    fields = {name for _, name, _, _ in string.Formatter().parse(error.__doc__ or "") if name}
    message = str(error(**dict.fromkeys(fields, "fact")))
    assert message
    assert "\n" not in message
    assert "{" not in message


@pytest.mark.parametrize("error", ALL)
def test_each_error_has_an_exit_code_that_readme_explains(error: type[TtytraceError]) -> None:
    """Scripts can tell what went wrong."""
    paragraph = re.search(r"^Exit codes: [^`]+", README, re.M)
    assert paragraph
    assert str(error.exit_code) in re.findall(r"\b\d+\b", paragraph[0])
