"""Seats that people are put into, pieces that are offered, and bonds: raced for on a real PostgreSQL."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import HOLD, begin, opened, play, shown
from tests.integration.features.test_plays_races import CROWD, outcomes, race
from tests.integration.features.test_plays_sales import FLASH, GROUP, SHARE, asks, family, fen, pay, used

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.acts import raise_stock
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import Play, player_stream

MINUTE = timedelta(minutes=1)
LINE: dict[str, Any] = {**FLASH, "stock_total": 2, "waitlist": True, "offer_min": 20}


async def states(stage: Stage, units: list[str]) -> Counter[str]:
    return Counter([str((await shown(stage, unit))["status"]) for unit in units])


async def test_of_many_who_open_at_once_exactly_as_many_are_put_into_the_open_group(stage: Stage) -> None:
    await begin(stage, {**GROUP, "size": 3, "stock_total": 20}, *CROWD)
    first = await opened(stage, CROWD[0])
    await pay(stage, first, f"{first}-0")
    answers = await race(stage, [(name, "open", "") for name in CROWD[1:]])
    units = [str(one.value) for one in answers if one.rejection is None]
    assert outcomes(answers) == {"": 19, "stock_out": 4}
    assert Counter(units)[first] == 2 and len(set(units)) == 1 + 17, "two seats; everybody else has a group"
    assert await used(stage, "stock") == 20
    seats = (await shown(stage, first))["seats"]
    assert len(seats) == 3 == len({seat["person"] for seat in seats})
    assert [seat["matched"] for seat in seats] == [False, True, True]
    paid = [
        (Play("pay", first, {"order": seat["order"], "fen": 1000}, "system"), "")
        for seat in seats
        if seat["kind"] == "held"
    ]
    assert outcomes(await asks(stage, paid * 2)) == {"": 2, "already_done": 2}
    assert (await shown(stage, first))["status"] == "success"
    await stage.wait(HOLD + HOUR)
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 3000
    await stage.check()


async def test_many_open_groups_fill_up_and_nobody_sits_twice(stage: Stage) -> None:
    await begin(stage, {**GROUP, "size": 2}, *CROWD)
    units = [await opened(stage, name) for name in CROWD[:8]]  # none is paid, so each has its own
    paid = [(Play("pay", unit, {"order": f"{unit}-0", "fen": 1000}, "system"), "") for unit in units]
    assert outcomes(await asks(stage, paid)) == {"": 8}
    answers = await race(stage, [(name, "open", "") for name in CROWD[8:]] * 2)
    found = outcomes(answers)
    assert found[""] == 16 and found["unit_limit"] == 16, "a tap more is refused"
    taken = Counter(str(one.value) for one in answers if one.rejection is None)
    assert all(taken[unit] <= 1 for unit in units) and sum(taken[unit] for unit in units) >= 2
    people = [seat["person"] for unit in {*taken, *units} for seat in (await shown(stage, unit))["seats"]]
    assert len(people) == len(set(people)) == 24 == await used(stage, "stock")
    await stage.check()


async def test_pieces_that_are_given_up_at_once_go_to_the_first_who_wait_and_to_nobody_else(stage: Stage) -> None:
    await begin(stage, LINE, *CROWD[:12])
    units = dict(zip(CROWD, [await opened(stage, name) for name in CROWD[:12]], strict=False))
    owners, waiting, others = CROWD[:2], CROWD[2:7], CROWD[7:12]
    assert outcomes(await race(stage, [(name, "reserve", units[name]) for name in owners])) == {"": 2}
    for name in waiting:
        await stage.wait(timedelta(seconds=1))
        assert (await play(stage, name, "wait", units[name])).rejection is None
    tapped = await race(stage, [(name, "wait", units[name]) for name in waiting] * 2)
    assert outcomes(tapped) == {"already_done": 10}
    moves = [*((name, "release", units[name]) for name in owners), *((name, "reserve", units[name]) for name in others)]
    answers = await race(stage, [*moves, *moves])
    assert outcomes(answers) == {"": 2, "wrong_state": 2, "stock_out": 10}, "nobody jumps the line"
    status = [str((await shown(stage, units[name]))["status"]) for name in waiting]
    assert status == ["offered", "offered", "waiting", "waiting", "waiting"]
    assert (await used(stage, "stock"), await used(stage, "line")) == (2, 3)
    bought = await race(stage, [(name, "reserve", units[name]) for name in (*waiting, *others)] * 2)
    assert outcomes(bought)[""] == 2 and await used(stage, "stock") == 2
    for name in waiting[:2]:
        await pay(stage, units[name], f"{units[name]}-0", 100)
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 200
    await stage.check()


async def test_offers_that_lapse_together_move_down_the_line_until_it_is_empty(stage: Stage) -> None:
    await begin(stage, LINE, *CROWD[:6])
    units = [await opened(stage, name) for name in CROWD[:6]]
    for name, unit in zip(CROWD, units[:2], strict=False):
        await play(stage, name, "reserve", unit)
    for name, unit in zip(CROWD[2:6], units[2:], strict=True):
        await stage.wait(timedelta(seconds=1))
        await play(stage, name, "wait", unit)
    await stage.wait(16 * MINUTE)
    assert await states(stage, units[2:]) == {"offered": 2, "waiting": 2}
    await stage.wait(21 * MINUTE)
    assert [str((await shown(stage, unit))["status"]) for unit in units[2:]] == ["qualified"] * 2 + ["offered"] * 2
    await stage.wait(21 * MINUTE)
    assert await states(stage, units[2:]) == {"qualified": 4}
    assert (await used(stage, "stock"), await used(stage, "line")) == (0, 0)
    assert (await play(stage, CROWD[0], "reserve", units[0])).rejection is None
    await stage.check()


async def test_raised_stock_reaches_those_who_wait(stage: Stage) -> None:
    await begin(stage, {**LINE, "stock_total": 1}, *CROWD[:5])
    units = [await opened(stage, name) for name in CROWD[:5]]
    await play(stage, CROWD[0], "reserve", units[0])
    for name, unit in zip(CROWD[1:5], units[1:], strict=True):
        await stage.wait(timedelta(seconds=1))
        await play(stage, name, "wait", unit)
    await raise_stock(stage.application.door, WORKSPACE, CAMPAIGN, 3)
    await stage.wait(timedelta(seconds=1))
    assert [str((await shown(stage, unit))["status"]) for unit in units[1:]] == ["offered"] * 3 + ["waiting"]
    assert (await used(stage, "stock"), await used(stage, "line")) == (4, 1)
    await stage.check()


async def test_who_bind_each_other_at_once_end_below_who_entered_earlier_and_orders_meet_one_bond(stage: Stage) -> None:
    code = await stage.launch(**_plan({**SHARE, "bind_mode": "override"}))
    people = CROWD[:4]
    for name in people:
        await stage.add(name, code)
        await stage.join(name)
        await stage.wait(timedelta(seconds=1))
    units = {name: await opened(stage, name, "enrol") for name in people}
    every = [(who, "bind", units[to]) for who in people for to in people if who != to]
    answers = await race(stage, every * 2)
    assert set(outcomes(answers)) <= {"", "already_done", "bond_order"} and outcomes(answers)["bond_order"] == 12
    places = {person_of(name): place for place, name in enumerate(people)}
    for name in people[1:]:
        player = await stage.application.door.look.state(WORKSPACE, player_stream(CAMPAIGN, person_of(name)))
        assert places[player.bound_to] < places[person_of(name)]
    await stage.check()


async def test_a_sale_that_meets_a_new_bond_pays_one_promoter_and_never_both(stage: Stage) -> None:
    code = await stage.launch(**_plan({**SHARE, "levels": 1, "bind_mode": "override"}))
    for name in ("a", "b", "c"):
        await stage.add(name, code)
        await stage.join(name)
        await stage.wait(timedelta(seconds=1))
    units = [await opened(stage, name, "enrol") for name in ("a", "b")]
    await play(stage, "c", "bind", units[0])
    buyer = person_of("c")
    mixed = []
    for number in range(8):
        mixed.append((Play("order_paid", "", {"order": f"o{number}", "fen": 1000}, "system", buyer), f"n{number}"))
        mixed.append((Play("bind", units[number % 2], {}, "system", buyer), f"b{number}"))
    assert outcomes(await asks(stage, mixed))[""] >= 8
    assert await fen(stage, "a", "pending") + await fen(stage, "b", "pending") == 8 * 300
    sales = await stage.rows("SELECT count(*) FROM events WHERE type = 'commission_due'")
    assert sales == [(8,)]
    await stage.check()


async def test_a_code_counts_as_that_of_a_sign_up_only_for_who_was_met_just_then(stage: Stage) -> None:
    await family(stage, {**SHARE, "bind_mode": "register"})
    for name in "ab":
        await opened(stage, name, "enrol")
    (sold,) = await asks(stage, [(Play("order_paid", "", {"order": "o1", "fen": 1000}, "system", person_of("c")), "")])
    assert sold.rejection is None
    assert (await fen(stage, "b", "pending"), await fen(stage, "a", "pending")) == (300, 50)
    await stage.check()


def _plan(model: dict[str, Any]) -> dict[str, Any]:
    return {"ladder": None, "reward_per_user_max_fen": 50_000, "model": read_model("model", model)}


async def test_what_staff_and_the_shop_tell_reaches_the_model_and_nothing_else_does(stage: Stage) -> None:
    await family(stage, {**SHARE, "promoters": "appointed"})
    unit = await opened(stage, "b", "enrol")
    door = stage.application.door
    paid = {"order": "17", "fen": "2000", "freight_fen": "500"}
    told: list[Any] = [("appoint", unit, "", {}), ("order_paid", "", person_of("c"), paid)]
    answers = [await acts.tell(door, WORKSPACE, CAMPAIGN, move, on, who, params) for move, on, who, params in told]
    await stage.settle()
    assert outcomes(answers) == {"": 2} and await fen(stage, "b", "pending") == 450
    sale = str(answers[1].value)
    late = (stage.now + timedelta(days=3)).isoformat()
    assert (await acts.tell(door, WORKSPACE, CAMPAIGN, "received", sale, "", {"returns_until": late})).rejection is None
    for move, params in (("progress", {}), ("withdraw", {"fen": "1"}), ("order_paid", {"order": "o", "fen": "much"})):
        with pytest.raises(InvalidInput):
            await acts.tell(door, WORKSPACE, CAMPAIGN, move, unit, "", params)
    await stage.check()
