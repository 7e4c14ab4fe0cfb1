"""Parcels: what has to be sent, the addresses as a file (audited), and tracking numbers taken in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui
from nicegui.events import UploadEventArguments

from qunflow.domain.errors import InvalidInput
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.features.rewards import acts
from qunflow.features.rewards.console_rows import CAMPAIGN, EVERY_SECONDS, ITEM, PARCEL, PERSON, STATUS, RewardRows
from qunflow.features.rewards.files import MAX_BYTES
from qunflow.features.rewards.model import ADDRESSED, DELIVERED, PARCELS, PICKING, RETURNED, SHIPPED
from qunflow.features.rewards.vault import Vault
from qunflow.web.csv_file import MEDIA_TYPE, file_name
from qunflow.web.desk import ConsoleFile, ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.listing import Column, Empty, Listing, ListPage, ListQuery, RowAct, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import block, dress, faint, link

SORT = "-made_at"
MOST_TOLD = 20
COLUMNS = (
    PERSON,
    ITEM,
    CAMPAIGN,
    PARCEL,
    STATUS,
    Column("carrier", "console.rewards.col.carrier"),
    Column("tracking", "console.rewards.col.tracking"),
)
#: From which states a step is offered.
_FROM = {PICKING: (ADDRESSED,), DELIVERED: (SHIPPED,), RETURNED: (SHIPPED, DELIVERED)}
_ICONS = {PICKING: "inventory_2", DELIVERED: "done_all", RETURNED: "assignment_return"}


def parcel_pages(door: Door, vault: Vault, rows: RewardRows) -> Pages:
    """``/rewards/parcels`` and the file of addresses."""

    async def show(desk: Desk) -> None:
        dress()
        await ParcelPage(desk, door, rows).begin()

    async def make(operator: Operator, state: str = ADDRESSED) -> tuple[str, str, bytes]:
        if state not in PARCELS:
            raise InvalidInput("reward_parcels", ", ".join(PARCELS), field="state")
        body = await acts.export_parcels(door, vault, operator.workspace, state)
        return MEDIA_TYPE, file_name("parcels", state), body

    return (
        ConsolePage("/rewards/parcels", "console.rewards.parcels.title", Right.RUN_CAMPAIGNS, show),
        ConsoleFile("/rewards/parcels.csv", Right.RUN_CAMPAIGNS, make),
    )


class ParcelPage:
    """The list with the two files."""

    def __init__(self, desk: Desk, door: Door, rows: RewardRows) -> None:
        self._desk, self._door, self._rows = desk, door, rows
        self._listing: Listing | None = None

    async def begin(self) -> None:
        """Draw everything."""
        desk = self._desk
        link(desk.say("console.rewards.title"), "/rewards")
        ui.label(desk.say("console.rewards.parcels.title")).classes("text-h6").props('role=heading aria-level="1"')
        faint(desk.say("console.rewards.parcels.text"))
        with block():
            link(desk.say("console.rewards.parcels.export"), f"/rewards/parcels.csv?state={ADDRESSED}")
            upload = ui.upload(on_upload=self._uploaded, auto_upload=True, max_file_size=MAX_BYTES, max_files=10)
            upload.props('accept=".csv" flat bordered').classes("w-full")
            upload.props["label"] = desk.say("console.rewards.parcels.import")
            self._upload = upload
            self._told = ui.label("").style("white-space: pre-line").props('role="status"')

        async def load(query: ListQuery) -> ListPage:
            return await self._rows.grants(desk.workspace, query, parcels=True)

        empty = Empty("console.rewards.parcels.empty")
        steps = tuple(self._step(state) for state in _FROM)
        self._listing = await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, acts=steps, every=EVERY_SECONDS)

    def _step(self, state: str) -> RowAct:
        return RowAct(
            state,
            f"console.rewards.act.{state}",
            _ICONS[state],
            Right.RUN_CAMPAIGNS,
            self._mover(state),
            lambda row: row["parcel"] in _FROM[state],
        )

    def _mover(self, state: str) -> Callable[[Row], Awaitable[None]]:
        desk = self._desk

        async def move(row: Row) -> None:
            key = str(row["key"])

            async def work() -> str:
                return await acts.move_parcel(self._door, desk.workspace, key, state, desk.operator.account)

            await desk.act(Right.RUN_CAMPAIGNS, f"parcel.{state}", key, work)
            self._rows.forget(desk.workspace)

        return move

    async def _uploaded(self, event: UploadEventArguments) -> None:
        desk, content = self._desk, await event.file.read()

        async def work() -> acts.ShipReport:
            return await acts.import_tracking(self._door, desk.workspace, content, desk.operator.account)

        report = await desk.act(Right.RUN_CAMPAIGNS, "parcel.import", "", work, bytes=len(content))
        self._upload.reset()
        if report is None:
            return
        say = desk.say
        lines = [say("console.rewards.parcels.done", shipped=report.shipped, refused=len(report.refused))]
        for line, grant, reason in report.refused[:MOST_TOLD]:
            lines.append(say("console.rewards.parcels.refused", line=line, grant=grant, reason=reason))
        self._told.text = "\n".join(lines)
        self._rows.forget(desk.workspace)
        if self._listing is not None:
            await self._listing.refresh()
