"""python -m tests.guest KERNEL [--plan PLAN] [-- COMMAND...]: run a command, by default the kernel
tests, in a guest. The exit status is the command's; 70 when the guest died."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from tests.guest import boot, kernels
from tests.guest.suite import KERNEL_TESTS, environment_of


def main() -> int:
    arguments = sys.argv[1:]
    split = arguments.index("--") if "--" in arguments else len(arguments)
    command = arguments[split + 1 :]
    boxes = kernels.boxes()
    parser = argparse.ArgumentParser(
        prog="python -m tests.guest", usage="%(prog)s KERNEL [options] [-- COMMAND...]"
    )
    parser.add_argument("kernel", choices=sorted(boxes))
    parser.add_argument("--plan", help="by default what the tracer chooses")
    parser.add_argument("--systemd", action="store_true", help="as pid 1")
    parser.add_argument("--limit", type=int, default=1800, metavar="SECONDS")
    asked = parser.parse_args(arguments[:split])
    if os.geteuid():
        print("a guest needs root: it takes all of this host's files with it", file=sys.stderr)
        return 77
    kernel = kernels.fetch(boxes[asked.kernel])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the guest ends with us
    try:
        outcome = boot.run(
            kernel,
            command or KERNEL_TESTS,
            environment=environment_of(asked.plan),
            limit_s=asked.limit,
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
