"""What a program says of a login, as fields and back."""

from __future__ import annotations

import pytest

from tracer.codec.login import login_of, said_of
from tracer.model.audit import Said


@pytest.mark.parametrize(
    ("address", "source"),
    [("10.0.0.7", {"ip": "10.0.0.7"}), ("::1", {"ip": "::1"}), ("gateway", None), (None, None)],
)
def test_an_address_is_where_others_look_for_one(
    address: str | None, source: dict[str, str] | None
) -> None:
    """If it is one; what was said stands beside it."""
    said = Said("/usr/sbin/sshd", "alice", address)
    fields, ecs = login_of(said)
    assert ecs == ({"source": source} if source else {})
    assert said_of(fields) == said
