"""Prompts for secrets that the kernel can't see: those of other hosts and terminals.

ssh reads the keyboard raw, and whether the other side echoes can't be known here. So it goes by
what the pane shows: where its program shows the prompts of others, and the last line ends as a
prompt for a secret does, what is typed is withheld until Enter or new output.

Invariant: in doubt it is withheld: where the last line isn't known, as before the first output or
behind a loss, and where typing began before the prompt was gone. An editor on another host that
drew "Password:" last is taken for a prompt too.
"""

from __future__ import annotations

import re
from typing import Final

from tracer.model.context import Process
from tracer.model.events import ProcessKey, Tty
from tracer.model.findings import Lost, TextInput, TextOutput
from tracer.settings import PromptSettings

_PANES: Final = 1024
_TAIL_BYTES: Final = 1024
_LINE_CHARS: Final = 200
_DELETED: Final = b" (deleted)"

# Programs that show what another host or terminal asks, or that read the keyboard raw to ask.
_PROGRAMS: Final = (
    b"ssh slogin dbclient plink mosh-client telnet rlogin ftp lftp sftp scp rsync cu picocom "
    b"minicom socat nc ncat su sudo doas pkexec runuser login passwd sulogin machinectl "
    b"systemd-run run0 docker podman nerdctl crictl kubectl oc lxc incus virsh nsenter vagrant "
    b"gcloud aws session-manager-plugin tsh mysql mariadb psql mongosh redis-cli sqlplus sqlcmd "
    b"gpg gpg2 openssl cryptsetup kinit smbclient git tmux screen script expect asciinema rlwrap"
)

# What runs scripts leads the foreground group of the ssh that a script runs.
_INTERPRETERS: Final = frozenset(b"sh ash bash dash fish ksh mksh zsh perl python3 ruby".split())

# How "password" and its like are written where PAM, coreutils, sudo and OpenSSH are translated.
_WORDS: Final = (
    "passwor[dt]|passwd|passphrase|passcode|pass phrase|pin|otp|token|secret"
    "|(?:verification|security|authenticat(?:or|ion)|access|login|one-time) (?:code|password)"
    "|kennwort|mot de passe|phrase (?:secrète|de passe)|contraseña|contrasenya|clave"
    "|senha|palavra-passe|parola|wachtwoord|lösenord|adgangskode|kodeord|passord|salasana"
    "|hasło|heslo|jelszó|şifre|slaptažodis|parool|geslo|lozinka|pasahitza|kata sandi|mật khẩu"
    "|пароль|парола|лозинка|κωδικός|συνθηματικό|סיסמה|كلمة (?:المرور|السر)"
    "|密码|密碼|口令|パスワード|パスフレーズ|暗証番号|암호|비밀번호|รหัสผ่าน"
)
# "Password:", "password for alice: ", "Passphrase for key '/k':"; stars, where typing shows them.
_REGEXES: Final = (rf"(?<![a-z])(?:{_WORDS})(?![a-z]).{{0,120}}[:：]\s*[*•]*\s*$",)

# The cursor goes elsewhere: what follows is another word, and maybe in another line.
_MOVE: Final = re.compile(rb"\x1b\[[0-9;]*+[A-H`adef]")
# Escape sequences (ECMA-48), or as much of one as is there: strings, CSI, all others; and controls.
_INVISIBLE: Final = re.compile(
    rb"\x1b[]PX^_k][^\x07\x1b]*+(?>(?:\x07|\x1b\\)?)"
    rb"|\x1b\[[0-?]*+[ -/]*+[@-~]?+"
    rb"|\x1b[ -/]*+[0-~]?+"
    rb"|[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]"
)

PaneKey = tuple[ProcessKey, Tty]


class Prompts:
    """The last line of every pane."""

    def __init__(self, settings: PromptSettings) -> None:
        self._panes: dict[PaneKey, _Pane] = {}
        self.take_settings(settings)

    def take_settings(self, settings: PromptSettings) -> None:
        """Other settings hold from now on."""
        self._programs = {*_PROGRAMS.split(), *map(str.encode, settings.programs)}
        self._regexes = [re.compile(r, re.IGNORECASE) for r in (*_REGEXES, *settings.regexes)]

    def show(self, output: TextOutput) -> None:
        """A pane shows more."""
        pane = self._pane(output)
        if pane.asks:
            pane.asked_until_ns = output.time_ns
        pane.tail = ((pane.tail or b"") + output.data[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        pane.asks = self._is_guarded(output.process) and self._asks(pane.tail)

    def lose(self, lost: Lost) -> None:
        """A pane showed what isn't known, or any pane did."""
        if lost.kind != "text_output":
            return
        if lost.place is None or lost.tty is None:
            self._panes.clear()
        else:
            self._panes.pop((lost.place.server, lost.tty), None)

    def take(self, typed: TextInput) -> bool:
        """Whether this may be a secret. An Enter in it ends the prompt."""
        pane = self._pane(typed)
        is_secret = (
            pane.asks
            or typed.time_ns <= pane.asked_until_ns
            or (self._is_guarded(typed.process) and self._asks(pane.tail))
        )
        if typed.data is not None and (b"\r" in typed.data or b"\n" in typed.data):
            pane.tail, pane.asks = b"", False
        return is_secret

    def _pane(self, finding: TextOutput | TextInput) -> _Pane:
        """The pane of a finding, now the newest; the oldest is forgotten."""
        key = finding.place.server, finding.tty
        pane = self._panes.pop(key, None) or _Pane()
        self._panes[key] = pane
        if len(self._panes) > _PANES:
            del self._panes[next(iter(self._panes))]
        return pane

    def _is_guarded(self, process: Process | None) -> bool:
        return (
            process is None
            or name_of(process.exe) in self._programs
            or name_of(process.invoked) in self._programs
            or _runs_script(process)
        )

    def _asks(self, tail: bytes | None) -> bool:
        if tail is None:
            return True
        line = last_line(tail)[-_LINE_CHARS:]
        return any(regex.search(line) for regex in self._regexes)


class _Pane:
    """`tail`: the end of its output, None where that isn't known. `asks`: a guarded program shows a
    prompt; the last such one was there until `asked_until_ns`."""

    __slots__ = ("asked_until_ns", "asks", "tail")

    def __init__(self) -> None:
        self.tail: bytes | None = None
        self.asks = False
        self.asked_until_ns = 0


def _runs_script(process: Process) -> bool:
    """Whether it is an interpreter with a script, or a part of a shell that is on its own."""
    names = {name_of(process.exe), name_of(process.invoked)}
    has_script = any(not word.startswith((b"-", b"+")) for word in process.argv[1:])
    return not names.isdisjoint(_INTERPRETERS) and (has_script or process.is_fork)


def last_line(tail: bytes) -> str:
    """What `tail` writes last on one line, without escape sequences."""
    line = _INVISIBLE.sub(b"", _MOVE.sub(b" ", tail.rpartition(b"\n")[2])).rstrip(b"\r")
    return line.rpartition(b"\r")[2].decode(errors="replace")


def name_of(path: bytes) -> bytes:
    """The name of a program file."""
    return path.rpartition(b"/")[2].removesuffix(_DELETED)
