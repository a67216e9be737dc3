"""tracer.observe.verify"""

from __future__ import annotations

from tracer.model.events import Tty
from tracer.model.facts import ClientClaim, PaneClaim, ServerClaims, SessionClaim, Verdict
from tracer.observe import procfs, servers
from tracer.observe import tmux as client
from tracer.observe.verify import verify


def pane(pid: int) -> PaneClaim:
    return PaneClaim("$0", "@0", 0, "w", "%0", 0, pid, Tty(136, 0))


def test_only_what_the_kernel_knows_is_verified():
    """A pane must be a descendant, a client must be connected; nothing else changes."""
    sessions = (SessionClaim("$0", "s"),)
    clients = (ClientClaim(7, "$0", 80, 24), ClientClaim(1, "$0", 80, 24))
    claims = ServerClaims(Verdict.OK, None, sessions, (pane(5), pane(1)), clients, 3)
    found = verify(claims, descendants={5, 7}, clients={7, 5})
    assert [p.verified for p in found.panes] == [True, False]
    assert [c.verified for c in found.clients] == [True, False]
    assert found._replace(panes=claims.panes, clients=claims.clients) == claims


def test_a_real_server_is_believed(tmux):
    """Panes and clients of a real server all agree with the kernel."""
    tmux.run("split-window", "-d", "sleep 1001")
    tmux.attach("first", 80, 24)
    claims = client.server_facts(bytes(tmux.socket), tmux.pid)
    found = verify(
        claims,
        procfs.descendants([tmux.pid]),
        servers.connected(tmux.pid, {c.pid for c in claims.clients}),
    )
    assert [p.verified for p in found.panes] == [True, True]
    assert [c.verified for c in found.clients] == [True]


def test_a_liar_is_not(hostile):
    """init is no pane of it, and no client."""
    server = hostile("lie")
    pid = server.process.pid
    claims = client.server_facts(bytes(server.socket), pid)
    found = verify(
        claims, procfs.descendants([pid]), servers.connected(pid, {c.pid for c in claims.clients})
    )
    assert [p.verified for p in found.panes] == [False]
    assert [c.verified for c in found.clients] == [False]
