"""An alert on its way out: sealed, then at everybody's who is to be told."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.kernel import logged
from tests.kernel.conftest import StartRun
from tests.kernel.logged import Log
from tests.kernel.tmux import Tmux
from tests.log.peers import Journald, Rsyslog, certify
from tests.log.receivers import Webhook
from tests.patience import eventually
from tests.ruling import rule
from tracer.seal.report import Verdict

WORD = "shibboleth"
SAY = "/bin/echo shib''boleth"  # the shell's own command line doesn't have the word
TITLE = "Somebody said it"
TELLS = """
[[sinks]]
kind = "journald"
name = "journal"
[[sinks]]
kind = "syslog"
name = "syslog"
address = "{place}/syslog/log"
events = ["alert"]
[[actions]]
kind = "notify"
name = "webhook"
urls = "{place}/urls"
networks = ["127.0.0.0/8", "::1/128"]
"""


@pytest.fixture
def log(plan: str | None) -> Iterator[Log]:
    """One where workers can come."""
    place = Path(tempfile.mkdtemp(prefix="ttytrace-"))
    place.chmod(0o755)
    (place / "rules").mkdir(mode=0o755)
    (place / "rules/rule.yml").write_text(rule(WORD, TITLE))
    log = Log(place)
    log.match("pack = false", f'directories = ["{place / "rules"}"]')
    with log.config.open("a") as config:
        config.write(TELLS.format(place=place))
    yield log
    log.release()
    shutil.rmtree(place)


def test_everybody_is_told_of_what_is_sealed(
    log: Log, start_run: StartRun, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook, the journal and syslog, at the rule's level; the record of who was told stands
    behind the alert."""
    place = log.config.parent
    certify(place)
    monkeypatch.setenv("SSL_CERT_FILE", str(place / "ca.pem"))
    with (
        closing(Webhook(place)) as webhook,
        closing(Journald(place / "journal")) as journald,
        closing(Rsyslog(place / "syslog")) as rsyslog,
    ):
        (place / "urls").write_text(f"jsons://localhost:{webhook.port}/alerts\n")
        (place / "urls").chmod(0o640)
        _, *run = logged.RUN
        monkeypatch.setattr(logged, "RUN", [str(journald.python()), *run])
        service = start_run()
        log.until_ours("rules", lambda fields: fields["state"] == "loaded")
        tmux.new_session(f"{SAY}; sleep 1001")
        told = log.until_ours("response")
        alert = log.until(lambda record: record["event"]["action"] == "alert")
        assert alert["event"]["sequence"] == told.fields["alert"] < told.index
        assert (told.fields["name"], told.fields["state"]) == ("webhook", "done")
        (body,) = webhook.bodies()
        assert TITLE in body["title"]
        assert WORD in body["message"]
        (message,) = eventually(rsyslog.got)
        assert message["syslogseverity"] == "3"
        assert TITLE in message["msg"]
        entry = eventually(lambda: [e for e in journald.got() if e["TTYTRACE_ACTION"] == "alert"])
        assert (entry[0]["PRIORITY"], entry[0]["TTYTRACE_TITLE"]) == ("3", TITLE)
        service.stop()
    assert log.verify() is Verdict.OK
