"""What pySigma parsed -> nodes.

Invariant: a node holds nothing of pySigma's; whatever a section holds, it becomes a node or an
Unsupported. Sections are read in detections.py, documents in load.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pyparsing import ParseBaseException
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaError
from sigma.types import (
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
)

from tracer.detect.detections import Lists, read_detections
from tracer.detect.document import Unsupported
from tracer.detect.literals import needed
from tracer.detect.matchers import (
    Compares,
    Contains,
    EndsWith,
    Equals,
    Matcher,
    Part,
    Regex,
    StartsWith,
    TimePart,
    Wild,
    Within,
    regex,
    wildcards,
)
from tracer.detect.node import And, Exists, Holds, Node, Not, Or, Refers, Relation

_SigmaPart = str | SpecialChars | Placeholder
_LIBRARY: Final = (
    *(SigmaError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    *(RecursionError, NotImplementedError),
)
"""What pySigma raises where a rule is not as it expects."""

_FLAGS: Final = {
    SigmaRegularExpressionFlag.IGNORECASE: "i",
    SigmaRegularExpressionFlag.MULTILINE: "m",
    SigmaRegularExpressionFlag.DOTALL: "s",
}
_ANY: Final = SpecialChars.WILDCARD_MULTI
_WILD: Final = {SpecialChars.WILDCARD_MULTI: Wild.ANY, SpecialChars.WILDCARD_SINGLE: Wild.ONE}
_RELATIONS: Final = {
    (False, False): Relation.IS,
    (True, False): Relation.STARTS_WITH,
    (False, True): Relation.ENDS_WITH,
    (True, True): Relation.CONTAINS,
}


def compile_detection(section: Mapping[Any, Any], lists: Lists) -> Node:
    """A `detection` section; of several conditions, one must hold. Unsupported: why not."""
    try:
        parsed = read_detections(section, lists).parsed_condition
        return any_of([_node(condition.parsed) for condition in parsed])
    except _LIBRARY as error:
        raise Unsupported(_in_words(error)) from None


def any_of(nodes: Iterable[Node]) -> Node:
    """One of them; what compares the same field in the same way becomes one comparison."""
    alike: dict[object, list[Node]] = {}
    for number, node in enumerate(_flat(Or, nodes)):
        alike.setdefault(_merge_key(node) or number, []).append(node)
    alone, *others = map(_merged, alike.values())
    return Or((alone, *others)) if others else alone


def all_of(nodes: Iterable[Node]) -> Node:
    """Each of them."""
    alone, *others = _flat(And, nodes)
    return And((alone, *others)) if others else alone


def _flat(kind: type[And] | type[Or], nodes: Iterable[Node]) -> Iterable[Node]:
    for node in nodes:
        if isinstance(node, kind):
            yield from node.nodes
        else:
            yield node


def _merge_key(node: Node) -> tuple[object, ...] | None:
    match node:
        case Holds(field, Equals() | StartsWith() | EndsWith() | Contains() as matcher, is_cased):
            return field, is_cased, type(matcher)
    return None


def _merged(nodes: Sequence[Any]) -> Node:
    """Of those that have one key."""
    one: Node = nodes[0]
    if len(nodes) == 1:
        return one
    field, matcher, is_cased = nodes[0]
    literals = dict.fromkeys(literal for node in nodes for literal in node.matcher.literals)
    kind = frozenset if isinstance(matcher, Equals) else tuple
    return Holds(field, type(matcher)(kind(literals)), is_cased)


def _node(condition: Any) -> Node:
    match condition:
        case ConditionAND():
            return all_of([_node(each) for each in condition.args])
        case ConditionOR():
            return any_of([_node(each) for each in condition.args])
        case ConditionNOT():
            return Not(_node(condition.args[0]))
        case ConditionFieldEqualsValueExpression():
            return _leaf(condition.field, condition.value)
        case ConditionValueExpression():
            return _leaf(None, condition.value)
    raise Unsupported("its condition asks for nothing")


def _leaf(field: str | None, value: Any) -> Node:
    """One value of a field; without a field, of the text."""
    match value:
        case SigmaExpansion():
            return any_of([_leaf(field, each) for each in value.values])
        case SigmaString():
            is_cased = isinstance(value, SigmaCasedString)
            return Holds(field, _string(field, value.s, is_cased), is_cased)
        case SigmaNumber() | SigmaBool() if not isinstance(value, SigmaTimestampPart):
            return Holds(field, _string(field, [str(value)], is_cased=False))
        case SigmaRegularExpression():
            return Holds(field, _regex(value), is_cased=True)
    if field is None:
        raise Unsupported("a keyword is text, a number or a regular expression: name a field")
    return _field_leaf(field, value)


def _field_leaf(field: str, value: Any) -> Node:
    """What can be asked of a field only."""
    match value:
        case SigmaNull():
            return Not(Exists(field))
        case SigmaExists():
            return Exists(field) if value.exists else Not(Exists(field))
        case SigmaFieldReference():
            return Refers(field, _RELATIONS[value.starts_with, value.ends_with], value.field)
    return Holds(field, _parsed(field, value), is_cased=True)


def _parsed(field: str, value: Any) -> Matcher:
    """What reads a value as something else than text."""
    match value:
        case SigmaCIDRExpression():
            return Within(value.network)
        case SigmaCompareExpression():
            return Compares(value.op.name.lower(), value.number.number)
        case SigmaTimestampPart():
            return TimePart(Part[value.timestamp_part.name], int(value.number))
    raise Unsupported(f"{field!r} is compared in a way that is unknown here")


def _string(field: str | None, parts: Sequence[_SigmaPart], is_cased: bool) -> Matcher:
    """A keyword stands anywhere in the text."""
    match _pieces(parts if field is not None else [_ANY, *parts, _ANY], is_cased):
        case [Wild.ANY, str(literal), Wild.ANY]:
            return Contains((literal,))
        case [str(literal), Wild.ANY]:
            return StartsWith((literal,))
        case [Wild.ANY, str(literal)]:
            return EndsWith((literal,))
        case [str(literal)]:
            return Equals(frozenset({literal}))
        case [Wild.ANY]:
            return Contains(("",))
        case pieces:
            return wildcards(pieces) if pieces else Equals(frozenset({""}))


def _pieces(parts: Sequence[_SigmaPart], is_cased: bool) -> list[str | Wild]:
    """Folded unless cased, and no two stars in a row."""
    pieces: list[str | Wild] = []
    for part in parts:
        if isinstance(part, Placeholder):
            raise Unsupported(f"%{part.name}% stands for no list")
        if isinstance(part, str):
            pieces.append(part if is_cased else part.lower())
        elif part is not _ANY or pieces[-1:] != [Wild.ANY]:
            pieces.append(_WILD[part])
    return pieces


def _regex(value: SigmaRegularExpression) -> Regex:
    pattern = value.regexp.to_plain_regex()
    flags = "".join(sorted(_FLAGS[flag] for flag in value.flags))
    return Regex(regex(pattern, flags), f"/{pattern}/{flags}", needed(pattern))


def _in_words(error: BaseException) -> str:
    """In one line."""
    if isinstance(error, RecursionError):
        return "its condition is nested too deep"
    if isinstance(error.__context__, ParseBaseException):
        return f"its condition can't be read from character {error.__context__.column} on"
    return " ".join(str(error.args[0] if error.args else error).split()) or type(error).__name__
