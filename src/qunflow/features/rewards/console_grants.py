"""Grants as a list: who was promised what, where it stands, and what staff can do about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards import acts
from qunflow.features.rewards.console_rows import CAMPAIGN, EVERY_SECONDS, ITEM, PERSON, REASONS, STATUS, RewardRows
from qunflow.features.rewards.items import CODED
from qunflow.features.rewards.vault import Vault
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_first
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import dress, faint, link, title

SORT = "-made_at"
COLUMNS = (
    PERSON,
    ITEM,
    CAMPAIGN,
    STATUS,
    Column("said", "console.rewards.reason", Cell.STATE, choices=REASONS, choice_text="console.rewards.reason"),
    Column("made_at", "console.rewards.col.made_at", Cell.TIME, True),
    Column("issued_at", "console.rewards.col.issued_at", Cell.TIME),
)
#: For the file: the id by which the command line names a grant.
EXPORTED = (Column("key", "console.rewards.col.name"), *COLUMNS)


def grant_pages(door: Door, vault: Vault, rows: RewardRows) -> Pages:
    """``/rewards/grants`` and its export."""

    async def show(desk: Desk) -> None:
        dress()

        async def load(query: ListQuery) -> ListPage:
            return await rows.grants(desk.workspace, query)

        link(desk.say("console.rewards.title"), "/rewards")
        ui.label(desk.say("console.rewards.grants.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.rewards.grants.text"))
        empty = Empty("console.rewards.grants.empty")
        page = GrantActs(desk, door, vault, rows)
        options = {"empty": empty, "sort": SORT, "acts": page.all(), "export": "/rewards/grants.csv"}
        await show_list(desk, COLUMNS, load, every=EVERY_SECONDS, **options)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await rows.grants(operator.workspace, query)

    return (
        ConsolePage("/rewards/grants", "console.rewards.grants.title", Right.SEE_REWARDS, show),
        export_file("/rewards/grants.csv", "grants", EXPORTED, load_for, sort=SORT),
    )


class GrantActs:
    """The buttons on a grant's row."""

    def __init__(self, desk: Desk, door: Door, vault: Vault, rows: RewardRows) -> None:
        self._desk, self._door, self._vault, self._rows = desk, door, vault, rows

    def all(self) -> tuple[RowAct, ...]:
        """Each with the rows for which it makes sense."""
        return (
            self._act("approve", "check", lambda row: (row["status"], row["reason"]) == ("held", "review")),
            self._act("retry", "refresh", lambda row: row["status"] in ("due", "failed", "manual")),
            self._act("done", "task_alt", lambda row: row["status"] == "manual"),
            self._act("hold", "pause", lambda row: row["status"] in ("due", "approved")),
            self._act("release", "play_arrow", lambda row: row["reason"] == "risk"),
            self._act("cancel", "close", lambda row: row["status"] in ("due", "held", "approved", "failed", "manual")),
            self._act("reverse", "undo", lambda row: row["status"] in ("issued", "redeemed")),
            RowAct(
                "code",
                "console.rewards.act.code",
                "visibility",
                Right.PAY_REWARDS,
                self._show_code,
                lambda row: row["status"] in ("issued", "redeemed") and row["kind"] in CODED,
            ),
        )

    def _act(self, name: str, icon: str, when: Callable[[Row], bool]) -> RowAct:
        right = Right.PAY_REWARDS if name in ("approve", "done", "reverse") else Right.RUN_CAMPAIGNS
        return RowAct(name, f"console.rewards.act.{name}", icon, right, self._decider(name, right), when)

    def _decider(self, name: str, right: Right) -> Callable[[Row], Awaitable[None]]:
        desk = self._desk

        async def decide(row: Row) -> None:
            if name in ("cancel", "reverse"):
                said = [desk.say(f"console.rewards.act.{name}.{part}") for part in ("ask", "text")]
                if not await ask_first(desk, said[0], said[1], desk.say(f"console.rewards.act.{name}")):
                    return
            key = str(row["key"])

            async def work() -> str:
                return await acts.decide_grant(self._door, desk.workspace, key, name, desk.operator.account)

            await desk.act(right, f"reward.{name}", key, work)
            self._rows.forget(desk.workspace, str(row["item"]))

        return decide

    async def _show_code(self, row: Row) -> None:
        """Noted in the audit log, whoever looks."""
        desk, key = self._desk, str(row["key"])

        async def work() -> str:
            return await acts.show_code(self._door, self._vault, desk.workspace, key)

        code = await desk.act(Right.PAY_REWARDS, "reward.look", key, work)
        if code is None:
            return
        with ui.dialog() as dialog, ui.card().classes("qf-stack"):
            title(desk.say("console.rewards.code.title"))
            ui.label(code).classes("text-h6").style("overflow-wrap: anywhere")
        await dialog
        dialog.delete()
