"""Records in, alerts out. The rules are read from files, as where ttytrace runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.samples import ATTACHED, EXEC, HOST, NOW, OUTPUT, PLACE, SECOND, FixedClock, names
from tracer.codec.ecs import Encoder
from tracer.codec.log import control
from tracer.codec.moment import timestamp
from tracer.detect.alerts import Alert
from tracer.detect.detector import Detector
from tracer.detect.load import RuleSet, load
from tracer.detect.node import Witness
from tracer.detect.view import View
from tracer.detect.views import Views
from tracer.model.findings import TmuxChanged
from tracer.model.sealed import Stamp

CURL = """\
title: Download
name: download
logsource: {category: process_creation, product: linux}
detection:
    selection: {Image|endswith: /curl}
    condition: selection
level: medium
"""
THRICE = """\
title: Many downloads
name: many
correlation:
    type: event_count
    rules: [download]
    group-by: [User]
    timespan: 10s
    condition: {gte: 3}
level: high
"""
ATTACH = """\
title: Somebody attached
name: attach
logsource: {category: tmux_client, product: linux}
detection:
    selection: {Action: client-attached}
    condition: selection
level: low
"""
SHOWN = """\
title: Secret shown
name: shown
logsource: {category: tty_output, product: linux, service: ttytrace}
detection:
    selection: {Text|contains: total 0}
    condition: selection
level: low
"""
MIDNIGHT_NS = FixedClock().boot_ns + NOW


class Throws(NamedTuple):
    """A test that fails."""

    def test(self, view: View) -> bool:
        raise ZeroDivisionError

    @property
    def witness(self) -> Witness | None:
        return None


def rules(directory: Path, *documents: str) -> RuleSet:
    """What these become, all of them."""
    (directory / "rules.yml").write_text("---\n".join(documents))
    read = load([directory / "rules.yml"])
    assert not read.refusals
    return read


def detector(directory: Path, *documents: str, repeat_s: int = 0) -> Detector:
    """One with rules of these documents."""
    return Detector(rules(directory, *documents), Views(), repeat_s)


def program(path: str, second: float = 0) -> dict[str, Any]:
    """The record of a program that ran, so many seconds after the first one."""
    process = EXEC.process._replace(
        exe=path.encode(), invoked=path.encode(), argv=(path.encode(), b"-s")
    )
    finding = EXEC._replace(time_ns=NOW + round(second * SECOND), process=process)
    return Encoder(HOST, names, FixedClock()).encode(finding)


def attached() -> dict[str, Any]:
    """The record of a client that came."""
    finding = TmuxChanged(NOW, "client-attached", PLACE, ATTACHED, None)
    return Encoder(HOST, names, FixedClock()).encode(finding)


def heartbeat(second: float) -> dict[str, Any]:
    """The record of one."""
    ns = round(second * SECOND)
    return control("heartbeat", Stamp(NOW + ns, MIDNIGHT_NS + ns))


def told(alerts: list[Alert]) -> list[tuple[str, tuple[int, ...]]]:
    """Which rule, and which records."""
    return [(alert.about.key, alert.causes) for alert in alerts]


def test_an_alert_says_which_rule_and_why(tmp_path: Path) -> None:
    """Its rule, the record, when that was, and what met the rule."""
    event = program("/usr/bin/curl")
    (alert,) = detector(tmp_path, CURL, ATTACH).feed(41, event)
    assert alert.about.title == "Download"
    assert alert[1:4] == ((41,), MIDNIGHT_NS // 1000 * 1000, event)
    assert alert.matched == {"Image": ("/usr/bin/curl",)}
    assert (alert.repeated, alert.is_cut) == (0, False)


def test_each_record_meets_the_rules_for_its_kind(tmp_path: Path) -> None:
    """Several kinds in one stream; what no rule is for is no alert."""
    detects = detector(tmp_path, CURL, ATTACH)
    assert told(detects.feed(1, program("/usr/bin/ls"))) == []
    assert told(detects.feed(2, attached())) == [("attach", (2,))]
    assert told(detects.feed(3, heartbeat(1))) == []
    assert told(detects.feed(4, program("/usr/bin/curl"))) == [("download", (4,))]
    stats = detects.stats()
    assert (stats.events, stats.matches) == (4, 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
)
PARTS = """@timestamp event event.action event.kind process process.args process.executable
    process.parent user tmux tmux.server ttytrace""".split()


@pytest.fixture(scope="module")
def all_rules(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    """Those of this file, read once."""
    return rules(tmp_path_factory.mktemp("rules"), CURL, THRICE, ATTACH)


@settings(max_examples=50)
@given(changes=st.dictionaries(st.sampled_from(PARTS), JSON, max_size=3))
def test_whatever_a_record_holds_nothing_fails(all_rules: RuleSet, changes: dict[str, Any]) -> None:
    """Fields of other types, or none at all, and fields that nobody knows."""
    event = program("/usr/bin/curl")
    for path, value in changes.items():
        first, _, last = path.partition(".")
        inner = event[first] if last else event
        part = inner if isinstance(inner, dict) else {}
        part[last or first] = value
    detects = Detector(all_rules, Views(), 60)
    for number, each in enumerate((event, {}, event, program("/usr/bin/ls"))):
        detects.feed(number, each)
    assert detects.take_troubles() == []


def test_correlations_are_driven_by_the_times_of_records(tmp_path: Path) -> None:
    """Three downloads in ten seconds; the single ones don't alert by themselves."""
    detects = detector(tmp_path, CURL, THRICE)
    times = (0, 6, 11, 12, 40)
    fed = [detects.feed(n, program("/usr/bin/curl", second)) for n, second in enumerate(times)]
    assert list(map(told, fed)) == [[], [], [], [("many", (1, 2, 3))], []]
    assert fed[3][0].matched == {"User": ("alice",)}


def test_windows_end_when_a_record_says_that_it_is_so_late(tmp_path: Path) -> None:
    """What only the end of a window decides waits for no other match."""
    detects = detector(tmp_path, CURL, THRICE.replace("gte: 3", "eq: 1"))
    assert detects.feed(0, program("/usr/bin/curl", 0)) == []
    assert detects.feed(1, heartbeat(9)) == []
    assert told(detects.feed(2, heartbeat(11))) == [("many", (0,))]


def test_time_never_goes_back(tmp_path: Path) -> None:
    """A record that says an earlier time than the one before it, or none, is as late as that."""
    detects = detector(tmp_path, CURL, THRICE)
    undated = program("/usr/bin/curl")
    undated["@timestamp"] = "yesterday"
    detects.feed(0, program("/usr/bin/curl", 0))
    detects.feed(1, program("/usr/bin/curl", 30))
    assert told(detects.feed(2, program("/usr/bin/curl", 1))) == []
    (alert,) = detects.feed(3, undated)
    assert alert.causes == (1, 2, 3)
    assert alert.time_ns == MIDNIGHT_NS // 1000 * 1000 + 30 * SECOND


def test_repetitions_are_told_when_their_time_is_over(tmp_path: Path) -> None:
    """One alert at once, one with a count when a record says that it is so late."""
    detects = detector(tmp_path, CURL, repeat_s=60)
    fed = [detects.feed(n, program("/usr/bin/curl", n)) for n in range(4)]
    assert list(map(told, fed)) == [[("download", (0,))], [], [], []]
    assert detects.feed(4, heartbeat(50)) == []
    (later,) = detects.feed(5, heartbeat(70))
    assert (later.about.key, later.causes, later.repeated) == ("download", (1, 2, 3), 2)


def test_what_waits_is_told_at_the_end(tmp_path: Path) -> None:
    """No alert is lost because no record follows."""
    detects = detector(tmp_path, CURL, repeat_s=60)
    for number in range(4):
        detects.feed(number, program("/usr/bin/curl", number))
    (last,) = detects.flush()
    assert last.about.key == "download"
    assert detects.flush() == []


def test_reading_rules_anew_keeps_what_was_seen(tmp_path: Path) -> None:
    """Windows go on over it, where the text of their rules is the same."""
    detects = detector(tmp_path, CURL, THRICE)
    detects.feed(0, program("/usr/bin/curl", 0))
    detects.feed(1, program("/usr/bin/curl", 1))
    detects.replace(rules(tmp_path, CURL, THRICE, ATTACH))
    assert told(detects.feed(2, program("/usr/bin/curl", 2))) == [("many", (0, 1, 2))]
    assert told(detects.feed(3, attached())) == [("attach", (3,))]


def test_a_rule_with_another_text_begins_anew(tmp_path: Path) -> None:
    """What was seen for the old one doesn't count for it; a rule that is gone alerts no more."""
    detects = detector(tmp_path, CURL, THRICE, ATTACH)
    detects.feed(0, program("/usr/bin/curl", 0))
    detects.feed(1, program("/usr/bin/curl", 1))
    detects.replace(rules(tmp_path, CURL, THRICE.replace("10s", "20s")))
    fed = [detects.feed(n, program("/usr/bin/curl", n)) for n in (2, 3, 4)]
    assert list(map(told, fed)) == [[], [], [("many", (2, 3, 4))]]
    assert detects.feed(5, attached()) == []


def test_reading_rules_anew_keeps_what_repeats(tmp_path: Path) -> None:
    """An alert that was told is not told again at once."""
    detects = detector(tmp_path, CURL, repeat_s=60)
    assert told(detects.feed(0, program("/usr/bin/curl", 0))) == [("download", (0,))]
    detects.replace(rules(tmp_path, CURL, ATTACH))
    assert detects.feed(1, program("/usr/bin/curl", 1)) == []


def test_what_panes_show_is_looked_at_where_a_rule_asks(tmp_path: Path) -> None:
    """From the beginning, or once such a rule is read; else nothing is drawn."""
    event = Encoder(HOST, names, FixedClock()).encode(OUTPUT)
    asks = detector(tmp_path, SHOWN)
    assert told(asks.feed(0, event)) == [("shown", (0,))]
    asks.replace(rules(tmp_path, CURL))
    asks.feed(1, event)
    asks.replace(rules(tmp_path, CURL, SHOWN))
    assert told(asks.feed(2, event)) == [("shown", (2,))]
    assert asks.stats().views == 2


def test_a_rule_that_throws_is_told_once(tmp_path: Path) -> None:
    """And all others go on."""
    read = rules(tmp_path, CURL, ATTACH)
    broken = replace(read.rules[1], node=Throws(), source=read.rules[0].source)
    detects = Detector(replace(read, rules=(broken, read.rules[0])), Views(), 0)
    assert told(detects.feed(0, program("/usr/bin/curl"))) == [("download", (0,))]
    detects.feed(1, program("/usr/bin/curl"))
    assert [trouble.key for trouble in detects.take_troubles()] == ["attach"]
    assert detects.take_troubles() == []
    assert detects.take_evicted() == {}


def test_the_same_records_give_the_same_alerts(tmp_path: Path) -> None:
    """By the same ids, whenever they are read."""
    read = rules(tmp_path, CURL, THRICE, ATTACH)
    events = [program("/usr/bin/curl", n / 2) if n % 3 else attached() for n in range(40)]

    def alerts() -> list[str]:
        detects = Detector(read, Views(), 5)
        found = [each.id for n, event in enumerate(events) for each in detects.feed(n, event)]
        return found + [alert.id for alert in detects.flush()]

    assert len(alerts()) > 5
    assert alerts() == alerts()


def test_a_clock_that_was_set_back_holds_up_nothing(tmp_path: Path) -> None:
    """What waits is told when its time is over; the recording is where the record says."""
    detects = detector(tmp_path, CURL, repeat_s=60)
    events = [program("/usr/bin/curl", second) for second in (0, 1, -3599, -3500)]
    set_back = Stamp(NOW, MIDNIGHT_NS + 2 * SECOND)
    events.insert(2, control("clock", set_back, seconds=-3600.0))
    alerts = [detects.feed(n, event) for n, event in enumerate(events)]
    assert list(map(told, alerts)) == [
        [("download", (0,))],
        [],
        [],
        [],
        [("download", (1, 3)), ("download", (4,))],
    ]
    assert timestamp(alerts[4][1].time_ns) == events[4]["@timestamp"]


def test_a_record_that_ends_several_windows_is_several_alerts(tmp_path: Path) -> None:
    """By their ids, too."""
    few = THRICE.replace("gte: 3", "lt: 9").replace("[User]", "[Image]")
    detects = detector(tmp_path, CURL, few)
    both = program("/usr/bin/curl", 6)
    both["ttytrace"].setdefault("process", {})["invoked"] = "/opt/curl"
    for sequence, event in enumerate([program("/usr/bin/curl"), program("/opt/curl", 5), both]):
        detects.feed(sequence, event)
    alerts = detects.feed(3, heartbeat(99))
    assert len({alert.id for alert in alerts}) == len(alerts) == 2
