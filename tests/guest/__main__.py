"""python -m tests.guest KERNEL [--plan PLAN] [--userland USERLAND] [-- COMMAND...]: run a command,
by default the kernel tests, in a guest, or on this host where the kernel is `host`. The exit status
is the command's; 70 when the guest died, 124 when this host took too long."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from tests.guest import boot, kernels, native, userlands
from tests.guest.suite import KERNEL_TESTS, environment_of


def main() -> int:
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    command = arguments[split + 1 :]
    boxes, lands = kernels.boxes(), userlands.userlands()
    parser = argparse.ArgumentParser(
        prog="python -m tests.guest", usage="%(prog)s KERNEL [options] [-- COMMAND...]"
    )
    parser.add_argument("kernel", choices=sorted([*boxes, kernels.HOST]))
    parser.add_argument("--plan", help="by default what the tracer chooses")
    parser.add_argument("--userland", choices=sorted(lands), default=userlands.HOST)
    parser.add_argument("--systemd", action="store_true", help="as pid 1")
    parser.add_argument("--limit", type=int, default=1800, metavar="SECONDS")
    asked = parser.parse_args(arguments[:split])
    if os.geteuid():
        print("this needs root: it takes all of this host's files with it", file=sys.stderr)
        return 77
    userland = lands[asked.userland]
    if asked.kernel == kernels.HOST:
        return native.run(userland, command or KERNEL_TESTS, plan=asked.plan, limit_s=asked.limit)
    return _in_a_guest(boxes[asked.kernel], userland, command or KERNEL_TESTS, asked)


def _in_a_guest(
    box: kernels.Box,
    userland: userlands.Userland,
    command: Sequence[str],
    asked: argparse.Namespace,
) -> int:
    kernel = kernels.fetch(box)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the guest ends with us
    try:
        outcome = boot.run(
            kernel,
            command,
            environment=environment_of(asked.plan),
            limit_s=asked.limit,
            userland=userland,
            echo=sys.stdout.buffer,
            systemd=asked.systemd,
        )
    except boot.GuestDied as died:
        print(died, file=sys.stderr)
        return 70
    print(f"guest: status {outcome.status} after {outcome.seconds:.0f} s", file=sys.stderr)
    return outcome.status


if __name__ == "__main__":
    sys.exit(main())
