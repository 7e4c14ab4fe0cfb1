"""Parts of a group's page that only show: what is known of it, and what was asked for it."""

from __future__ import annotations

from nicegui import ui

from qunflow.community.acts import ActState
from qunflow.console.group_book import GroupSheet
from qunflow.web.desk import Desk
from qunflow.web.widgets.look import faint, link


def draw_facts(desk: Desk, sheet: GroupSheet) -> None:
    """Channel, owner, pool with its limits, when it was read, sets."""
    row, pool = sheet.row, sheet.pool
    _line(desk, "console.groups.col.channel", row.channel)
    _line(desk, "console.groups.fact.chat", row.chat)
    _line(desk, "console.groups.col.owner", row.owner or "—")
    if pool is not None:
        limits = {"soft": pool.settings.soft_limit, "hard": pool.settings.hard_limit}
        words = desk.say("console.groups.fact.limits", name=pool.settings.base_name, **limits)
        _line(desk, "console.groups.col.pool", words)
    else:
        _line(desk, "console.groups.col.pool", desk.say("console.groups.fact.no_pool"))
    _line(
        desk,
        "console.groups.col.read_at",
        f"{desk.local(row.read_at)} · {desk.say(f'console.groups.heat.{sheet.heat}.why')}",
    )
    with ui.element("div").classes("qf-row"):
        faint(desk.say("console.groups.col.sets"))
        for one in sheet.sets:
            link(one.title, "/groups/sets")
        if not sheet.sets:
            ui.label("—")


def _line(desk: Desk, text: str, value: str) -> None:
    with ui.element("div").classes("qf-row").style("gap: 8px; align-items: baseline"):
        faint(desk.say(text))
        ui.label(value).style("overflow-wrap: anywhere")


def draw_acts_log(desk: Desk, sheet: GroupSheet) -> None:
    """What was asked for, by whom, and what became of it."""
    if not sheet.acts:
        faint(desk.say("console.groups.log.none"))
        return
    with ui.element("table").classes("qf-plain"):
        with ui.element("thead"), ui.element("tr"):
            for column in ("at", "act", "about", "by", "outcome"):
                with ui.element("th").props('scope="col"'):
                    ui.label(desk.say(f"console.groups.log.{column}"))
        with ui.element("tbody"):
            for act in sheet.acts:
                with ui.element("tr") as line:
                    line.props["data-act"] = act.act
                    line.props["data-outcome"] = act.outcome or "asked"
                    for text in _cells(desk, sheet, act):
                        with ui.element("td"):
                            ui.label(text)


def _cells(desk: Desk, sheet: GroupSheet, act: ActState) -> tuple[str, ...]:
    outcome = desk.say(f"console.groups.outcome.{act.outcome or 'asked'}")
    if act.refused_for:
        outcome = f"{outcome} ({act.refused_for})"
    about = act.external or act.message or "—"
    who = sheet.who.get(act.by, act.by) or "—"
    return (desk.local(act.asked_at), desk.say(f"console.groups.act.{act.act}"), about, who, outcome)
