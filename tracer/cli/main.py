"""The command line: puts the subcommands together and is the only place that prints errors."""

from __future__ import annotations

import typer

from tracer.cli.config import config
from tracer.cli.doctor import doctor
from tracer.cli.ending import errors_shown, output_written
from tracer.cli.erase import erase
from tracer.cli.export import export
from tracer.cli.head import head
from tracer.cli.init import init
from tracer.cli.install import install
from tracer.cli.live import live
from tracer.cli.prove import prove
from tracer.cli.reindex import reindex
from tracer.cli.reload import reload
from tracer.cli.replay import replay
from tracer.cli.rules import rules
from tracer.cli.run import run
from tracer.cli.search import search
from tracer.cli.sessions import sessions
from tracer.cli.status import status
from tracer.cli.uninstall import uninstall
from tracer.cli.verify import verify
from tracer.cli.who import who

app = typer.Typer(
    help="Watches tmux from the kernel: who is in which session, what runs in which pane.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(init)
app.command()(install)
app.command()(uninstall)
app.command()(live)
app.command()(run)
app.command()(who)
app.command()(doctor)
app.command()(prove)
app.command()(head)
app.command()(verify)
app.command()(search)
app.command()(sessions)
app.command()(replay)
app.command()(export)
app.command()(reindex)
app.command()(erase)
app.command()(status)
app.command()(reload)
app.add_typer(config, name="config")
app.add_typer(rules, name="rules")


def main() -> None:
    """Runs the command line and exits with its code."""
    with errors_shown(), output_written():
        app()


if __name__ == "__main__":
    main()
