"""A thousand visitors at once on one live code, through the real pages (issue: 150 places, 850 waiting pages)."""

from __future__ import annotations

import asyncio
from datetime import datetime

import httpx

from qunflow.bootstrap import Application, Channels, edge_app
from qunflow.domain.inbound import EntryOpened, GroupRead, MemberSeen
from qunflow.features.livecodes.model import AddPoolGroup, MakeCode, MakePool, PoolSettings

PLACES = 150


async def work(application: Application) -> None:
    """Let the worker of the inbox finish."""
    runner = application.runner()
    while await runner.turn():
        pass


async def add_group(application: Application, chat: str, read_at: datetime) -> None:
    """A group with one staff member inside and its entry, as the platform tells."""
    staff = MemberSeen("amy", is_staff=True)
    reading = GroupRead(chat, read_at, name=chat, owner="amy", members=(staff,))
    await application.intake.store("main", "wx", f"read:{chat}", (reading,))
    await work(application)
    await application.door.ask("main", AddPoolGroup("p", chat), channel="wx")
    await work(application)
    opened = EntryOpened("p", chat, f"config-{chat}", f"https://qr.example/{chat}.png", "", (chat,))
    await application.intake.store("main", "wx", f"entry:{chat}", (opened,))
    await work(application)


def states(pages: list[httpx.Response]) -> dict[str, int]:
    """How many pages of each state."""
    found: dict[str, int] = {}
    for page in pages:
        name = page.text.split('data-state="')[1].split('"')[0]
        found[name] = found.get(name, 0) + 1
    return found


async def test_a_thousand_visitors_share_150_places_and_then_the_next_group(application: Application) -> None:
    settings = PoolSettings("wx", "福利", ("amy",), soft_limit=PLACES + 1, low_at=20)
    await application.door.ask("main", MakePool("p", settings), channel="wx")
    await work(application)
    await add_group(application, "g1", application.home.clock.now())
    code = (await application.door.ask("main", MakeCode("p", contact=False), channel="wx")).value
    await work(application)
    app = edge_app(application, Channels(application.home))
    transport = httpx.ASGITransport(app=app)

    async def visit() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://phone") as phone:
            return await phone.get(f"/c/{code}")

    first = states(await asyncio.gather(*(visit() for _ in range(1000))))
    waiting = first.pop("waiting")
    assert (sum(first.values()), waiting) == (PLACES, 1000 - PLACES)
    async with application.home.database.unit("main") as unit:
        used = await unit.fetch("SELECT used, \"limit\" FROM counters WHERE name LIKE 'places:%'")
        kept = await unit.value("SELECT count(*) FROM claims WHERE scope = 'place:p'")
    assert [tuple(row) for row in used] == [(PLACES, PLACES)]
    assert kept == PLACES

    await add_group(application, "g2", application.home.clock.now())
    second = states(await asyncio.gather(*(visit() for _ in range(200))))
    waiting = second.pop("waiting")
    assert (sum(second.values()), waiting) == (PLACES, 50)
