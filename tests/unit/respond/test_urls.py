"""The file of URLs."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from tracer.respond.action import Refused
from tracer.respond.urls import _CLASSES, MAX_URLS, services_of

SECRET = "xoxb-secret"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(*lines: str, mode: int = 0o600) -> Path:
        path = tmp_path / "urls"
        path.write_text("\n".join(lines))
        path.chmod(mode)
        return path

    return write


def test_each_line_is_a_service(write: Write) -> None:
    """But for comments."""
    path = write(
        "# ours",
        "",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops",
        " jsons://user:pw@example.com/path ",
        "mailto://example.com?from=a@example.com&to=b@example.com",
        "mailtos://example.com?from=a@example.com&to=b@example.com",
    )
    found = services_of(path)
    assert [(each.line, each.scheme) for each in found] == [
        (3, "slack"),
        (4, "jsons"),
        (5, "mailto"),
        (6, "mailtos"),
    ]
    assert [each.is_plain for each in found] == [False, False, True, False]
    assert found[1].name == "line 4 (jsons)"


@pytest.mark.parametrize(
    "url",
    [
        f"syslog://{SECRET}",
        f"dbus://{SECRET}",
        f"windows://{SECRET}",
        f"file:///{SECRET}",
        f"apprise://localhost/{SECRET}",
        f"https://hooks.slack.com/services/{SECRET}",
        f"JSON://example.com/{SECRET}",
        f"jsons://example.com/{SECRET}?verify=no",
        f"jsons://example.com/a {SECRET}",
        f"tgram://{SECRET}",
        f"jsons://:{SECRET}",
        f"slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?template=/etc/{SECRET}",
        f"mailtos://example.com?to=a@example.com&pgpkey=/etc/{SECRET}",
        SECRET,
    ],
)
def test_others_are_refused(url: str, write: Write) -> None:
    """By the number of their line: the rest may be a secret."""
    with pytest.raises(Refused, match=r"^line 2 of the file of urls ") as refused:
        services_of(write("", url))
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o660, 0o650])
def test_a_file_that_is_open_to_others_is_refused(mode: int, write: Write) -> None:
    """As others then know its secrets, or can write to it."""
    with pytest.raises(Refused, match="open to others"):
        services_of(write("jsons://example.com", mode=mode))


def test_what_is_no_such_file_is_refused(tmp_path: Path, write: Write) -> None:
    """Nor does it hold anything up."""
    os.mkfifo(tmp_path / "fifo", 0o600)
    with pytest.raises(Refused, match="not a file"):
        services_of(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(write("jsons://example.com"))
    with pytest.raises(OSError, match="link"):
        services_of(tmp_path / "link")
    for count in (0, MAX_URLS + 1):
        with pytest.raises(Refused, match=f"has {count} of them"):
            services_of(write(*["jsons://example.com"] * count))


def test_all_that_is_allowed_is_there() -> None:
    """By the names that apprise has for it, and speaks HTTP or SMTP."""
    for scheme, name in _CLASSES.items():
        module, _, attribute = name.rpartition(".")
        plugin = getattr(import_module(f"apprise.plugins.{module}"), attribute)
        schemes = f"{plugin.protocol} {plugin.secure_protocol}"
        assert f"'{scheme}'" in schemes or scheme in schemes.split(), scheme
