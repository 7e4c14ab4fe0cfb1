"""The inventory as a list, a new item, and redeeming a code at the counter."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import MAX_FEN
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards import acts
from qunflow.features.rewards.console_rows import EVERY_SECONDS, ITEM_STATES, ITEM_TONES, KIND, RewardRows
from qunflow.features.rewards.items import KINDS, MAX_TOTAL, MAX_VALID_DAYS, RewardItem
from qunflow.features.rewards.vault import Vault
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.asking import ask_for
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, answer_from, show_list
from qunflow.web.widgets.look import block, dress, faint

SORT = "key"
COLUMNS = (
    Column("title", "console.rewards.col.title", sortable=True, link="/rewards/item/{key}"),
    Column("key", "console.rewards.col.name", sortable=True),
    KIND,
    Column("free", "console.rewards.col.free", Cell.NUMBER, True, True),
    Column("total", "console.rewards.col.total", Cell.NUMBER, True),
    Column("unit_cost", "console.rewards.col.unit_cost", Cell.MONEY, True),
    Column("face_value", "console.rewards.col.face_value", Cell.MONEY, True),
    Column("sponsor", "console.rewards.col.sponsor", sortable=True, filterable=True),
    Column("expires_at", "console.rewards.col.expires_at", Cell.TIME, True),
    Column("state", "console.rewards.state", Cell.STATE, True, True, ITEM_STATES, "console.rewards.state", ITEM_TONES),
)


def list_pages(door: Door, vault: Vault, rows: RewardRows) -> Pages:
    """``/rewards``, its export, and ``/rewards/new``."""

    async def show(desk: Desk) -> None:
        dress()

        async def load(query: ListQuery) -> ListPage:
            return answer_from(await rows.items(desk.workspace), COLUMNS, query)

        with ui.element("div").classes("qf-row w-full"):
            ui.label(desk.say("console.rewards.title")).classes("text-h6").props('role=heading aria-level="1"')
            ui.space()
            _links(desk, door, vault, rows)
        faint(desk.say("console.rewards.text"))
        empty = Empty("console.rewards.empty", "console.rewards.new", "/rewards/new", Right.RUN_CAMPAIGNS)
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, export="/rewards.csv", every=EVERY_SECONDS)

    async def show_new(desk: Desk) -> None:
        NewItem(desk, door, rows).draw()

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return answer_from(await rows.items(operator.workspace), COLUMNS, query)

    menu = "console.rewards.menu"
    return (
        ConsolePage("/rewards", "console.rewards.title", Right.SEE_REWARDS, show, menu, "redeem", 60),
        ConsolePage("/rewards/new", "console.rewards.new", Right.RUN_CAMPAIGNS, show_new),
        export_file("/rewards.csv", "rewards", COLUMNS, load_for, sort=SORT),
    )


def _links(desk: Desk, door: Door, vault: Vault, rows: RewardRows) -> None:
    """What else there is, as buttons."""
    for name, to in (("grants", "/rewards/grants"), ("parcels", "/rewards/parcels"), ("costs", "/rewards/costs")):
        if name != "parcels" or desk.may(Right.RUN_CAMPAIGNS):
            button = ui.button(desk.say(f"console.rewards.{name}"), on_click=lambda to=to: ui.navigate.to(to))
            button.props("flat no-caps")
    if not desk.may(Right.RUN_CAMPAIGNS):
        return

    async def redeem() -> None:
        fields = [Field("code", "console.rewards.redeem.code", least=4, most=64, required=True)]
        heading, text = desk.say("console.rewards.redeem"), desk.say("console.rewards.redeem.text")
        given = await ask_for(desk, heading, text, heading, fields)
        if given is None:
            return

        async def work() -> Any:
            return await acts.redeem(door, vault, desk.workspace, str(given["code"]), desk.operator.account)

        state = await desk.act(Right.RUN_CAMPAIGNS, "reward.redeem", "", work)
        if state is not None:
            rows.forget(desk.workspace, state.item)
            said = desk.say("console.rewards.redeem.done", title=state.item, name=state.person[:8])
            ui.notify(said, type="positive")

    ui.button(desk.say("console.rewards.redeem"), on_click=redeem).props("outline no-caps").mark("redeem")
    new = ui.button(desk.say("console.rewards.new"), icon="add")
    new.props("unelevated no-caps").on_click(lambda: ui.navigate.to("/rewards/new"))


class NewItem:
    """The form of a new item."""

    def __init__(self, desk: Desk, door: Door, rows: RewardRows) -> None:
        self._desk, self._door, self._rows = desk, door, rows
        kinds = {kind: desk.say(f"console.rewards.kind.{kind}") for kind in KINDS}
        fields = [
            Field("name", "console.rewards.col.name", least=2, most=40, required=True),
            Field("title", "console.rewards.col.title", least=1, most=60, required=True),
            Field("kind", "console.rewards.kind", Kind.CHOICE, required=True, options=kinds),
            Field("total", "console.rewards.col.total", Kind.NUMBER, 0, MAX_TOTAL, default=0),
            Field("unit_cost", "console.rewards.col.unit_cost", Kind.MONEY, 0, MAX_FEN, default=0),
            Field("face_value", "console.rewards.col.face_value", Kind.MONEY, 0, MAX_FEN, default=0),
            Field("amount", "console.rewards.col.amount", Kind.NUMBER, 0, 1_000_000, default=0),
            Field("expires_at", "console.rewards.col.expires_at", Kind.TIME),
            Field("valid_days", "console.rewards.col.valid_days", Kind.NUMBER, 0, MAX_VALID_DAYS, default=0),
            Field("sponsor", "console.rewards.col.sponsor", most=60),
            Field("substitute", "console.rewards.col.substitute", most=40),
            Field("blocked", "console.rewards.col.blocked", most=500),
        ]
        self._form = Form(desk, fields, {"kind": "coupon_code"})

    def draw(self) -> None:
        """The form with its button."""
        desk = self._desk
        dress()
        ui.label(desk.say("console.rewards.new")).classes("text-h6").props('role=heading aria-level="1"')
        with block():
            self._form.draw()
            add = ui.button(desk.say("console.rewards.add"), on_click=self._add)
            add.props("unelevated no-caps").mark("add-item")

    async def _add(self) -> None:
        if not self._form.check():
            return
        desk, name = self._desk, str(self._form.data["name"])
        if await desk.act(Right.RUN_CAMPAIGNS, "reward.add", name, self._store) is not None:
            self._rows.forget(desk.workspace, name)
            ui.navigate.to(f"/rewards/item/{name}")

    async def _store(self) -> str:
        data = dict(self._form.data)
        blocked = str(data.pop("blocked", "") or "").replace("，", ",").split(",")
        expires = data.pop("expires_at", None)
        item = RewardItem(
            **{name: value for name, value in data.items() if value is not None},
            expires_at=datetime.fromisoformat(expires) if expires else None,
            blocked_regions=tuple(one.strip() for one in blocked if one.strip()),
        )
        try:
            return await acts.add_item(self._door, self._desk.workspace, item)
        except InvalidInput as error:
            field = "blocked" if error.field == "blocked_regions" else error.field
            self._form.tell({field: error.rule})
            raise
