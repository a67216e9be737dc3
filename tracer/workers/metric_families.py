"""A status as metrics for Prometheus. docs/status.md lists them.

Invariant: what the status doesn't say is no metric; a counter begins at 0 with each run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from tracer.codec.identity import Fields

_P: Final = "ttytrace_"
_Sample = tuple[tuple[str, ...], float]


class StatusCollector(Collector):
    """Of one status; see service/status.py."""

    def __init__(self, status: Fields) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """All metrics."""
        status = self._status
        about = {"version": str(status["version"]), "plan": str(status["plan"])}
        yield InfoMetricFamily(f"{_P}service", "What runs.", value=about)
        yield _gauge("uptime_seconds", "Since this run began.", status["uptime_s"])
        yield _gauge("troubles", "Things that are not as they should be.", len(status["troubles"]))
        yield _counter("events", "Events that were given to the log.", status["events"])
        yield from _of_records(status)
        yield from _of_log(status["log"])
        yield from _of_queue(status)
        live = status["live"]
        yield _gauge("live_clients", "Who watches.", live["clients"])
        yield _counter("live_dropped", "Records that watchers missed.", live["dropped"])
        yield from _of_named("sink", status["sinks"], _SINK)
        yield from _of_rules(status["rules"])
        processes = {each["name"]: each for each in status["processes"]}
        yield from _of_named("process", processes, _PROCESS)


_SINK: Final = {
    "up": ("Whether it takes events.", False, lambda sink: sink["state"] != "failed"),
    "behind_bytes": ("How far it is behind the log.", False, lambda sink: sink["behind_bytes"]),
    "delivered": ("Events that it took.", True, lambda sink: sink["delivered"]),
    "dropped": ("Events that it was too far behind for.", True, lambda sink: sink["dropped"]),
    "failures": ("How often it failed.", True, lambda sink: sink["failures"]),
}
_PROCESS: Final = {
    "resident_bytes": ("Memory that it has now.", False, lambda one: one["rss_bytes"]),
    "peak_bytes": ("Most memory that it had.", False, lambda one: one["peak_bytes"]),
    "cpu_seconds": ("CPU time that it took.", True, lambda one: one["cpu_s"]),
}


def _of_rules(rules: Fields) -> Iterator[Metric]:
    if rules:
        count = rules["rules"] + rules["correlations"]
        yield _gauge("rules", "Rules and correlations that hold.", count)
        yield _gauge("rules_refused", "Those that can't be used.", rules["refused"])
        yield _gauge("rules_disabled", "Those that were disabled.", len(rules["disabled"]))
        behind = rules["behind_bytes"]
        yield _gauge("rules_behind_bytes", "How far matching is behind the log.", behind)
        dropped = rules["dropped"]
        yield _counter("rules_dropped", "Records that were not matched.", dropped)
        yield _counter("alerts", "Alerts that were told.", rules["alerts"])


def _of_records(status: Fields) -> Iterator[Metric]:
    says = {
        "produced": "Records that the kernel half made.",
        "arrived": "Records that came out of the rings.",
        "lost": "Records that are lost, as the log says.",
    }
    for tally, text in says.items():
        found = [((kind,), counts[tally]) for kind, counts in status["records"].items()]
        yield _labelled(f"records_{tally}", text, "kind", found, is_counter=True)
    faults = [((name,), count) for name, count in status["faults"].items()]
    yield _labelled(
        "faults", "What the kernel half could not do.", "fault", faults, is_counter=True
    )


def _of_log(log: Fields) -> Iterator[Metric]:
    yield _counter("log_records", "Records in the log, of all runs.", log["sequence"])
    yield _counter("log_written_bytes", "Bytes that were sealed and written.", log["written_bytes"])
    yield _gauge("log_lag_seconds", "Age of the oldest record not sealed.", log["lag_ms"] / 1e3)
    if log["checkpoint"]:
        age_s = log["checkpoint"]["age_s"]
        yield _gauge("log_checkpoint_age_seconds", "Since the last checkpoint.", age_s)
    if space := log["space"]:
        yield _gauge("log_segments", "Files of the log.", space["segments"])
        yield _gauge("log_bytes", "What they take of the disk.", space["bytes"])
        yield _gauge("log_free_bytes", "What is left of it.", space["free_bytes"])


def _of_queue(status: Fields) -> Iterator[Metric]:
    queue, beat = status["queue"], status["heartbeat"]
    yield _gauge("queue_bytes", "What waits in memory for the log.", queue["bytes"])
    yield _gauge("queue_limit_bytes", "What may wait.", queue["limit_bytes"])
    if "age_s" in beat:
        yield _gauge("heartbeat_age_seconds", "Since the last heartbeat.", beat["age_s"])
        ms = beat["canary"].get("ms")
        if ms is not None:
            yield _gauge("canary_seconds", "A program's way through all stages.", ms / 1e3)


def _of_named(label: str, named: Fields, wanted: dict[str, Any]) -> Iterator[Metric]:
    for name, (text, is_counter, value) in wanted.items():
        samples = [((key,), float(value(fields))) for key, fields in named.items()]
        yield _labelled(f"{label}_{name}", text, label, samples, is_counter)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(_P + name, text, value)


def _counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(_P + name, text, value)


def _labelled(
    name: str, text: str, label: str, samples: Sequence[_Sample], is_counter: bool
) -> Metric:
    family = (CounterMetricFamily if is_counter else GaugeMetricFamily)(
        _P + name, text, labels=[label]
    )
    for labels, value in samples:
        family.add_metric(labels, value)
    return family
