"""A status becomes metrics that Prometheus' own parser reads."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.meta.sources import REPO
from tests.unit.service.states import part, state
from tracer.codec.identity import Fields
from tracer.workers.metrics import rendered


def samples(status: Fields) -> dict[str, list[Sample]]:
    """By name, as the parser reads them; what it can't read fails here."""
    found: dict[str, list[Sample]] = {}
    for family in text_string_to_metric_families(rendered(status, "").body.decode()):
        assert family.documentation.endswith("."), family
        assert family.type in ("counter", "gauge"), family
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(found: dict[str, list[Sample]], name: str, **labels: str) -> float:
    (sample,) = [each for each in found[name] if each.labels == labels]
    return sample.value


def test_what_the_status_says_is_there() -> None:
    """In base units, counters with their labels."""
    found = samples(state())
    assert value(found, "ttytrace_records_lost_total", kind="text_output") == 7
    assert value(found, "ttytrace_records_produced_total", kind="exec") == 211
    assert value(found, "ttytrace_faults_total", fault="not-read") == 3
    assert value(found, "ttytrace_log_lag_seconds") == 0.0125
    assert value(found, "ttytrace_canary_seconds") == 0.047373
    assert value(found, "ttytrace_sink_up", sink="host") == 1
    assert value(found, "ttytrace_process_cpu_seconds_total", process="service") == 1.25
    assert value(found, "ttytrace_service_info", version="0.1.0", plan="kprobe") == 1
    assert value(found, "ttytrace_live_dropped_total") == 11
    assert value(found, "ttytrace_rules") == 44
    assert value(found, "ttytrace_alerts_total") == 13
    assert "ttytrace_rules" not in samples(state(rules={}))
    assert value(found, "ttytrace_troubles") == 0


def test_all_are_well_named() -> None:
    """As Prometheus wants it: one prefix, base units, `_total` on counters alone."""
    for family in text_string_to_metric_families(rendered(state(), "").body.decode()):
        for sample in family.samples:
            assert re.fullmatch(r"ttytrace_[a-z_]+", sample.name)
            assert (family.type == "counter") == sample.name.endswith("_total"), sample
            assert not re.search(r"_(ms|mib|kb|minutes)(_|$)", sample.name), sample


def test_all_are_documented() -> None:
    """In docs/status.md, and there is none that isn't."""
    page = (REPO / "docs/status.md").read_text()
    listed = set(re.findall(r"`(ttytrace_\w+)", page))
    assert listed == set(samples(state()))


def test_what_is_not_known_is_no_metric() -> None:
    """Just after the start; and names are hostile nowhere."""
    early = state(heartbeat={}, sinks={}, **part("log", checkpoint=None, space=None))
    found = samples(early)
    assert not [name for name in found if re.search("canary|heartbeat|sink|checkpoint|free", name)]
    odd = state(sinks={'a"\n\\': state()["sinks"]["host"] | {"state": "failed"}})
    assert value(samples(odd), "ttytrace_sink_up", sink='a"\n\\') == 0
