"""What a terminal would obey, were it printed: one example for each kind of attack.

Sources: xterm's ctlseqs, ECMA-48, CVE-2021-25743 (kubectl), CVE-2021-42574 (bidi), iTerm2 and kitty
manuals.
"""

from __future__ import annotations

# Letters and marks by their category, which no terminal draws.
INKLESS = "\u3164\u115f\u1160\u17b4\u17b5\u180b\u180f\uffa0\u034f\ufe00\ufe0f\U000e0101"

VECTORS: dict[str, bytes] = {
    "title set": b"\x1b]0;owned\x07",
    "title report": b"\x1b[21t",
    "clipboard set (OSC 52)": b"\x1b]52;c;cm0gLXJmIC8=\x07",
    "clipboard query (OSC 52)": b"\x1b]52;c;?\x1b\\",
    "DECRQSS": b'\x1bP$q"p\x1b\\',
    "XTGETTCAP": b"\x1bP+q544e\x1b\\",
    "answerback (ENQ)": b"\x05",
    "device attributes": b"\x1b[c\x1b[>c\x1b[=c",
    "device status report": b"\x1b[6n\x1b[5n",
    "media copy (print)": b"\x1b[5i\x1b[4i",
    "mouse reports": b"\x1b[?1003h\x1b[?1006h",
    "bracketed paste off": b"\x1b[?2004l",
    "tmux passthrough": b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "iTerm2 file (OSC 1337)": b"\x1b]1337;File=name=eA==;inline=0:eA==\x07",
    "kitty graphics (APC)": b"\x1b_Ga=T,f=24,s=1,v=1;AAAA\x1b\\",
    "raw C1 CSI": b"\x9b31mred",
    "raw C1 OSC": b"\x9d0;owned\x9c",
    "C1 as UTF-8": "\u009b31m\u009d0;owned\u009c".encode(),
    "carriage return overwrite": b"rm -rf /\rls -la  ",
    "backspace overwrite": b"evil\b\b\b\bgood",
    "bidi override": "\u202egnp.exe\u202c \u2066x\u2069 \u200e\u200f\u061c".encode(),
    "hyperlink (OSC 8)": b"\x1b]8;;http://evil.test\x1b\\good.test\x1b]8;;\x1b\\",
    "full reset (RIS)": b"\x1bc",
    "shift out": b"\x0eqqqq\x0f",
    "bad UTF-8": b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82",
    "line separator": "a\u2028b\u2029c\u0085d".encode(),
    "font query (OSC 50)": b"\x1b]50;?\x07",
    "repeat bomb (REP)": b"x\x1b[99999999b",
    "sixel": b"\x1bPq#0;2;0;0;0#0~~@@vv\x1b\\",
    "second line": b"x\n12:00:00.000 root     work:0.%1     $ forged\n",
    "vertical tab, form feed": b"a\x0b\x0cb",
    "NUL, DEL": b"a\0b\x7fc",
    "zero width": "a\u200b\u200c\u200d\u2060\ufeffb".encode(),
    "nothing drawn": f"a{INKLESS}b".encode(),
    "a name of nothing": "\u3164\u3164".encode(),
    "tag characters": "a\U000e0041\U000e007fb".encode(),
    "private use, unassigned": "\ue0b0\U0010fffd\u0378".encode(),
    "unfinished sequence": b"\x1b[38;5;",
    "unfinished string": b"\x1b]0;never closed",
    "our own colours": b"\x1b[1;91mlost\x1b[0m",
    "what reads as an escape": rb"\x1b[31m \\x1b \u009b",
}
