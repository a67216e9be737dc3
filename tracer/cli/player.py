"""The player: a recording in the operator's terminal, by keys.

Invariant: what is recorded comes to the terminal through the painter and the status line alone, as
cells and safe text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from tracer.cli.player_cells import blank
from tracer.cli.player_goto import EXAMPLES, moment_named
from tracer.cli.player_keys import Keys
from tracer.cli.player_paint import Painter
from tracer.cli.player_status import status_line
from tracer.cli.player_terminal import Terminal
from tracer.clock import monotonic_ns
from tracer.codec.safe import safe_text
from tracer.replay.playback import Playback
from tracer.replay.recording import Recording

IDLE_LIMIT_NS: Final = 2_000_000_000
HELP: Final = """
  space      play, pause             q          quit
  . ,        step, step back         + -        faster, slower
  right left 5 s                     up down    60 s
  g          to a moment             0 to 9     to tenths of the whole
  c C        next, previous command  a A        next, previous alert
  x X        next, previous gap      i          cut long stillness, or not
  / ?        search, backward        n N        again, the other way
  tab        next pane               m M        next, previous marker of a file
  ctrl-l     draw anew
"""

_SECOND_NS: Final = 1_000_000_000
_FRAME_NS: Final = 16_000_000
_TICK_NS: Final = 200_000_000
"""How often the time that is shown moves on."""
_MAX_PROMPT: Final = 200


class Player:
    """Plays the first of `views`, which are of one time; tab goes on to the next."""

    def __init__(self, views: Sequence[Recording], playback: Playback) -> None:
        self._views, self._playback = views, playback
        self._idle_limit_ns = playback.idle_limit_ns or IDLE_LIMIT_NS
        self._painter = Painter(80, 24)
        self._is_changed = True
        self._note = ""
        self._wanted = ""
        self._is_forward = True
        self._is_helping = self.is_done = False
        self._prompt: str | None = None
        self._typed = ""
        self._actions = self._bindings()

    def run(self) -> None:
        """Until somebody quits. Raises as Terminal does, and what the recording raises."""
        keys, then_ns = Keys(), monotonic_ns()
        with Terminal(self.change) as terminal:
            while not self.is_done:
                terminal.write(self.frame(terminal.size))
                pressed = keys.feed(terminal.read(self._patience_s()))
                now_ns = monotonic_ns()
                self._playback.advance(now_ns - then_ns)
                then_ns = now_ns
                for key in pressed:
                    self.press(key)
                    then_ns = monotonic_ns()  # how long a search took is not played

    # ---- what is shown ----

    def change(self) -> None:
        """What the terminal showed is gone, or it has another size."""
        self._is_changed = True

    def frame(self, size: tuple[int, int]) -> str:
        """What to write to a terminal of so many columns and rows, that shows the frame before."""
        if self._is_changed:
            self._is_changed = False
            self._painter = Painter(*size)
        playback, painter = self._playback, self._painter
        status = status_line(playback, painter.columns, self._said())
        over = [blank(line) for line in HELP.splitlines()] if self._is_helping else ()
        return painter.paint(playback.scene.screen, status, self._wanted, over)

    def _said(self) -> str:
        if self._prompt is not None:
            return f"{self._prompt} {safe_text(self._typed)}_"
        screen = self._playback.scene.screen
        window = self._painter.window(screen)
        size = f"{window.columns}x{window.rows} of {screen.columns}x{screen.rows}"
        return self._note or (f"clipped: {size}" if window.clips(screen) else "")

    def _patience_s(self) -> float | None:
        wait_ns = self._playback.wait_ns
        return None if wait_ns is None else max(_FRAME_NS, min(wait_ns, _TICK_NS)) / _SECOND_NS

    # ---- keys ----

    def press(self, key: str) -> None:
        """By its name; see player_keys.py."""
        if self._prompt is not None:
            self._edit(key)
            return
        self._note = ""
        was_helping, self._is_helping = self._is_helping, False
        action = self._actions.get(key)
        if action is not None and not (was_helping and key == "h"):
            action()

    def _bindings(self) -> dict[str, Callable[[], object]]:
        tenths: dict[str, Callable[[], object]] = {
            str(tenth): lambda tenth=tenth: self._seek_share(tenth)  # type: ignore[misc]
            for tenth in range(10)
        }
        return tenths | {
            " ": self._pause,
            ".": self._step,
            ",": self._step_back,
            "+": lambda: self._playback.change_speed(2),
            "=": lambda: self._playback.change_speed(2),
            "-": lambda: self._playback.change_speed(0.5),
            "right": lambda: self._seek_by(5),
            "left": lambda: self._seek_by(-5),
            "up": lambda: self._seek_by(60),
            "down": lambda: self._seek_by(-60),
            "home": lambda: self._playback.seek(0),
            "end": lambda: self._playback.seek(self._playback.last_ns),
            "c": lambda: self._jump("command", True),
            "C": lambda: self._jump("command", False),
            "a": lambda: self._jump("alert", True),
            "A": lambda: self._jump("alert", False),
            "x": lambda: self._jump("gap", True),
            "X": lambda: self._jump("gap", False),
            "m": lambda: self._jump("marker", True),
            "M": lambda: self._jump("marker", False),
            "g": lambda: self._ask("go to:"),
            "/": lambda: self._ask("/"),
            "?": lambda: self._ask("?"),
            "n": lambda: self._find(self._is_forward),
            "N": lambda: self._find(not self._is_forward),
            "i": self._limit_idle,
            "tab": self._next_view,
            "redraw": self.change,
            "h": self._help,
            "q": self._quit,
        }

    def _edit(self, key: str) -> None:
        if key == "enter":
            prompt, self._prompt = self._prompt, None
            self._answer(str(prompt), self._typed)
        elif key == "escape":
            self._prompt = None
        elif key == "clear":
            self._typed = ""
        elif key == "backspace":
            self._typed = self._typed[:-1]
        elif len(key) == 1 and len(self._typed) < _MAX_PROMPT:
            self._typed += key

    def _answer(self, prompt: str, text: str) -> None:
        if prompt != "go to:":
            self._is_forward = prompt == "/"
            self._wanted = text
            self._find(self._is_forward)
            return
        recording = self._playback.recording
        times = self._playback.at_ns, recording.duration_ns, recording.start_ns
        at_ns = moment_named(text, *times)
        if at_ns is None:
            self._note = f"this is no moment: {EXAMPLES}"
        else:
            self._playback.seek(at_ns)

    # ---- what they do ----

    def _ask(self, prompt: str) -> None:
        self._prompt, self._typed = prompt, ""

    def _help(self) -> None:
        self._is_helping = True

    def _quit(self) -> None:
        self.is_done = True

    def _pause(self) -> None:
        playback = self._playback
        if playback.is_over:
            playback.seek(playback.first_ns)
        playback.is_paused = not playback.is_paused

    def _step(self) -> None:
        self._playback.is_paused = True
        if not self._playback.step():
            self._note = "nothing more was shown"

    def _step_back(self) -> None:
        self._playback.is_paused = True
        self._playback.step_back()

    def _seek_by(self, seconds: int) -> None:
        self._playback.seek(self._playback.at_ns + seconds * _SECOND_NS)

    def _seek_share(self, tenth: int) -> None:
        self._playback.seek(self._playback.recording.duration_ns * tenth // 10)

    def _jump(self, kind: str, forward: bool) -> None:
        mark = self._playback.jump(kind, forward=forward)
        if mark is None:
            self._note = f"no {kind} {'after' if forward else 'before'} this"
        else:
            self._note = f"{kind}: {safe_text(mark.label)}"

    def _find(self, forward: bool) -> None:
        if self._wanted and not self._playback.find(self._wanted, forward=forward):
            where = "after" if forward else "before"
            self._note = f"not shown anew {where} this: {safe_text(self._wanted)}"

    def _limit_idle(self) -> None:
        playback = self._playback
        playback.idle_limit_ns = None if playback.idle_limit_ns else self._idle_limit_ns

    def _next_view(self) -> None:
        if len(self._views) == 1:
            self._note = "there is no other pane"
            return
        self._views = [*self._views[1:], self._views[0]]
        self._playback.show(self._views[0])
