"""Somebody who takes part scans a second person's live code: over HTTP against a server process, then they buy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform
from tests.journeys.test_http_races import serving

from qunflow.bootstrap import Application
from qunflow.engine.replay import check_replay
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import PlayerState, player_stream
from qunflow.web.links import PersonLink

MODEL: dict[str, Any] = {"kind": "distribution", "sales_fen": 100_000, "rate1_bps": 3000}
PHONE = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0"}


class Street:
    """Promoters a and b, c who came through a's code, and one server."""

    def __init__(self, stage: Stage, port: int) -> None:
        self.stage, self.url = stage, f"http://127.0.0.1:{port}"
        self.orders = 0

    def link(self, who: str) -> str:
        """The sealed part of somebody's links."""
        return self.stage.application.home.links.seal(PersonLink(WORKSPACE, CAMPAIGN, person_of(who)))

    @asynccontextmanager
    async def phone(self) -> AsyncIterator[httpx.AsyncClient]:
        """A browser of its own."""
        async with httpx.AsyncClient(base_url=self.url, headers=PHONE, trust_env=False, timeout=30) as browser:
            yield browser

    async def get(self, phone: httpx.AsyncClient, path: str) -> str:
        answer = await phone.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def scan(self, phone: httpx.AsyncClient, whose: str) -> str:
        return await self.get(phone, f"/c/{await self.stage.own_code(whose)}")

    async def bound(self, who: str) -> str:
        """Through whom somebody buys."""
        stream = player_stream(CAMPAIGN, person_of(who))
        state: PlayerState = await self.stage.application.door.look.state(WORKSPACE, stream)
        return next((name for name in "abc" if person_of(name) == state.bound_to), state.bound_to)

    async def buy(self, who: str) -> tuple[int, int]:
        """An order of 100 yuan is paid; what a and b have coming to them then."""
        self.orders += 1
        order, door = {"order": f"o{self.orders}", "fen": "10000"}, self.stage.application.door
        answer = await acts.tell(door, WORKSPACE, CAMPAIGN, "order_paid", "", person_of(who), order)
        assert answer.rejection is None
        await self.quiet()
        return await self.fen("a"), await self.fen("b")

    async def quiet(self) -> None:
        """Until the server has decided all that waits."""
        async with asyncio.timeout(30):
            while (await self.stage.rows("SELECT count(*) FROM inbox WHERE state <> 'done'"))[0][0]:
                await asyncio.sleep(0.05)

    async def fen(self, who: str) -> int:
        return await self.stage.balance(f"pending:{person_of(who)}")


@asynccontextmanager
async def street(application: Application, **model: Any) -> AsyncIterator[Street]:
    stage = Stage(application, ScriptedPlatform(application.home.clock))
    settings = read_model("model", {**MODEL, **model})
    code = await stage.launch(ladder=None, reward_per_user_max_fen=50_000, model=settings)
    for name in "ab":
        await stage.add(name, code)
        await stage.join(name)
        assert (await acts.play(application.door, WORKSPACE, CAMPAIGN, person_of(name), "enrol")).rejection is None
        await stage.wait(timedelta(minutes=1))
    await stage.add("c", await stage.own_code("a"))
    await stage.join("c")
    await stage.wait(timedelta(minutes=1))
    async with serving(application) as port:
        made = Street(stage, port)
        yield made
        await made.quiet()
    replayed = await check_replay(application.home.database, application.registry, WORKSPACE)
    assert replayed.equal, replayed.differing


async def test_the_order_after_the_second_scan_pays_who_was_scanned_last_and_the_one_before_stays(
    application: Application,
) -> None:
    """Case 8: first through A's code, later B's."""
    async with street(application, bind_mode="override") as here, here.phone() as phone, here.phone() as stranger:
        assert await here.buy("c") == (3000, 0)
        await here.scan(phone, "b")
        assert await here.bound("c") == "a", "nobody knows yet whose browser this is"
        await here.get(stranger, f"/p/{here.link('c')}/play")
        await here.scan(stranger, "b")
        assert await here.bound("c") == "a", "to look at a forwarded page makes nobody that person"
        await here.get(phone, f"/p/{here.link('c')}/entry")
        for robot in ({"user-agent": "Googlebot/2.1"}, {"sec-purpose": "prefetch"}):
            answer = await phone.get(f"/c/{await here.stage.own_code('b')}", headers=robot)
            assert answer.status_code == 200
        assert await here.bound("c") == "a", "nobody looked"
        await here.scan(phone, "b")
        assert await here.bound("c") == "b"
        assert await here.buy("c") == (3000, 3000)
        assert (await here.stage.of("c")).parent == person_of("a"), "who brought them is another thing"
        await here.scan(phone, "c")
        await here.scan(phone, "a")
        assert await here.bound("c") == "a"
        assert await here.buy("c") == (6000, 3000)
