"""The file of URLs that notifications go to, and what stands behind each.

Invariant: a URL is a secret: no text that comes from here has more of it than its scheme and its
line. Only what is listed in _SERVICES is ever made of one: nothing that runs programs, or speaks to
a desktop or a file.
"""

from __future__ import annotations

import os
import re
import stat
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from apprise.asset import AppriseAsset
from apprise.exception import AppriseException
from apprise.plugins.base import NotifyBase

from tracer.respond.action import Refused

MAX_BYTES: Final = 1 << 16
MAX_URLS: Final = 16
NONSENSE: Final = (
    AppriseException,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What comes out of apprise where it is given something odd, by a URL or by a peer."""

_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP
_URL: Final = re.compile(r"([a-z]+)://\S+")
# These read a file or another URL, as templates or attachments.
_READS: Final = frozenset(("template", "attach", "attachment", "pgpkey"))
_SERVICES: Final = {
    "custom_form.NotifyForm": "form forms",
    "custom_json.NotifyJSON": "json jsons",
    "custom_xml.NotifyXML": "xml xmls",
    "discord.NotifyDiscord": "discord",
    "email.NotifyEmail": "mailto mailtos",
    "google_chat.NotifyGoogleChat": "gchat",
    "gotify.NotifyGotify": "gotify gotifys",
    "matrix.NotifyMatrix": "matrix matrixs",
    "mattermost.NotifyMattermost": "mmost mmosts",
    "ntfy.NotifyNtfy": "ntfy ntfys",
    "opsgenie.NotifyOpsgenie": "opsgenie",
    "pagerduty.NotifyPagerDuty": "pagerduty",
    "pushover.NotifyPushover": "pover",
    "rocketchat.NotifyRocketChat": "rocket rockets",
    "signal_api.NotifySignalAPI": "signal signals",
    "slack.NotifySlack": "slack",
    "splunk.NotifySplunk": "splunk",
    "telegram.NotifyTelegram": "tgram",
    "webexteams.NotifyWebexTeams": "webex wxteams",
    "workflows.NotifyWorkflows": "workflow workflows",
    "zulip.NotifyZulip": "zulip",
}
_CLASSES: Final = {
    scheme: name for name, schemes in _SERVICES.items() for scheme in schemes.split()
}
_MAIL_PATIENCE_S: Final = 5


class Service(NamedTuple):
    """One URL of the file. `is_plain`: what goes there is not encrypted, as far as the URL says."""

    line: int
    scheme: str
    plugin: NotifyBase
    is_plain: bool

    @property
    def name(self) -> str:
        """For people."""
        return f"line {self.line} ({self.scheme})"


def load() -> None:
    """Loads all that a URL can be made into."""
    for name in _SERVICES:
        _module(name)


def services_of(path: Path) -> list[Service]:
    """All of the file. Refused where others can read it, or where a line is none."""
    lines = _read(path).splitlines()
    found = [(nth, line.strip()) for nth, line in enumerate(lines, 1)]
    urls = [(nth, url) for nth, url in found if url and not url.startswith("#")]
    if not 0 < len(urls) <= MAX_URLS:
        raise Refused(f"the file of urls has {len(urls)} of them, not 1 to {MAX_URLS}")
    return [_service(*each) for each in urls]


def _read(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(fd, "rb") as file:
        about = os.fstat(fd)
        if not stat.S_ISREG(about.st_mode) or about.st_uid not in (0, os.geteuid()):
            raise Refused("the file of urls is not a file of root or of ttytrace")
        if about.st_mode & _OTHERS:
            raise Refused("the file of urls is open to others: chmod 640, or 600")
        return file.read(MAX_BYTES).decode(errors="replace")


def _service(line: int, url: str) -> Service:
    found = _URL.fullmatch(url)
    scheme = found[1] if found else ""
    if scheme not in _CLASSES:
        raise Refused(f"line {line} of the file of urls has no scheme that is allowed")
    plugin = _plugin(_CLASSES[scheme], url)
    if plugin is None:
        raise Refused(f"line {line} of the file of urls is no URL of {scheme}")
    if not plugin.verify_certificate:
        raise Refused(f"line {line} of the file of urls switches verification off")
    plugin.socket_connect_timeout = plugin.socket_read_timeout = _MAIL_PATIENCE_S
    is_plain = getattr(plugin, "secure_mode", None) == "insecure"
    return Service(line, scheme, plugin, is_plain)


def _plugin(name: str, url: str) -> NotifyBase | None:
    plugin: Any = getattr(_module(name), name.rpartition(".")[2])
    try:
        parsed = plugin.parse_url(url)
        if not parsed or _READS & {key.lower() for key in parsed.get("qsd", {})}:
            return None
        made: NotifyBase = plugin(**parsed | {"asset": AppriseAsset(storage_mode="memory")})
    except NONSENSE:
        return None
    return made


def _module(name: str) -> ModuleType:
    return import_module(f"apprise.plugins.{name.partition('.')[0]}")
