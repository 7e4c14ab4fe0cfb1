"""``qunflow campaign risk``: what the risk rules held or denied, and who decides about it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.noting import account_called, noted
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.codec import encode
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.campaigns.risk import acts
from qunflow.features.campaigns.risk.model import FlagState
from qunflow.features.campaigns.risk.store import appeals_of

app = typer.Typer(help="What the risk rules held or denied.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Name = Annotated[str, typer.Argument(help="Name of the campaign.")]
Flag = Annotated[str, typer.Argument(help="Name of the flag, as the list shows it.")]
By = Annotated[str, typer.Option("--by", help="Who decides: the name of an account of the console, or any other.")]


@app.command("list")
def list_command(
    name: Name,
    waiting: Annotated[bool, typer.Option("--open", help="Only what waits for a decision.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the flags of a campaign, the newest first: rule, evidence, status."""

    async def act(application: Application) -> tuple[list[FlagState], dict[tuple[str, str], str]]:
        await find_campaign(application.door, WORKSPACE, name)
        async with application.home.database.read(WORKSPACE) as unit:
            return await acts.list_flags(unit, name, waiting), await appeals_of(unit, name)

    flags, appeals = run(act)
    data = [{**encode(flag), "appeal_words": appeals.get((name, flag.flag), "")} for flag in flags]
    show(data, [flag_line(flag) for flag in flags] or ["no flags"], as_json)


@app.command()
def approve(
    name: Name,
    flag: Flag,
    by: By,
    words: Annotated[str, typer.Option("--words", help="What the person reads about it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let it count: what was held is confirmed, what was denied is made good."""
    _decide(name, flag, True, by, words, as_json)


@app.command()
def deny(
    name: Name,
    flag: Flag,
    by: By,
    words: Annotated[str, typer.Option("--words", help="Why: what the person reads.")],
    as_json: AsJson = False,
) -> None:
    """Let it not count: a held help is revoked, and nothing is paid for it."""
    _decide(name, flag, False, by, words, as_json)


def _decide(name: str, flag: str, good: bool, by: str, words: str, as_json: bool) -> None:
    async def act(application: Application) -> str:
        account = await account_called(application, by)
        return await acts.decide(application.door, WORKSPACE, name, flag, good, account, words)

    called = "risk.approve" if good else "risk.deny"
    status = run(lambda app: noted(app, called, flag, lambda: act(app), campaign=name, by=by))
    show({"campaign": name, "flag": flag, "status": status}, [f"{flag}: {status}"], as_json)


def flag_line(flag: FlagState) -> str:
    """A flag for a terminal."""
    evidence = ", ".join(f"{hit.rule} {hit.seen}>{hit.most}" for hit in flag.hits)
    appeal: Any = f"  appeal {flag.appeal}" if flag.appeal else ""
    return f"{flag.status:9} {flag.flag}  {flag.kind}  score {flag.score}  {evidence}{appeal}"
