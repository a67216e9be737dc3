"""Runs a command on this host itself, with a userland's tmux, BCC and Python."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import IO

from tests.guest import boot, userlands
from tests.guest.suite import environment_of


def run(
    userland: userlands.Userland,
    command: Sequence[str],
    *,
    plan: str | None,
    limit_s: int,
    output: IO[bytes] | None = None,
) -> int:
    """The command's exit status, 124 when it took too long; `output` gets what it prints."""
    # An interrupt lets the tests end what they started.
    limit = ["timeout", "--foreground", "--signal=INT", "--kill-after=60", str(limit_s)]
    return subprocess.run(
        [*limit, *userlands.command(userland, command)],
        env=boot.ENVIRONMENT | environment_of(plan, in_guest=False),
        stdin=None if output is None else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        check=False,
    ).returncode
