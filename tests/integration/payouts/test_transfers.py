"""Payouts through WeChat Pay: paid once, whatever gets lost, doubled or late."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.payouts.conftest import ACCOUNT, WORKSPACE, Shop

from qunflow.domain.errors import Conflict
from qunflow.domain.payments import TransferSeen
from qunflow.features.payouts import acts
from qunflow.features.payouts.model import FAILED, PAID, RETURNED, SENDING, WAITING
from qunflow.features.payouts.rules import PayRules

DAY = timedelta(days=1)


def stand_in_of(shop: Shop) -> Any:
    assert shop.stand_in is not None
    return shop.stand_in


async def test_a_payout_is_taken_by_its_person_and_leaves_the_ledger(shop: Shop) -> None:
    await shop.earn("p1", 1_000)
    number = await shop.send("p1", 600, "grant-1")
    assert await shop.balances() == {"external:test": -1_000, "available:p1": 400, "clearing:pay": 600}
    state = await shop.until_status(number, WAITING)
    assert state.package and state.bill
    stand_in_of(shop).act("/phone/confirm", out_bill_no=number, openid="o-1")
    await shop.until_status(number, PAID)
    assert await shop.balances() == {"external:test": -1_000, "available:p1": 400, "external:pay": 600}


@pytest.mark.parametrize("kind", ["lost", "error"])
async def test_an_unknown_result_and_two_notices_pay_once(shop: Shop, kind: str) -> None:
    await shop.earn("p1", 1_000)
    stand_in = stand_in_of(shop)
    stand_in.disturb({"kind": kind, "path": "transfer-bills", "times": 1})
    stand_in.act("/admin/notice-faults", copies=2, lose=0, delay=0)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    stand_in.act("/phone/confirm", out_bill_no=number)
    await shop.until_status(number, PAID)
    await shop.until(lambda: told(stand_in, 2))
    assert len(stand_in.bills()) == 1
    assert (await shop.balances())["external:pay"] == 600
    assert stand_in.status()["balance"] == 100_000_000 - 600


async def told(stand_in: Any, count: int) -> bool:
    return len(stand_in.status()["notices"]) >= count


async def test_without_a_single_notice_asking_finds_the_end(shop: Shop) -> None:
    await shop.earn("p1", 1_000)
    stand_in = stand_in_of(shop)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    stand_in.act("/admin/notice-faults", delay=60)
    stand_in.act("/phone/confirm", out_bill_no=number)
    await shop.wait(timedelta(minutes=2))
    await shop.until_status(number, PAID)


async def test_what_nobody_takes_for_a_day_is_returned_to_the_person(shop: Shop) -> None:
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    await shop.wait(DAY + timedelta(minutes=1))
    state = await shop.until_status(number, RETURNED)
    assert state.code == "OVERDUE_CLOSE"
    assert await shop.balances() == {"external:test": -600, "available:p1": 600}


async def test_a_failed_transfer_gives_the_money_and_the_days_room_back(shop: Shop) -> None:
    await shop.rules(person_count=1, person_fen=600)
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    stand_in_of(shop).act("/admin/fail", out_bill_no=number, reason="ACCOUNT_FROZEN")
    assert (await shop.until_status(number, FAILED)).code == "ACCOUNT_FROZEN"
    again = await shop.send("p1", 600, "grant-1-again")
    assert again != number
    await shop.until_status(again, WAITING)


async def test_taking_one_back_waits_for_wechats_word(shop: Shop) -> None:
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    await acts.reject_payout(shop.door, WORKSPACE, number, "amy", "fraud")
    assert (await shop.payout(number)).status == WAITING
    await shop.until_status(number, RETURNED)
    assert stand_in_of(shop).bills()[0]["state"] == "CANCELLED"


async def test_an_empty_merchant_account_holds_the_payout_until_it_is_filled(shop: Shop) -> None:
    stand_in = stand_in_of(shop)
    stand_in.act("/admin/balance", fen=0)
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.settle()
    assert (await shop.payout(number)).status == SENDING
    assert (await shop.balances())["clearing:pay"] == 600
    stand_in.act("/admin/balance", fen=1_000)
    async with shop.application.home.database.unit(WORKSPACE) as unit:
        await unit.execute("UPDATE outbox SET retry_at = now() WHERE workspace_id = $1", WORKSPACE)
    await shop.until_status(number, WAITING)


async def test_a_success_that_comes_after_a_failure_becomes_a_debt_where_the_money_is_gone(shop: Shop) -> None:
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    await shop.tell(TransferSeen(number, "FAIL", 600, code="ACCOUNT_FROZEN"))
    await shop.until_status(number, FAILED)
    other = await shop.ask("p1", 400, "grant-2")
    await shop.tell(TransferSeen(number, "SUCCESS", 600))
    await shop.until_status(number, PAID)
    found = await shop.balances()
    assert (found["debt:p1"], found["external:pay"], found["clearing:pay"]) == (-400, 600, 400)
    with pytest.raises(Conflict) as caught:
        await shop.ask("p1", 10, "grant-3")
    assert caught.value.code == "payout_in_debt"
    await acts.reject_payout(shop.door, WORKSPACE, other, "amy", "other")


async def test_another_amount_or_an_unknown_number_books_nothing(shop: Shop) -> None:
    await shop.earn("p1", 600)
    number = await shop.send("p1", 600, "grant-1")
    await shop.until_status(number, WAITING)
    before = await shop.balances()
    await shop.tell(TransferSeen(number, "SUCCESS", 601))
    await shop.tell(TransferSeen("q0", "SUCCESS", 600))
    await shop.settle()
    assert (await shop.payout(number)).status == WAITING
    assert await shop.balances() == before


async def test_two_workers_racing_make_one_transfer(shop: Shop) -> None:
    """The second sender believes the first dead and takes its lanes while the answer is still on its way."""
    await shop.earn("p1", 600)
    stand_in = stand_in_of(shop)
    stand_in.disturb({"kind": "stall", "path": "transfer-bills", "seconds": 1.0, "times": 2})
    number = await shop.send("p1", 600, "grant-1")
    while await shop.runner.turn():
        pass
    other = replace(shop.application, owner="other").sender(shop.payments)
    first = asyncio.create_task(shop.sender.turn())
    await asyncio.sleep(0.4)
    async with shop.application.home.database.directory() as connection:
        await connection.execute("UPDATE leases SET lease_until = now() - interval '1 minute'")
    async with asyncio.timeout(20):
        while (await shop.payout(number)).status != WAITING:
            await other.turn()
            await shop.runner.turn()
            await asyncio.sleep(0.05)
    await asyncio.gather(first, return_exceptions=True)
    await shop.settle()
    calls = stand_in.status()["calls"]
    assert sum(count for path, count in calls.items() if "transfer-bills" in path) >= 2, "nobody raced"
    assert len(stand_in.bills()) == 1
    assert stand_in.status()["balance"] == 100_000_000 - 600


async def test_many_requests_at_once_take_no_more_than_there_is(shop: Shop) -> None:
    await shop.earn("p1", 1_000)
    await shop.rules(person_count=100, person_fen=20_000)
    asked = [shop.ask("p1", 300, f"grant-{number % 5}") for number in range(20)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    numbers = {one for one in found if isinstance(one, str)}
    assert len(numbers) == 3
    assert {one.code for one in found if isinstance(one, Conflict)} == {"payout_balance_short"}
    assert (await shop.balances())["clearing:pay"] == 900


async def test_agreement_needs_two_others_above_the_amount_and_a_payee(shop: Shop) -> None:
    await shop.earn("p1", 10_000)
    number = await shop.ask("p1", 5_000, "grant-1")
    for by, code in (("desk", "payout_same_reviewer"), ("amy", ""), ("amy", "payout_same_reviewer")):
        if code:
            with pytest.raises(Conflict) as caught:
                await acts.approve_payout(shop.door, WORKSPACE, number, by)
            assert caught.value.code == code
        else:
            assert (await acts.approve_payout(shop.door, WORKSPACE, number, by)).status == "requested"
    assert (await acts.approve_payout(shop.door, WORKSPACE, number, "bob")).status == SENDING
    with pytest.raises(Conflict) as caught:
        await shop.ask("p1", 100, "grant-2", openid="")
    assert caught.value.code == "payout_no_payee"


@pytest.mark.parametrize(
    ("fen", "rules", "code"),
    [
        (9, {}, "payout_below_minimum"),
        (20_001, {}, "payout_above_maximum"),
        (600, {"person_fen": 900}, "payout_day_cap"),
        (100, {"person_count": 1}, "payout_day_cap"),
    ],
)
async def test_bounds_of_one_payout_and_of_a_day(shop: Shop, fen: int, rules: dict[str, int], code: str) -> None:
    await shop.earn("p1", 100_000)
    await shop.rules(**rules)
    await shop.ask("p1", 500, "grant-0")
    with pytest.raises(Conflict) as caught:
        await shop.ask("p1", fen, "grant-1")
    assert caught.value.code == code
    if code == "payout_day_cap":
        await shop.wait(DAY)
        await shop.ask("p1", fen, "grant-1")


async def test_the_channels_day_is_full_and_the_next_one_is_not(shop: Shop) -> None:
    await shop.rules(channel_fen=1_000)
    for person in ("p1", "p2"):
        await shop.earn(person, 600)
    await shop.send("p1", 600, "grant-1")
    second = await shop.ask("p2", 600, "grant-2")
    with pytest.raises(Conflict) as caught:
        await acts.approve_payout(shop.door, WORKSPACE, second, "amy")
    assert caught.value.code == "payout_day_cap"
    await shop.wait(DAY)
    await acts.approve_payout(shop.door, WORKSPACE, second, "amy")
    assert (await acts.read_rules(shop.door, WORKSPACE)) == PayRules(channel=ACCOUNT, channel_fen=1_000)
