"""Correlation documents -> Correlations.

Invariant: whatever a document holds, it becomes a Correlation or a Refusal. The section is read
here and not by pySigma, which refuses ranges and capital AND, which the specification has, and
raises what it likes at a type that it doesn't expect; tests hold both against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tracer.detect.correlation import Correlation
from tracer.detect.rule import About, Refusal, Rule


class Draft(NamedTuple):
    """A document with a `correlation` section, as YAML has it, and what it says of itself."""

    about: About
    document: Mapping[str, object]


class Compiled(NamedTuple):
    """`correlations`: each stands behind those that it refers to; `is_silent` is set."""

    correlations: tuple[Correlation, ...]
    refusals: tuple[Refusal, ...]


def compile_correlations(
    drafts: Sequence[Draft], rules: Mapping[str, Rule], refused: Mapping[str, Refusal]
) -> Compiled:
    """`rules` and `refused`: what the documents may refer to, by name and by id."""
    raise NotImplementedError
