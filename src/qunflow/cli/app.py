"""The command ``qunflow``. A command's module is imported only when that command is asked for."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from qunflow import __version__
from qunflow.domain.errors import QunflowError

#: Each is a module beside this one with a Typer called ``app``.
COMMANDS = (
    "demo",
    "rehearse",
    "serve",
    "account",
    "sandbox",
    "db",
    "channel",
    "wecom",
    "campaign",
    "review",
    "group",
    "member",
    "todo",
    "pay",
    "payout",
    "reward",
    "referral",
    "replay",
    "bench",
)


class CommandGroup(TyperGroup):
    """Finds its commands by name among the modules beside this one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All commands, in the order in which the help shows them."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"qunflow.cli.{cmd_name}").app)
        command.name = cmd_name
        return command


app = typer.Typer(cls=CommandGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def show_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        typer.echo(f"qunflow {__version__}")
        raise typer.Exit


@app.callback()
def qunflow(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=show_version, is_eager=True)
    ] = False,
) -> None:
    """Runs communities: groups, fission campaigns, moderation, conversion and their numbers."""


def main() -> None:
    """Run the command line; an error meant for people goes to stderr as one sentence, exit code 1."""
    try:
        app()
    except QunflowError as error:
        typer.echo(error.sentence(), err=True)
        sys.exit(1)
