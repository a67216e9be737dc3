"""Actions about alerts that are in a real log, by the real workers."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.alerting import Alerting, alert, person, process
from tests.log import receivers
from tests.log.peers import certify
from tests.log.receivers import MailServer, Receiver, Webhook
from tests.patience import eventually
from tracer.codec.identity import Fields
from tracer.observe.procfs import is_over
from tracer.privileges import Capability, effective_of, set_of, worker_account
from tracer.settings import ActionKind, ActionSettings

LOOPBACK = ("127.0.0.0/8", "::1/128")
HOSTILE = "\x1b]0;x\x07 @channel <!here> [a](b) http://x ||y||"
SHELLS = Path("/usr/local/lib")  # root's alone, as /tmp is not

Urls = Callable[..., str]
Script = Callable[[str], str]


@pytest.fixture
def alerting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Alerting]:
    """Its workers trust the certificate of the receivers, and are told of a proxy."""
    alerting = Alerting()
    certify(alerting.place)
    monkeypatch.setenv("SSL_CERT_FILE", str(alerting.place / "ca.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    yield alerting
    alerting.close()


@pytest.fixture
def urls(alerting: Alerting) -> Urls:
    """Makes a file of them."""

    def make(*lines: str, mode: int = 0o640) -> str:
        path = alerting.place / f"urls{len(list(alerting.place.iterdir()))}"
        path.write_text("\n".join(("# for a test", *lines, "")))
        path.chmod(mode)
        return str(path)

    return make


@pytest.fixture
def script() -> Iterator[Script]:
    """Makes a program that nobody but root can change."""
    made: list[Path] = []

    def make(text: str) -> str:
        path = SHELLS / f"ttytrace-test-{os.getpid()}-{len(made)}"
        made.append(path)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return str(path)

    yield make
    for path in made:
        path.unlink()


@pytest.fixture
def victim() -> Iterator[int]:
    """A process that is none of ours."""
    command = ["sh", "-c", "exec setsid -f sh -c 'echo $$; exec sleep 1031 >/dev/null'"]
    started = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=60)
    pid = int(started.stdout)
    yield pid
    if Path(f"/proc/{pid}").exists():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def receive(alerting: Alerting) -> Iterator[Callable[..., Receiver]]:
    """Starts one of a kind."""
    started: list[Receiver] = []

    def start(kind: Callable[..., Receiver] = Webhook, *args: object, **kw: object) -> Receiver:
        started.append(kind(alerting.place, *args, **kw))
        return started[-1]

    yield start
    for each in started:
        each.close()


def telling(urls: str, **settings: object) -> ActionSettings:
    return ActionSettings(**NOTIFY | {"urls": urls} | settings)


NOTIFY: Fields = {"kind": ActionKind.NOTIFY, "name": "tell", "networks": LOOPBACK}


def in_pane(pid: int, **more: object) -> Fields:
    """An alert about a process in a pane."""
    tmux = {"pane": {"pid": pid}, "server": {"pid": 1}}
    return alert(process=process(pid) | more, tmux=tmux)


# ---- telling ----


def test_a_webhook_is_told(alerting: Alerting, urls: Urls, receive: Callable[..., Webhook]) -> None:
    """In a text that calls nobody and is no link, past any proxy; the URL is in no record."""
    webhook = receive()
    alerting.start(telling(urls(f"jsons://localhost:{webhook.port}/a-secret")))
    said = alerting.outcome(alert(process={"command_line": HOSTILE}))
    assert (said["state"], said["services"], said["rule"]) == ("done", "jsons", "0c1e")
    assert webhook.got[0].startswith(b"POST /a-secret ")
    (body,) = webhook.bodies()
    assert body["title"] == "high: Reverse shell on lab"
    shown = r"\x1b]0;x\x07 \x40channel \x3c!here> \x5ba](b) http\x3a//x \x7c|y\x7c|"
    assert f"program: {shown}\n" in body["message"]
    assert "secret" not in str([*alerting.said, alerting.state("tell")])
    assert b"secret" not in Path(f"/proc/{alerting.pid('notify')}/cmdline").read_bytes()


@pytest.mark.parametrize("is_plain", [False, True])
def test_mail_is_sent(
    is_plain: bool, alerting: Alerting, urls: Urls, receive: Callable[..., MailServer]
) -> None:
    """Over TLS; without, only to an address that is listed."""
    server = receive(MailServer, is_plain=is_plain)
    scheme, mode = ("mailto", "") if is_plain else ("mailtos", "&mode=starttls")
    url = f"{scheme}://localhost:{server.port}?from=a@example.com&to=b@example.com{mode}"
    alerting.start(telling(urls(url)))
    assert alerting.outcome(alert())["state"] == "done"
    assert b"Subject: high: Reverse shell on lab\r\n" in server.got[0]


BAD = {
    receivers.missing: "it answered 404",
    receivers.huge: "its reply is too long",
    receivers.moved: "it redirects",
    receivers.silent: "it took too long",
    receivers.slow: "it took too long",
}


def test_bad_receivers_are_told(
    alerting: Alerting, urls: Urls, receive: Callable[..., Webhook]
) -> None:
    """However they fail; another one is told at once."""
    reasons = {each.__name__: reason for each, reason in BAD.items()}
    ports = {each.__name__: receive(Webhook, each).port for each in (*BAD, receivers.fine)}
    alerting.start(
        *(telling(urls(f"jsons://localhost:{port}/x"), name=name) for name, port in ports.items())
    )
    alerting.append(alert())
    first, *others = alerting.outcomes(len(ports))
    assert (first["name"], first["state"]) == ("fine", "done")
    assert {said["name"]: said["reason"] for said in others} == {
        name: f"line 2 (jsons): {reason}" for name, reason in reasons.items()
    }


@pytest.mark.parametrize(
    ("host", "networks"),
    [("localhost", ()), ("2130706433", ()), ("0x7f.1", ()), ("[::ffff:127.0.0.1]", ("::1/128",))],
)
def test_what_is_not_public_is_told_nothing(
    host: str,
    networks: tuple[str, ...],
    alerting: Alerting,
    urls: Urls,
    receive: Callable[..., Webhook],
) -> None:
    """However its address is written."""
    webhook = receive()
    alerting.start(telling(urls(f"jsons://{host}:{webhook.port}/x"), networks=networks))
    said = alerting.outcome(alert())
    assert webhook.got == []
    expected = ("refused", "is no URL of jsons") if host[0] in "0[" else ("failed", "not public")
    assert (said["state"], expected[1] in said["reason"]) == (expected[0], True)


def test_a_certificate_of_nobody_is_not_trusted(
    alerting: Alerting,
    urls: Urls,
    receive: Callable[..., Webhook],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor one of another name, which is another's."""
    webhook = receive()
    alerting.start(telling(urls(f"jsons://127.0.0.1:{webhook.port}/x")))
    said = alerting.outcome(alert())
    assert (said["state"], webhook.got) == ("failed", [])
    assert said["reason"].endswith("TLS failed, or its certificate is not to be trusted")


def test_a_worker_that_is_killed_tells_again(
    alerting: Alerting, urls: Urls, receive: Callable[..., Webhook]
) -> None:
    """That it was at it is told; the next one tells it at least once."""
    webhook = receive(Webhook, receivers.silent)
    alerting.start(telling(urls(f"jsons://localhost:{webhook.port}/x")))
    alerting.append(alert())
    alerting.until(lambda: webhook.got)
    os.kill(alerting.pid("notify"), signal.SIGKILL)
    webhook.respond = receivers.fine
    first, second = alerting.outcomes(2)
    assert (first["state"], first["reason"]) == ("failed", "its worker ended meanwhile")
    assert (second["state"], second["alert"]) == ("done", first["alert"])


# ---- programs ----


def test_a_program_has_no_rights(alerting: Alerting, script: Script) -> None:
    """It gets the alert as it is sealed, and nothing else of ours."""
    alerting.out.chmod(0o777)
    looks = ("id -u", "id -G", "grep -c CapEff.*00000000$ /proc/self/status")
    looks += ("grep NoNew /proc/self/status", "ls /proc/self/fd | wc -l", "pwd", "env")
    program = script(f"cat >{alerting.out}/alert; {{ {'; '.join(looks)}; }} >{alerting.out}/got")
    alerting.start(ActionSettings(ActionKind.PROGRAM, "run", program=(program, "one")))
    said = alerting.outcome(in_pane(os.getpid()))
    assert (said["state"], said["exit_status"]) == ("done", 0)
    sealed = alerting.written.segments.glob("*.jsonl")
    line = (alerting.out / "alert").read_bytes()
    assert line in next(sealed).read_bytes()
    uid, groups, caps, nnp, fds, cwd, *rest = (alerting.out / "got").read_text().splitlines()
    assert (int(uid), groups.split()) == (worker_nobody(), groups.split()[:1])
    assert (caps, nnp, cwd) == ("1", "NoNewPrivs:\t1", "/")
    assert int(fds) <= 4  # and the one that ls opens
    assert {each.split("=")[0] for each in rest} == {"LANG", "PATH", "PWD"}  # the shell's: PWD


def worker_nobody() -> int:
    return int(subprocess.run(["id", "-u", "nobody"], capture_output=True, check=True).stdout)


def test_a_program_that_goes_on_is_ended(alerting: Alerting, script: Script) -> None:
    """With all that it started; another runs meanwhile, and what it says is cut and escaped."""
    alerting.out.chmod(0o777)
    hangs = script(f"sleep 1033 & echo $! >{alerting.out}/pid; yes")
    brief = script("printf '\\033[2J'; head -c 100000 /dev/zero; exit 3")
    alerting.start(
        ActionSettings(ActionKind.PROGRAM, "hangs", program=(hangs,)),
        ActionSettings(ActionKind.PROGRAM, "brief", program=(brief,)),
    )
    alerting.append(alert())
    first, second = alerting.outcomes(2)
    assert (first["name"], first["state"], first["exit_status"]) == ("brief", "failed", 3)
    assert first["output"].startswith("\\x1b[2J\\x00")
    assert (second["state"], second["reason"]) == ("failed", "it was not over in 10 s")
    pid = int((alerting.out / "pid").read_text())
    eventually(lambda: is_over(pid))


def test_a_program_that_others_can_change_is_refused(alerting: Alerting) -> None:
    """Or that lies where they could put another."""
    path = alerting.out / "program"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    alerting.start(ActionSettings(ActionKind.PROGRAM, "run", program=(str(path),)))
    said = alerting.outcome(alert())
    assert said["state"] == "refused"
    assert "could be changed by others than root" in said["reason"]
    alerting.until(lambda: alerting.state("run").get("reason"))
    assert alerting.state("run")["state"] == "failed"


# ---- what can't be undone ----


def kill(name: str = "kill", **settings: object) -> ActionSettings:
    return ActionSettings(ActionKind.KILL, name, **{"armed": True} | settings)  # type: ignore[arg-type]


def test_a_process_is_killed_once(alerting: Alerting, victim: int) -> None:
    """Nobody who has its number later is, nor anybody whose alert is old."""
    alerting.start(kill())
    about = in_pane(victim)
    old = alert(age_s=61, process=process(victim), tmux=about["tmux"])
    assert alerting.outcome(old)["state"] == "late"
    other = in_pane(victim, entity_id="0" * 32)
    assert alerting.outcome(other)["reason"] == "it has gone already"
    assert Path(f"/proc/{victim}").exists()
    said = alerting.outcome(about)
    assert (said["state"], said["pid"]) == ("done", victim)
    eventually(lambda: is_over(victim))
    assert alerting.outcome(about)["state"] == "refused"


def test_nothing_of_a_run_before_is_done(alerting: Alerting, victim: int) -> None:
    """Though it may not have been done then."""
    alerting.start(kill())
    alerting.stop()
    alerting.append(in_pane(victim))
    alerting.first = alerting.log.size
    alerting.start(kill())
    (said,) = alerting.outcomes()
    assert (said["state"], said["reason"]) == ("late", "it was sealed before this run began")
    assert Path(f"/proc/{victim}").exists()


@pytest.mark.parametrize("who", ["init", "service", "outside"])
def test_what_must_not_be_killed_is_refused(who: str, alerting: Alerting) -> None:
    """Whatever an alert says."""
    alerting.start(kill())
    pid = 1 if who == "init" else os.getpid()
    about = in_pane(pid)
    if who == "outside":
        del about["tmux"]["pane"]
    reasons = {"init": "process 1 is a server", "service": "it belongs to ttytrace"}
    said = alerting.outcome(about)
    assert said["state"] == "refused"
    assert said["reason"] == reasons.get(who, "it is of no process in a pane")


def test_a_client_is_sent_away(alerting: Alerting, victim: int) -> None:
    """If it is the only one that can have done it."""
    detach = ActionSettings(ActionKind.DETACH, "detach", armed=True)
    alerting.start(detach)
    client, other = person(victim), person(os.getpid())
    both = alert(tmux={"submitted_by": client, "typed_by": [other]})
    assert alerting.outcome(both)["reason"] == "several people did it"
    assert alerting.outcome(alert(tmux={"submitted_by": client}))["state"] == "done"
    eventually(lambda: is_over(victim))


def test_what_is_not_armed_only_says_whom_it_would_hit(alerting: Alerting, victim: int) -> None:
    """And counts, as if it were done: so often at most."""
    alerting.start(kill(armed=False, per_minute=2))
    alerting.append(*[in_pane(victim)] * 3)
    states = [(said["state"], said.get("pid")) for said in alerting.outcomes(3)]
    assert states == [("dry-run", victim), ("dry-run", victim), ("limited", None)]
    assert Path(f"/proc/{victim}").exists()
    alerting.until(lambda: alerting.state("kill").get("limited") == 1)
    assert alerting.state("kill")["dry-run"] == 2


# ---- the workers ----


@pytest.mark.parametrize(
    ("kinds", "uid", "kept"),
    [
        (["kill"], None, [Capability.KILL, Capability.SYS_PTRACE]),
        (["program"], None, [Capability.KILL, Capability.SETUID, Capability.SETGID]),
        (["lock"], 0, [Capability.DAC_OVERRIDE, Capability.SYS_PTRACE]),
    ],
)
def test_a_worker_has_the_rights_that_its_actions_take(
    kinds: list[str], uid: int | None, kept: list[Capability], alerting: Alerting
) -> None:
    """And no others; root's uid only where a server of tmux lets in nobody else."""
    program = ("/bin/true",)
    alerting.start(*(ActionSettings(ActionKind(kind), kind, program=program) for kind in kinds))
    alerting.until(lambda: alerting.state(kinds[0]))
    pid = alerting.pid("respond")
    assert effective_of(pid) == set_of(kept)
    wanted = worker_account().uid if uid is None else uid
    assert Path(f"/proc/{pid}").stat().st_uid in (wanted, 0)
    assert f"Uid:\t{wanted}\t{wanted}" in Path(f"/proc/{pid}/status").read_text()


def test_who_tells_has_no_rights(alerting: Alerting, urls: Urls) -> None:
    """Nor is there a worker for what is not configured."""
    responses = alerting.start(telling(urls("jsons://example.com/x")))
    assert list(responses._children) == ["notify"]
    alerting.until(lambda: alerting.state("tell"))
    pid = alerting.pid("notify")
    assert effective_of(pid) == 0
    assert f"Uid:\t{worker_account().uid}\t" in Path(f"/proc/{pid}/status").read_text()


@pytest.mark.parametrize(("mode", "is_fine"), [(0o640, True), (0o644, False), (0o660, False)])
def test_secrets_that_others_can_read_are_refused(
    mode: int, is_fine: bool, alerting: Alerting, urls: Urls
) -> None:
    """`ttytrace status` says so before there is an alert."""
    alerting.start(telling(urls("jsons://example.com/x", mode=mode)))
    alerting.until(lambda: alerting.state("tell"))
    assert (alerting.state("tell")["state"] == "working") == is_fine
    assert stat.S_IMODE(Path(alerting.responses._wanted["tell"].urls).stat().st_mode) == mode  # type: ignore[union-attr]
