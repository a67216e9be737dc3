"""tracer.redact.policy"""

from __future__ import annotations

import pytest

from tests.samples import INPUT
from tracer.redact.policy import kept
from tracer.settings import InputPolicy

OFF, METADATA, FULL = InputPolicy.OFF, InputPolicy.METADATA, InputPolicy.FULL
NO_ECHO = INPUT._replace(data=None, withheld="no-echo")


@pytest.mark.parametrize(
    ("policy", "answers_prompt", "data", "withheld"),
    [
        (METADATA, False, None, "policy"),
        (METADATA, True, None, "prompt"),
        (FULL, False, INPUT.data, None),
        (FULL, True, None, "prompt"),
    ],
)
def test_bytes_go_and_the_rest_stays(policy, answers_prompt, data, withheld):
    """Who, when and how many bytes are told in any case."""
    told = kept(INPUT, policy, answers_prompt)
    assert told == INPUT._replace(data=data, withheld=withheld)


@pytest.mark.parametrize("typed", [INPUT, NO_ECHO])
def test_off_keeps_nothing(typed):
    """Not even that something was typed."""
    assert kept(typed, OFF, False) is None


@pytest.mark.parametrize("policy", [METADATA, FULL])
def test_what_the_kernel_withheld_stays_so(policy):
    """Its reason is the strongest: it knew."""
    assert kept(NO_ECHO, policy, True) is NO_ECHO
