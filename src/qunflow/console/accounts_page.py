"""Accounts of the open workspace: invite by link, change roles, reset passwords, disable; and new workspaces."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from qunflow.console.office import Office
from qunflow.console.open_desk import OpenDesk
from qunflow.console.self_part import Whose, ask_self
from qunflow.domain.rights import Right, Role
from qunflow.engine.door import Door
from qunflow.storage.operators import MemberRow, list_members
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, answer_from, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import block, faint

MOST = 1_000
ROLES = tuple(str(role) for role in Role)
COLUMNS = (
    Column("name", "console.accounts.name", sortable=True),
    Column(
        "role",
        "console.accounts.role",
        Cell.STATE,
        sortable=True,
        filterable=True,
        choices=ROLES,
        choice_text="console.role",
    ),
    Column(
        "state",
        "console.accounts.state",
        Cell.STATE,
        choices=("active", "disabled"),
        choice_text="console.accounts.state",
    ),
    Column("since", "console.accounts.since", Cell.TIME, sortable=True),
    Column("seen_at", "console.accounts.seen", Cell.TIME, sortable=True),
)


def pages(office: Office, door: Door) -> Pages:
    """The page ``/accounts``."""

    async def show(desk: Desk) -> None:
        assert isinstance(desk, OpenDesk)  # the shell's own pages know their desk
        ui.label(desk.say("console.accounts.title")).classes("text-h6").props('role=heading aria-level="1"')
        _invite(desk, office)
        await _members(desk, office, door)
        _roles(desk)
        if desk.visitor.account.founder:
            _workspace(desk, office)

    title = "console.accounts.title"
    return (ConsolePage("/accounts", title, Right.RUN_ACCOUNTS, show, title, "group", 910),)


def _invite(desk: OpenDesk, office: Office) -> None:
    async def invite() -> None:
        role = Role(str(choice.value))

        async def work() -> str:
            return await office.accounts.invite(desk.workspace, role, desk.operator.account)

        token = await desk.act(Right.RUN_ACCOUNTS, "account.invite", "", work, role=str(role))
        if token:
            show_link(desk, office.link(token), "console.accounts.invite_link")

    with block(desk.say("console.accounts.invite")):
        faint(desk.say("console.accounts.invite_text"))
        with ui.element("div").classes("qf-row"):
            options = {str(role): desk.say(f"console.role.{role}") for role in Role}
            choice = ui.select(options, value=str(Role.OPERATOR), label=desk.say("console.accounts.role"))
            choice.props("outlined dense options-dense").classes("w-48").mark("role")
            ui.button(desk.say("console.accounts.make_link"), icon="link", on_click=invite).props("no-caps").mark(
                "invite"
            )


def show_link(desk: OpenDesk, link: str, text: str) -> None:
    """A one-time link, shown once, to copy and hand over."""
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("max-width: 560px"):
        ui.label(desk.say(text))
        ui.input(value=link).props("readonly outlined dense").classes("w-full").mark("link")
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.accounts.copy"), icon="content_copy", on_click=lambda: ui.clipboard.write(link))
            ui.button(desk.say("console.accounts.close"), on_click=dialog.close).props("flat")
    dialog.open()


async def _members(desk: OpenDesk, office: Office, door: Door) -> None:
    async def load(query: ListQuery) -> ListPage:
        async with office.database.directory() as connection:
            members = await list_members(connection, desk.workspace, MOST)
        return answer_from([_row(member) for member in members], COLUMNS, query)

    with block(desk.say("console.accounts.members")).classes("qf-members"):
        acts = [*_acts(desk, office), _naming(desk, door)]
        await show_list(desk, COLUMNS, load, empty=Empty("console.accounts.empty"), sort="name", acts=acts)


def _row(member: MemberRow) -> Row:
    return {
        "key": member.account,
        "name": member.name,
        "role": str(member.role),
        "state": "disabled" if member.disabled else "active",
        "since": member.since,
        "seen_at": member.seen_at,
    }


def _acts(desk: OpenDesk, office: Office) -> list[RowAct]:
    async def change_role(row: Row) -> None:
        role = await _ask_role(desk, str(row["name"]), str(row["role"]))
        if role is not None and str(role) != row["role"]:
            work = _then_forget(office, lambda: office.accounts.change_role(desk.workspace, str(row["key"]), role))
            await desk.act(Right.RUN_ACCOUNTS, "account.role", str(row["key"]), work, whom=row["name"], role=str(role))

    async def switch(row: Row) -> None:
        enable = row["state"] == "disabled"
        heading, text = (
            desk.say("console.accounts.disable"),
            desk.say("console.accounts.disable_text", whom=row["name"]),
        )
        if not enable and not await ask_first(desk, heading, text, heading):
            return
        work = _then_forget(office, lambda: office.accounts.disable(desk.workspace, str(row["key"]), enable=enable))
        act = "account.enable" if enable else "account.disable"
        await desk.act(Right.RUN_ACCOUNTS, act, str(row["key"]), work, whom=row["name"])

    async def reset(row: Row) -> None:
        async def work() -> str:
            return await office.accounts.reset_link_by_owner(desk.workspace, str(row["key"]), desk.operator.account)

        token = await desk.act(Right.RUN_ACCOUNTS, "account.reset_link", str(row["key"]), work, whom=row["name"])
        if token:
            show_link(desk, office.link(token), "console.accounts.reset_link")

    right = Right.RUN_ACCOUNTS
    return [
        RowAct("role", "console.accounts.change_role", "badge", right, change_role),
        RowAct("reset", "console.accounts.reset", "key", right, reset),
        RowAct("disable", "console.accounts.disable", "block", right, switch, lambda row: row["state"] == "active"),
        RowAct("enable", "console.accounts.enable", "check", right, switch, lambda row: row["state"] == "disabled"),
    ]


def _naming(desk: OpenDesk, door: Door) -> RowAct:
    """Who of the workspace an account is."""

    async def name(row: Row) -> None:
        await ask_self(desk, door, Whose(str(row["key"]), str(row["name"]), Right.RUN_ACCOUNTS, True))

    return RowAct("self", "console.self.title_short", "face", Right.RUN_ACCOUNTS, name)


def _then_forget(office: Office, change: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[bool]]:
    async def work() -> bool:
        await change()
        office.seats.forget()
        return True

    return work


async def _ask_role(desk: OpenDesk, name: str, present: str) -> Role | None:
    with ui.dialog() as dialog, ui.card().classes("qf-stack").style("min-width: 320px"):
        ui.label(desk.say("console.accounts.change_role_of", name=name))
        choice = ui.radio({str(role): desk.say(f"console.role.{role}") for role in Role}, value=present)
        with ui.row().classes("justify-end w-full"):
            ui.button(desk.say("console.accounts.close"), on_click=lambda: dialog.submit(None)).props("flat")
            ui.button(desk.say("console.accounts.change_role"), on_click=lambda: dialog.submit(choice.value)).mark(
                "set_role"
            )
    answer = await dialog
    dialog.delete()
    return Role(answer) if answer in ROLES else None


def _roles(desk: OpenDesk) -> None:
    with block(desk.say("console.accounts.roles")), ui.element("table").classes("qf-plain"):
        for role in Role:
            with ui.element("tr"):
                with ui.element("th"):
                    ui.label(desk.say(f"console.role.{role}"))
                with ui.element("td"):
                    ui.label(desk.say(f"console.role.{role}.text"))


def _workspace(desk: OpenDesk, office: Office) -> None:
    async def make() -> None:
        values = (str(name.value or ""), str(title.value or ""), str(zone.value or ""))

        async def work() -> bool:
            await office.accounts.make_workspace(desk.visitor, *values)
            office.seats.forget()
            return True

        if await desk.act(Right.RUN_ACCOUNTS, "workspace.make", values[0], work):
            desk.tell(desk.say("console.accounts.workspace_made", title=values[1]), "positive")
            ui.navigate.reload()

    with block(desk.say("console.accounts.workspace")):
        faint(desk.say("console.accounts.workspace_text"))
        with ui.element("div").classes("qf-row"):
            name = ui.input(desk.say("console.accounts.workspace_name")).props("outlined dense maxlength=64")
            title = ui.input(desk.say("console.accounts.workspace_title")).props("outlined dense maxlength=60")
            zone = ui.input(desk.say("console.accounts.workspace_zone"), value=desk.visitor.seat.tz)
            zone.props("outlined dense maxlength=64")
            ui.button(desk.say("console.accounts.make_workspace"), on_click=make).props("no-caps").mark(
                "make_workspace"
            )
