"""What stands around every page: navigation by rights, workspace, language, light or dark, account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from qunflow.console.open_desk import OpenDesk
from qunflow.console.ways import Ways
from qunflow.domain.rights import Right
from qunflow.storage.operators import set_manners
from qunflow.storage.sessions import move_session
from qunflow.web.desk import ConsolePage

BRAND = "qunflow"
LOOKS: dict[str, bool | None] = {"auto": None, "light": False, "dark": True}
_NEXT_LOOK = {"auto": "dark", "dark": "light", "light": "auto"}
_LOOK_ICONS = {"auto": "brightness_auto", "light": "light_mode", "dark": "dark_mode"}


def draw_shell(desk: OpenDesk, ways: Ways, page: ConsolePage) -> None:
    """Header and navigation; the page's content goes below."""
    ui.colors(primary="#2f6f4f", secondary="#46607a", accent="#b5562b", positive="#2e7d32", negative="#b3261e")
    drawer = ui.left_drawer(value=True, bordered=True).props("width=208 breakpoint=900").classes("qf-drawer")
    with ui.header(elevated=False).classes("qf-header items-center no-wrap"):
        ui.button(icon="menu", on_click=drawer.toggle).props(
            f'flat round dense color=white aria-label="{desk.say("console.shell.menu")}"'
        )
        ui.link(BRAND, "/").classes("qf-brand")
        _workspaces(desk)
        ui.space()
        _manners(desk)
        _account(desk)
    with drawer:
        _navigation(desk, ways, page)


def _navigation(desk: OpenDesk, ways: Ways, page: ConsolePage) -> None:
    with ui.element("nav").props(f'aria-label="{desk.say("console.shell.menu")}"').classes("qf-nav"):
        for entry in ways.menu:
            if desk.may(entry.right):
                here = page.path == entry.path or (entry.path != "/" and page.path.startswith(f"{entry.path}/"))
                with ui.link(target=entry.path).classes("qf-nav-entry" + (" qf-here" if here else "")) as link:
                    if here:
                        link.props('aria-current="page"')
                    ui.icon(entry.icon or "chevron_right")
                    ui.label(desk.say(entry.menu))


def _workspaces(desk: OpenDesk) -> None:
    seats, seat = desk.visitor.seats, desk.visitor.seat
    if len(seats) == 1:
        if seat.title != BRAND:  # what the first workspace is called until somebody names it
            ui.label(seat.title).classes("qf-workspace ellipsis")
        return
    with (
        ui.dropdown_button(seat.title, auto_close=True).props("flat no-caps dense color=white").classes("qf-workspace")
    ):
        for other in seats:
            ui.item(other.title, on_click=_switch(desk, other.workspace))


def _switch(desk: OpenDesk, workspace: str) -> Callable[[], Awaitable[None]]:
    async def switch() -> None:
        async def move() -> bool:
            async with desk.office.database.directory() as connection:
                await move_session(connection, desk.visitor.session.session, workspace)
            desk.office.seats.forget()
            return True

        if await desk.act(Right.OWN_ACCOUNT, "session.switch", workspace, move):
            ui.navigate.to("/")

    return switch


def _manners(desk: OpenDesk) -> None:
    account = desk.visitor.account
    other = "en" if account.language == "zh" else "zh"
    look = _NEXT_LOOK[account.look]
    ui.button(desk.say("page.other_language"), on_click=_keep_manners(desk, other, account.look)).props(
        "flat no-caps dense color=white"
    ).mark("language")
    ui.button(icon=_LOOK_ICONS[account.look], on_click=_keep_manners(desk, account.language, look)).props(
        f'flat round dense color=white aria-label="{desk.say("console.shell.look")}"'
    ).mark("look").tooltip(desk.say(f"console.shell.look_{account.look}"))


def _keep_manners(desk: OpenDesk, language: str, look: str) -> Callable[[], Awaitable[None]]:
    async def keep() -> None:
        async def write() -> bool:
            async with desk.office.database.directory() as connection:
                await set_manners(connection, desk.operator.account, language, look)
            desk.office.seats.forget()
            return True

        if await desk.act(Right.OWN_ACCOUNT, "account.manners", "", write, language=language, look=look):
            ui.navigate.reload()

    return keep


def _account(desk: OpenDesk) -> None:
    async def leave() -> None:
        async def end() -> bool:
            await desk.office.sign_in.end(desk.visitor, desk.office.seats)
            return True

        if await desk.act(Right.OWN_ACCOUNT, "session.end", "", end):
            ui.navigate.to("/login")

    with (
        ui.dropdown_button(desk.operator.name, icon="account_circle", auto_close=True)
        .props("flat no-caps dense color=white")
        .mark("account")
    ):
        ui.item(desk.say(f"console.role.{desk.operator.role}")).props("disable")
        ui.item(desk.say("console.me.title"), on_click=lambda: ui.navigate.to("/me"))
        ui.item(desk.say("console.shell.sign_out"), on_click=leave).mark("sign_out")
