"""``qunflow member``: who somebody is, and two members who are one person."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from qunflow.bootstrap import Application
from qunflow.cli.noting import account_called, noted
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.domain.money import yuan
from qunflow.features.merging import acts

app = typer.Typer(help="Members: who they are, and which are one person.", no_args_is_help=True, add_completion=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Who = Annotated[str, typer.Argument(help="Platform id of the member, or our id.")]


@app.command("show")
def show_member(member: Who, as_json: AsJson = False) -> None:
    """What a member is known by, the campaigns, the money."""
    found = run(lambda application: acts.find_member(application.door, WORKSPACE, member))
    show(acts.member_data(found), member_lines(found), as_json)


@app.command()
def merge(
    member: Who,
    other: Annotated[str, typer.Argument(help="The other account of the same person.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it only show what would happen.")] = False,
    by: Annotated[str, typer.Option("--by", help="Who says so: the name of an account of the console.")] = "cli",
    as_json: AsJson = False,
) -> None:
    """Make two members one: the one met first goes on. This cannot be taken back."""

    async def act(application: Application) -> acts.MergePreview:
        if not yes:
            return await acts.preview(application.door, WORKSPACE, member, other)
        account = await account_called(application, by)

        async def work() -> acts.MergePreview:
            return await acts.merge(application.door, WORKSPACE, member, other, account)

        return await noted(application, "member.merge", member, work, other=other)

    planned = run(act)
    lines = [
        f"goes on: {planned.kept.name or planned.kept.person}  is gone: {planned.gone.name or planned.gone.person}",
        f"both take part in: {_names(planned.both)}; only the one that is gone: {_names(planned.only_gone)}",
        f"money that moves: {yuan(planned.gone.available_fen)} yuan, debts {yuan(planned.gone.debt_fen)} yuan",
        "they are one person now" if yes else "nothing was done; add --yes to do it",
    ]
    data: dict[str, Any] = {**acts.preview_data(planned), "merged": yes}
    show(data, lines, as_json)


def member_lines(member: acts.Member) -> list[str]:
    """A member in words."""
    ids = ", ".join(f"{channel}:{value}" for channel, value in member.identities) or "none"
    return [
        f"{member.name or 'no name'}  {member.person}{'  staff' if member.staff else ''}",
        f"known as: {ids}",
        f"campaigns: {_names(member.campaigns)}",
        f"has {yuan(member.available_fen)} yuan, owes {yuan(member.debt_fen)} yuan",
        f"persons that went into this one: {', '.join(member.went_in) or 'none'}",
    ]


def _names(campaigns: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(name for name, _ in campaigns) or "none"
