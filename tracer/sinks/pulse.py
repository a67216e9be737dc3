"""Whether the canary came back: it is started with a nonce, and must be heard behind all stages.

Invariant: time that no canary vouches for is told as a gap, once and without a hole between two.
No clock, no process: who sends the canary is observe/canary.py, when is service/heart.py's.
"""

from __future__ import annotations

from typing import NamedTuple

from tracer.model.findings import Finding, ProcessEnded, ProcessForked, ProgramStarted

_OfCanary = ProcessForked | ProgramStarted | ProcessEnded


class Beat(NamedTuple):
    """A canary that was sent, and by when it must have been heard: now."""

    nonce: bytes
    sent_ns: int


class Verdict(NamedTuple):
    """`ms`: how long the canary took; None: it did not come. `blind`: the time that nothing
    vouches for, (from, to)."""

    ms: float | None
    blind: tuple[int, int] | None


class Pulse:
    """`server_tgid`: the server that the canary is put under, which is none. `now_ns`: from when on
    the canary is to vouch."""

    def __init__(self, server_tgid: int, now_ns: int) -> None:
        self._server_tgid = server_tgid
        self._vouched_ns = now_ns
        self._heard = (b"", 0)
        self.is_blind = False

    def hear(self, findings: list[Finding], now_ns: int) -> list[Finding]:
        """The findings that are none of the canary's."""
        return [each for each in findings if not self._is_canary(each, now_ns)]

    def has_heard(self, nonce: bytes) -> bool:
        """Whether this canary has come back."""
        return self._heard[0] == nonce

    def judge(self, beat: Beat, now_ns: int) -> Verdict:
        """What is to be said of it."""
        nonce, heard_ns = self._heard
        was_blind, self.is_blind = self.is_blind, nonce != beat.nonce
        until_ns = now_ns if self.is_blind else beat.sent_ns
        blind = (self._vouched_ns, until_ns) if was_blind or self.is_blind else None
        self._vouched_ns = until_ns
        return Verdict(None if self.is_blind else (heard_ns - beat.sent_ns) / 1e6, blind)

    def _is_canary(self, finding: Finding, now_ns: int) -> bool:
        place = finding.place
        if place is None or place.server.tgid != self._server_tgid:
            return False
        if isinstance(finding, ProgramStarted):
            self._heard = (finding.process.argv[-1], now_ns)
        return isinstance(finding, _OfCanary)
