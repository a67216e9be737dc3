"""Where in tmux something happened, and whose hands were there: the fields of `tmux`.

Invariant: what only tmux says is listed in `claimed` by the name of its field; whatever isn't
listed the kernel showed. Persons never come from tmux.
"""

from __future__ import annotations

from tracer.codec.identity import Fields, Identities, known, tty_fields
from tracer.codec.text import clean, text_of
from tracer.model.context import Client, Command, Person, Place
from tracer.model.findings import TypedBy


def tmux_of(place: Place, identities: Identities) -> Fields:
    """The server, and the session, window and pane as far as tmux named them."""
    server: Fields = {"pid": place.server.tgid}
    if place.socket is not None:
        server["socket"], exact = text_of(place.socket)
        server |= known(socket_base64=exact)
    if place.owner is not None:
        server["user"] = identities.account(place.owner)
    claims = {
        "session": known(id=place.session_id, name=place.session_name),
        "window": known(id=place.window_id, index=place.window_index, name=place.window_name),
        "pane": known(id=place.pane_id),
    }
    claimed = [f"tmux.{part}.{name}" for part, fields in claims.items() for name in fields]
    claims["pane"] |= known(pid=place.pane_pid)
    tmux: Fields = {"server": server} | {part: fields for part, fields in claims.items() if fields}
    if place.pane_id is not None:
        tmux["verified"] = place.verified
    return tmux | {"claimed": claimed}


def claiming(tmux: Fields, *names: str) -> Fields:
    """`tmux` with these fields among the claims."""
    return tmux | {"claimed": [*tmux["claimed"], *names]}


def with_client(tmux: Fields, client: Client, identities: Identities) -> Fields:
    """`tmux` with a client: its person is the kernel's, its size and modes are tmux's word."""
    claims = known(
        columns=client.columns,
        rows=client.rows,
        read_only=client.is_read_only,
        control=client.is_control,
    )
    if client.person is None:
        fields, claimed = _unknown(client, identities)
    else:
        fields, claimed = identities.person(client.person), ()
    named = fields | claims | {"verified": client.verified}
    return claiming(tmux | {"client": named}, *claimed, *(f"tmux.client.{name}" for name in claims))


def _unknown(client: Client, identities: Identities) -> tuple[Fields, tuple[str, ...]]:
    # A client without a person: its fields, and those that are claims. The user is of the process
    # that has this pid, as /proc shows it. Without a pid, the terminal is what the kernel showed.
    fields: Fields = known(pid=client.pid)
    if client.uid is not None:
        fields["user"] = identities.account(client.uid)
    if client.tty is not None:
        fields["tty"] = tty_fields(client.tty)
    if client.pid is None:
        return fields, ()
    tty = ("tty.char_device.major", "tty.char_device.minor") if client.tty else ()
    return fields, tuple(f"tmux.client.{name}" for name in ("pid", *tty))


def typed_by(ranges: tuple[TypedBy, ...], identities: Identities) -> list[Fields]:
    """Whose the bytes of an input are, range by range."""
    return [
        _person(range_.person, identities)
        | {
            "range": {"start": range_.start, "length": range_.size},
            "how": range_.how.value,
            "confidence": range_.confidence.value,
            "reason": clean(range_.reason),
        }
        for range_ in ranges
    ]


def command_of(command: Command, identities: Identities) -> Fields:
    """Who composed a command and who submitted it."""
    fields: Fields = {"command_partial": command.is_partial}
    if command.reason:
        fields["command_reason"] = clean(command.reason)
    if command.composed_by:
        fields["composed_by"] = [
            _person(person, identities) | {"bytes": size} for person, size in command.composed_by
        ]
    if command.submitted_by is not None:
        fields["submitted_by"] = identities.person(command.submitted_by)
    return fields


def _person(person: Person | None, identities: Identities) -> Fields:
    return {} if person is None else identities.person(person)
