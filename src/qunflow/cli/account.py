"""``qunflow account``: accounts of the console, for whoever runs the server. No password passes the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from qunflow.bootstrap import Application
from qunflow.bootstrap.office import open_office
from qunflow.cli.noting import WHO
from qunflow.cli.opening import WORKSPACE, run, show
from qunflow.community.self_desk import Known, name_self, persons_of, unname_self
from qunflow.domain.errors import NotFound
from qunflow.domain.rights import Role
from qunflow.storage.directory import list_workspaces
from qunflow.storage.operators import find_account_by_name, list_accounts

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Accounts of the console.")

MOST = 10_000
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]


@app.command()
def link(
    name: Annotated[str, typer.Argument(help="An account that gets a new password; none: makes an owner.")] = "",
    as_json: AsJson = False,
) -> None:
    """Print a one-time link: for a first or further owner, or for the new password of an account."""

    async def make(application: Application) -> str:
        office = open_office(application.home)
        if not name:
            token = await office.accounts.owner_link()
            await office.notes.add(WORKSPACE, "", WHO, "account.owner_link", "")
            return office.link(token)
        account = await _find(application, name)
        token = await office.accounts.reset_link(account, "")
        await office.notes.add(WORKSPACE, "", WHO, "account.reset_link", account)
        return office.link(token)

    made = run(make)
    show({"link": made}, [made], as_json)


@app.command()
def add(
    role: Annotated[Role, typer.Option(help="What the account is in the workspace.")] = Role.OPERATOR,
    workspace: Annotated[str, typer.Option(help="The workspace.")] = WORKSPACE,
    as_json: AsJson = False,
) -> None:
    """Print a one-time link that gives whoever opens it an account, or a seat for the account that they have."""

    async def make(application: Application) -> str:
        office = open_office(application.home)
        async with application.home.database.directory() as connection:
            if workspace not in await list_workspaces(connection):
                raise NotFound("workspace_unknown", "there is no such workspace", field=workspace)
        token = await office.accounts.invite(workspace, role, "")
        await office.notes.add(workspace, "", WHO, "account.invite", "", details={"role": str(role)})
        return office.link(token)

    made = run(make)
    show({"link": made, "role": str(role), "workspace": workspace}, [made], as_json)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """List the accounts with their workspaces and roles."""

    async def read(application: Application) -> list[dict[str, object]]:
        async with application.home.database.directory() as connection:
            rows = await list_accounts(connection, MOST)
        return [
            {"account": row.account, "name": row.name, "seats": seats.split(), "disabled": row.disabled_at is not None}
            for row, seats in rows
        ]

    found = run(read)
    lines = [f"{row['name']}  {' '.join(row['seats'])}{'  disabled' * bool(row['disabled'])}" for row in found]  # type: ignore[arg-type]
    show(found, lines or ["no accounts yet: qunflow account link"], as_json)


@app.command()
def disable(
    name: Annotated[str, typer.Argument(help="The account's name.")],
    enable: Annotated[bool, typer.Option("--enable", help="Open it again instead.")] = False,
) -> None:
    """Close the whole installation to an account; its open pages stop within seconds."""

    async def act(application: Application) -> None:
        await open_office(application.home).accounts.disable_everywhere(name, enable=enable)

    run(act)
    typer.echo(f"{name} is {'enabled' if enable else 'disabled'}")


@app.command("self")
def is_person(
    name: Annotated[str, typer.Argument(help="The account's name.")],
    person: Annotated[str, typer.Argument(help="Whom it is: the id on a platform, or ours; none: lists them.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Say that it is not this person after all.")] = False,
    workspace: Annotated[str, typer.Option(help="The workspace.")] = WORKSPACE,
    as_json: AsJson = False,
) -> None:
    """Say which people of a workspace an account is: it decides about none of their proofs, friends and helps."""

    async def act(application: Application) -> list[Known]:
        account, door, office = await _find(application, name), application.door, open_office(application.home)
        async with application.home.database.directory() as connection:
            if workspace not in await list_workspaces(connection):
                raise NotFound("workspace_unknown", "there is no such workspace", field=workspace)
        if person:
            done = await (unname_self if remove else name_self)(door, workspace, account, person)
            what = "account.unname_self" if remove else "account.name_self"
            await office.notes.add(workspace, "", WHO, what, account, details={"whom": name, "person": done})
        return await persons_of(door, workspace, account)

    found = run(act)
    data = [{"person": one.person, "name": one.name, "known_as": list(one.known_as)} for one in found]
    lines = [f"{one.person}  {one.name}  {', '.join(one.known_as)}" for one in found]
    show({"account": name, "workspace": workspace, "people": data}, lines or [f"{name} is nobody here yet"], as_json)


async def _find(application: Application, name: str) -> str:
    async with application.home.database.directory() as connection:
        account = await find_account_by_name(connection, name)
    if account is None:
        raise NotFound("account_unknown", "there is no such account", field=name)
    return account.account
