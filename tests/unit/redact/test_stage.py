"""tracer.redact.stage"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.samples import ALICE, EXEC, FINDINGS, INPUT, LOST, NOW, OUTPUT, PLACE, PROCESS
from tracer.model import abi
from tracer.model.context import Process
from tracer.model.findings import (
    Finding,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TextInput,
    TmuxChanged,
)
from tracer.redact.patterns import BUILT_IN
from tracer.redact.stage import Redactor
from tracer.settings import InputPolicy, RedactSettings

KEY = b"key of a test"
MASKING = RedactSettings()
NOT_MASKING = RedactSettings(without=tuple(pattern.name for pattern in BUILT_IN))

# A secret as people and machines make them; no digits alone, which the text of a mask holds.
RAW = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x2FF, exclude_characters="\x7f'\"\\`"),
    min_size=6,
    max_size=40,
).filter(lambda text: not text.startswith("-") and any(c not in "0123456789" for c in text))
WORD = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.~+-]{6,40}", fullmatch=True)
NAME = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{6,40}", fullmatch=True)
# {} is an argument, or the rest of one, in which any byte may stand.
FORMS = (
    "prog --password={}", "prog --password {}", "prog --token {}", "prog --secret={}",
    "prog --api-key {}", "mysql -u root -p{} db", "/usr/bin/mariadb -p{}", "sshpass -p {} ssh h",
    "sshpass -p{} ssh h", "env AWS_SECRET_ACCESS_KEY={} cmd", "env PGPASSWORD={} psql",
    "curl -u bob:{} h", "curl -H 'Authorization: Basic {}' h", "openssl rsa -passin pass:{}",
)  # fmt: skip
# Here only what such tokens are made of.
WORD_FORMS = (
    "git clone https://bob:{}@h/x", "curl https://h/?access_token={}&x=1", "curl https://h/?sig={}",
    "curl -H 'Authorization: Bearer {}'", "x ghp_0123456789abcdef{}", "x glpat-0123456789abcdef{}",
    "x xoxb-0123456789{}",
)  # fmt: skip


def redactor(policy: InputPolicy = InputPolicy.FULL, settings=MASKING) -> Redactor:
    return Redactor(settings, policy, KEY)


def running(argv: list[str]) -> Process:
    """A process with these arguments."""
    words = tuple(word.encode() for word in argv)
    return PROCESS._replace(
        exe=b"/usr/bin/x", argv=words, argc=len(words), argv_bytes=sum(map(len, words)) + len(words)
    )


def everywhere(process: Process) -> list[Finding]:
    """Findings of all classes that hold a process."""
    return [
        ProcessForked(NOW, process, PLACE),
        ProgramStarted(NOW, process, PLACE),
        OUTPUT._replace(process=process),
        INPUT._replace(process=process),
        ProcessTraced(NOW, ALICE, process, PLACE, "PTRACE_ATTACH"),
        ProcessEnded(NOW, process, PLACE, 0),
    ]


def leaves(value: object) -> Iterator[bytes]:
    """Every text and every bytes within a finding."""
    match value:
        case bytes():
            yield value
        case str():
            yield value.encode("utf-8", "surrogatepass")
        case tuple():
            for part in value:
                yield from leaves(part)


def tells(findings: list[Finding], canary: str) -> bool:
    return any(canary.encode() in leaf for leaf in leaves(tuple(findings)))


@st.composite
def commands(draw: st.DrawFn) -> tuple[list[str], str]:
    """Arguments with a secret in one of the forms: as such, or as the script of a shell."""
    is_script = draw(st.booleans())
    form = draw(st.sampled_from(FORMS + WORD_FORMS))
    canary = draw(NAME if form in WORD_FORMS else WORD if is_script else RAW)
    argv = [word.replace("{}", canary) for word in shlex.split(form)]
    before = draw(st.lists(st.sampled_from(["sudo", "-n", "nice", "env"]), max_size=3))
    argv = [*before, *argv, *draw(st.lists(st.sampled_from(["-v", "x", "", "--"]), max_size=3))]
    if is_script:
        script = draw(st.sampled_from(["", "cd /; ", "true && "])) + shlex.join(argv)
        argv = [
            draw(st.sampled_from(["sh", "/bin/bash"])),
            draw(st.sampled_from(["-c", "-lc"])),
            script,
        ]
    return argv, canary


@given(commands())
def test_a_secret_in_arguments_is_in_nothing_that_leaves(command):
    """Whatever it is, and wherever it stands: all fields of all findings are looked through."""
    argv, canary = command
    assert not tells(redactor().feed(everywhere(running(argv))), canary)


@given(commands())
def test_without_masks_the_same_secret_is_found(command):
    """So the test above can fail."""
    argv, canary = command
    told = redactor(settings=NOT_MASKING).feed(everywhere(running(argv)))
    assert all(tells([finding], canary) for finding in told)


def test_a_mask_stands_where_the_secret_was():
    """The true length of the arguments and their number stay."""
    process = running(["mysql", "-phunter2"])
    (told,) = redactor().feed([EXEC._replace(process=process)])
    assert told.process.argv == (b"mysql", b"-p[masked 7 bytes]")
    assert [(m.argument, m.size) for m in told.process.masks] == [(1, 7)]
    assert told.process._replace(argv=process.argv, masks=()) == process


@pytest.mark.parametrize(
    "name", ["PGPASSWORD=hunter2", "mysql -phunter2 db", "é\udcff\ud800 --token hunter2"]
)
def test_a_window_may_be_named_after_a_command(name):
    """In every place, and in what is told of the change."""
    named = PLACE._replace(window_name=name)
    changed = TmuxChanged(NOW, "window-renamed", named, None, f"was {name}")
    told = redactor().feed([changed, OUTPUT._replace(place=named)])
    assert not tells(told, "hunter2")
    assert tells([changed], "hunter2")
    assert [finding.place.window_id for finding in told] == ["@2", "@2"]


def test_a_cut_of_the_arguments_is_minded():
    """The kernel half keeps 4 KiB of them, which may end within a secret."""
    process = running(["x", "https://bob:hunt"])._replace(flags=abi.EXEC_ARGV_CUT)
    assert not tells(redactor().feed(everywhere(process)), "hunt")


def test_every_class_with_a_process_is_there():
    """A class of findings that gets one must be known here, and in the tests above."""
    holders = {class_ for class_ in Finding.__args__ if "process" in class_._fields}
    assert holders == {type(finding) for finding in everywhere(PROCESS)}


def test_what_holds_no_secret_is_the_same_object():
    """Nothing is copied for nothing."""
    plain = [finding for finding in FINDINGS if not isinstance(finding, TextInput)]
    assert all(a is b for a, b in zip(redactor().feed(plain), plain, strict=True))


@pytest.mark.parametrize(
    ("policy", "data"), [(InputPolicy.METADATA, None), (InputPolicy.FULL, INPUT.data)]
)
def test_the_policy_says_what_of_input_is_kept(policy, data):
    """See policy.py."""
    (told,) = redactor(policy).feed([INPUT])
    assert told.data == data


def test_off_drops_input_alone():
    """Nothing else is the policy's."""
    assert redactor(InputPolicy.OFF).feed([OUTPUT, INPUT, EXEC]) == [OUTPUT, EXEC]


def test_what_is_typed_at_a_prompt_is_withheld():
    """The prompt of another host, seen in the pane's output; until Enter."""
    ssh = PROCESS._replace(exe=b"/usr/bin/ssh")
    asked = OUTPUT._replace(process=ssh, data=b"[sudo] password for bob: ")
    typed = INPUT._replace(process=ssh, time_ns=NOW + 90, data=b"hunter2\r", size=8)
    told = redactor().feed([asked, typed, typed])
    assert told == [asked, typed._replace(data=None, withheld="prompt"), typed]


def test_a_loss_may_have_been_a_prompt():
    """In doubt it is withheld."""
    ssh = PROCESS._replace(exe=b"/usr/bin/ssh")
    shown = OUTPUT._replace(process=ssh, data=b"$ ")
    typed = INPUT._replace(process=ssh, time_ns=NOW + 90)
    told = redactor().feed([shown, LOST, typed])
    assert [f.withheld for f in told if isinstance(f, TextInput)] == ["prompt"]


def test_other_settings_hold_from_then_on() -> None:
    """Policy and patterns; a prompt that is shown stays one."""
    stage = redactor(InputPolicy.FULL, NOT_MASKING)
    typed = INPUT._replace(data=b"ls")
    asking = OUTPUT._replace(data=b"Password: ", process=PROCESS._replace(exe=b"/usr/bin/ssh"))
    secret = EXEC._replace(process=running(["prog", "--password=hunter2"]))
    stage.feed([asking])
    assert stage.feed([secret]) == [secret]
    stage.take_settings(MASKING, InputPolicy.FULL)
    (masked,) = stage.feed([secret])
    assert b"hunter2" not in b"".join(masked.process.argv)
    place = {"place": asking.place, "tty": asking.tty, "process": asking.process}
    (withheld,) = stage.feed([typed._replace(**place)])
    assert (withheld.data, withheld.withheld) == (None, "prompt")
    stage.take_settings(MASKING, InputPolicy.OFF)
    assert stage.feed([typed]) == []
