"""tracer.redact.prompts"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.playbook import PTS, SERVER, at_ns, key
from tests.samples import INPUT, OUTPUT, PROCESS
from tracer.model.context import Place
from tracer.model.events import Tty
from tracer.model.findings import Lost, TextInput, TextOutput
from tracer.redact.prompts import Prompts, last_line, name_of
from tracer.settings import PromptSettings

PLACE = Place(key(SERVER))
SSH = PROCESS._replace(exe=b"/usr/bin/ssh", invoked=b"/usr/bin/ssh", argv=(b"ssh", b"h"))
VIM = PROCESS._replace(exe=b"/usr/bin/vim", invoked=b"vim")


def shown(data: str | bytes, ms: float = 0, process=SSH, tty: Tty = PTS) -> TextOutput:
    """A pane showed that."""
    raw = data.encode() if isinstance(data, str) else data
    return TextOutput(at_ns(ms), at_ns(ms), process, PLACE, tty, 24, 80, 0, raw)


def typed(data: bytes, ms: float = 1000, process=SSH, tty: Tty = PTS) -> TextInput:
    """Somebody typed that, from then on."""
    return TextInput(
        at_ns(ms), at_ns(ms) + 9, process, PLACE, tty, 0, len(data), data, None, ()
    )  # fmt: skip


def secret(
    *findings: TextOutput | TextInput | Lost, settings: PromptSettings | None = None
) -> list[bytes]:
    """What of the typed bytes may be a secret, after these in their order."""
    prompts = Prompts(settings or PromptSettings())
    found = []
    for finding in findings:
        match finding:
            case TextOutput():
                prompts.show(finding)
            case TextInput():
                if prompts.take(finding):
                    found.append(finding.data)
            case Lost():
                prompts.lose(finding)
    return found


@pytest.mark.parametrize(
    "prompt",
    [
        "[sudo] password for bob: ",
        "bob@10.0.0.7's password: ",
        "Password:",
        "Enter password: ",
        "Password for user postgres: ",
        "Enter passphrase for key '/home/a:b/.ssh/id_ed25519': ",
        "(current) UNIX password: ",
        "Enter PIN: ",
        "Enter PIN for 'token': ",
        "Verification code: ",
        "One-time password (OATH) for `bob': ",
        "Passwort: ",
        "[sudo] Passwort für bob: ",
        "Mot de passe : ",
        "[sudo] Mot de passe de bob\u00a0: ",
        "[sudo] contraseña para bob: ",
        "Palavra-passe: ",
        "Hasło: ",
        "Пароль: ",
        "密码：",
        "[sudo] bob 的密码：",
        "パスワード: ",
        "[sudo] bob のパスワード:",
        "암호: ",
        "\x1b]0;h\x07\x1b[?2004l\r\x1b[1mPassword\x1b[0m: \x1b[?25h",
        "Password: ***",
        "Last login: today\r\n\r\nPassword:\r",
    ],
)
def test_a_prompt_for_a_secret_is_seen(prompt):
    """In the languages of PAM and coreutils, coloured or not; what is typed at it may be one."""
    assert secret(shown(prompt), typed(b"hunter2\r")) == [b"hunter2\r"]


@pytest.mark.parametrize(
    "line",
    [
        "bob@passwords:~$ ",
        "password changed\r\nbob@h:~$ ",
        "Password:\r\n",
        "mysql> ",
        "Password: \r\nWelcome to h\r\n$ ",
        "spinning: ",
        "",
    ],
)
def test_other_lines_are_no_prompts(line):
    """A prompt of a shell, and a prompt that more output followed."""
    assert not secret(shown("$ "), shown(line), typed(b"ls\r"))


@pytest.mark.parametrize("cut", range(1, len("Password: ")))
def test_a_prompt_may_come_in_pieces(cut):
    """As the network cuts it."""
    prompt = "Password: "
    assert secret(shown(prompt[:cut]), shown(prompt[cut:], 1), typed(b"a\r")) == [b"a\r"]


def test_enter_ends_it():
    """What follows is no secret, even before the answer to it is shown."""
    assert secret(shown("Password: "), typed(b"a\r"), typed(b"ls\r", 2000)) == [b"a\r"]


def test_it_lasts_until_enter():
    """A secret that is typed slowly is several runs."""
    runs = typed(b"a"), typed(b"b", 2000), typed(b"c\n", 3000)
    assert secret(shown("Password: "), *runs) == [b"a", b"b", b"c\n"]


def test_new_output_ends_it():
    """`Password:` is no last line any more."""
    welcome = shown("\r\nConnection closed\r\n$ ", 500)
    assert not secret(shown("Password: "), welcome, typed(b"ls\r"))


def test_what_was_begun_before_new_output_is_still_secret():
    """A broadcast in the middle of a password; its first part is told after that."""
    wall = shown("\r\nreboot in 5 minutes\r\n", 1500)
    assert secret(shown("Password: "), wall, typed(b"hunt", 1000)) == [b"hunt"]


def test_what_was_begun_before_the_prompt_is_secret():
    """Typed ahead, it is what the prompt will read."""
    assert secret(shown("$ "), shown("Password: ", 1500), typed(b"hunt", 1000)) == [b"hunt"]


def test_it_is_asked_again():
    """A wrong password is answered by another prompt."""
    again = shown("\r\nSorry, try again.\r\n[sudo] password for bob: ", 2000)
    runs = secret(shown("Password: "), typed(b"a\r"), again, typed(b"b\r", 3000))
    assert runs == [b"a\r", b"b\r"]


def test_sequences_that_show_nothing_are_no_new_output():
    """The cursor blinks, the title changes: the last line is the same."""
    title = shown("\x1b]2;h\x1b\\\x1b[?25h\x1b(B", 500)
    assert secret(shown("Password: "), title, typed(b"a\r")) == [b"a\r"]


def test_only_programs_that_show_the_prompts_of_others_count():
    """In vim and less, the kernel knows what the pane's terminal is asked to echo."""
    assert not secret(shown("Password: ", process=VIM), typed(b"a\r", process=VIM))


@pytest.mark.parametrize(
    ("invoked", "argv", "is_fork", "counts"),
    [
        (b"./deploy", (b"/bin/sh", b"-e", b"./deploy"), False, True),
        (b"/bin/sh", (b"sh", b"-c", b"ssh h; ssh i"), False, True),
        (b"/bin/sh", (b"-sh",), True, True),
        (b"/bin/sh", (b"-sh",), False, False),
        (b"/bin/sh", (b"sh", b"-i", b"+m"), False, False),
    ],
)
def test_a_script_may_run_a_program_that_asks(invoked, argv, is_fork, counts):
    """Its shell leads the foreground group then; a shell that is typed into doesn't ask."""
    shell = PROCESS._replace(exe=b"/usr/bin/dash", invoked=invoked, argv=argv, is_fork=is_fork)
    pair = shown("Password: ", process=shell), typed(b"a\r", process=shell)
    assert secret(*pair) == [b"a\r"] * counts


def test_an_editor_on_another_host_is_no_prompt_unless_that_was_drawn_last():
    """Where a screen is drawn over can't be known from its last bytes alone."""
    status = '\x1b[5;1HPassword: x\x1b[24;1H"f" 3L, 21B\x1b[5;11H'
    assert not secret(shown(status), typed(b"a"))
    assert secret(shown("\x1b[24;1Hf\x1b[5;1HPassword: \x1b[5;11H"), typed(b"a")) == [b"a"]


@pytest.mark.parametrize("process", [None, SSH._replace(exe=b"/usr/bin/ssh (deleted)")])
def test_the_program_may_be_unknown_or_replaced(process):
    """Not knowing is a doubt; an upgraded ssh is one still."""
    pair = shown("Password: ", process=process), typed(b"a\r", process=process)
    assert secret(*pair) == [b"a\r"]


def test_the_name_that_it_was_called_by_counts():
    """busybox has many."""
    su = PROCESS._replace(exe=b"/bin/busybox", invoked=b"/bin/su")
    assert secret(shown("Password: ", process=su), typed(b"a\r", process=su)) == [b"a\r"]


def test_a_program_may_have_changed_since():
    """The prompt was read while the shell was still in the foreground, or after it was again."""
    assert secret(shown("Password: ", process=VIM), typed(b"a\r")) == [b"a\r"]
    assert secret(shown("Password: "), typed(b"a\r", process=VIM)) == [b"a\r"]


def test_an_unknown_last_line_is_a_doubt():
    """ssh may have asked before we came; from its first output, or Enter, on it is known."""
    assert secret(typed(b"a\r"), typed(b"b\r", 2000)) == [b"a\r"]
    assert not secret(shown("$ "), typed(b"ls\r"))


@pytest.mark.parametrize("place", [PLACE, None])
@pytest.mark.parametrize("tty", [PTS, None])
def test_a_loss_is_a_doubt(place, tty):
    """The prompt may have been in it."""
    lost = Lost(at_ns(1), "text_output", "ring full", 1, 9, place, tty, 0)
    assert secret(shown("$ "), lost, typed(b"a\r")) == [b"a\r"]


def test_other_losses_say_nothing_of_the_screen():
    """Nor does a loss in another pane."""
    other = Lost(at_ns(1), "text_output", "ring full", 1, 9, PLACE, Tty(136, 4), 0)
    assert not secret(shown("$ "), other, other._replace(kind="exec", tty=PTS), typed(b"a\r"))


def test_panes_are_apart():
    """A prompt in one is none in the other."""
    there = Tty(136, 4)
    runs = shown("$ "), shown("Password: ", tty=there), typed(b"ls\r"), typed(b"a\r", tty=there)
    assert secret(*runs) == [b"a\r"]


def test_panes_that_are_forgotten_are_a_doubt():
    """Memory is bounded; the pane that was used last is kept."""
    others = [shown("$ ", tty=Tty(136, n)) for n in range(100, 100 + 1024)]
    assert secret(shown("$ "), *others, typed(b"a\r")) == [b"a\r"]
    assert not secret(shown("$ "), *others[1:], typed(b"a\r"))


def test_programs_and_prompts_can_be_added():
    """By the configuration; case doesn't count."""
    settings = PromptSettings(("vim",), (r"badge number\?\s*$",))
    asked = shown("Badge Number? ", process=VIM), typed(b"a\r", process=VIM)
    assert not secret(*asked)
    assert secret(*asked, settings=settings) == [b"a\r"]


@given(st.text("\x1b[]0;?m\x07\\ \r\nPassword:", max_size=400))
def test_no_output_makes_it_fail(text):
    """Escape sequences that are cut, nested, never ended: the line has none of them."""
    line = last_line(text.encode())
    assert not set("\x1b\x07\r\n") & set(line)


def test_name_of_is_the_last_part():
    """Without what the kernel says of it."""
    assert name_of(b"/usr/bin/ssh") == name_of(b"ssh") == name_of(b"/tmp/ssh (deleted)") == b"ssh"


def test_other_settings_forget_no_pane() -> None:
    """What it showed last counts under the new ones."""
    prompts = Prompts(PromptSettings())
    shown = OUTPUT._replace(data=b"badge number: ", process=PROCESS._replace(exe=b"/bin/tsh"))
    typed = INPUT._replace(place=shown.place, tty=shown.tty, process=shown.process, data=b"7")
    prompts.show(shown)
    assert not prompts.take(typed)
    prompts.take_settings(PromptSettings(("tsh",), (r"badge number:\s*$",)))
    assert prompts.take(typed)
