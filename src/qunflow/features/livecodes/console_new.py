"""A new live code of no campaign: in front of a pool that is there, or of a new one."""

from __future__ import annotations

from typing import Any

from nicegui import ui

from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.livecodes import acts
from qunflow.features.livecodes.code_store import all_pools
from qunflow.features.livecodes.console_rows import CodeBook
from qunflow.features.livecodes.model import PoolSettings
from qunflow.storage.directory import list_channels
from qunflow.web.desk import ConsolePage, Desk, Pages
from qunflow.web.widgets.forms import Field, Form, Kind
from qunflow.web.widgets.look import block, dress, faint, link

NEW = "+"


def new_pages(door: Door, book: CodeBook) -> Pages:
    """The page ``/codes/new``."""

    async def show(desk: Desk) -> None:
        dress()
        async with door.database.directory() as connection:
            channels = [row for row in await list_channels(connection) if row.workspace == desk.workspace]
        async with door.database.read(desk.workspace) as unit:
            pools = await all_pools(unit)
        ui.label(desk.say("console.codes.new")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.codes.new.text"))
        if not channels:
            with block():
                ui.label(desk.say("console.codes.new.no_channel"))
                link(desk.say("console.channels.title"), "/channels")
            return
        known = {name: f"{pool.settings.base_name} · {pool.settings.channel}" for name, pool in pools.items()}
        NewCode(desk, door, book, known, {row.name: row.name for row in channels}).draw()

    return (ConsolePage("/codes/new", "console.codes.new", Right.RUN_GROUPS, show),)


class NewCode:
    """The form: a pool to choose, and the fields of a new one while none is chosen."""

    def __init__(self, desk: Desk, door: Door, book: CodeBook, pools: dict[str, str], channels: dict[str, str]) -> None:
        self._desk, self._door, self._book = desk, door, book
        options = {**pools, NEW: desk.say("console.codes.new.pool")}
        chosen = next(iter(options))
        self._which = Form(
            desk,
            [Field("pool", "console.codes.field.pool", Kind.CHOICE, required=True, options=options)],
            {"pool": chosen},
            on_change=self._changed,
        )
        refills = {name: desk.say(f"console.codes.refill.{name}") for name in acts.REFILLS}
        fields = [
            Field("channel", "console.codes.field.channel", Kind.CHOICE, required=True, options=channels),
            Field("base_name", "console.codes.field.base_name", most=acts.MAX_NAME, least=1, required=True),
            Field("staff", "console.codes.field.staff", Kind.TEXTS, 1, acts.MAX_STAFF, required=True),
            Field("soft_limit", "console.codes.field.soft_limit", Kind.NUMBER, 2, 2000, required=True, default=150),
            Field("low_at", "console.codes.field.low_at", Kind.NUMBER, 0, 10_000, required=True, default=50),
            Field("refill", "console.codes.field.refill", Kind.CHOICE, required=True, options=refills),
        ]
        data: dict[str, Any] = {"channel": next(iter(channels)), "refill": "request"}
        self._new = Form(desk, fields, data)

    def draw(self) -> None:
        """The whole form with its button."""
        desk = self._desk
        with block():
            self._which.draw()
            self._place = ui.element("div").classes("qf-stack")
            with self._place:
                self._new.draw()
            with ui.element("div").classes("qf-row"):
                make = ui.button(desk.say("console.codes.make"), on_click=self._make)
                make.props("unelevated no-caps").mark("make-code")
        self._changed()

    def _changed(self) -> None:
        self._place.set_visibility(self._which.data.get("pool") == NEW)

    async def _make(self) -> None:
        desk, fresh = self._desk, self._which.data.get("pool") == NEW
        if not self._which.check() or (fresh and not self._new.check()):
            return
        code = await desk.act(Right.RUN_GROUPS, "code.make", str(self._which.data["pool"]), self._store)
        if code:
            self._book.forget(desk.workspace)
            ui.navigate.to(f"/codes/{code}")

    async def _store(self) -> str:
        pool, workspace, data = str(self._which.data["pool"]), self._desk.workspace, self._new.data
        if pool == NEW:
            staff = tuple(data["staff"])
            settings = PoolSettings(
                data["channel"], data["base_name"], staff, data["soft_limit"], data["low_at"], data["refill"]
            )
            try:
                pool = await acts.make_pool(self._door, workspace, settings)
            except InvalidInput as error:
                self._tell(error)
                raise
            self._which.data["pool"] = pool  # should the code fail now, the next try takes this pool
        return await acts.make_code(self._door, workspace, pool)

    def _tell(self, error: QunflowError) -> None:
        self._new.tell({error.field: error.rule})
