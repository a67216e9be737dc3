"""stamps.py FILE: shows what time it is, again and again, and asks the terminal for an answer.

Each line that it shows begins with `@` and has CLOCK_BOOTTIME in nanoseconds, read just before. To
FILE it writes a line for each: that number, and CLOCK_BOOTTIME when the terminal, asked after some
of them, had answered: it had shown them by then.
"""

from __future__ import annotations

import os
import random
import sys
import time
import tty


def now_ns() -> int:
    """CLOCK_BOOTTIME."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def main(path: str) -> None:
    """Goes on until it is killed."""
    tty.setraw(0)
    chance = random.Random(1)
    with open(path, "w", buffering=1) as file:  # noqa: PTH123 - line by line
        while True:
            stamps = []
            for _ in range(chance.randint(1, 6)):
                stamps.append(now_ns())
                os.write(1, b"@%d\r\n" % stamps[-1])
                time.sleep(chance.random() * 0.008)
            os.write(1, b"\x1b[6n")
            answer = b""
            while not answer.endswith(b"R"):
                answer += os.read(0, 100)
            answered_ns = now_ns()
            file.writelines(f"{stamp} {answered_ns}\n" for stamp in stamps)
            time.sleep(chance.random() * 0.05)


if __name__ == "__main__":
    main(sys.argv[1])
