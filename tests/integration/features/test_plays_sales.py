"""Models that sell and models with friends on a real PostgreSQL: stories, and races for what is scarce."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import HOLD, begin, fen, opened, play, shown, system
from tests.integration.features.test_plays_races import CROWD, outcomes, race

from qunflow.bootstrap import Application
from qunflow.domain.errors import InvalidInput
from qunflow.engine.commands import Answer
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import Play

GROUP: dict[str, Any] = {"kind": "group-buy", "item": "mug", "price_fen": 1000, "stock_total": 50}
FLASH: dict[str, Any] = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 5, "friends": 0}
SHARE: dict[str, Any] = {"kind": "distribution", "sales_fen": 100_000, "levels": 2, "freeze_days": 1}
CARDS: dict[str, Any] = {
    "kind": "cards",
    "kinds": [{"card": "fu", "weight": 5000}, {"card": "shou", "weight": 5000, "cap": 3}],
    "new_user_double": False,
    "pool_fen": 1000,
}
MUTUAL: dict[str, Any] = {
    "kind": "mutual",
    "helper_reward_fen": 500,
    "sharer_reward_fen": 800,
    "packets": 9,
    "gifts": 2,
}
SHEET: dict[str, Any] = {"kind": "check-in", "people": 4, "ladder": [{"days": 2, "amount_fen": 100}]}


async def asks(stage: Stage, bodies: list[tuple[Play, str]]) -> list[Answer]:
    """Commands of other parts at the same time, by turns through two processes."""
    doors = (stage.application.door, Application.join(stage.application.home).door)
    answers = await asyncio.gather(
        *(
            doors[number % 2].ask(WORKSPACE, body, campaign=CAMPAIGN, command_id=key)
            for number, (body, key) in enumerate(bodies)
        )
    )
    await stage.settle()
    return list(answers)


async def used(stage: Stage, counter: str) -> int:
    found = await stage.rows("SELECT used FROM counters WHERE name = $1", f"play:{CAMPAIGN}:{counter}")
    return int(found[0][0]) if found else 0


async def pay(stage: Stage, unit: str, order: str, paid: int = 1000) -> Answer:
    answer = await system(stage, "pay", unit, order=order, fen=paid)
    await stage.settle()
    return answer


async def test_a_group_is_completed_by_the_platform_and_its_money_is_earned(stage: Stage) -> None:
    await begin(stage, GROUP, "a", "b")
    unit = await opened(stage, "a")
    assert (await pay(stage, unit, f"{unit}-0")).rejection is None
    order = (await play(stage, "b", "join", unit)).value
    assert (await pay(stage, unit, order)).rejection is None
    assert await stage.balance(f"escrow:{CAMPAIGN}:{unit}") == 2000
    await stage.wait(HOLD + HOUR)
    found = await shown(stage, unit)
    assert found["status"] == "success" and [seat["kind"] for seat in found["seats"]] == ["paid", "paid", "platform"]
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 2000
    await stage.check()


async def test_the_last_seats_go_to_as_many_buyers_as_there_are(stage: Stage) -> None:
    await begin(stage, {**GROUP, "size": 4}, *CROWD)
    unit = await opened(stage, CROWD[0])
    await pay(stage, unit, f"{unit}-0")
    answers = await race(stage, [(name, "join", unit) for name in CROWD[1:]])
    assert outcomes(answers) == {"": 3, "unit_full": 20}
    assert await used(stage, "stock") == 4
    orders = [str(one.value) for one in answers if one.rejection is None]
    paid = [(Play("pay", unit, {"order": order, "fen": 1000}, "system"), "") for order in orders * 3]
    assert outcomes(await asks(stage, paid)) == {"": 3, "already_done": 6}
    assert (await shown(stage, unit))["status"] == "success"
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 4000
    await stage.check()


async def test_a_payment_that_meets_the_deadline_is_never_left_over(stage: Stage) -> None:
    await begin(stage, {**GROUP, "fill_policy": "none", "pay_ttl_min": 120}, "a", "b")
    unit = await opened(stage, "a")
    await pay(stage, unit, f"{unit}-0")
    await stage.wait(23 * HOUR)
    order = (await play(stage, "b", "join", unit)).value
    await stage.wait(2 * HOUR)
    assert (await shown(stage, unit))["status"] == "failed"
    assert (await pay(stage, unit, order)).rejection is None
    assert await stage.balance(f"escrow:{CAMPAIGN}:{unit}") == 1000, "the leader's refund"
    escrow = await stage.rows("SELECT sum(balance) FROM accounts WHERE account LIKE 'escrow:%'")
    assert int(escrow[0][0]) == 2000
    done = Play("refund_done", unit, {"refund": f"r-{unit}-0"}, "system")
    assert outcomes(await asks(stage, [(done, "")] * 3)) == {"": 1, "already_done": 2}
    await stage.check()


async def test_the_last_pieces_go_to_as_many_buyers_and_none_is_oversold(stage: Stage) -> None:
    await begin(stage, FLASH, *CROWD)
    units = [await opened(stage, name) for name in CROWD]
    answers = await race(stage, [(name, "reserve", unit) for name, unit in zip(CROWD, units, strict=True)] * 2)
    assert outcomes(answers)[""] == 5 and outcomes(answers)["stock_out"] >= 38 - 5
    assert await used(stage, "stock") == 5
    wins = [unit for unit in units if (await shown(stage, unit))["status"] == "reserved"]
    await pay(stage, wins[0], f"{wins[0]}-0", 100)
    await stage.wait(HOUR)
    assert await used(stage, "stock") == 1, "who did not pay gave it back"
    again = await race(stage, [(name, "reserve", unit) for name, unit in zip(CROWD, units, strict=True)])
    assert outcomes(again)[""] == 4
    assert await stage.balance(f"revenue:{CAMPAIGN}") == 100
    await stage.check()


async def test_a_free_claim_with_friends_ends_with_the_stock(stage: Stage) -> None:
    await begin(stage, {**FLASH, "price_fen": 0, "friends": 1, "stock_total": 1}, "a", "b", "x", "y")
    units = [await opened(stage, name) for name in ("a", "b")]
    for friend, unit in zip(("x", "y"), units, strict=True):
        assert (await play(stage, friend, "help", unit)).rejection is None
    await stage.wait(HOLD + HOUR)
    answers = await race(stage, [("a", "reserve", units[0]), ("b", "reserve", units[1])])
    assert outcomes(answers) == {"": 1, "stock_out": 1}
    await stage.check()


async def family(stage: Stage, model: dict[str, Any], **plan: Any) -> None:
    """a brought b, and b brought c; all are in the group."""
    changes = {"ladder": None, "reward_per_user_max_fen": 50_000, "model": read_model("model", model), **plan}
    code = await stage.launch(**changes)
    for name in "abc":
        await stage.add(name, code)
        await stage.join(name)
        code = await stage.own_code(name)


async def test_a_sale_earns_two_levels_once_however_often_it_is_told(stage: Stage) -> None:
    await family(stage, SHARE)
    for name in "ab":
        await opened(stage, name, "enrol")
    buyer = person_of("c")
    paid = [(Play("order_paid", "", {"order": "o1", "fen": 10_000}, "system", buyer), f"n{n}") for n in range(8)]
    answers = await asks(stage, paid)
    assert outcomes(answers) == {"": 1, "already_done": 7}
    sale = next(str(one.value) for one in answers if one.rejection is None)
    assert (await fen(stage, "b", "pending"), await fen(stage, "a", "pending")) == (3000, 500)
    refunds = [(Play("refunded", sale, {"refund": f"r{n % 4}", "fen": 1000}, "system"), f"m{n}") for n in range(12)]
    assert outcomes(await asks(stage, refunds)) == {"": 4, "already_done": 8}
    assert (await fen(stage, "b", "pending"), await fen(stage, "a", "pending")) == (1800, 300)
    await system(stage, "received", sale)
    await stage.wait(25 * HOUR)
    assert (await fen(stage, "b"), await fen(stage, "a")) == (1800, 300)
    await stage.check()


@pytest.mark.parametrize(("mode", "earns"), [("override", (0, 3000)), ("first", (3000, 0))])
async def test_a_contact_added_again_through_a_second_code_is_an_arrival(
    stage: Stage, mode: str, earns: tuple[int, int]
) -> None:
    """Case 8, as the platform tells it: deleted the contact, scanned another code, added it again."""
    code = await stage.launch(
        ladder=None,
        reward_per_user_max_fen=50_000,
        model=read_model("model", {**SHARE, "levels": 1, "bind_mode": mode}),
    )
    for name in "ab":
        await stage.add(name, code)
        await stage.join(name)
        await opened(stage, name, "enrol")
        await stage.wait(timedelta(minutes=1))
    await stage.add("c", await stage.own_code("a"))
    await stage.join("c")
    await stage.wait(timedelta(minutes=1))
    for _ in range(2):
        await stage.add("c", await stage.own_code("b"))
    await asks(stage, [(Play("order_paid", "", {"order": "o1", "fen": 10_000}, "system", person_of("c")), "")])
    assert (await fen(stage, "a", "pending"), await fen(stage, "b", "pending")) == earns
    assert (await stage.of("c")).parent == person_of("a")
    await stage.check()


async def test_what_is_available_is_withdrawn_once(stage: Stage) -> None:
    await family(stage, SHARE)
    unit = await opened(stage, "b", "enrol")
    bought = Play("order_paid", "", {"order": "o1", "fen": 10_000}, "system", person_of("c"))
    sale = str((await asks(stage, [(bought, "")]))[0].value)
    await system(stage, "received", sale)
    await stage.wait(25 * HOUR)
    answers = await race(stage, [("b", "withdraw", unit)] * 6, fen=2000)
    assert outcomes(answers) == {"": 1, "balance_short": 5}
    assert await fen(stage, "b") == 1000 and await stage.balance("clearing:manual") == 2000
    await stage.check()


async def test_a_capped_card_is_never_drawn_above_its_cap(stage: Stage) -> None:
    await begin(stage, {**CARDS, "daily_draws": 2}, *CROWD)
    units = [await opened(stage, name) for name in CROWD]
    draws = [(name, "draw", unit) for name, unit in zip(CROWD, units, strict=True)] * 3
    answers = await race(stage, draws)
    assert outcomes(answers) == {"": 48, "quota": 24}
    held: Counter[str] = Counter()
    for unit in units:
        held.update((await shown(stage, unit))["cards"])
    assert held["shou"] == 3 == await used(stage, "minted:shou") and held["fu"] == 45
    await stage.check()


async def test_a_gift_goes_to_one_of_those_who_open_its_link_at_once(stage: Stage) -> None:
    model = {**CARDS, "daily_draws": 10, "gift_keep_one": False}
    await begin(stage, model, *CROWD[:8])
    units = [await opened(stage, name) for name in CROWD[:8]]
    card = (await play(stage, CROWD[0], "draw", units[0])).value[0]
    offer = (await play(stage, CROWD[0], "offer", units[0], card=card)).value
    answers = await race(stage, [(name, "accept", units[0]) for name in CROWD[1:8]], offer=offer)
    assert outcomes(answers) == {"": 1, "already_done": 6}
    taken = [(await shown(stage, unit))["cards"][card] for unit in units[1:]]
    assert sum(taken) == 1 and (await shown(stage, units[0]))["offers"] == {}
    await stage.check()


async def test_a_friend_who_stays_brings_a_draw_and_a_newcomer_another(stage: Stage) -> None:
    await family(stage, {**CARDS, "new_user_double": True})
    first = await opened(stage, "a")
    second = await opened(stage, "b")
    assert len((await play(stage, "b", "draw", second)).value) == 2
    await stage.settle()
    assert (await shown(stage, first))["extra_draws"] == 1
    await stage.wait(HOLD + HOUR)
    assert (await shown(stage, first))["extra_draws"] == 1 + 1
    await stage.check()


async def test_the_last_gifts_of_a_packet_and_both_rewards(stage: Stage) -> None:
    await begin(stage, MUTUAL, *CROWD[:8])
    unit = await opened(stage, CROWD[0])
    answers = await race(stage, [(name, "take", unit) for name in CROWD[1:8]])
    assert outcomes(answers) == {"": 2, "unit_full": 5}
    friend = next(name for name, one in zip(CROWD[1:8], answers, strict=True) if one.rejection is None)
    order = Play("used", unit, {"order": "o1", "fen": 100}, "system", person_of(friend))
    assert outcomes(await asks(stage, [(order, f"u{n}") for n in range(4)])) == {"": 1, "wrong_state": 3}
    await stage.wait(HOLD + HOUR)
    assert (await fen(stage, friend), await fen(stage, CROWD[0])) == (500, 800)
    await stage.check()


async def test_one_check_in_a_day_however_often_one_taps(stage: Stage) -> None:
    await begin(stage, SHEET, *CROWD[:6])
    answers = await race(stage, [(name, "open", "") for name in CROWD[:6]])
    assert outcomes(answers) == {"": 4, "quota": 2}
    who, unit = next((name, str(one.value)) for name, one in zip(CROWD, answers, strict=False) if not one.rejection)
    await stage.wait(24 * HOUR)
    assert outcomes(await race(stage, [(who, "check_in", unit)] * 5)) == {"": 1, "already_done": 4}
    assert await fen(stage, who) == 100
    await stage.check()


async def test_nobody_names_a_unit_that_they_open(stage: Stage) -> None:
    await begin(stage, FLASH, "a")
    with pytest.raises(InvalidInput, match="gets its name"):
        await acts.play(stage.application.door, WORKSPACE, CAMPAIGN, person_of("a"), "open", "late-or-taken")
