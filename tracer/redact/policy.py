"""What is kept of typed input."""

from __future__ import annotations

from tracer.model.findings import TextInput
from tracer.settings import InputPolicy


def kept(typed: TextInput, policy: InputPolicy, answers_prompt: bool) -> TextInput | None:
    """What may leave of it, None for nothing. The first that applies says why bytes are withheld:
    what the kernel half did, then `answers_prompt`, then the policy."""
    if policy is InputPolicy.OFF:
        return None
    if typed.data is None:
        return typed
    if answers_prompt:
        return typed._replace(data=None, withheld="prompt")
    if policy is InputPolicy.METADATA:
        return typed._replace(data=None, withheld="policy")
    return typed
