"""What `ttytrace status` shows to people: the answer as lines that fit a terminal.

Invariant: all that is drawn has gone through safe_text(), and no line is longer than asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tracer.codec.identity import Fields
from tracer.codec.safe import cut, safe_text

_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_LABEL: Final = 11
_KIND: Final = 14
_OUTCOMES: Final = ("done", "failed", "dry-run", "limited", "refused", "late")
_ALL: Final = 40  # capabilities that Linux has had since 5.8


def lines_of(state: Fields, columns: int) -> list[str]:
    """A state of service/status.py, in lines of at most so many columns."""
    return [cut(safe_text(line), columns) for line in _lines(state)]


def _lines(state: Fields) -> Iterator[str]:
    troubles = state["troubles"]
    yield _row("state", "not as it should be" if troubles else "well")
    yield from (f"  ! {trouble}" for trouble in troubles)
    uptime = _span(state["uptime_s"])
    yield _row("service", f"ttytrace {state['version']}, pid {state['pid']}, up {uptime}")
    yield _row("plan", f"{state['plan']}: {state['plan_reason']}")
    yield _row("input", state["input"])
    yield from _of_config(state)
    yield from _of_log(state["log"])
    yield from _of_stream(state)
    yield from _of_records(state["records"])
    live = state["live"]
    yield _row("live", f"{live['clients']} watch, {live['dropped']} records dropped for them")
    yield from _of_sinks(state)
    yield from _of_actions(state["actions"])
    yield from _of_rules(state["rules"])
    yield from _of_processes(state["processes"])


def _row(label: str, text: str) -> str:
    return f"{label:<{_LABEL}}{text}"


def _of_config(state: Fields) -> Iterator[str]:
    config = state["config"]
    digest = (config["sha256"] or "no such file")[:12]
    yield _row("settings", f"{config['path']} ({digest})")
    scope = {key: names for key, names in state["scope"].items() if names and key != "unknown"}
    if scope:
        shown = "; ".join(f"{key} {', '.join(names)}" for key, names in scope.items())
        yield _row("scope", shown)


def _of_log(log: Fields) -> Iterator[str]:
    space = log["space"]
    taken = f", {size(space['bytes'])}, {size(space['free_bytes'])} free" if space else ""
    yield _row("log", f"{log['directory']}{taken}")
    checkpoint = log["checkpoint"]
    if checkpoint:
        at = f"{checkpoint['sequence']} at {checkpoint['time']}"
        yield _row("sealed", f"{at}, {size(log['written_bytes'])} since the start")


def _of_stream(state: Fields) -> Iterator[str]:
    queue, beat = state["queue"], state["heartbeat"]
    limit = size(queue["limit_bytes"])
    waiting = f"{size(queue['bytes'])} of {limit} wait, lag {state['log']['lag_ms']} ms"
    yield _row("queue", waiting)
    ms = beat.get("canary", {}).get("ms")
    if ms is not None:
        yield _row("heartbeat", f"{beat['age_s']} s ago; the canary took {ms} ms")


def _of_records(records: Fields) -> Iterator[str]:
    yield f"{'records':<{_KIND + 2}}{'produced':>14}{'arrived':>14}{'lost':>10}"
    for kind, tally in records.items():
        if tally["produced"]:
            numbers = f"{tally['produced']:>14}{tally['arrived']:>14}{tally['lost']:>10}"
            yield f"  {kind:<{_KIND}}{numbers}"


def _of_sinks(state: Fields) -> Iterator[str]:
    for name, sink in state["sinks"].items():
        how = f"{sink['state']}, {size(sink['behind_bytes'])} behind, {sink['dropped']} dropped"
        yield _row("sink", f"{name}: {how}")


def _of_rules(rules: Fields) -> Iterator[str]:
    if rules:
        yield _row("rules", f"{rules['rules']} rules, {rules['correlations']} correlations")
        behind = f"{size(rules['behind_bytes'])} behind, {rules['dropped']} dropped"
        yield _row("alerts", f"{rules['alerts']}, and {rules['suppressed']} repeated; {behind}")


def _of_actions(actions: Fields) -> Iterator[str]:
    for name, action in actions.items():
        counts = [f"{action[each]} {each}" for each in _OUTCOMES if action[each]]
        yield _row("action", f"{name}: {', '.join([action['state'], *counts])}")


def _of_processes(processes: list[Any]) -> Iterator[str]:
    yield _row("processes", f"{'pid':>8}{'memory':>10}{'peak':>10}{'cpu':>9}  capabilities")
    for each in processes:
        memory = f"{size(each['rss_bytes']):>10}{size(each['peak_bytes']):>10}"
        may = ", ".join(name.removeprefix("CAP_").lower() for name in each["capabilities"])
        may = "all" if len(each["capabilities"]) >= _ALL else may
        row = f"{each['pid']:>8}{memory}{each['cpu_s']:>8.1f}s  {may or 'none'}"
        yield f"  {each['name']:<{_LABEL - 2}}{row}"


def size(count: int) -> str:
    """So many bytes, for people."""
    amount, unit = float(count), 0
    while amount >= 1024 and unit < len(_UNITS) - 1:
        amount, unit = amount / 1024, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{count} B"


def _span(seconds: float) -> str:
    minutes, days = int(seconds) // 60, int(seconds) // 86_400
    if days:
        return f"{days} d {minutes // 60 % 24} h"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{seconds:.0f} s"
