"""What is said of the fields of views is so."""

from __future__ import annotations

from tests.samples import EXEC, FINDINGS, ODD, OUTPUT, PROCESS, WHO
from tests.viewed import record, said
from tracer.detect.fields import AUDIT_ARGS, FIELDS
from tracer.detect.view import SOURCES, LogSource
from tracer.detect.views import Views

PERSON = {
    "pid": 5,
    "uid": 1000,
    "user": {"id": "1000", "name": "alice"},
    "role": "process",
    "loginuid": 1000,
    "tty": {"char_device": {"major": 136, "minor": 3}},
    "executable": "/usr/bin/kill",
    "origin": {"type": "ssh", "via": [{"program": "su"}]},
    "source": {"ip": "10.0.0.7"},
}
SETTINGS = {
    "input": "full",
    "scope": {"without_users": ["alice"]},
    "rules": {"pack": True, "without": ["x"]},
}
CHILD = PROCESS._replace(who=WHO._replace(parent=PROCESS.key))
MORE = (EXEC, EXEC._replace(process=CHILD), OUTPUT._replace(process=ODD))
SAID = (
    said("stop", reason="signal", error="e", signal={"name": "SIGTERM"}, sender=PERSON),
    said("config", path="/etc/x", settings=SETTINGS, refused=["source"], by=PERSON),
    said("start", version="1", plan="kprobe", source="ebpf", append_only=True),
    said("start", previous={"end": "crash"}),
    said("gap", reason="blind", **{"from": "1", "to": "2"}, records=3, bytes=4),
    said("clock", seconds=1.5),
    said("suspend", seconds=2),
    said("prune", reason="age", segments=2),
    said("watch", changed="ring", ring="bulk", mended=True),
    said("sink", name="s", kind="file", state="failed"),
    said("rules", state="disabled", rule="x"),
    said("read", command="replay", target="$1", by=PERSON),
    said("heartbeat", canary={"missing": True}),
)


def seen() -> dict[LogSource, set[str]]:
    """The fields that views of all samples have."""
    views, found = Views(wants_output=True), {source: set[str]() for source in SOURCES}
    views.first_seen.attach({}, 0)
    for event in (*map(record, (*MORE, *FINDINGS)), *SAID):
        for view in views.feed(event):
            found[view.source] |= view.fields.keys()
    return found


def test_no_view_has_another_field() -> None:
    """What rules are checked against is all that there is."""
    assert {source: names - FIELDS[source] for source, names in seen().items()} == {
        source: set() for source in SOURCES
    }


def test_every_field_comes() -> None:
    """None is promised that no record ever has; of arguments, the first ones stand for all."""
    arguments = {f"a{place}" for place in range(2, AUDIT_ARGS)}
    missing = {source: FIELDS[source] - names - arguments for source, names in seen().items()}
    assert missing == {source: set() for source in SOURCES}
