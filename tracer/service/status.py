"""How recording goes: what each part says of itself, and what of it is not as it should be.

Invariant: to ask waits for nobody. All numbers are from the start of this run; docs/status.md lists
the fields, which keep their names and meanings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from tracer.clock import boot_ns
from tracer.codec.identity import Fields
from tracer.codec.moment import timestamp
from tracer.decode.order import Tally
from tracer.model import abi
from tracer.model.sealed import Stamp
from tracer.observe.usage import ours
from tracer.store.log import Standing
from tracer.store.space import Space

_SECOND_NS: Final = 1_000_000_000
_LATE_S: Final = 5.0
_SILENT_S: Final = 25.0  # two heartbeats
_RECENT_NS: Final = 60 * _SECOND_NS


class Status:
    """`parts`: what each says of itself, by name. `start_ns`: CLOCK_BOOTTIME."""

    def __init__(self, start_ns: int, parts: Mapping[str, Callable[[], object]]) -> None:
        self._start_ns, self._parts = start_ns, parts
        self._losses = Losses()
        self._recent: Fields = {}
        self._recent_ns = 0

    def turn(self, now_ns: int, lost: Callable[[], int]) -> None:
        """Remembers how many records were `lost` until when."""
        self._losses.turn(now_ns, lost)

    def fields(self) -> Fields:
        """Everything, with `troubles`: a sentence for each thing that is not as it should be."""
        now_ns = boot_ns()
        state: Fields = {"uptime_s": round((now_ns - self._start_ns) / 1e9, 1)}
        state |= {name: part() for name, part in self._parts.items()}
        state["processes"] = [usage._asdict() for usage in ours()]
        lost = sum(each["lost"] for each in state["records"].values())
        state["lost_recently"] = self._losses.recently(lost)
        return state | {"troubles": list(troubles(state))}

    def recent(self) -> Fields:
        """The same, as it was a second ago at most: for those who may ask without end."""
        now_ns = boot_ns()
        if now_ns >= self._recent_ns + _SECOND_NS:
            self._recent, self._recent_ns = self.fields(), now_ns
        return self._recent


class Losses:
    """How many records were lost in the last minute or two."""

    def __init__(self) -> None:
        self._next_ns = 0
        self._before = self._latest = 0

    def turn(self, now_ns: int, lost: Callable[[], int]) -> None:
        """Looks once a minute."""
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _RECENT_NS
            self._before, self._latest = self._latest, lost()

    def recently(self, lost: int) -> int:
        """Since the last look but one."""
        return lost - self._before


def record_fields(tallies: Mapping[int, Tally]) -> Fields:
    """What the kernel half made, and what came of it, by the name of its kind."""
    return {abi.KIND_NAMES[kind]: tally._asdict() for kind, tally in tallies.items()}


def log_fields(standing: Standing, space: Space | None, now_ns: int) -> Fields:
    """Where the log stands at `now_ns` (CLOCK_BOOTTIME), and what it takes of the disk."""
    at, since_ns = standing.checkpoint_at, standing.waiting_since_ns
    return {
        "sequence": standing.sequence,
        "written_bytes": standing.written_bytes,
        "waiting": standing.waiting,
        "lag_ms": 0.0 if since_ns is None else round((now_ns - since_ns) / 1e6, 1),
        "checkpoint": at
        and {
            "sequence": standing.checkpoint,
            "time": timestamp(at.wall_ns),
            "age_s": round((now_ns - at.boot_ns) / 1e9, 1),
        },
        "error": standing.error,
        "space": space and space._asdict(),
    }


def beat_fields(beat: tuple[Stamp, Fields] | None, now_ns: int) -> Fields:
    """When the heart beat last, and what of the canary."""
    if beat is None:
        return {}
    at, canary = beat
    age_s = round((now_ns - at.boot_ns) / 1e9, 1)
    return {"time": timestamp(at.wall_ns), "age_s": age_s, "canary": canary}


def troubles(state: Fields) -> Iterator[str]:
    """What is not as it should be, as sentences."""
    yield from _of_log(state["log"])
    yield from _of_heart(state["heartbeat"], state["uptime_s"])
    queue = state["queue"]
    if queue["bytes"] * 2 > queue["limit_bytes"]:
        yield f"the queue to the log is more than half full: {queue['bytes']} bytes"
    if state["lost_recently"]:
        yield f"{state['lost_recently']} records were lost in the last two minutes"
    yield from (str(each) for each in state["ailing"] if each)
    yield from _of_config(state["config"])
    yield from (f"{each}, so it is not in scope" for each in state["scope"]["unknown"])
    for kind in ("sink", "action"):
        for name, each in state[f"{kind}s"].items():
            if each["state"] == "failed":
                yield f"{kind} {name}: {each.get('reason')}"
    yield from _of_rules(state["rules"])


def _of_log(log: Fields) -> Iterator[str]:
    if log["error"]:
        yield f"the log can't be written: {log['error']}"
    checkpoint = log["checkpoint"]
    if checkpoint is None or checkpoint["age_s"] > _LATE_S:
        yield "the log has had no checkpoint for " + _age(checkpoint)


def _of_heart(beat: Fields, uptime_s: float) -> Iterator[str]:
    if beat.get("canary", {}).get("missing"):
        yield "the kernel half is blind: the canary did not come back"
    if uptime_s > _SILENT_S and beat.get("age_s", uptime_s) > _SILENT_S:
        yield "there was no heartbeat for " + _age(beat)


def _of_config(config: Fields) -> Iterator[str]:
    if config.get("error"):
        yield f"the settings were not taken over: {config['error']}"
    if refused := config.get("refused"):
        yield f"{', '.join(refused)}: changed in the file; restart ttytrace to have it"


def _of_rules(rules: Fields) -> Iterator[str]:
    if rules.get("refused"):
        first: Fields = next(iter(rules["refusals"]), {})
        more = f"{rules['refused']} rules can't be used"
        yield f"{more}; the first is {first.get('place')}: {first.get('reason')}"
    if disabled := rules.get("disabled"):
        yield f"rules that were disabled: {', '.join(disabled)}"


def _age(what: Any) -> str:
    return f"{what['age_s']:.0f} s" if what and "age_s" in what else "long"
