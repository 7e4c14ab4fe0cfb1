"""Channels: the accounts of a workspace, one account with its doctor and what it can do, adding one step by step."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.console.channel_desk import ChannelDesk
from qunflow.console.channel_form import add_pages
from qunflow.console.channel_health import show_health
from qunflow.domain.errors import NotFound
from qunflow.domain.rights import Right
from qunflow.storage.directory import ChannelRow
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import block, faint, link

#: Wishes that an operator knows by name, in the order of the table.
WISHES = (
    "send_welcome", "send_text", "send_image", "broadcast", "tell_staff", "create_group", "invite_member",
    "remove_member", "ban_member", "unban_member", "refuse_knock", "redact_message", "set_topic", "pin_message",
    "set_join_rule", "read_group", "fetch_media", "open_contact_code", "open_entry",
)  # fmt: skip
_COLUMNS = (
    Column("name", "console.channels.name", sortable=True, link="/channels/{name}"),
    Column("kind", "console.channels.kind", sortable=True, filterable=True),
    Column("staff", "console.channels.staff_count", Cell.NUMBER, sortable=True),
    Column("address", "console.channels.address"),
)


def pages(channels: ChannelDesk) -> Pages:
    """Every page of channels, and the registration file of a Matrix account."""

    async def show_all(desk: Desk) -> None:
        ui.label(desk.say("console.channels.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.channels.text"))
        if desk.may(Right.RUN_CHANNELS):
            with ui.row():
                for kind in ("wecom", "matrix"):
                    to = f"/channels/add/{kind}"
                    button = ui.button(desk.say(f"console.channels.add.{kind}"), icon="add")
                    button.props("no-caps" if kind == "wecom" else "no-caps outline")
                    button.on_click(lambda to=to: ui.navigate.to(to))

        async def load(query: ListQuery) -> ListPage:
            rows = [_row(desk, row) for row in await channels.rows(desk.workspace)]
            return answer_from(rows, _COLUMNS, query)

        await show_list(desk, _COLUMNS, load, empty=Empty("console.channels.empty"), sort="name")

    async def show_one(desk: Desk, name: str) -> None:
        row = await _found(channels, desk.workspace, name)
        with ui.row().classes("items-center justify-between w-full"):
            ui.label(row.name).classes("text-h6").props('role=heading aria-level="1"')
            if desk.may(Right.RUN_CHANNELS) and row.kind in channels.ways:
                change = ui.button(desk.say("console.channels.change"), icon="edit").props("no-caps outline")
                change.on_click(lambda: ui.navigate.to(f"/channels/{name}/settings"))
        if row.kind not in channels.ways:  # an account for payments: it speaks to nobody and is set up by command
            _facts(desk, channels, row)
            return
        with ui.element("div").classes("qf-two"):
            await show_health(desk, channels, name)
            _facts(desk, channels, row)
        _capabilities(desk, channels, row.kind)

    async def registration(operator: Operator, name: str) -> tuple[str, str, bytes]:
        row = await _found(channels, operator.workspace, name)
        if row.kind != "matrix":
            raise NotFound("registration_unknown", "only Matrix accounts have a registration file", field=name)
        return "application/yaml", f"{name}.yaml", await channels.registration(name)

    return (
        ConsolePage("/channels", "console.channels.title", Right.SEE_CHANNELS, show_all, "console.menu.channels",
                    "hub", 80),
        *add_pages(channels),
        ConsolePage("/channels/{name}", "console.channels.one", Right.SEE_CHANNELS, show_one),
        ConsoleFile("/files/channels/{name}/registration", Right.RUN_CHANNELS, registration),
    )  # fmt: skip


async def _found(channels: ChannelDesk, workspace: str, name: str) -> ChannelRow:
    row = await channels.row(workspace, name)
    if row is None:
        raise NotFound("channel_unknown", "there is no channel of this name", field=name[:64])
    return row


def _row(desk: Desk, row: ChannelRow) -> dict[str, Any]:
    settings = row.settings
    return {
        "name": row.name,
        "kind": desk.say(f"console.channels.kind.{row.kind}"),
        "staff": len(settings.get("staff", ())),
        "address": settings.get("base_url" if row.kind == "wecom" else "homeserver_url", ""),
    }


def _facts(desk: Desk, channels: ChannelDesk, row: ChannelRow) -> None:
    """What is set, without anything secret."""
    told = [("console.channels.kind", desk.say(f"console.channels.kind.{row.kind}"))]
    told.append(("console.channels.callback", channels.callback(row)))
    for name in ("corp_id", "agent_id", "homeserver_url", "server_name", "sender_localpart", "base_url"):
        if row.settings.get(name) and not (row.kind == "matrix" and name == "base_url"):
            told.append((f"console.channels.{row.kind}.{name}", str(row.settings[name])))
    told.append(("console.channels.staff", ", ".join(row.settings.get("staff", ())) or "—"))
    with block(desk.say("console.channels.facts")):
        with ui.element("dl").classes("qf-facts"):
            for code, value in told:
                with ui.element("dt"):
                    ui.label(desk.say(code)).classes("qf-faint")
                with ui.element("dd").style("margin:0 0 8px;overflow-wrap:anywhere"):
                    ui.label(value)
        faint(desk.say("console.channels.sealed"))
        if row.kind == "matrix" and desk.may(Right.RUN_CHANNELS):
            link(desk.say("console.channels.registration"), f"/files/channels/{row.name}/registration")


def _capabilities(desk: Desk, channels: ChannelDesk, kind: str) -> None:
    """What this platform can do by itself, what staff confirm, what becomes a card, what is not possible."""
    ways = channels.ways[kind]
    with block(desk.say("console.channels.can")):
        faint(desk.say(f"console.channels.can.{kind}"))
        with ui.element("table").classes("qf-plain"):
            with ui.element("thead"), ui.element("tr"):
                for code in ("wish", "way"):
                    with ui.element("th"):
                        ui.label(desk.say(f"console.channels.can.{code}"))
            with ui.element("tbody"):
                for wish in WISHES:
                    with ui.element("tr"):
                        with ui.element("td"):
                            ui.label(desk.say(f"console.channels.wish.{wish}"))
                        with ui.element("td"):
                            ui.label(desk.say(f"console.channels.way.{ways.get(wish, 'unavailable')}"))
