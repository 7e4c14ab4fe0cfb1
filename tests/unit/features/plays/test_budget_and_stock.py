"""What a day may cost, and what may be added while a campaign runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOUR, NAME, Table, plan_with, refused

from qunflow.features.campaigns.mechanics import flash_sale
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.features.campaigns.running import RaiseStock

SHEET: dict[str, Any] = {"kind": "check-in", "people": 50, "ladder": [{"days": 1, "amount_fen": 100}]}
SALE: dict[str, Any] = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 1, "friends": 0}
PACKETS: dict[str, Any] = {"kind": "red-packet", "tiers": [{"target_fen": 800, "helpers": 2, "total": 2}]}


def crowd(made: Table, count: int = 5) -> list[str]:
    return [made.enter(f"p{number}") for number in range(count)]


def paid(made: Table, names: list[str]) -> int:
    return sum(made.balance(f"available:{name}") == 100 for name in names)


def held(made: Table, names: list[str]) -> int:
    contests = [made.person(name).contest for name in names]
    return sum(sum(contest.held.values()) for contest in contests if contest is not None)


def test_what_a_day_cannot_carry_is_held_whole_and_granted_when_the_next_local_day_begins() -> None:
    made = Table(plan_with(SHEET, budget_daily_fen=250, reward_per_user_max_fen=100), budget=1000)
    names = crowd(made)
    for name in names:
        assert not refused(made.play(name, "open"))
        made.settle()
    assert (paid(made, names), held(made, names)) == (2, 300), "250 carry two whole rewards"
    made.wait(14 * HOUR)
    assert paid(made, names) == 2, "it is still the same day in Shanghai"
    made.wait(HOUR)
    assert (paid(made, names), held(made, names)) == (4, 100)
    made.wait(24 * HOUR)
    assert (paid(made, names), held(made, names)) == (5, 0)
    made.check()


def test_what_comes_back_does_not_make_room_for_more_on_that_day() -> None:
    made = Table(plan_with(SHEET, budget_daily_fen=100, reward_per_user_max_fen=100), budget=1000)
    names = crowd(made, 2)
    unit = made.play(names[0], "open")
    made.system("reverse", unit, by="staff")
    made.settle()
    made.play(names[1], "open")
    made.settle()
    assert made.balance(f"budget:{NAME}") in (900, 1000) and paid(made, names[1:]) == 0
    made.wait(timedelta(days=1))
    assert paid(made, names[1:]) == 1
    made.check()


def test_stock_that_is_raised_can_be_bought_at_once_and_is_never_lowered() -> None:
    made = Table(plan_with(SALE))
    names = crowd(made, 3)
    units = [made.play(name, "open") for name in names]
    assert not refused(made.play(names[0], "reserve", units[0]))
    assert refused(made.play(names[1], "reserve", units[1])) == "stock_out"
    assert refused(made.send(RaiseStock(0), "")) == refused(made.send(RaiseStock(-1), "")) == "worse_for_people"
    assert made.send(RaiseStock(1), "") == 2
    assert not refused(made.play(names[1], "reserve", units[1]))
    assert refused(made.play(names[2], "reserve", units[2])) == "stock_out"
    plan = made.paper.state(f"campaign:{NAME}").plan
    settings: flash_sale.FlashSale = frame_of(plan).settings
    assert settings.stock_total == 2
    made.check()


def test_what_is_paid_for_is_raised_only_as_far_as_the_budget_carries() -> None:
    made = Table(plan_with(PACKETS), budget=4000)
    stream = f"campaign:{NAME}"
    made.paper.states[stream] = replace(made.paper.states[stream], budget=4000)
    assert refused(made.send(RaiseStock(4), "")) == "budget_spent"
    assert refused(made.send(RaiseStock(1, tier=1), "")) == "wrong_state"
    assert made.send(RaiseStock(3), "") == 5


@pytest.mark.parametrize("status", ["settling", "closed"])
def test_a_campaign_that_is_over_gets_no_more(status: str) -> None:
    made = Table(plan_with(SALE))
    made.set_status(status)
    assert refused(made.send(RaiseStock(1), "")) == "wrong_state"
