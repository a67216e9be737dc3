"""Redaction: findings in, findings out, less what may not be stored.

Invariant: behind this stage no secret is in an argument or a window's name, and no typed byte is
there that the policy doesn't keep or that may answer a prompt. What was taken out is said where it
stood.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from tracer.model import abi
from tracer.model.findings import (
    AuditChanged,
    Finding,
    Lost,
    ProcessEnded,
    ProcessForked,
    ProcessTraced,
    ProgramStarted,
    TextInput,
    TextOutput,
    TmuxChanged,
)
from tracer.redact.policy import kept
from tracer.redact.prompts import Prompts, name_of
from tracer.redact.secrets import Secrets
from tracer.settings import InputPolicy, RedactSettings

_CACHED: Final = 1024

_OfProcess = ProcessForked | ProgramStarted | ProcessEnded | TextOutput | TextInput | ProcessTraced


class Redactor:
    """`key`: 1 to 64 random bytes of this run, see Secrets. Raises BadConfig for a pattern that
    isn't known."""

    def __init__(self, settings: RedactSettings, policy: InputPolicy, key: bytes) -> None:
        self._key = key
        self._prompts = Prompts(settings.prompts)
        self.take_settings(settings, policy)

    def take_settings(self, settings: RedactSettings, policy: InputPolicy) -> None:
        """Other settings hold from now on; what panes showed last is not forgotten."""
        # One process is in many findings, each time with the same arguments.
        self._mask = lru_cache(_CACHED)(Secrets(settings, self._key).mask)
        self._mask_text = lru_cache(_CACHED)(self._without_secrets)
        self._policy = policy
        self._prompts.take_settings(settings.prompts)

    def feed(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that may leave, in their order."""
        return [left for finding in findings if (left := self._redact(finding)) is not None]

    def _redact(self, finding: Finding) -> Finding | None:
        left: Finding | None = finding
        match finding:
            case TextOutput():
                self._prompts.show(finding)
            case TextInput():
                left = kept(finding, self._policy, self._prompts.take(finding))
            case Lost():
                self._prompts.lose(finding)
        if left is None:
            return None
        return self._with_names(self._with_masks(left) if isinstance(left, _OfProcess) else left)

    def _with_masks(self, finding: _OfProcess) -> Finding:
        process = finding.process
        if process is None or not process.argv:
            return finding
        is_cut = bool(process.flags & abi.EXEC_ARGV_CUT)
        masked = self._mask(process.argv, name_of(process.exe), is_cut)
        if masked is None:
            return finding
        return finding._replace(process=process._replace(argv=masked.argv, masks=masked.masks))

    def _with_names(self, finding: Finding) -> Finding:
        """tmux and shells name windows after commands, arguments and all."""
        place = finding.place
        if place is not None and (name := self._mask_text(place.window_name)) is not None:
            finding = finding._replace(place=place._replace(window_name=name))
        if isinstance(finding, TmuxChanged) and (note := self._mask_text(finding.note)) is not None:
            finding = finding._replace(note=note)
        if (
            isinstance(finding, AuditChanged)
            and (note := self._mask_text(finding.note)) is not None
        ):
            finding = finding._replace(note=note)
        return finding

    def _without_secrets(self, text: str | None) -> str | None:
        """What may be told of a text; None: all."""
        masked = self._mask(((text or "").encode(errors="surrogatepass"),), b"", False)
        return masked and masked.argv[0].decode(errors="replace")
