"""What is scarce goes to exactly as many: real clients over HTTP against two server processes on one PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from tests.connectors.wechatpay.stand_in import free_port
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.platform import ScriptedPlatform

from qunflow.bootstrap import Application
from qunflow.domain.inbound import ContactAdded, GroupRead, MemberSeen
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import Play
from qunflow.web.links import PersonLink

CROWD = tuple(f"p{number}" for number in range(24))
TOGETHER = 200
SERVERS = 2
#: Clients of one machine; each holds one connection at a time.
CLIENTS = 128


@dataclass(frozen=True, slots=True)
class Told:
    """What one submission was answered."""

    who: str
    status: int
    code: str
    answer: Any
    unit: str


@dataclass
class Arena:
    """Two servers, one campaign, many phones."""

    stage: Stage
    http: aiohttp.ClientSession
    ports: tuple[int, ...]
    links: dict[str, str]
    turns: int = 0
    races: int = 0

    async def move(self, who: str, move: str, unit: str = "", nonce: str = "", **params: Any) -> Told:
        """One submission, to the servers by turns; where a server asks for patience it is sent again as it is."""
        self.turns += 1
        body = {"move": move, "unit": unit, "params": params, "nonce": nonce or f"nonce{self.turns:08}"}
        url = f"http://127.0.0.1:{self.ports[self.turns % len(self.ports)]}/p/{self.links[who]}/move"
        while True:
            async with self.http.post(url, json=body) as response:
                found = await response.json()
                if response.status != 503:
                    return Told(who, response.status, found.get("code", ""), found.get("answer"), found.get("unit", ""))
            await asyncio.sleep(0.2)

    async def race(self, moves: Sequence[tuple[str, str, str]], times: int = 1, **params: Any) -> list[list[Told]]:
        """All at once; each is submitted ``times`` times under one nonce, from as many connections."""
        self.races += 1
        return [
            list(group)
            for group in await asyncio.gather(
                *(
                    asyncio.gather(
                        *(self.move(who, move, unit, f"race{self.races}n{place:06}", **params) for _ in range(times))
                    )
                    for place, (who, move, unit) in enumerate(moves)
                )
            )
        ]

    async def opened(self, who: str, move: str = "open", **params: Any) -> str:
        told = await self.move(who, move, **params)
        assert told.status == 200, told
        return told.unit

    async def used(self, counter: str) -> int:
        found = await self.stage.rows("SELECT used FROM counters WHERE name = $1", f"play:{CAMPAIGN}:{counter}")
        return int(found[0][0]) if found else 0

    async def shown(self, unit: str) -> Any:
        return await acts.show(self.stage.application.door, WORKSPACE, CAMPAIGN, unit)

    async def until(self, account: str, fen: int) -> None:
        """Until an account has so much: clocks are turned by the servers' own workers."""
        async with asyncio.timeout(30):
            while await self.stage.balance(account) != fen:
                await asyncio.sleep(0.1)

    async def quiet(self) -> None:
        """Until no message waits and the log gives the stored states."""
        async with asyncio.timeout(60):
            while (await self.stage.rows("SELECT count(*) FROM inbox WHERE state <> 'done'"))[0][0]:
                await asyncio.sleep(0.1)


async def crowd_in(stage: Stage, code: str, names: Sequence[str]) -> dict[str, str]:
    """These people came through the campaign's code and are in its group; their links."""
    for first in range(0, len(names), TOGETHER):
        part = names[first : first + TOGETHER]
        await stage.tell(*(ContactAdded(name, "amy", code, f"welcome-{name}") for name in part))
        await stage.think()
    inside = [MemberSeen(name, joined_at=stage.now) for name in names]
    members = (MemberSeen("amy", is_staff=True), *inside)
    await stage.tell(GroupRead("g1", stage.now, "福利群1", "amy", version="crowd", members=members))
    await stage.think()
    seal = stage.application.home.links.seal
    return {name: seal(PersonLink(WORKSPACE, CAMPAIGN, person_of(name))) for name in names}


@asynccontextmanager
async def serving(application: Application) -> AsyncIterator[int]:
    """``qunflow serve`` as a process of its own on this database and clock."""
    settings, port = application.home.settings, free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUNFLOW_")}
    environment |= {
        "QUNFLOW_DATABASE_URL": str(settings.database_url),
        "QUNFLOW_CLOCK": str(settings.clock),
        "QUNFLOW_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "qunflow", "serve", "--role", "edge", "--data", str(settings.data)]
    process = subprocess.Popen([*command, "--port", str(port)], env=environment, stderr=subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(60):
            while True:
                assert process.poll() is None, "the server ended"
                try:
                    async with http.get(f"http://127.0.0.1:{port}/health") as answer:
                        if answer.status == 200:
                            break
                except aiohttp.ClientConnectionError:
                    pass
                await asyncio.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=20)


@asynccontextmanager
async def arena(
    application: Application, model: dict[str, Any], names: Sequence[str], **plan: Any
) -> AsyncIterator[Arena]:
    """A running campaign with these people, and two servers."""
    stage = Stage(application, ScriptedPlatform(application.home.clock))
    changes = {"ladder": None, "reward_per_user_max_fen": 50_000, **plan}
    code = await stage.launch(model=read_model("model", model), **changes)
    links = await crowd_in(stage, code, names)
    limit = aiohttp.TCPConnector(limit=CLIENTS)
    async with serving(application) as one, serving(application) as two, aiohttp.ClientSession(connector=limit) as http:
        made = Arena(stage, http, (one, two), links)
        yield made
        await made.quiet()


def codes(told: Sequence[Sequence[Told]]) -> dict[str, int]:
    """How many got through ('') and how many were refused with which code; repeats answer as the first did."""
    for group in told:
        assert len({(one.status, one.code, str(one.answer)) for one in group}) == 1, group
    return dict(Counter(group[0].code for group in told))


async def test_the_last_cut_of_a_bargain_goes_to_one_of_those_who_tap_together(application: Application) -> None:
    model = {"kind": "bargain", "item": "mug", "original_fen": 9900, "stock_total": 1, "helpers": 3}
    async with arena(application, model, ("owner", *CROWD)) as here:
        unit = await here.opened("owner")
        assert codes(await here.race([(name, "help", unit) for name in CROWD], times=2)) == {"": 3, "unit_full": 21}
        assert (await here.shown(unit))["missing"] == 0 and await here.used("stock") == 1


@pytest.mark.long
async def test_the_last_seats_of_a_group_go_to_as_many_buyers(application: Application) -> None:
    model = {"kind": "group-buy", "item": "mug", "price_fen": 1000, "stock_total": 50, "size": 4}
    async with arena(application, model, ("owner", *CROWD)) as here:
        unit = await here.opened("owner")
        paid = Play("pay", unit, {"order": f"{unit}-0", "fen": 1000}, "system")
        await here.stage.application.door.ask(WORKSPACE, paid, campaign=CAMPAIGN)
        told = await here.race([(name, "join", unit) for name in CROWD], times=2)
        assert codes(told) == {"": 3, "unit_full": 21}
        orders = {group[0].answer for group in told if not group[0].code}
        assert len(orders) == 3 and await here.used("stock") == 4


@pytest.mark.long
async def test_the_shares_of_a_packet_go_to_as_many_and_sum_to_the_packet(application: Application) -> None:
    model = {"kind": "lucky-packet", "total_fen": 1000, "shares": 7, "packets": 1}
    async with arena(application, model, CROWD) as here:
        made = await here.stage.application.door.ask(WORKSPACE, Play("create", "", {}, "staff"), campaign=CAMPAIGN)
        told = await here.race([(name, "take", str(made.value)) for name in CROWD], times=2)
        assert codes(told)[""] == 7 and set(codes(told)) <= {"", "unit_full", "unit_closed"}
        await here.quiet()
        found = await here.stage.rows("SELECT sum(balance) FROM accounts WHERE account LIKE 'available:%'")
        assert int(found[0][0]) == 1000


@pytest.mark.long
async def test_a_capped_card_is_never_drawn_above_its_cap(application: Application) -> None:
    kinds = [{"card": "fu", "weight": 5000}, {"card": "shou", "weight": 5000, "cap": 3}]
    model = {"kind": "cards", "kinds": kinds, "new_user_double": False, "pool_fen": 1000, "daily_draws": 2}
    async with arena(application, model, CROWD) as here:
        units = [await here.opened(name) for name in CROWD]
        draws = [(name, "draw", unit) for name, unit in zip(CROWD, units, strict=True)] * 3
        assert codes(await here.race(draws, times=2)) == {"": 48, "quota": 24}
        drawn: Counter[str] = Counter()
        for unit in units:
            drawn.update((await here.shown(unit))["cards"])
        assert drawn["shou"] == 3 == await here.used("minted:shou") and drawn["fu"] == 45


@pytest.mark.long
async def test_the_budget_of_a_day_and_of_the_campaign_are_never_exceeded(application: Application) -> None:
    """What a day cannot carry is held and granted when the next one begins; what the budget cannot stays held."""
    model = {"kind": "check-in", "people": 100, "ladder": [{"days": 1, "amount_fen": 100}]}
    bounds = {"budget_total_fen": 1200, "budget_daily_fen": 500, "reward_per_user_max_fen": 100}
    async with arena(application, model, CROWD, **bounds) as here:
        assert codes(await here.race([(name, "open", "") for name in CROWD], times=2)) == {"": 24}
        for left in (700, 200, 0, 0):
            await here.until(f"budget:{CAMPAIGN}", left)
            await here.quiet()
            clock: Any = application.home.clock
            clock.advance_to(clock.now() + timedelta(days=1))
        paid = await here.stage.rows("SELECT count(*) FROM accounts WHERE account LIKE 'available:%' AND balance = 100")
        assert int(paid[0][0]) == 12


@pytest.mark.long
async def test_of_two_thousand_buyers_a_hundred_get_one_piece_each_and_nobody_two(application: Application) -> None:
    names = tuple(f"b{number}" for number in range(2_000))
    model = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 100, "friends": 0}
    begun = time.perf_counter()
    async with arena(application, model, names) as here:
        entered = time.perf_counter()
        units = {group[0].who: group[0].unit for group in await here.race([(name, "open", "") for name in names])}
        opened = time.perf_counter()
        told = await here.race([(name, "reserve", units[name]) for name in names], times=3)
        done = time.perf_counter()
        print(f"\n2,000 enter {entered - begun:.1f} s, open {opened - entered:.1f} s, reserve 3x {done - opened:.1f} s")
        assert codes(told) == {"": 100, "stock_out": 1_900}
        orders = {group[0].answer for group in told if not group[0].code}
        assert len(orders) == 100 and await here.used("stock") == 100
        made = await here.stage.rows("SELECT count(*) FROM events WHERE type = 'order_made'")
        assert int(made[0][0]) == 100
