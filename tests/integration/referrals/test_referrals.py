"""Referrals on a real PostgreSQL, by phones over HTTP: claims that race, money that comes and goes, contacts sealed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from qunflow.bootstrap import Application
from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.events import OrderMade, RefundOwed
from qunflow.domain.inbound import ContactAdded, ContactCodeOpened, ContactRead
from qunflow.domain.payments import PaymentSeen, RefundSeen
from qunflow.engine.replay import check_replay
from qunflow.features.payouts.orders import order_number
from qunflow.features.payouts.orders_model import order_stream
from qunflow.features.payouts.rules import PayRules, SetPayRules
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.referrals import acts, store
from qunflow.features.referrals.model import LeadState
from qunflow.features.referrals.program import Terms
from qunflow.features.referrals.vault import ContactVault
from qunflow.ledger.check import check_ledger
from qunflow.pages.shell import phone_routes
from qunflow.storage.accounts import read_balances
from qunflow.web.links import PersonLink, UnitLink
from qunflow.web.visitors import COOKIE

WORKSPACE, PROGRAM = "main", "villa"
PHONE = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0", "accept": "text/html", "accept-language": "zh-CN"}
TERMS = Terms(
    "老客推荐有礼",
    "别墅整装",
    budget_total_fen=500_000,
    budget_daily_fen=200_000,
    reward_bps=150,
    cap_fen=60_000,
    hold_days=10,
    four_eyes_fen=2_000_000,
    rules="每单成交后付款满 10 天到账。",
)


@dataclass
class Shop:
    """A shop with one program; ``http`` is a phone's browser without cookies."""

    application: Application
    http: httpx.AsyncClient
    vault: ContactVault

    @property
    def door(self) -> Any:
        return self.application.door

    async def settle(self) -> None:
        runner = self.application.runner()
        while await runner.turn():
            pass

    async def wait(self, time: timedelta) -> None:
        clock: Any = self.application.home.clock
        clock.advance_to(clock.now() + time)
        await self.settle()

    async def own(self, person: str, **headers: str) -> httpx.Response:
        links = self.application.home.links
        address = acts.own_link(links, WORKSPACE, PROGRAM, person).removeprefix(links.base_url)
        return await self.http.get(address, headers={**PHONE, **headers})

    async def friend_path(self, person: str) -> str:
        """Where the link leads that a customer sends."""
        page = await self.own(person)
        assert page.status_code == 200
        found = re.search(r'id="friend-link" href="([^"]+)"', page.text)
        assert found is not None
        return found[1].removeprefix(self.application.home.links.base_url)

    async def give(self, path: str, phone: str, name: str = "王先生", **more: str) -> httpx.Response:
        form = {"name": name, "phone": phone, "consent": "yes", **more}
        return await self.http.post(path, data=form, headers=PHONE)

    async def lead(self, person: str, phone: str) -> str:
        """A friend of the person; the lead's id."""
        path = await self.friend_path(person)
        self.http.cookies.clear()  # another phone
        assert (await self.give(path, phone)).status_code == 200
        return next(str(row["key"]) for row in await self.leads() if row["recommender"] == person)

    async def leads(self) -> list[dict[str, Any]]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return (await store.read_leads(unit, store.LeadQuestion()))[0]

    async def balances(self) -> dict[str, int]:
        async with self.application.home.database.read(WORKSPACE) as unit:
            return {name: fen for name, fen in (await read_balances(unit)).items() if fen}

    async def check(self) -> None:
        async with self.application.home.database.unit(WORKSPACE) as unit:
            assert (await check_ledger(unit)).balanced
            assert await unit.value("SELECT count(*) FROM inbox WHERE state = 'dead'") == 0
        assert (await check_replay(self.application.home.database, self.application.registry, WORKSPACE)).equal


@pytest.fixture
async def shop(application: Application) -> AsyncIterator[Shop]:
    vault, posters = ContactVault(application.home.keys), PosterDesk()
    app = Starlette(
        routes=phone_routes(application.door, application.home.links, application.home.blobs, posters, contacts=vault)
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        found = Shop(application, http, vault)
        await acts.set_program(application.door, WORKSPACE, PROGRAM, TERMS, "amy")
        yield found
    posters.close()


async def test_a_friend_agrees_leaves_a_phone_and_buys(shop: Shop) -> None:
    path = await shop.friend_path("ann")
    shop.http.cookies.clear()  # another phone
    page = await shop.http.get(path, headers=PHONE)
    assert page.status_code == 200 and "别墅整装" in page.text and len(page.content) < 60_000
    assert shop.application.home.links.open_unit(path.rpartition("/")[2]).unit not in ("", "ann")
    refused = await shop.http.post(path, data={"name": "王先生", "phone": "13800138000"}, headers=PHONE)
    assert (refused.status_code, 'data-field="consent"' in refused.text) == (400, True)
    wrong = await shop.give(path, "12")
    assert 'data-field="phone"' in wrong.text and 'value="王先生"' in wrong.text
    done = await shop.give(path, "138-0013-8000")
    assert done.status_code == 200 and 'data-state="referral_done"' in done.text
    assert (await shop.give(path, "+86 13800138000")).status_code == 200
    (row,) = await shop.leads()
    assert (row["status"], row["program"]) == ("open", PROGRAM)
    lead = str(row["key"])
    async with shop.application.home.database.unit(WORKSPACE) as unit:
        sealed = bytes(await unit.value("SELECT sealed FROM referral_contacts"))
        logged = await unit.value("SELECT string_agg(data::text, ' ') FROM events")
    assert b"138" not in sealed and "13800138000" not in logged and "王先生" not in logged
    contact = await acts.reveal_contact(shop.door, shop.vault, WORKSPACE, lead)
    assert (contact.name, contact.phone, contact.masked) == ("王先生", "138-0013-8000", "王** 138****00")

    await acts.contact_lead(shop.door, WORKSPACE, lead, "amy")
    state = await acts.win_lead(shop.door, WORKSPACE, lead, "A1", 3_000_000, "amy")
    assert state.shown == "proposed"
    with pytest.raises(Conflict, match="same reviewer"):
        await acts.agree_lead(shop.door, WORKSPACE, lead, True, "amy")
    await acts.agree_lead(shop.door, WORKSPACE, lead, True, "ben")
    await shop.settle()
    assert (await shop.balances())["pending:ann"] == 45_000
    await shop.wait(timedelta(days=10))
    assert (await shop.balances())["available:ann"] == 45_000
    assert "已成交" in (await shop.own("ann")).text and "450.00" in (await shop.own("ann")).text
    await acts.refund_lead(shop.door, WORKSPACE, lead, "r1", 1_000_000, "amy")
    assert (await shop.balances())["available:ann"] == 30_000
    await acts.refund_lead(shop.door, WORKSPACE, lead, "r2", 2_000_000, "amy")
    assert "available:ann" not in await shop.balances()
    assert (await shop.balances())["budget:referral.villa"] == TERMS.budget_total_fen
    await shop.check()


async def test_two_recommenders_claim_one_friend_at_once_and_exactly_one_wins(shop: Shop) -> None:
    paths = [await shop.friend_path(f"p{n}") for n in range(8)]
    shop.http.cookies.clear()
    for turn in range(3):
        phone = f"1390013900{turn}"
        told = await asyncio.gather(*(shop.give(path, phone) for path in paths))
        assert sorted(one.status_code for one in told) == [200, *[409] * 7]
        assert sum('data-state="referral_done"' in one.text for one in told) == 1
    assert len(await shop.leads()) == 3
    await shop.check()


async def test_two_processes_that_claim_one_friend_at_the_same_moment_agree_on_one(shop: Shop) -> None:
    one, other = shop.application, Application.join(shop.application.home)
    codes = [(await acts.open_recommender(one.door, WORKSPACE, PROGRAM, name)).code for name in ("ann", "bob")]
    won = []
    for turn in range(6):
        contact = acts.FriendContact("王", f"1370013700{turn}")
        told = await asyncio.gather(
            acts.recommend(one.door, shop.vault, WORKSPACE, codes[0], contact, True),
            acts.recommend(other.door, shop.vault, WORKSPACE, codes[1], contact, True),
        )
        assert sum(rejection is None for rejection in told) == 1
        won.append(told[0] is None)
        (no,) = [rejection for rejection in told if rejection is not None]
        assert no.reason == "already_referred"
    assert len(await shop.leads()) == 6
    await shop.check()


async def test_a_recommender_is_not_the_own_friend_from_the_same_browser(shop: Shop) -> None:
    path = await shop.friend_path("ann")
    assert COOKIE in shop.http.cookies
    told = await shop.give(path, "13800138000")
    assert told.status_code == 409 and "reason" not in told.text and await shop.leads() == []
    shop.http.cookies.clear()
    assert (await shop.give(path, "13800138000")).status_code == 200


async def test_a_friend_who_adds_the_staff_member_is_a_lead_too(shop: Shop) -> None:
    async with shop.application.home.database.directory() as connection:
        await connection.execute(
            "INSERT INTO channels (name, workspace_id, kind, settings, secrets, created_at) "
            "VALUES ('wx', 'main', 'wecom', '{}', '', now())"
        )
    wecom = replace(TERMS, channel="wx", staff=("amy",), leads_per_day=1)
    await acts.set_program(shop.door, WORKSPACE, "watch", wecom, "amy")
    code = (await acts.open_recommender(shop.door, WORKSPACE, "watch", "ann")).code

    async def tell(*bodies: Any) -> None:
        key = f"t{len(await shop.leads())}-{bodies[0]}"[:60]
        await shop.application.intake.store(WORKSPACE, "wx", key, bodies, b"")
        await shop.settle()

    await tell(ContactCodeOpened(code, "config", "https://platform.example/qr.png"))
    links = shop.application.home.links
    path = acts.friend_link(links, WORKSPACE, "watch", code).removeprefix(links.base_url)
    assert "https://platform.example/qr.png" in (await shop.http.get(path, headers=PHONE)).text
    await tell(ContactAdded("wm-1", "amy", code, "w1"), ContactRead("wm-1", "小李"))
    (row,) = await shop.leads()
    assert (row["source"], row["friend_name"]) == ("contact", "小李")
    await tell(ContactAdded("wm-2", "amy", code, "w2"))
    assert len(await shop.leads()) == 1, "one a day"
    await shop.wait(timedelta(days=1))
    await tell(ContactAdded("wm-2", "amy", code, "w3"))
    assert len(await shop.leads()) == 1, "wm-2 was ours already"
    await tell(ContactAdded("wm-3", "amy", code, "w4"))
    assert len(await shop.leads()) == 2
    await shop.check()


async def test_a_paid_order_is_found_by_its_number_and_its_refund_comes_back_by_itself(shop: Shop) -> None:
    lead = await shop.lead("ann", "13800138000")
    await shop.wait(timedelta(hours=1))
    number = await paid_order(shop, "fay", 2_400_000)
    state = await acts.win_lead(shop.door, WORKSPACE, lead, number, 0, "amy")
    await shop.settle()
    state = await acts.find_lead(shop.door, WORKSPACE, lead)
    assert (state.status, state.tied, state.friend, state.net_fen) == ("won", True, "fay", 2_400_000)
    assert (await shop.balances())["pending:ann"] == 36_000
    await give_back(shop, number, 400_000)
    assert (await shop.balances())["pending:ann"] == 30_000
    await give_back(shop, number, 2_000_000)
    assert "pending:ann" not in await shop.balances()
    assert (await acts.find_lead(shop.door, WORKSPACE, lead)).net_fen == 0
    await shop.check()


async def paid_order(shop: Shop, payer: str, fen: int) -> str:
    """An order that was made, opened and paid inside WeChat."""
    now = shop.application.home.clock.now()
    await shop.door.ask(WORKSPACE, SetPayRules(PayRules(channel="pay")))
    await shop.door.ask(
        WORKSPACE, OrderMade("o1", "u1", payer, fen, now + timedelta(hours=1)), campaign="shop", person=payer
    )
    number = order_number(WORKSPACE, "shop", "o1")
    paid = PaymentSeen(number, "SUCCESS", fen, "t1")
    await shop.application.intake.store(WORKSPACE, "pay", "paid", (paid,), b"")
    await shop.settle()
    return number


async def give_back(shop: Shop, number: str, fen: int) -> None:
    """A refund is owed and arrives."""
    await shop.door.ask(WORKSPACE, RefundOwed(f"r{fen}", "o1", "u1", "fay", fen, "x"), campaign="shop")
    order = await shop.door.look.state(WORKSPACE, order_stream(number))
    (refund,) = [key for key, one in order.refunds.items() if one.refund == f"r{fen}"]
    seen = RefundSeen(number, refund, "SUCCESS", fen)
    await shop.application.intake.store(WORKSPACE, "pay", f"back-{fen}", (seen,), b"")
    await shop.settle()


async def test_a_lead_that_nothing_came_of_loses_its_contact_after_a_month(shop: Shop) -> None:
    lead = await shop.lead("ann", "13800138000")
    await shop.wait(timedelta(days=90))
    assert (await acts.find_lead(shop.door, WORKSPACE, lead)).status == "expired"
    await acts.reveal_contact(shop.door, shop.vault, WORKSPACE, lead)
    await shop.wait(timedelta(days=31))
    with pytest.raises(NotFound):
        await acts.reveal_contact(shop.door, shop.vault, WORKSPACE, lead)
    async with shop.application.home.database.unit(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM referral_contacts") == 0
    await shop.check()


async def test_a_link_of_another_kind_opens_no_referral(shop: Shop) -> None:
    links = shop.application.home.links
    for path in (
        f"/r/{links.seal(PersonLink(WORKSPACE, 'spring', 'ann'))}",
        f"/f/{links.seal_unit(UnitLink(WORKSPACE, 'spring', 'u1'))}",
        f"/f/{links.seal_unit(UnitLink(WORKSPACE, 'referral:villa', 'nobody'))}",
        "/r/forged",
    ):
        assert (await shop.http.get(path, headers=PHONE)).status_code == 404


async def test_one_order_entered_for_two_leads_at_once_wins_one(shop: Shop) -> None:
    leads = [await shop.lead(name, f"1360013600{n}") for n, name in enumerate(("ann", "bob"))]
    other = Application.join(shop.application.home)
    doors = (shop.door, other.door)

    async def win(door: Any, lead: str) -> LeadState | None:
        try:
            return await acts.win_lead(door, WORKSPACE, lead, "A1", 100_000, "amy")
        except Conflict as error:
            assert error.code == "order_used"
            return None

    won = await asyncio.gather(*(win(door, lead) for door, lead in zip(doors, leads, strict=True)))
    assert sum(state is not None for state in won) == 1
    await shop.settle()
    assert sum(fen for name, fen in (await shop.balances()).items() if name.startswith("pending:")) == 1_500
    await shop.check()
