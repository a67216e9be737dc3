"""tracer.settings"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tracer.settings import (
    LimitSettings,
    LiveSettings,
    LogSettings,
    MetricsSettings,
    PromptSettings,
    RingSizes,
    SecretPattern,
    Settings,
    SinkKind,
    SinkSettings,
)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: RingSizes(critical_pages=3), "no power of two"),
        (lambda: SecretPattern("x", "("), "not a regular expression"),
        (lambda: SecretPattern("x", "(" * 100_000), "not a regular expression"),
        (lambda: PromptSettings(regexes=("a{1,99999999999}",)), "not a regular expression"),
        (lambda: LogSettings(segment_mib=0), "segment_mib"),
        (lambda: LogSettings(segment_mib=513), "segment_mib"),
        (lambda: LogSettings(keep_days=-1), "can't be negative"),
        (lambda: SinkSettings(SinkKind.FILE, "x"), "path must be"),
        (lambda: SinkSettings(SinkKind.FILE, "x", path="here"), "path must be"),
        (lambda: SinkSettings(SinkKind.SYSLOG, "x", address="udp:host:514"), "address must be"),
        (lambda: SinkSettings(SinkKind.SYSLOG, "x", address="tcp:host"), "address must be"),
        (lambda: SinkSettings(SinkKind.STDOUT, "x", behind_mib=0), "at least 1"),
        (lambda: LimitSettings(cpu_percent=-1), "can't be negative"),
        (lambda: LimitSettings(queue_mib=0), "at least 1"),
        (lambda: LiveSettings(clients=0), "at least 1"),
        (lambda: MetricsSettings("0.0.0.0:9100"), "neither unix:PATH nor"),
        (lambda: MetricsSettings("127.0.0.1:0"), "neither unix:PATH nor"),
        (lambda: MetricsSettings("127.0.0.1:65536"), "neither unix:PATH nor"),
        (lambda: MetricsSettings("unix:relative"), "neither unix:PATH nor"),
    ],
)
def test_a_value_that_can_not_be_is_refused(make: Callable[[], Any], says: str) -> None:
    """As a ValueError that says what it must be."""
    with pytest.raises(ValueError, match=says):
        make()


@pytest.mark.parametrize("address", ["", "unix:/run/x", "127.0.0.1:9100", "[::1]:65535"])
def test_metrics_are_for_this_host(address: str) -> None:
    """A socket, or a port of the loopback."""
    assert MetricsSettings(address).address == address


@pytest.mark.parametrize("address", ["/dev/log", "tcp:host:514", "tls:[2001:db8::1]:6514"])
def test_syslog_is_local_or_remote(address: str) -> None:
    """By path, or by host and port."""
    assert SinkSettings(SinkKind.SYSLOG, "x", address=address).address == address


def test_sinks_have_names_of_their_own() -> None:
    """Status and events tell them apart by these."""
    sink = SinkSettings(SinkKind.STDOUT, "x")
    with pytest.raises(ValueError, match="two sinks have the same name"):
        Settings(sinks=(sink, sink))
