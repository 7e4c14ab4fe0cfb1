"""Prizes of money are paid by themselves, through the pay sandbox: once, whatever is doubled, lost, late or refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.payouts.conftest import ACCOUNT, WORKSPACE, Shop

from qunflow.bootstrap import Application
from qunflow.domain.decisions import Posting
from qunflow.domain.prizes import PrizeDue
from qunflow.features.payouts import acts as payouts
from qunflow.features.payouts.model import PAID, REQUESTED, WAITING, PayoutState
from qunflow.features.rewards import acts
from qunflow.features.rewards.items import RewardItem
from qunflow.features.rewards.model import GrantState, grant_id
from qunflow.storage.accounts import load_balances, write_postings
from qunflow.storage.people import add_persons

CAMPAIGN = "spring"
DAY = timedelta(days=1)


async def open_depot(shop: Shop, face: int = 600, budget: int = 10_000) -> None:
    """A red packet in stock, a budget, and people who are known to the payment account."""
    item = RewardItem("packet", "red_packet", "开门红包", face_value=face, total=50)
    await acts.add_item(shop.door, WORKSPACE, item)
    debit, credit, at = f"external:{CAMPAIGN}", f"budget:{CAMPAIGN}", shop.application.home.clock.now()
    async with shop.application.home.database.unit(WORKSPACE) as unit:
        held = await load_balances(unit, [debit, credit])
        event = shop.application.engine.dice.event_id()
        after = {debit: held[debit] - budget, credit: held[credit] + budget}
        await write_postings(unit, [(Posting("fund", debit, credit, budget), at, event)], after)
        await add_persons(unit, {(ACCOUNT, f"o-{who}"): who for who in ("p1", "p2", "p3")})


async def win(shop: Shop, person: str = "p1", state: str = "due", milestone: str = "5", **values: Any) -> str:
    body = PrizeDue("invites", milestone, 1, state, "packet", **values)
    await shop.door.ask(WORKSPACE, body, person=person, campaign=CAMPAIGN)
    return grant_id(CAMPAIGN, person, "invites", milestone, 1)


async def grant_of(shop: Shop, grant: str) -> GrantState:
    return await acts.find_grant(shop.door, WORKSPACE, grant)


async def until_grant(shop: Shop, grant: str, status: str) -> GrantState:
    async def fits() -> bool:
        return (await grant_of(shop, grant)).status == status

    await shop.until(fits)
    return await grant_of(shop, grant)


async def one(shop: Shop, status: str = "") -> PayoutState:
    found = await payouts.list_payouts(shop.door, WORKSPACE, status)
    assert len(found) == 1, found
    return found[0]


async def test_a_packet_is_sent_by_itself_once_whoever_says_so_three_times_in_four_engines(shop: Shop) -> None:
    await open_depot(shop)
    others = [Application.join(shop.application.home) for _ in range(3)]
    body = PrizeDue("invites", "5", 1, "due", "packet")
    doors = [shop.door, *(other.door for other in others)] * 3
    await asyncio.gather(*(door.ask(WORKSPACE, body, person="p1", campaign=CAMPAIGN) for door in doors))
    grant = grant_id(CAMPAIGN, "p1", "invites", "5", 1)
    await shop.settle()
    payout = await one(shop)
    await shop.until_status(payout.number, WAITING)
    assert (await grant_of(shop, grant)).status == "issuing"
    assert await shop.balances() == {f"external:{CAMPAIGN}": -10_000, f"budget:{CAMPAIGN}": 9_400, "clearing:pay": 600}
    assert shop.stand_in is not None
    shop.stand_in.act("/admin/notice-faults", copies=3, lose=0, delay=0)
    shop.stand_in.act("/phone/confirm", out_bill_no=payout.number)
    await until_grant(shop, grant, "issued")
    await shop.settle()
    assert len(shop.stand_in.bills()) == 1 and (await one(shop)).status == PAID
    assert (await shop.balances())["external:pay"] == 600


@pytest.mark.parametrize("kind", ["lost", "error"])
async def test_an_unknown_result_is_asked_after_under_the_same_number(shop: Shop, kind: str) -> None:
    await open_depot(shop)
    assert shop.stand_in is not None
    shop.stand_in.disturb({"kind": kind, "path": "transfer-bills", "times": 1})
    grant = await win(shop)
    await shop.settle()
    payout = await one(shop)
    await shop.until_status(payout.number, WAITING)
    shop.stand_in.act("/phone/confirm", out_bill_no=payout.number)
    await until_grant(shop, grant, "issued")
    assert len(shop.stand_in.bills()) == 1 and len(await payouts.list_payouts(shop.door, WORKSPACE)) == 1


async def test_a_failure_is_tried_again_five_times_under_new_numbers_and_then_left_to_staff(shop: Shop) -> None:
    await shop.rules(person_count=20)
    await open_depot(shop)
    assert shop.stand_in is not None
    grant = await win(shop)
    for minutes in (0, 1, 5, 30, 120, 720):
        await shop.wait(timedelta(minutes=minutes))

        async def waits() -> bool:
            return bool(await payouts.list_payouts(shop.door, WORKSPACE, WAITING))

        await shop.until(waits)
        payout = await one(shop, WAITING)
        shop.stand_in.act("/admin/fail", out_bill_no=payout.number, reason="ACCOUNT_FROZEN")
        await shop.until_status(payout.number, "failed")
        await shop.settle()
    state = await grant_of(shop, grant)
    assert (state.status, state.reason, state.payouts) == ("manual", "ACCOUNT_FROZEN", 6)
    assert await shop.balances() == {f"external:{CAMPAIGN}": -10_000, f"budget:{CAMPAIGN}": 9_400, "prizes:spring": 600}
    assert await acts.decide_grant(shop.door, WORKSPACE, grant, "done", "amy") == "issued"
    assert (await shop.balances())["external:manual"] == 600


async def test_what_nobody_takes_in_a_day_goes_back_to_the_budget(shop: Shop) -> None:
    await open_depot(shop)
    grant = await win(shop)
    await shop.settle()
    payout = await one(shop)
    await shop.until_status(payout.number, WAITING)
    await shop.wait(DAY + timedelta(minutes=1))
    state = await until_grant(shop, grant, "cancelled")
    assert state.reason == "unclaimed"
    assert await shop.balances() == {f"external:{CAMPAIGN}": -10_000, f"budget:{CAMPAIGN}": 10_000}
    (stock,) = await acts.list_items(shop.door, WORKSPACE)
    assert stock.free == 50


async def test_a_day_has_room_for_so_many_and_the_rest_is_paid_the_next_day(shop: Shop) -> None:
    await shop.rules(person_count=1)
    await open_depot(shop)
    first, second = await win(shop, milestone="1"), await win(shop, milestone="2")
    await shop.settle()
    assert (await grant_of(shop, first)).status == "issuing"
    held = await grant_of(shop, second)
    assert (held.status, held.reason, held.tries) == ("failed", "day_cap", 0)
    assert held.until is not None and held.until.hour == 16  # midnight in Shanghai
    await shop.wait(held.until - shop.application.home.clock.now())
    assert (await until_grant(shop, second, "issuing")).payouts == 2


async def test_from_four_eyes_on_one_more_person_agrees_and_a_refusal_is_the_staffs(shop: Shop) -> None:
    await shop.rules(four_eyes_fen=500)
    await open_depot(shop)
    grant, other = await win(shop), await win(shop, "p2")
    await shop.settle()
    asked = {payout.person: payout for payout in await payouts.list_payouts(shop.door, WORKSPACE, REQUESTED)}
    assert asked["p1"].approved_by == ("campaign:spring",)
    await payouts.approve_payout(shop.door, WORKSPACE, asked["p1"].number, "amy")
    await shop.until_status(asked["p1"].number, WAITING)
    await payouts.reject_payout(shop.door, WORKSPACE, asked["p2"].number, "amy", "fraud")
    await shop.settle()
    assert ((await grant_of(shop, other)).status, (await grant_of(shop, other)).reason) == ("manual", "fraud")
    assert await acts.decide_grant(shop.door, WORKSPACE, other, "cancel", "amy") == "cancelled"
    assert (await grant_of(shop, grant)).status == "issuing"


async def test_a_prize_that_is_taken_back_while_it_is_paid_is_a_debt_once_it_is(shop: Shop) -> None:
    await open_depot(shop)
    grant = await win(shop)
    await shop.settle()
    payout = await one(shop)
    await shop.until_status(payout.number, WAITING)
    await win(shop, state="gone")
    assert (await grant_of(shop, grant)).status == "issuing"
    assert shop.stand_in is not None
    shop.stand_in.act("/phone/confirm", out_bill_no=payout.number)
    await until_grant(shop, grant, "reversed")
    assert (await shop.balances())["debt:p1"] == -600
    again = await win(shop, milestone="9")  # the next prize settles the debt before anything is paid
    await until_grant(shop, again, "issued")
    assert "debt:p1" not in await shop.balances() and len(await payouts.list_payouts(shop.door, WORKSPACE)) == 1
