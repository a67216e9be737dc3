"""Sigma rules with events that meet them or nearly do, all of it drawn from a seed."""

from __future__ import annotations

import random
from base64 import b64encode
from typing import Any, NamedTuple

Event = dict[str, str]

TEXTS = ("A", "B")
NUMBER, ADDRESS, TIME, KEYWORDS = "N", "I", "T", "text"
FIELDS = (*TEXTS, NUMBER, ADDRESS, TIME, KEYWORDS)

WORDS = "a b Ab bA /bin/sh -c x_y 50% c\\d [z] 7 'q' \" ... a.b ^ $ sh".split()
"""What means something in SQL, in regular expressions or in Sigma, and what contains the other."""

NETWORKS = ("10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/23", "10.1.2.3/32", "192.168.128.0/17")
ADDRESSES = "10.1.2.3 10.1.3.3 10.1.4.3 10.2.2.3 11.1.2.3 192.168.127.1 192.168.129.1".split()
TIMES = [
    f"{time}Z" for time in ("2026-11-22T03:50:08", "2026-11-02T13:05:59", "2025-01-22T23:50:00")
]


class Case(NamedTuple):
    """`documents`: a rule, and a filter for it or none."""

    documents: list[dict[str, Any]]
    events: list[Event]


class Item(NamedTuple):
    """A key and a value of a detection. `meets`: values of the field that meet it."""

    field: str
    key: str
    value: Any
    meets: list[str]


def case(seed: int) -> Case:
    """The same for the same seed."""
    return _Maker(random.Random(seed)).case(seed)


class _Maker:
    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._items: list[Item] = []

    def case(self, number: int) -> Case:
        head = {"title": f"Case {number}", "logsource": {"product": "linux"}}
        documents = [
            {**head, "name": f"case_{number}", "detection": self._section(), "level": "low"}
        ]
        if self._chance.random() < 0.2:
            rules = self._chance.choice([[f"case_{number}"], "any"])
            documents.append({**head, "filter": {**self._section(), "rules": rules}})
        events = [self._event() for _ in range(24)]
        return Case(documents, events)

    def _section(self) -> dict[str, Any]:
        names = ["sel_a", "sel_b", "other", "not_c"]
        names = self._chance.sample(names, self._chance.choice([1, 1, 2, 3]))
        section = {name: self._detection() for name in names}
        return {**section, "condition": self._condition(names, 2)}

    def _condition(self, names: list[str], depth: int) -> str:
        some = self._chance.choice
        if depth == 0 or self._chance.random() < 0.3:
            starred = [f"{n.split('_')[0]}_*" for n in names if "_" in n]
            groups = [f"{q} of {p}" for q in ("1", "all", "any") for p in ("them", *starred)]
            return some([*names * 4, *groups])
        joined = f" {some(['and', 'or'])} ".join(
            self._condition(names, depth - 1) for _ in range(self._chance.randint(1, 2))
        )
        return f"{some(['', '', 'not '])}({joined})"

    def _detection(self) -> Any:
        """A map, a list of maps, or keywords."""
        kind = self._chance.random()
        if kind < 0.15:
            return [self._keyword() for _ in range(self._chance.randint(1, 3))]
        if kind < 0.3:
            return [self._map() for _ in range(2)]
        return self._map()

    def _map(self) -> dict[str, Any]:
        items = [self._item() for _ in range(self._chance.choice([1, 1, 1, 2, 3]))]
        return {item.key: item.value for item in items}

    def _keyword(self) -> str | int:
        word = self._chance.choice([*WORDS, 7])
        self._items.append(Item(KEYWORDS, "", word, [f"- {word} -"]))
        return _escaped(word) if isinstance(word, str) else word

    def _item(self) -> Item:
        make = self._chance.choice([self._plain] * 6 + [*_OTHERS])
        item = make() if make in (self._plain,) else make(self)
        self._items.append(item)
        return item

    def _plain(self) -> Item:
        """A string, or several, with one of the modifiers of strings."""
        field = self._chance.choice((*TEXTS, KEYWORDS))
        place = self._chance.choice(["", "", "|startswith", "|endswith", "|contains"])
        patterns = [self._pattern() for _ in range(self._chance.choice([1, 1, 2, 3]))]
        tail = self._chance.choice(["", "", "", "|cased", "|neq"])
        if place == "|contains" and self._chance.random() < 0.3:
            tail = "|all"
        values = [pattern for pattern, _ in patterns]
        meets = [self._around(place, text) for _, text in patterns]
        if tail == "|all":
            meets.append("".join(text for _, text in patterns))
        name = "" if field == KEYWORDS else field
        if not name and not place + tail:
            place = "|contains"
        return Item(field, name + place + tail, values if len(values) > 1 else values[0], meets)

    def _around(self, place: str, text: str) -> str:
        before = self._chance.choice(WORDS) if place in ("|endswith", "|contains") else ""
        behind = self._chance.choice(WORDS) if place in ("|startswith", "|contains") else ""
        return f"{before}{text}{behind}"

    def _pattern(self) -> tuple[str, str]:
        """As a rule has it, and a text that meets it."""
        pattern = text = ""
        for _ in range(self._chance.choice([1, 1, 2])):
            word = self._chance.choice(WORDS)
            wild, stands = self._chance.choice(
                [("", "")] * 4 + [("*", "zz"), ("?", "y"), ("*", "")]
            )
            pattern += _escaped(word) + wild
            text += word + stands
        return pattern, text

    def _event(self) -> Event:
        """What some of the items ask for; in most events, one field is not as it should be."""
        event = {field: self._wished(field) for field in FIELDS}
        field = self._chance.choice([item.field for item in self._items])
        fate = self._chance.choice(["", "altered", "altered", "usual", "missing"])
        if fate == "missing":
            del event[field]
        elif fate == "altered" and field in (*TEXTS, KEYWORDS):
            event[field] = self._altered(event[field])
        elif fate:
            event[field] = self._chance.choice(_USUAL[field])
        return event

    def _wished(self, field: str) -> str:
        meets = [text for item in self._items if item.field == field for text in item.meets]
        return self._chance.choice(meets or _USUAL[field])

    def _altered(self, text: str) -> str:
        place = self._chance.randint(0, len(text))
        return self._chance.choice(
            [
                text.swapcase(),
                text.swapcase(),
                text[:place] + text[place + 1 :],
                text[:place] + "z" + text[place:],
                text + "z",
                "z" + text,
                text.replace("\\", "/"),
            ]
        )


def _escaped(word: str) -> str:
    """So that it stands for itself."""
    return "".join(f"\\{c}" if c in "*?\\" else c for c in word)


def _regex(maker: _Maker) -> Item:
    chance = maker._chance
    pattern, text = chance.choice(
        [
            (r"^a.b$", "a.b"),
            (r"/bin/(ba)?sh", "/bin/bash"),
            (r"[0-9]+%", "50%"),
            (r"b{2,}|x", "abb"),
        ]
    )
    return Item("A", chance.choice(["A|re", "A|re|i", "A|re|m|s"]), pattern, [text, text.upper()])


def _compared(maker: _Maker) -> Item:
    number = maker._chance.choice([5, 7, -2, 2.5])
    key = maker._chance.choice(["gt", "gte", "lt", "lte"])
    return Item(NUMBER, f"{NUMBER}|{key}", number, [str(number), str(number + 1), str(number - 1)])


def _number(maker: _Maker) -> Item:
    number = maker._chance.choice([5, 7, -2])
    return Item(NUMBER, NUMBER, number, [str(number), str(number + 1)])


def _network(maker: _Maker) -> Item:
    network = maker._chance.choice(NETWORKS)
    return Item(ADDRESS, f"{ADDRESS}|cidr", network, ADDRESSES)


def _time(maker: _Maker) -> Item:
    part, number = maker._chance.choice(
        [("minute", 50), ("hour", 3), ("hour", 23), ("day", 22), ("month", 11), ("year", 2026)]
    )
    return Item(TIME, f"{TIME}|{part}", number, TIMES)


def _missing(maker: _Maker) -> Item:
    field = maker._chance.choice((*TEXTS, ADDRESS, TIME))
    key, value = maker._chance.choice(
        [(f"{field}|exists", True), (f"{field}|exists", False), (field, None), (field, "")]
    )
    return Item(field, key, value, [""])


def _referred(maker: _Maker) -> Item:
    place = maker._chance.choice(["", "|startswith", "|endswith", "|contains"])
    tail = maker._chance.choice(["", "", "|neq"])
    return Item("A", f"A|fieldref{place}{tail}", "B", ["sh", "ab", "x_y"])


def _encoded(maker: _Maker) -> Item:
    word = maker._chance.choice(["curl x", "secret", "Ab"])
    chain = maker._chance.choice(["base64", "wide|base64", "utf16|base64", "utf16be|base64"])
    if maker._chance.random() < 0.5:
        meets = [b64encode(b"-" * n + word.encode() + b"-").decode() for n in range(3)]
        return Item("B", "B|base64offset|contains", word, meets)
    encodings = {"base64": "utf-8", "wide|base64": "utf-16le", "utf16be|base64": "utf-16be"}
    data = word.encode(encodings.get(chain, "utf-16"))
    return Item("B", f"B|{chain}|contains", word, [b64encode(data).decode()])


def _dashed(maker: _Maker) -> Item:
    meets = [f"x {dash}enc y" for dash in "-/–—―+"]
    return Item("B", "B|windash|contains", " -enc", meets)


_OTHERS = (_regex, _compared, _number, _network, _time, _missing, _referred, _encoded, _dashed)
_USUAL = {
    **dict.fromkeys((*TEXTS, KEYWORDS), WORDS),
    NUMBER: ["5", "6", "-2", "2.5"],
    ADDRESS: ADDRESSES,
    TIME: TIMES,
}
