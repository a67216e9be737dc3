"""A status as service/status.py gathers it, of a run in which all is well."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from tracer.codec.identity import Fields

_WELL: Fields = {
    "uptime_s": 93784.5,
    "version": "0.1.0",
    "pid": 4242,
    "plan": "kprobe",
    "plan_reason": "nothing is missed",
    "config": {"path": "/etc/ttytrace/config.toml", "sha256": "ab" * 32},
    "input": "metadata",
    "scope": {"users": [], "groups": [], "without_users": ["ann"], "unknown": []},
    "records": {
        "exec": {"produced": 211, "arrived": 211, "lost": 0},
        "client_input": {"produced": 0, "arrived": 0, "lost": 0},
        "text_output": {"produced": 1009, "arrived": 1002, "lost": 7},
    },
    "faults": {"not-followed": 0, "not-read": 3, "cut": 0, "child-not-found": 0},
    "events": 1213,
    "queue": {"turns": 1, "bytes": 2048, "limit_bytes": 25165824},
    "log": {
        "directory": "/var/log/ttytrace",
        "sequence": 90001,
        "written_bytes": 3 << 20,
        "waiting": 2,
        "lag_ms": 12.5,
        "checkpoint": {"sequence": 89990, "time": "2026-11-21T20:21:11.700158Z", "age_s": 0.8},
        "error": None,
        "space": {"segments": 3, "bytes": 5 << 30, "free_bytes": 70 << 30},
    },
    "heartbeat": {
        "time": "2026-11-21T20:21:09.027503Z",
        "age_s": 3.4,
        "canary": {"ms": 47.373},
    },
    "ailing": [],
    "live": {"clients": 3, "dropped": 11},
    "audit": None,
    "sinks": {
        "host": {
            "kind": "syslog",
            "state": "working",
            "next": 89000,
            "behind_bytes": 4096,
            "delivered": 1201,
            "failures": 2,
            "dropped": 5,
        }
    },
    "rules": {
        "state": "working",
        "rules": 41,
        "correlations": 3,
        "refused": 0,
        "foreign": 7,
        "digest": "cd" * 32,
        "refusals": [],
        "disabled": [],
        "behind_bytes": 2048,
        "alerts": 13,
        "suppressed": 5,
        "dropped": 0,
    },
    "actions": {},
    "processes": [
        {
            "name": "service",
            "pid": 4242,
            "rss_bytes": 44 << 20,
            "peak_bytes": 52 << 20,
            "cpu_s": 1.25,
            "capabilities": ["CAP_BPF", "CAP_PERFMON"],
        }
    ],
    "lost_recently": 0,
    "troubles": [],
}


def state(**changes: Any) -> Fields:
    """That, with other parts in their place."""
    return deepcopy(_WELL) | changes


def part(name: str, **changes: Any) -> Fields:
    """One part of it, with other fields in their place."""
    return {name: deepcopy(_WELL[name]) | changes}
