"""Which of a tmux server's claims the kernel's view agrees with.

Invariant: pure; a claim is only ever marked, never dropped or changed.
Names can't be verified: no kernel fact knows them.
"""

from __future__ import annotations

from collections.abc import Set

from tracer.model.facts import ServerClaims


def verify(claims: ServerClaims, descendants: Set[int], clients: Set[int]) -> ServerClaims:
    """Mark each pane and client with whether it is what the server says.

    `descendants`: pids of the processes that descend from the server; a pane's pid must be one.
    `clients`: pids that hold a socket connected to it; a client's pid must be one.
    """
    return claims._replace(
        panes=tuple(pane._replace(verified=pane.pid in descendants) for pane in claims.panes),
        clients=tuple(client._replace(verified=client.pid in clients) for client in claims.clients),
    )
