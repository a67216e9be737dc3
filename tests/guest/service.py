"""python -m tests.guest.service OLD.deb NEW.deb: the package under a real systemd, from its
installation to its purge. Only for a guest: it changes the machine. Says what it does, and ends
with a traceback where something isn't as it must be.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson
import pyzstd

from tracer.privileges import SERVICE, set_of

T = TypeVar("T")
Record = dict[str, Any]

LOG, STATE, ETC = Path("/var/log/ttytrace"), Path("/var/lib/ttytrace"), Path("/etc/ttytrace")
RUN, OPT = Path("/run/ttytrace"), Path("/opt/ttytrace")
UNITS: Final = [Path("/lib/systemd/system"), Path("/etc/systemd/system")]
STRANGER: Final = 12345  # a uid without an account, so that NSS has to look everywhere
PATIENCE_S: Final = 300.0
# For the guest's sake: a watchdog of half a minute is two emulated ones.
WATCHDOG: Final = "[Service]\nWatchdogSec=15\n"


def say(text: str) -> None:
    print(f"{time.clock_gettime(time.CLOCK_BOOTTIME):6.1f} {text}", flush=True)


def ran(*command: str | Path) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done}\n{journal()}"
    return done.stdout


def eventually(what: Callable[[], T], patience_s: float = PATIENCE_S) -> T:
    end = time.monotonic() + patience_s
    while not (found := what()):
        assert time.monotonic() < end, journal()
        time.sleep(0.2)
    return found


def journal() -> str:
    return subprocess.getoutput("journalctl --no-pager --lines=40 --unit=ttytrace")


def shown(name: str) -> str:
    return ran("systemctl", "show", "--value", f"--property={name}", "ttytrace").strip()


def main_pid() -> int:
    return int(shown("MainPID"))


def is_ready() -> bool:
    return shown("ActiveState") == "active"


def records() -> Iterator[Record]:
    texts: dict[str, bytes] = {}
    for path in (LOG / "log").glob("[0-9]*"):
        data = path.read_bytes()
        texts[path.name[:12]] = data if path.suffix == ".jsonl" else pyzstd.decompress(data)
    for name in sorted(texts):
        yield from map(orjson.loads, texts[name].splitlines())


def ours(action: str) -> list[Record]:
    """What the log says of itself."""
    return [
        record["ttytrace"]["log"]
        for record in records()
        if record["event"]["action"] == action and "log" in record["ttytrace"]
    ]


def programs(argument: str) -> list[Record]:
    """The programs with this argument."""
    return [
        record
        for record in records()
        if record["event"]["action"] == "exec"
        and argument in record.get("process", {}).get("args", ())
    ]


def check_mode(path: Path, mode: int, group: str = "root") -> None:
    state = path.lstat()
    found = oct(stat.S_IMODE(state.st_mode)), state.st_uid, grp.getgrgid(state.st_gid).gr_name
    assert found == (oct(mode), 0, group), (path, found)


def status(pid: int, name: str) -> str:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith(f"{name}:"))


class Session:
    """A tmux server of somebody without an account, in its usual place."""

    def __init__(self) -> None:
        place = Path(f"/tmp/tmux-{STRANGER}")
        place.mkdir(mode=0o700)
        os.chown(place, STRANGER, STRANGER)
        self._tmux("new-session", "-d", "-s", "work", "-x", "80", "-y", "24", "sh")

    def does(self, argument: str) -> Record:
        """Runs a program in the pane; its record."""
        self._tmux("send-keys", "-t", "work", f"/bin/true {argument}", "Enter")
        return eventually(lambda: programs(argument))[0]

    def _tmux(self, *command: str) -> None:
        user = ("setpriv", f"--reuid={STRANGER}", f"--regid={STRANGER}", "--clear-groups")
        clean = ("env", "-i", "PATH=/usr/bin:/bin", "SHELL=/bin/sh", "LANG=C.UTF-8", "HOME=/")
        ran(*user, *clean, "tmux", "-f", "/dev/null", *command)


def install(package: Path) -> None:
    say("install")
    # Nothing here has to outlive the power.
    ran("dpkg", "--force-unsafe-io", "--install", package)
    assert shown("UnitFileState") == "enabled"
    assert not is_ready(), "there is no log yet"
    check_mode(ETC, 0o750, "ttytrace")
    check_mode(ETC / "config.toml", 0o640, "ttytrace")
    assert pwd.getpwnam("ttytrace").pw_shell == "/usr/sbin/nologin"
    drop_in = Path("/run/systemd/system/ttytrace.service.d/guest.conf")
    drop_in.parent.mkdir()
    drop_in.write_text(WATCHDOG)
    ran("systemctl", "daemon-reload")


def start() -> None:
    say("init, start")
    assert ran("ttytrace", "init").startswith("ttytrace-seed-")
    ran("systemctl", "start", "ttytrace")  # comes back when it is ready
    assert is_ready()
    assert shown("StatusText") == "recording tmux (kprobe plan)", shown("StatusText")
    for path in (LOG, LOG / "log"):
        check_mode(path, 0o750, "ttytrace")
    for path in (LOG / "log").iterdir():
        check_mode(path, 0o640, "ttytrace")
    check_mode(STATE, 0o700)
    check_mode(STATE / "state", 0o600)
    check_mode(RUN, 0o755)


def record(session: Session) -> None:
    say("record")
    seen = session.does("first")
    # The claims of the server were had, and hold: its socket is reached in spite of PrivateTmp=.
    claimed = eventually(
        lambda: (
            next((r for r in programs("first") if r.get("tmux", {}).get("session")), None)
            or session.does(f"again-{time.monotonic_ns()}").get("tmux", {}).get("session")
        )
    )
    assert claimed
    assert seen["user"]["id"] == str(STRANGER)
    assert "name" not in seen["user"]
    pid = main_pid()
    maps = Path(f"/proc/{pid}/maps").read_text()
    assert "libnss_" not in maps, "the service has looked for names itself"
    assert "bcc" not in maps
    assert status(pid, "NoNewPrivs") == "1"
    assert int(status(pid, "CapBnd"), 16) == int(status(pid, "CapEff"), 16) == set_of(SERVICE)


def reload() -> None:
    say("reload")
    before = len(ours("config"))
    (ETC / "config.toml").write_text('input = "off"\n')
    pid = main_pid()
    ran("systemctl", "reload", "ttytrace")
    eventually(lambda: len(ours("config")) > before)
    eventually(is_ready)
    assert main_pid() == pid


def hang(session: Session) -> None:
    say("hang: the watchdog ends it, and it begins anew")
    pid = main_pid()
    os.kill(pid, signal.SIGSTOP)
    eventually(lambda: main_pid() not in (0, pid) and is_ready())
    assert "Watchdog timeout" in journal()
    session.does("second")


def crash(session: Session) -> None:
    say("crash: it begins anew, and says what is missing")
    gaps, pid = len(ours("gap")), main_pid()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: main_pid() not in (0, pid) and is_ready())
    session.does("third")
    assert len(ours("gap")) > gaps


def upgrade(package: Path, session: Session) -> None:
    say("upgrade")
    pid, starts = main_pid(), len(ours("start"))
    ran("dpkg", "--force-unsafe-io", "--install", package)
    eventually(lambda: main_pid() not in (0, pid) and is_ready())
    session.does("fourth")
    assert len(ours("start")) == starts + 1
    assert ours("start")[-1]["previous"]["end"] == "stop", ours("start")[-1]
    assert (ETC / "config.toml").read_text() == 'input = "off"\n'


def stop() -> None:
    say("stop")
    ran("systemctl", "stop", "ttytrace")
    assert shown("Result") == "success"
    last = ours("stop")[-1]
    assert (last["signal"]["name"], last["sender"]["pid"]) == ("SIGTERM", 1), last
    assert not RUN.exists()


def by_hand() -> None:
    """Another copy, as whoever has no package installs it."""
    say("ttytrace install, uninstall")
    own = Path("/opt/own/bin/ttytrace")
    unit = Path("/etc/systemd/system/ttytrace.service")
    own.write_text(own.read_text().replace(str(OPT), str(own.parents[1])))
    ran(own, "install")
    assert f"ExecStart={own.parent}/python -I" in unit.read_text()
    assert shown("LoadState") == "loaded"
    check_mode(ETC / "config.toml", 0o640, "ttytrace")
    ran(own, "uninstall", "--purge", "--yes")
    assert not unit.exists()
    check_gone()


def purge() -> None:
    say("purge")
    shutil.copytree(OPT, "/opt/own", symlinks=True)
    ran("dpkg", "--purge", "ttytrace")
    assert not OPT.exists()
    assert not Path("/usr/bin/ttytrace").is_symlink()
    check_gone()


def check_gone() -> None:
    for place in (LOG, STATE, ETC, RUN):
        assert not place.exists(), place
    left = [path for units in UNITS for path in units.rglob("ttytrace*")]
    assert not left, left
    for known in (pwd.getpwall(), grp.getgrall()):
        assert "ttytrace" not in {entry[0] for entry in known}


def main() -> None:
    old, new = map(Path, sys.argv[1:])
    install(old)
    start()
    session = Session()
    record(session)
    reload()
    hang(session)
    crash(session)
    upgrade(new, session)
    stop()
    purge()
    by_hand()
    say("done")


if __name__ == "__main__":
    main()
