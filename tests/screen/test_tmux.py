"""Our screen shows what a real tmux shows after the same bytes: text, colours, cursor, modes."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator
from itertools import product

import pytest

from tests.screen.tmux import COLUMNS, ROWS, Step, Tmux, difference
from tracer.screen.screen import Screen

FULL = "".join(f"line {n:2} {'x' * n}\r\n" for n in range(ROWS - 1)).encode() + b"last"
LONG = b"".join(b"%d " % n * 14 + b"\r\n" for n in range(12)) + b"end"
SIZES = [(40, 20), (40, 5), (30, 10), (60, 12), (20, 4), (7, 3)]

TEXTS = [
    b"hello",
    *(b"a" * 40 + more for more in (b"", b"b", b"\r\nb", b"\x08b", b"b\x08\x08c", b"\x1b[Db")),
    *(b"a" * 40 + more for more in (b"\x1b[Cb", b"\x1b[Ab", b"\x1b[Kb", b"\x1b[Xb", b"\tb")),
    b"1\n2\x0b3\x0c4\x08\x085\r6\x1bD7\x1bE8\x1bM9",
    b"a\tb\tc" + b"\t" * 9 + b"d",
    b"\x1b[3g\x1b[5G\x1bH\r\tx\ty\x1b[g\x1b[20G\x1b[2Zx\x1b[2Ib",
    b"\x1b[?7l" + b"a" * 50 + b"\x1b[?7hbc",
    b"a" * 40 + b"\x1b[?7lb",
    b"\x1b[4habc\x1b[1Gxyz" + b"a" * 45 + b"\x1b[4l\x1b[1Gq",
    b"a\x1b[3bc\x1b[2b\x1b[b\r\n\x1b[2bd\x1b[999b",
    b"\x1b(0lqqk\x1b(Babc\x0e\x1b)0xx\x0fyy\x0e+,-.0`{|}~\x1b[3b",
    b"\x1b[5;5H\x1b[3Fx\x1b[2Ey\x1b[10`z\x1b[4dq\x1b[0;0Hk\x1b[999;999Hr\x1b[99A\x1b[99Ds",
    b"\x1b[?25lx",
    b"\x1b]0;t\x07a\x1b]2;x\x1b\\b\x1bPq#1\x1b\\c\x1b_x\x1b\\d\x1b^y\x1b\\e\x1bXz\x1b\\f",
    b"\x1bkname\x1b\\g\x1bPtmux;\x1b\x1b[31m\x1b\\h\x1b]52;c;AAAA\x07i\x1b[?2004h\x1b[?2026hj",
    b"a\x1b[3\n1mb\x1b[3\x182mc\x1b[<5mD\x1b[5<me\x1b[ 3mf\x1b[?1;2;3xg\x1b%Gh\x1b#3i\x1b[!pj",
    b"\x1b[" + b"1;" * 30 + b"31ma\x1b[" + b"0" * 62 + b"1mb\x1b[" + b"0" * 63 + b"1mc\x1b[!!!!md",
]
COLOURS = [
    b"\x1b[31mred\x1b[0m \x1b[38;5;200mx\x1b[48:2::1:2:3my\x1b[4:3mz\x1b[58:5:9mq\x1b[59ma",
    b"\x1b[58;2;1;2;3mr\x1b[4ms\x1b[0;53;21mo\x1b[91;102mb\x1b[39;49mc",
    b"\x1b[1ma\x1b[2mb\x1b[3mc\x1b[5md\x1b[7me\x1b[8mf\x1b[9mg\x1b[22;23;24;25;27;28;29;55mh",
    b"\x1b[38;5mx\x1b[38;5;300my\x1b[38;2;1;2mz\x1b[38:5:mq\x1b[4:9mw\x1b[38;2;1;2;300;4mk",
    b"\x1b[;31mr\x1b[1;;32ms\x1b[38:2:1:2:3mt\x1b[38:2:1:1:2:3mu\x1b[4:3;31mv\x1b[99999999999mw",
    b"\x1b[38:2:1:2mt\x1b[48:5mv\x1b[3:1mw\x1b[4:mx\x1b[38;2;;;my\x1b[48;5;;4mz",
]
CHARACTERS = [
    b"\x80a\x9b31mb\xe4\xbdcd\xe4\xe4\xbd\xa0x\xc0\xafy\xed\xa0\x80z\xf4\x90\x80\x80x",
    b"\xe4\xbd\x1b[31m\xa0x\xe4\xbd\x7f\xa0y\xe4\xbd\n\xa0z\xe4\xbd\xa0\x1b[3bc",
    *(
        text.encode()
        for text in (
            "e\u0301x 你好x x你 가 \u1100\u1161\u11a8x a\u00adb \ufeffc",
            "a" * 39 + "你b",
            "你好\x1b[3Ga\x1b[3G你 a你\x1b[9Gb a你好\x1b[15G界",
            "👨\u200d👩\u200d👧x 👨\u200d👩\u200d👧\u200d👦x ❤\ufe0fx 👍🏽x 🇩🇪x ❤\ufe0f\u200d🔥",
            "a\u200db\r\né \u200d你 é\u200d\u200db",
            "e" + "\u0301" * 12 + "x 你" + "\u0301" * 12,
            "\u0301x\r\n\u200dx\r\n\x1b[10C\u0301x\r\n" + "a" * 40 + "\u0301x",
            "─" * 50 + "é\u200d─x\x85x\x9bx\uffffx\ufffe",
            "\x1b[?7l" + "你" * 30 + "\u0301x\x1b[?7h\x1b[4habc\x1b[H你",
        )
    ),
]
ERASING = [
    *(b"\x1b[2J", b"\x1b[J", b"\x1b[H\x1b[J", b"\x1b[1J", b"\x1b[3J", b"\x1b[H\x1b[2J\x1b[3J"),
    *(b"\x1b[5;5H" + op for op in (b"\x1b[J", b"\x1b[1J", b"\x1b[K", b"\x1b[1K", b"\x1b[2K")),
    *(b"\x1b[5;5H\x1b[%s%c" % pair for pair in product((b"", b"3", b"99"), b"XP@LM")),
    *(b"\x1b[%s%c" % pair for pair in product((b"", b"2", b"99"), b"ST")),
    *(b"\x1b[5;40H\x1b[@", b"\x1b[5;39H\x1b[P", b"\x1b#8", b"\x1bc", b"\x1b[?3h", b"\x1b[5J"),
]
MARGINS = [
    FULL + b"\x1b[2;4r" + op + b"!"
    for op in (
        *(b"\x1b[4;1H\n\nx", b"\x1b[2;1H\x1bMx", b"\x1b[9;3H\x1b[9A", b"\x1b[9B", b"\x1b[2S"),
        *(b"\x1b[3;3H\x1b[L", b"\x1b[3;3H\x1b[2M", b"\x1b[7;3H\x1b[2L", b"\x1b[7;3H\x1b[2M"),
        *(b"\x1b[?6hx\x1b[2;2Hy\x1b[99;99Hz\x1b[?6lq", b"\x1b[T", b"\x1b[r\n", b"\x1b[3;3r\n"),
        *(b"\x1b[10;1H\n\n", b"\x1b[3r\n", b"\x1b[;3r\n", b"\x1b#8", b"\x1b[2;1H\x1bM\x1bM\x1bM"),
    )
]
SAVING = [
    b"abc\x1b7\x1b[31m\x1b[?6h\x1b[5;5Hx\x1b8y",
    b"abc\x1b[s\x1b[31m\x1b)0\x0e\x1b[5;5Hx\x1b[uy",
    b"\x1b8x",
    *(
        step % {b"m": mode}
        for mode in (b"47", b"1047", b"1049")
        for step in (
            b"abc\x1b[?%(m)shdef",
            b"abc\x1b[31m\x1b[?%(m)sh\x1b[32mdef\x1b[?%(m)slghi",
            b"abc\x1b[?%(m)sh\x1b[5;5Hdef\x1b[?%(m)slghi\x1b[?%(m)slx",
        )
    ),
]


def resized() -> Iterator[list[Step]]:
    """Steps with other sizes, of both screens."""
    for text, size, other in product((FULL, LONG, FULL * 3), SIZES, SIZES):
        yield [text, size, b"!", other, b"?"]
    for text, size, mode in product((FULL, LONG), SIZES[:5], (b"47", b"1049")):
        alternate = b"\x1b[?%sh" % mode + FULL
        yield [text, alternate, size, b"\x1b[2J\x1b[Hnew", b"\x1b[?%slx" % mode]
        yield [text, alternate, size, b"\x1b[?%slx" % mode, (40, 10)]


# What random sequences found once.
FOUND: list[list[Step]] = [
    [b"\x1b[1;8H" + b"y" * 34 + b"\x1b[3T", (35, 12)],
    [(9, 12), b"\x1b#8\x1b[5@"],
    [b"\x1b[48;2;39;1;2m\x1b[1G\x1b[39@"],
    [(8, 7), b"\x1b#8\x1b[48;2;8;1;2m\x1b[8P"],
    [(17, 1), b"x" * 17 + b"\x1b[?47h" + b"y" * 35],
    [(17, 1), b"\x1b[3P\t\x1bM", (35, 9)],
    [b"\x1bDh", b"\x1b[2;9r\x1b[9L"],
    [(4, 2), b"x" * 16 + b"\x1b[48;2;9;1;2m" + b"y" * 43 + b"\x1b[8S\x1b[39P"],
    [b"\x1b#8", (30, 8), b"\x1bM\x1b[?1049h", (52, 6), b"\x1b[?1049l", (27, 15)],
    [b"\xe2\x94\x80\xe2\x94\xed\xea\xb8\x80 tex"],
]

CORPUS: list[list[Step]] = [
    *FOUND,
    *([text] for text in (*TEXTS, *COLOURS, *CHARACTERS, *MARGINS, *SAVING)),
    *([FULL + style + op + b"!"] for op, style in product(ERASING, (b"", b"\x1b[1;44m"))),
    *([FULL + op, size, b"!"] for op, size in product(ERASING[:6], SIZES)),
    *resized(),
]

# What random sequences are made of; %d becomes a small number.
WORDS = (
    *(b"abc", b"hello world", b"x" * 17, b"y" * 43, b"\r", b"\n", b"\r\n", b"\x08", b"\t"),
    *(b"\x1b[%%d%c" % final for final in b"@ABCDEFGLMPSTXZ`bd"),
    *(b"\x1b[%d;%dH", b"\x1b[%d;%df", b"\x1b[%d;%dr", b"\x1b[r", b"\x1bM", b"\x1bD", b"\x1bE"),
    *(b"\x1b[J", b"\x1b[1J", b"\x1b[2J", b"\x1b[K", b"\x1b[1K", b"\x1b[2K", b"\x1b7", b"\x1b8"),
    *(b"\x1b[?6h", b"\x1b[?6l", b"\x1b[4h", b"\x1b[4l", b"\x1b[?7l", b"\x1b[?7h", b"\x1bH"),
    *(b"\x1b[3%dm", b"\x1b[4%dm", b"\x1b[%dm", b"\x1b[m", b"\x1b[38;5;%dm", b"\x1b[48;2;%d;1;2m"),
    *(b"\x1b(0", b"\x1b(B", b"\x1b)0", b"\x0e", b"\x0f", b"\x1b#8", b"\x1b[g", b"\x1b[3g"),
    *(b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[?47h", b"\x1b[?1047l", b"\x1bc", b"\x1b[?25l"),
)
WIDE_WORDS = tuple(
    word.encode()
    for word in (
        "你好",
        "a你b",
        "e\u0301",
        "한글 text",
        "👍",
        "─" * 9,
        "\r",
        "\r\n",
        "\x1b[H",
        "\x1b[2J",
    )
)


def composed(seed: int) -> list[Step]:
    """Random steps, the same for a seed.

    Left out is what tmux keeps that no terminal shows: the other half of a wide character that is
    erased or overwritten from behind, and what is right of the last column after a screen became
    narrower, which is there again once it is wider.
    """
    chance = random.Random(seed)
    words = WIDE_WORDS if seed % 5 == 0 else WORDS
    steps: list[Step] = []
    screen = Screen(COLUMNS, ROWS)
    narrowest, widest = chance.choice(((2, COLUMNS), (COLUMNS, 60)))
    for _ in range(chance.randrange(1, 6)):
        chosen = chance.choices(words, k=chance.randrange(1, 30))
        text = b"".join(_numbered(word, chance) for word in chosen)
        screen.feed(text)
        steps.append(text)
        if chance.random() < 0.5:
            columns = chance.randint(narrowest, widest)
            narrowest, widest = (narrowest, columns) if columns < COLUMNS else (columns, widest)
            steps.append((columns, chance.randrange(1, 16)))
            steps += [b"\x1b[H\x1b[2J"] * screen.is_alternate
    return steps


def _numbered(word: bytes, chance: random.Random) -> bytes:
    return re.sub(rb"%d", lambda _: b"%d" % chance.choice((0, 1, 2, 3, 5, 8, 9, 39)), word)


def shrunk(steps: list[Step], tmux: Tmux) -> list[Step]:
    """The shortest steps found that still differ."""
    for place in range(len(steps) - 1, -1, -1):
        without = steps[:place] + steps[place + 1 :]
        if difference(without, tmux):
            steps = without
    for place, step in enumerate(steps):
        pieces = (
            re.findall(rb"\x1b\[[0-?]*[@-~]|\x1b[()#].|\x1b.|[^\x1b]", step, re.DOTALL)
            if isinstance(step, bytes)
            else []
        )
        for cut in range(len(pieces) - 1, -1, -1):
            fewer = pieces[:cut] + pieces[cut + 1 :]
            if difference([*steps[:place], b"".join(fewer), *steps[place + 1 :]], tmux):
                pieces = fewer
        if pieces:
            steps = [*steps[:place], b"".join(pieces), *steps[place + 1 :]]
    return steps


@pytest.fixture(scope="module")
def tmux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tmux]:
    server = Tmux(tmp_path_factory.mktemp("tmux"))
    yield server
    server.end()


def test_the_corpus_is_shown_as_tmux_shows_it(tmux: Tmux) -> None:
    """Each feature of a terminal, in all its odd corners that are known."""
    found = [(steps, what) for steps in CORPUS if (what := difference(steps, tmux))]
    assert not found, f"{len(found)} of {len(CORPUS)} differ, {found[0][0]}:\n{found[0][1]}"


def test_random_sequences_are_shown_as_tmux_shows_them(tmux: Tmux) -> None:
    """Whatever follows whatever, at whatever sizes."""
    for seed in range(250):
        steps = composed(seed)
        if difference(steps, tmux):
            short = shrunk(steps, tmux)
            pytest.fail(f"seed {seed}: {short}\n{difference(short, tmux)}")


def test_every_character_is_as_wide_as_tmux_has_it(tmux: Tmux) -> None:
    """All assigned characters, but the joiner, which waits for the next one."""
    characters = [
        chr(code)
        for code in range(0x80, 0x110000)
        if code != 0x200D and unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
    ]
    replies = tmux.write("".join(f"\ra{c}\x1b[6n" for c in characters).encode())
    theirs = [int(column) - 1 for column in re.findall(rb"\x1b\[\d+;(\d+)R", replies)]
    screen = Screen(COLUMNS, ROWS)
    columns = []
    for character in characters:
        screen.feed(f"\ra{character}".encode())
        columns.append(screen.cursor.column)
    differing = [
        (hex(ord(c)), tmux_column, column)
        for c, tmux_column, column in zip(characters, theirs, columns, strict=True)
        if tmux_column != column
    ]
    assert not differing
