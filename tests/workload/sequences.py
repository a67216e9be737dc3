"""sequences.py SEED STEPS [wide]: writes STEPS control sequences and pieces of text to a terminal,
chosen at random, with short pauses. `wide`: wide and joined characters, and only such sequences as
don't cut them in halves, but no joiner (U+200D), which tmux 3.3a forgets where a read ends; else
characters of one cell, and all sequences.

Invariant: the same seed writes the same bytes, cut at the same places.
"""

from __future__ import annotations

import os
import random
import sys
import time

WORDS = (
    "plain text", "naïve", "e\u0301te\u0301", "漢字かな", "한국어", "🦀", "🇪🇺",
    "👍🏽", "❤\ufe0f", "☎", "✈\ufe0f", "\u200b", "a\u0300\u0301\u0302", "ｆｕｌｌ", "½", "─│┌",
    "عربى", "ไทยน้ำ", "x" * 30, "𝒳𝔘", "\u00a0", "\u00ad",
)  # fmt: skip
NARROW = ("plain text", "naïve", "½", "─│┌", "x" * 30, "\u00a0", "ß", "Ωμέγα", "привет")
MODES = ("6", "7", "25", "47", "1047", "1049", "1048", "2004", "1000", "5", "12", "1")


class Writer:
    """Chooses the pieces. They are for a terminal of about 80 times 24 cells, and go beyond it."""

    def __init__(self, seed: int, wide: bool) -> None:
        self.chance = random.Random(seed)
        self._said = WORDS if wide else NARROW
        self._kinds = [self._words, self._words, self._words, self._look, self._control]
        if not wide:
            self._kinds += [
                self._move, self._move, self._move, self._erase, self._edit, self._scroll,
                self._mode, self._look, self._look, self._control, self._escape, self._tab,
                self._string, self._repeat, self._broken, self._words, self._words,
            ]  # fmt: skip

    def piece(self) -> bytes:
        """The next one."""
        return self.chance.choice(self._kinds)().encode()

    def _number(self, most: int) -> str:
        few = str(self.chance.randint(1, 4))
        return self.chance.choice(("", "0", few, few, str(self.chance.randint(1, most)), "9999"))

    def _words(self) -> str:
        return "".join(self.chance.choices(self._said, k=self.chance.randint(1, 6)))

    def _move(self) -> str:
        final = self.chance.choice("ABCDEFGHdHHHf`ae")
        if final in "Hf":
            return f"\x1b[{self.chance.randint(0, 28)};{self.chance.randint(0, 90)}{final}"
        return f"\x1b[{self._number(40)}{final}"

    def _erase(self) -> str:
        return f"\x1b[{self.chance.choice(('', '0', '1', '2', '3'))}{self.chance.choice('JKKK')}"

    def _edit(self) -> str:
        return f"\x1b[{self._number(30)}{self.chance.choice('@PXLM')}"

    def _scroll(self) -> str:
        if self.chance.random() < 0.5:
            return f"\x1b[{self._number(10)}{self.chance.choice('ST')}"
        top = self.chance.randint(0, 15)
        return self.chance.choice(("\x1b[r", f"\x1b[{top};{top + self.chance.randint(0, 12)}r"))

    def _mode(self) -> str:
        final = self.chance.choice("hl")
        if self.chance.random() < 0.2:
            return f"\x1b[{self.chance.choice(('4', '20', '34'))}{final}"
        return f"\x1b[?{self.chance.choice(MODES)}{final}"

    def _look(self) -> str:
        of_colour = (
            f"{self.chance.choice((3, 4, 9, 10))}{self.chance.randint(0, 7)}",
            f"38;5;{self.chance.randint(0, 255)}",
            f"48:5:{self.chance.randint(0, 255)}",
            f"38;2;{self.chance.randint(0, 255)};7;200",
            f"48:2::9:{self.chance.randint(0, 255)}:30",
            f"58:5:{self.chance.randint(0, 255)}",
            "39", "49", "59",
        )  # fmt: skip
        simple = [str(self.chance.randint(0, 9)), str(self.chance.randint(20, 29)), "53", "55"]
        kinds = ["", "0", *simple, f"4:{self.chance.randint(0, 5)}", *of_colour]
        return f"\x1b[{';'.join(self.chance.choices(kinds, k=self.chance.randint(1, 3)))}m"

    def _control(self) -> str:
        return self.chance.choice(("\r\n", "\n", "\r\n", "\t", "\v", "\f"))

    def _escape(self) -> str:
        often = ("\x1bM", "\x1bD", "\x1bE", "\x1b7", "\x1b8", "\x1b(0", "\x1b(B", "\x1b)0")
        rarely = ("\x1b#8", "\x1bc", "\x1b=", "\x1b>", "\x1b[!p", "\x1b[s", "\x1b[u", "\x1b[3 q")
        return self.chance.choice(often * 4 + rarely)

    def _tab(self) -> str:
        return self.chance.choice(("\x1bH", "\x1b[g", "\x1b[3g", "\x1b[2I", "\x1b[Z", "\x1b[2Z"))

    def _string(self) -> str:
        what = self.chance.choice(
            ("]0;title", "]2;t\u00eftle", "]11;#102030", "P1$tno", "_apc", "^pm")
        )
        return f"\x1b{what}{self.chance.choice((chr(27) + chr(92), chr(7) + chr(27) + chr(92)))}"

    def _repeat(self) -> str:
        return f"{self.chance.choice('xyz')}\x1b[{self._number(20)}b"

    def _broken(self) -> str:
        return self.chance.choice(("\x1b[1;\x18", "\x1b[\x1a", "\x1b[?;;m", "\x1b[1$z", "\x1b[>1c"))


def main() -> None:
    """Writes them."""
    seed, steps = int(sys.argv[1]), int(sys.argv[2])
    writer = Writer(seed, "wide" in sys.argv)
    data = bytearray()
    for _ in range(steps):
        data += writer.piece()
        while len(data) > 60:
            size = writer.chance.randint(1, 60)
            os.write(1, data[:size])
            del data[:size]
            time.sleep(writer.chance.random() * 0.004)
    os.write(1, data)


if __name__ == "__main__":
    main()
