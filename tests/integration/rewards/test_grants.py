"""Grants end to end on PostgreSQL: races for stock and codes, repeats, what broke off, points, parcels, debts."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.rewards.conftest import CAMPAIGN, WORKSPACE, Depot

from qunflow.bootstrap import Application
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.facts import GrantsOpen
from qunflow.domain.prizes import PrizeDue
from qunflow.features.payouts import acts as payouts
from qunflow.features.rewards import acts, files, store
from qunflow.features.rewards.model import TryGrant
from qunflow.features.rewards.vault import Address

HOME = Address("王小明", "13800138000", "浙江省杭州市西湖区", "文三路 100 号 3 幢 501")


def codes_of(count: int) -> list[str]:
    return [f"COFFEE-{number:04d}" for number in range(count)]


async def test_forty_people_race_in_four_engines_for_twenty_five_codes(depot: Depot) -> None:
    await depot.add("coffee", "coupon_code", face_value=1500)
    await depot.load("coffee", *codes_of(25))
    others = [Application.join(depot.application.home) for _ in range(3)]

    async def claim(number: int) -> None:
        application = (depot.application, *others)[number % 4]
        body = PrizeDue("invites", "5", 1, "due", "coffee")
        await application.door.ask(WORKSPACE, body, person=f"p{number % 40:02d}", campaign=CAMPAIGN)

    await asyncio.gather(*(claim(number) for number in range(120)))  # everybody three times
    await depot.settle()
    assert await depot.codes("coffee") == {"assigned": 25}
    assert await depot.stock("coffee") == (25, 25)
    states = [await depot.grant(f"{CAMPAIGN}:p{number:02d}:invites:5:1") for number in range(40)]
    assert sum(state.status == "issued" for state in states) == 25
    assert sum((state.status, state.reason) == ("due", "stock") for state in states) == 15
    issued = [state for state in states if state.status == "issued"]
    shown = {await acts.show_code(depot.door, depot.vault, WORKSPACE, state.grant) for state in issued}
    assert len(shown) == 25 and shown == set(codes_of(25))


async def test_who_waits_is_served_in_order_when_codes_come(depot: Depot) -> None:
    await depot.add("coffee", "coupon_code")
    grants = []
    for number in range(4):
        grants.append(await depot.tell(f"p{number}", "coffee"))
        await depot.wait(timedelta(minutes=1))
    await depot.load("coffee", *codes_of(2))
    await depot.settle()
    assert [(await depot.grant(grant)).status for grant in grants] == ["issued", "issued", "due", "due"]
    assert await depot.door.look.ask(WORKSPACE, GrantsOpen, CAMPAIGN) == GrantsOpen(CAMPAIGN, 2)
    await depot.tell("p2", "coffee", "gone")
    await depot.load("coffee", "LATER-0001", "LATER-0002")
    await depot.settle()
    assert [(await depot.grant(grant)).status for grant in grants] == ["issued", "issued", "cancelled", "issued"]
    assert await depot.door.look.ask(WORKSPACE, GrantsOpen, CAMPAIGN) == GrantsOpen(CAMPAIGN, 0)
    assert await depot.stock("coffee") == (3, 4)


async def test_a_substitute_is_given_when_the_item_is_out(depot: Depot) -> None:
    await depot.add("tea", "coupon_template", total=1, face_value=900)
    await depot.add("coffee", "coupon_template", total=1, face_value=1500, substitute="tea")
    grants = [await depot.tell(f"p{number}", "coffee") for number in range(3)]
    states = [await depot.grant(grant) for grant in grants]
    assert [(state.status, state.item) for state in states] == [
        ("issued", "coffee"),
        ("issued", "tea"),
        ("due", "coffee"),
    ]


async def test_a_grant_that_broke_off_before_its_commit_is_made_whole_by_the_next_try(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await depot.add("coffee", "coupon_code")
    await depot.load("coffee", *codes_of(3))
    whole = store._give_code

    async def dies(*args: Any) -> None:
        await whole(*args)
        raise ConnectionResetError("the server went away")

    monkeypatch.setattr(store, "_give_code", dies)
    with pytest.raises(ConnectionResetError):
        await depot.tell("p1", "coffee")
    monkeypatch.setattr(store, "_give_code", whole)
    assert await depot.codes("coffee") == {"free": 3}
    grant = await depot.tell("p1", "coffee")
    assert (await depot.grant(grant)).status == "issued"
    assert await depot.codes("coffee") == {"free": 2, "assigned": 1}


async def test_an_import_that_broke_off_is_taken_up_by_the_same_file(depot: Depot) -> None:
    await depot.add("coffee", "coupon_code")
    found = files.read_codes("\n".join(codes_of(3)).encode())
    async with depot.application.home.database.unit(WORKSPACE) as unit:
        assert await store.load_batch(unit, depot.vault, "coffee", found.batch, found.codes) == []
    grant = await depot.tell("p1", "coffee")
    assert (await depot.grant(grant)).reason == "stock"
    await depot.load("coffee", *codes_of(3))
    await depot.settle()
    assert (await depot.grant(grant)).status == "issued"
    assert await depot.stock("coffee") == (1, 3)
    assert await depot.load("coffee", *codes_of(3)) == 3  # the same file once more counts nothing
    assert await depot.stock("coffee") == (1, 3)


async def test_a_file_with_bad_or_known_lines_is_refused_whole_with_their_numbers(depot: Depot) -> None:
    await depot.add("coffee", "coupon_code")
    with pytest.raises(InvalidInput, match="line 2: .*line 4: the same as line 1"):
        await depot.load("coffee", "GOOD-1", "=cmd()", "GOOD-2", "GOOD-1")
    assert await depot.codes("coffee") == {}
    await depot.load("coffee", "GOOD-1")
    with pytest.raises(InvalidInput, match="Take out the lines 2;"):
        await depot.load("coffee", "GOOD-7", "GOOD-1")
    assert await depot.codes("coffee") == {"free": 1}


async def test_codes_are_sealed_at_rest(depot: Depot) -> None:
    await depot.add("coffee", "coupon_code")
    await depot.load("coffee", "SECRET-CODE-1")
    async with depot.application.home.database.read(WORKSPACE) as unit:
        rows = await unit.fetch("SELECT * FROM reward_codes")
        told = await unit.fetch("SELECT data::text FROM events UNION ALL SELECT state::text FROM streams")
    assert b"SECRET" not in b"".join(value for value in rows[0].values() if isinstance(value, bytes))
    assert not any("SECRET" in row[0] for row in told)


async def test_a_code_is_redeemed_once_and_a_taken_back_one_is_void_or_a_debt(depot: Depot) -> None:
    await depot.fund(10_000)
    await depot.add("coffee", "coupon_code", unit_cost=800, face_value=1500)
    await depot.load("coffee", *codes_of(3))
    used, unused = await depot.tell("p1", "coffee"), await depot.tell("p2", "coffee")
    code = await acts.show_code(depot.door, depot.vault, WORKSPACE, used)
    answers = await asyncio.gather(
        *(acts.redeem(depot.door, depot.vault, WORKSPACE, code, "till") for _ in range(8)), return_exceptions=True
    )
    assert sum(isinstance(answer, Conflict) for answer in answers) == 7
    with pytest.raises(NotFound):
        await acts.redeem(depot.door, depot.vault, WORKSPACE, "NEVER-MADE", "till")
    await depot.tell("p1", "coffee", "gone")
    await depot.tell("p2", "coffee", "gone")
    assert await depot.codes("coffee") == {"used": 1, "void": 1, "free": 1}
    balances = await depot.balances()
    assert balances["debt:p1"] == -1500 and "debt:p2" not in balances
    assert balances[f"prizes:{CAMPAIGN}"] == 1600
    with pytest.raises(NotFound):
        await acts.show_code(depot.door, depot.vault, WORKSPACE, unused)


async def test_points_count_in_a_unit_of_their_own_and_are_owed_when_they_are_gone(depot: Depot) -> None:
    await depot.add("stars", "points", amount=50, total=10)
    await depot.tell("p1", "stars")
    assert await depot.balances("points") == {"points:p1": 50, f"external:points.{CAMPAIGN}": -50}
    assert await depot.balances() == {}
    await depot.tell("p1", "stars", "gone")
    assert await depot.balances("points") == {}


async def test_money_waits_for_the_budget_and_goes_back_with_debt(depot: Depot) -> None:
    await depot.add("bonus", "red_packet", face_value=500, total=10)
    grant = await depot.tell("p1", "bonus")
    assert (await depot.grant(grant)).reason == "budget"
    await depot.fund(700)
    await depot.wait(timedelta(minutes=5))
    assert (await depot.grant(grant)).status == "issuing"
    listed = (await payouts.export_manual(depot.door, WORKSPACE, "monday")).decode("utf-8-sig").splitlines()
    assert len(listed) == 2  # without a payment account staff pay it, and nobody has to agree again
    paid = "\n".join((listed[0], listed[1] + "paid" if listed[1].endswith(",") else listed[1]))
    report = await payouts.import_results(depot.door, WORKSPACE, paid.encode(), "amy")
    await depot.settle()
    assert report.settled == 1 and (await depot.grant(grant)).status == "issued"
    assert (await depot.balances())["external:manual"] == 500
    await depot.tell("p1", "bonus", "gone")
    assert (await depot.balances())[f"budget:{CAMPAIGN}"] == 700
    assert (await depot.balances())["debt:p1"] == -500


async def test_sponsored_things_cost_the_budget_nothing(depot: Depot) -> None:
    await depot.add("lamp", "coupon_template", unit_cost=4000, face_value=5000, total=5, sponsor="Lumen Ltd")
    await depot.tell("p1", "lamp")
    assert await depot.balances() == {f"sponsored:{CAMPAIGN}": 4000, f"external:sponsors.{CAMPAIGN}": -4000}


async def test_a_parcel_from_the_address_to_the_door(depot: Depot) -> None:
    await depot.fund(100_000)
    await depot.add("cup", "physical", unit_cost=2000, face_value=3000, total=5, blocked_regions=("海南",))
    grant, other = await depot.tell("p1", "cup"), await depot.tell("p2", "cup")
    island = Address("王小明", "13800138000", "海南省海口市", "某街 1 号")
    refused = await acts.give_address(depot.door, depot.vault, WORKSPACE, grant, island)
    assert refused is not None and refused.reason == "region_blocked"
    assert await acts.give_address(depot.door, depot.vault, WORKSPACE, grant, HOME) is None
    same = Address("李雷", "13900139000", "浙江省杭州市西湖区", "文三路100号3幢501")
    taken = await acts.give_address(depot.door, depot.vault, WORKSPACE, other, same)
    assert taken is not None and taken.reason == "address_used"
    listed = (await acts.export_parcels(depot.door, depot.vault, WORKSPACE, "address_ok")).decode("utf-8-sig")
    assert grant in listed and "13800138000" in listed and other not in listed
    shipments = f"grant,carrier,tracking\n{grant},顺丰,SF123456\n{other},顺丰,SF999\n".encode()
    for _ in range(2):
        report = await acts.import_tracking(depot.door, WORKSPACE, shipments, "amy")
        assert (report.shipped, report.refused) == (1, ((3, other, "wrong_state"),))
    state = await depot.grant(grant)
    assert (state.status, state.parcel, state.tracking) == ("issued", "shipped", "SF123456")
    await depot.wait(timedelta(days=8))
    assert ((await depot.grant(other)).status, (await depot.grant(other)).reason) == ("cancelled", "forfeited")
    assert await depot.stock("cup") == (1, 5)
    await acts.move_parcel(depot.door, WORKSPACE, grant, "returned", "amy")
    await depot.tell("p1", "cup", "gone")
    assert await depot.stock("cup") == (0, 5)
    assert (await depot.balances())[f"budget:{CAMPAIGN}"] == 100_000
    assert await acts.forget_addresses(depot.door, WORKSPACE, "p1") == 1
    async with depot.application.home.database.read(WORKSPACE) as unit:
        told = await unit.fetch("SELECT data::text FROM events UNION ALL SELECT body::text FROM inbox")
    assert not any("13800138000" in row[0] or "文三路" in row[0] for row in told)


async def test_holds_freezes_and_consent_stand_before_the_issue(depot: Depot) -> None:
    await depot.add("coffee", "coupon_template", total=5)
    grant = await depot.tell("p1", "coffee", "held", freeze_hours=24, review=True)
    assert (await depot.grant(grant)).reason == "hold"
    await depot.tell("p1", "coffee", "due", freeze_hours=24, review=True)
    assert (await depot.grant(grant)).reason == "freeze"
    await depot.wait(timedelta(hours=24))
    assert (await depot.grant(grant)).reason == "review"
    await depot.decide(grant, "hold")
    assert (await depot.grant(grant)).reason == "risk"
    with pytest.raises(Conflict):
        await depot.decide(grant, "approve")
    await depot.decide(grant, "release")
    assert await depot.decide(grant, "approve") == "issued"


async def test_what_is_not_used_in_time_expires(depot: Depot) -> None:
    await depot.add("coffee", "coupon_template", total=5, valid_days=3)
    grant = await depot.tell("p1", "coffee")
    code = await acts.show_code(depot.door, depot.vault, WORKSPACE, grant)
    await depot.wait(timedelta(days=3))
    assert (await depot.grant(grant)).status == "expired"
    with pytest.raises(Conflict, match="expired"):
        await acts.redeem(depot.door, depot.vault, WORKSPACE, code, "till")
    await depot.tell("p1", "coffee", "gone")
    assert (await depot.grant(grant)).status == "expired"


async def test_draws_without_a_hand_are_tried_five_times_and_then_left_to_staff(depot: Depot) -> None:
    await depot.add("draws", "draw", amount=3, total=5)
    grant = await depot.tell("p1", "draws")
    assert ((await depot.grant(grant)).status, (await depot.grant(grant)).tries) == ("failed", 1)
    await depot.door.ask(WORKSPACE, TryGrant(grant))
    assert (await depot.grant(grant)).tries == 1  # too early
    for minutes in (1, 5, 30, 120, 720):
        await depot.wait(timedelta(minutes=minutes))
    assert (await depot.grant(grant)).status == "manual"
    assert await depot.decide(grant, "done") == "issued"


async def test_a_prize_with_a_limit_is_given_that_often(depot: Depot) -> None:
    await depot.add("coffee", "coupon_template", total=50)
    grants = [await depot.tell(f"p{number}", "coffee", limit=2) for number in range(3)]
    assert [(await depot.grant(grant)).reason for grant in grants] == ["", "", "limit"]
