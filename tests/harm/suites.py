"""What is run, with a tracer off and on, and the lines of its output that have to be the same.

The invariant: a line that is compared has no time, rate, address or process id in it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.harm import selftests

PACKAGES = ("stress-ng", "make", "rsync", "libcap-dev", "xz-utils")
"""Debian packages that it takes to build and run all of this, beside what tests need anyhow."""

# stress-ng's name of a stressor, how many rounds it makes, and its options. Not `zombie`: on a busy
# machine it looks before its children have ended, tracer or not.
_STRESSORS = (
    ("pty", 20, "--pty-max 8"),
    ("fork", 100, ""),
    ("vfork", 200, ""),
    ("clone", 10, "--clone-max 16"),
    ("daemon", 50, ""),
    ("session", 50, ""),
    ("ptrace", 500, ""),
    ("sockfd", 200, ""),
    ("vm-rw", 5, ""),
    ("kill", 500, ""),
    ("exec", 64, "--exec-max 8"),
)
_PATIENCE_S = 900  # with each test: an emulated machine that is busy is slow
_NOT_AS_ROOT = "setpriv --reuid=65534 --regid=65534 --clear-groups "
_STRESS = (
    "stress-ng --{name} 1 --{name}-ops {rounds} {options} --verify --metrics-brief --timeout 60"
)
# The line of a stressor's rounds, those of what its checks found, and how it ended.
_STRESS_RESULTS = (
    r"metrc: +\[\d+\] (\w[\w-]* +\d+) |(fail: .*)|(successful run|unsuccessful run|skip)"
)
_TAP = r"^((?:# )*(?:not )?ok .*?)(?: # exit=\d+)?$"
# Descriptors of execveat(2), process ids where stress-ng complains, where we run, and where a
# program was put that isn't aligned as it asks for.
_OTHER_EACH_TIME = re.compile(
    r"(?<=execveat\()\d+|(?<=\[)\d+(?=\])|(?<=ttytrace-)\w+|(?<=MISaligned \(0x)[0-9a-f]+"
)


class Suite(NamedTuple):
    """`command`: for sh, in a directory of its own. `results`: a regular expression whose groups
    are what is kept of a line. `programs`: what the tracer must have seen start."""

    name: str
    command: str
    results: str
    programs: tuple[str, ...]

    def lines(self, output: str) -> list[str]:
        """The lines to compare."""
        found = (re.search(self.results, line) for line in output.splitlines())
        kept = (" ".join(filter(None, match.groups())) for match in found if match)
        return [_OTHER_EACH_TIME.sub("N", " ".join(line.split())) for line in kept]


def suites() -> Sequence[Suite]:
    """All of them; the kernel's are built first where that wasn't done yet."""
    built = selftests.fetch()
    tmux = Path(__file__).with_name("tmux.sh")
    return (
        Suite("stress-ng", _stress(), _STRESS_RESULTS, ("stress-ng", "setpriv")),
        Suite(
            "kernel selftests",
            f"cp -a {shlex.quote(str(built))} tests && tests/run_kselftest.sh -o {_PATIENCE_S}",
            _TAP,
            ("execveat", "clone3_set_tid", "pidfd_test", "tty_tstamp_update"),
        ),
        Suite("tmux", f"sh {shlex.quote(str(tmux))}", r"^(.*)$", ("tmux", "grep", "mktemp")),
    )


def _stress() -> str:
    return "; ".join(
        (_NOT_AS_ROOT if name == "exec" else "")
        + _STRESS.format(name=name, rounds=rounds, options=options)
        for name, rounds, options in _STRESSORS
    )
