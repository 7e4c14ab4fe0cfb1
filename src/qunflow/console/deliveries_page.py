"""Failed deliveries and dead letters as lists: what, to whom, why, and trying again where that is safe."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import ui

from qunflow.console.delivery_words import STATES, TONES, action_words, retry_words, target_words, why_words
from qunflow.console.today_numbers import LOOK_BACK, TodayNumbers
from qunflow.domain.rights import Right
from qunflow.engine.door import Door
from qunflow.storage.mending import (
    FailedAction,
    FailedFilter,
    count_dead,
    list_dead,
    list_failed,
    retry_action,
    revive_letter,
)
from qunflow.web.desk import ConsolePage, Desk, Operator, Pages
from qunflow.web.widgets.export import export_file
from qunflow.web.widgets.listing import Cell, Column, Empty, ListPage, ListQuery, RowAct, show_list
from qunflow.web.widgets.listing_query import Row
from qunflow.web.widgets.look import faint, link

SORT = "-at"
COLUMNS = (
    Column("at", "console.deliveries.col.at", Cell.TIME, sortable=True),
    Column("what", "console.deliveries.col.what"),
    Column("target", "console.deliveries.col.target"),
    Column("state", "console.deliveries.state", Cell.STATE, False, True, STATES, "console.deliveries.state", TONES),
    Column("why", "console.deliveries.col.why"),
    Column("again", "console.deliveries.col.again"),
)
LETTER_COLUMNS = (
    Column("received_at", "console.letters.col.received_at", Cell.TIME),
    Column("kind", "console.letters.col.kind"),
    Column("channel", "console.letters.col.channel"),
    Column("reason", "console.letters.col.reason"),
)


def pages(door: Door, numbers: TodayNumbers) -> Pages:
    """``/deliveries`` and ``/deliveries/letters``, each with its export."""
    return (*_failed_pages(door, numbers), *_letter_pages(door, numbers))


def _failed_pages(door: Door, numbers: TodayNumbers) -> Pages:
    async def failed(workspace: str, query: ListQuery) -> tuple[list[FailedAction], int]:
        now = door.clock.now()
        wanted = FailedFilter(now - LOOK_BACK, now, state=query.filters.get("state", ""), search=query.search)
        async with door.database.read(workspace) as unit:
            return await list_failed(
                unit, wanted, limit=query.per_page, offset=query.offset, newest_first=query.descending
            )

    async def show(desk: Desk) -> None:
        words = desk.say("console.deliveries.title"), desk.say("console.deliveries.text")
        _head(*words, "/deliveries/letters", desk.say("console.letters.title"))

        async def load(query: ListQuery) -> ListPage:
            found, total = await failed(desk.workspace, query)
            return ListPage([_shown(desk, action) for action in found], total)

        act = retrying(desk, door, numbers)
        right = Right.RETRY_DELIVERIES
        retry = RowAct("retry", "console.deliveries.again", "replay", right, act, lambda row: bool(row["may_retry"]))
        empty = Empty("console.deliveries.empty")
        await show_list(desk, COLUMNS, load, empty=empty, sort=SORT, acts=[retry], export="/deliveries.csv", every=3.0)

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        found, total = await failed(operator.workspace, query)
        return ListPage([_plain(action) for action in found], total)

    title, right = "console.deliveries.title", Right.RETRY_DELIVERIES
    return (
        ConsolePage("/deliveries", title, right, show, title, "outbox", 70),
        export_file("/deliveries.csv", "deliveries", COLUMNS, load_for, sort=SORT),
    )


def _letter_pages(door: Door, numbers: TodayNumbers) -> Pages:
    async def letters(workspace: str, query: ListQuery) -> ListPage:
        async with door.database.read(workspace) as unit:
            found = await list_dead(unit, query.per_page, query.offset)
            total = await count_dead(unit)
        return ListPage([{"key": str(one.seq), **_letter(one)} for one in found], total)

    async def show(desk: Desk) -> None:
        words = desk.say("console.letters.title"), desk.say("console.letters.text")
        _head(*words, "/deliveries", desk.say("console.deliveries.title"))

        async def again(row: Row) -> None:
            async def work() -> str:
                async with door.database.unit(desk.workspace) as unit:
                    return await revive_letter(unit, int(row["key"]))

            if await desk.act(Right.RETRY_DELIVERIES, "letter.retry", str(row["key"]), work):
                numbers.forget_deliveries(desk.workspace)
                ui.notify(desk.say("console.letters.done"), type="positive")

        async def load(query: ListQuery) -> ListPage:
            return await letters(desk.workspace, query)

        retry = RowAct("retry", "console.letters.again", "replay", Right.RETRY_DELIVERIES, again)
        empty = Empty("console.letters.empty")
        await show_list(
            desk, LETTER_COLUMNS, load, empty=empty, acts=[retry], export="/letters.csv", search=False, every=3.0
        )

    async def load_for(operator: Operator, query: ListQuery) -> ListPage:
        return await letters(operator.workspace, query)

    return (
        ConsolePage("/deliveries/letters", "console.letters.title", Right.RETRY_DELIVERIES, show),
        export_file("/letters.csv", "letters", LETTER_COLUMNS, load_for),
    )


def retrying(desk: Desk, door: Door, numbers: TodayNumbers) -> Callable[[Row], Awaitable[None]]:
    """Tries one delivery again, noted in the audit log."""

    async def again(row: Row) -> None:
        async def work() -> str:
            async with door.database.unit(desk.workspace) as unit:
                return await retry_action(unit, int(row["key"]), door.clock.now())

        kind = str(row["kind"])
        if await desk.act(Right.RETRY_DELIVERIES, "delivery.retry", str(row["action"]), work, kind=kind):
            ui.notify(desk.say("console.deliveries.done"), type="positive")
        numbers.forget_deliveries(desk.workspace)

    return again


def _head(heading: str, text: str, other: str, other_text: str) -> None:
    with ui.element("div").classes("qf-row w-full"):
        ui.label(heading).classes("text-h6").props('role=heading aria-level="1"')
        ui.space()
        link(other_text, other)
    faint(text)


def _plain(action: FailedAction) -> dict[str, Any]:
    again = "settled" if action.settled else "late" if action.late else "safe"
    why = f"{action.reason} {action.detail}".strip()
    return {
        "key": str(action.seq),
        "action": action.action_id,
        "kind": action.kind,
        "at": action.at,
        "what": action.kind,
        "target": target_words(action),
        "state": action.state,
        "why": why,
        "again": again,
        "may_retry": action.may_retry,
    }


def _shown(desk: Desk, action: FailedAction) -> dict[str, Any]:
    return {
        **_plain(action),
        "what": action_words(desk, action.kind),
        "why": why_words(desk, action),
        "again": retry_words(desk, action),
    }


def _letter(letter: Any) -> dict[str, Any]:
    return {
        "received_at": letter.received_at,
        "kind": letter.kind,
        "channel": letter.channel,
        "reason": letter.reason,
    }
