"""Distribution on paper: whose friend a buyer is, fixed commissions, margins, returns, and ranks that are lost."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import NAME, Table, plan_with, refused
from tests.unit.features.plays.test_distribution import DAY, PLAN, enrol, fen, release, sell, system, table

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.plan_model import check_model
from qunflow.features.campaigns.plays.model import Bound

TWO_LEVELS: dict[str, Any] = {**PLAN, "levels": 2, "rate1_bps": 2000, "rate2_bps": 500}
RANKED: dict[str, Any] = {
    **PLAN,
    "rate1_bps": 1000,
    "demotion": True,
    "review_days": 10,
    "freeze_days": 0,
    "ranks": [
        {"rate1_bps": 2000, "buyers": 1, "sales_fen": 10_000, "min_keep_fen": 5_000},
        {"rate1_bps": 3000, "buyers": 2, "sales_fen": 30_000, "min_keep_fen": 20_000},
    ],
}


def crowd(model: dict[str, Any], *names: str) -> Table:
    """People who entered one after the other, nobody brought by anybody; all promote."""
    made = Table(plan_with(model))
    for name in names:
        made.enter(name)
        made.play(name, "enrol")
        made.wait(timedelta(minutes=1))
    return made


def unit_of(made: Table, who: str) -> str:
    return made.player(who).units[0]


def bind(made: Table, who: str, to: str) -> Any:
    return made.play(who, "bind", unit_of(made, to))


# --- whose friend a buyer is ------------------------------------------------------------------------------------------


def test_first_who_came_alone_is_bound_by_the_first_promoter_and_by_nobody_else() -> None:
    made = crowd(PLAN, "a", "b", "c")
    assert not refused(bind(made, "c", "b"))
    assert refused(bind(made, "c", "b")) == "already_done"
    assert refused(bind(made, "c", "a")) == "already_bound"
    sell(made, "c", 10_000)
    assert (fen(made, "b"), fen(made, "a")) == ((3000, 0), (0, 0))
    made.check()


def test_first_who_came_through_a_code_stays_with_it() -> None:
    made = table(PLAN)
    enrol(made, "a", "b")
    assert refused(bind(made, "c", "a")) == "already_bound"
    assert refused(bind(made, "c", "b")) == "already_done"


def test_override_the_newest_promoter_earns_on_later_orders_only() -> None:
    """Case 8: first through one code, later through another."""
    made = crowd({**PLAN, "bind_mode": "override"}, "a", "b", "c")
    bind(made, "c", "a")
    first = sell(made, "c", 10_000)
    assert not refused(bind(made, "c", "b"))
    sell(made, "c", 10_000, "o2")
    assert (fen(made, "a"), fen(made, "b")) == ((3000, 0), (3000, 0))
    release(made, first)
    system(made, "refunded", first, refund="r1", fen=5_000)
    assert fen(made, "a") == (0, 1500) and fen(made, "b") == (3000, 0), "what was paid before stays where it was"
    assert made.person("c").parent == "", "the invite edge is another thing"
    made.check()


def test_register_only_a_code_by_which_they_were_met_counts() -> None:
    made = Table(plan_with({**PLAN, "bind_mode": "register"}))
    made.enter("a")
    made.play("a", "enrol")
    for name, seconds in (("b", 30), ("c", 31), ("d", 0)):
        made.paper.states[person_stream(name)] = PersonState(met_at=made.now - timedelta(seconds=seconds))
        made.enter(name, "a")
        sell(made, name, 10_000, f"o-{name}")
    assert fen(made, "a") == (6000, 0), "not on c, who was known before"
    assert made.person("c").parent == "a" and made.player("c").bound_to == ""
    assert refused(bind(made, "c", "a")) == "already_bound"
    made.check()


def test_nobody_is_bound_to_who_entered_later_or_to_themselves() -> None:
    """Case 9: A brings B, then B tries to bring A, also round three corners."""
    made = crowd({**PLAN, "bind_mode": "override"}, "a", "b", "c")
    assert not refused(bind(made, "b", "a")) and not refused(bind(made, "c", "b"))
    assert refused(bind(made, "a", "b")) == refused(bind(made, "a", "c")) == "bond_order"
    assert refused(bind(made, "b", "c")) == "bond_order"
    assert refused(bind(made, "a", "a")) == "self_help"
    made = Table(plan_with({**PLAN, "bind_mode": "override"}))
    for name in "ab":
        made.enter(name)  # at the same instant
        made.play(name, "enrol")
    assert refused(bind(made, "a", "b")) == refused(bind(made, "b", "a")) == "bond_order"


def test_a_bond_that_ran_out_earns_nothing_at_either_level_and_may_be_made_anew() -> None:
    made = crowd({**TWO_LEVELS, "bind_days": 10}, "a", "b", "c")
    bind(made, "b", "a")
    made.wait(5 * DAY)
    bind(made, "c", "b")
    sell(made, "c", 10_000)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (2000, 500)
    made.wait(5 * DAY)
    sell(made, "c", 10_000, "o2")
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (4000, 500), "the upper bond is over"
    made.wait(5 * DAY)
    sell(made, "c", 10_000, "o3")
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (4000, 500)
    assert not refused(bind(made, "c", "a")), "first code wins again"
    made.check()


def test_only_who_promotes_now_is_bought_through() -> None:
    made = Table(plan_with({**PLAN, "promoters": "appointed"}))
    made.enter("a")
    unit = made.play("a", "enrol")
    made.wait(timedelta(minutes=1))
    made.enter("b")
    assert refused(made.play("b", "bind", unit)) == "wrong_state"
    made.system("appoint", unit, by="staff")
    assert not refused(made.play("b", "bind", unit))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=25))
def test_however_people_are_bound_there_is_never_a_circle(binds: list[tuple[int, int, bool]]) -> None:
    """I6: all bonds there ever were, together, have no cycle; every bond points to who entered earlier."""
    names = "abcdef"
    made = Table(plan_with({**PLAN, "bind_mode": "override"}))
    for place, name in enumerate(names):
        made.enter(name, names[place - 1] if place % 3 == 1 else "")
        made.play(name, "enrol")
        if place % 2:
            made.wait(timedelta(minutes=1))
    for who, to, again in binds:
        for _ in range(2 if again else 1):
            bind(made, names[who], names[to])
    edges = {(event.person, event.body.bound_to) for event in made.paper.log if isinstance(event.body, Bound)}
    edges |= {(name, made.person(name).parent) for name in names if made.person(name).parent}
    above = {name: {to for who, to in edges if who == name} for name in names}
    for _ in names:
        above = {name: {*tos, *(far for to in tos for far in above[to])} for name, tos in above.items()}
    assert all(name not in tos for name, tos in above.items())
    entered = {name: made.player(name).entered_at for name in names}
    assert all(entered[to] <= entered[who] for who, to in edges)  # type: ignore[operator]
    made.check()


# --- what a sale earns ------------------------------------------------------------------------------------------------


def pay_for(made: Table, buyer: str, order: str = "o1", **params: Any) -> str:
    found = made.system("order_paid", "", buyer, order=order, **params)
    assert not refused(found), found
    made.settle()
    return str(found)


@pytest.mark.parametrize(
    ("changes", "base"),
    [({}, 8_000), ({"less_coupons": False}, 9_000), ({"less_taxes": True}, 7_500)],
)
def test_freight_never_counts_and_coupons_and_taxes_as_the_plan_says(changes: dict[str, Any], base: int) -> None:
    made = table({**PLAN, **changes})
    enrol(made, "b")
    sale = pay_for(made, "c", fen=10_000, freight_fen=1_000, coupon_fen=1_000, tax_fen=500)
    assert made.unit(sale).play.base == base and fen(made, "b") == (base * 3000 // 10_000, 0)
    nothing = pay_for(made, "c", "o2", fen=100, freight_fen=200)
    assert made.unit(nothing).play.base == 0
    made.check()


def test_sales_of_other_campaigns_earn_nothing_and_count_for_no_rank() -> None:
    made = table({**PLAN, "self_buy": True})
    enrol(made, "b", "c")
    for number, source in enumerate(("flash-sale", "group-buy", "bargain")):
        sale = pay_for(made, "c", f"o{number}", fen=10_000, source=source)
        release(made, sale)
    assert fen(made, "b") == fen(made, "c") == (0, 0) and made.unit(unit_of(made, "b")).play.sales == 0
    made = table({**PLAN, "exclude_flash_group_bargain": False})
    enrol(made, "b")
    pay_for(made, "c", fen=10_000, source="bargain")
    assert fen(made, "b") == (3000, 0)


GOODS = [{"item": "cream", "price_fen": 5_000, "fixed1_fen": 700, "fixed2_fen": 100}]


def test_fixed_goods_earn_by_the_piece_at_any_rank_and_refunds_end_at_nothing() -> None:
    made = table({**TWO_LEVELS, "goods": GOODS})
    enrol(made, "a", "b")
    sale = pay_for(made, "c", fen=15_000, item="cream", pieces=3)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (2100, 300)
    for number in range(7):
        system(made, "refunded", sale, refund=f"r{number}", fen=2_000)
    assert fen(made, "b")[0] == 2100 * 1_000 // 15_000
    system(made, "refunded", sale, refund="rest", fen=15_000)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (0, 0) and made.balance(f"budget:{NAME}") == made.budget
    made.check()


def test_no_sale_pays_more_than_its_margin_allows_and_the_first_level_goes_first() -> None:
    made = table(TWO_LEVELS)
    enrol(made, "a", "b")
    pay_for(made, "c", fen=10_000, margin_fen=2_750)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (2000, 200)
    pay_for(made, "c", "o2", fen=10_000, margin_fen=0)
    assert (fen(made, "b")[0], fen(made, "a")[0]) == (2000, 200)
    made.check()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 100_000), st.integers(0, 50_000), st.integers(0, 5), st.lists(st.integers(1, 30_000), max_size=6))
def test_all_lines_together_stay_in_cap_and_margin_and_a_full_refund_is_exact(
    paid: int, margin: int, pieces: int, steps: list[int]
) -> None:
    made = table({**TWO_LEVELS, "goods": GOODS})
    enrol(made, "a", "b")
    params = {"item": "cream", "pieces": pieces} if pieces else {}
    sale = pay_for(made, "c", fen=paid, margin_fen=margin, **params)
    total = fen(made, "a")[0] + fen(made, "b")[0]
    assert total <= min(paid * 5000 // 10_000, margin * 8000 // 10_000)
    for number, step in enumerate([*steps, paid]):
        before = total
        system(made, "refunded", sale, refund=f"r{number}", fen=step)
        total = fen(made, "a")[0] + fen(made, "b")[0]
        assert total <= before
    assert total == 0
    made.check()


# --- when it is free --------------------------------------------------------------------------------------------------


def test_a_commission_is_free_after_the_later_of_freeze_and_time_for_returns() -> None:
    for changes, params, days in (
        ({"after_sale_days": 3}, {}, 15),
        ({"after_sale_days": 30}, {}, 30),
        ({}, {"returns_until": 40}, 40),
        ({}, {"returns_until": 5}, 15),
    ):
        made = table({**PLAN, **changes})
        enrol(made, "b")
        sale = sell(made, "c", 10_000)
        told = {name: (made.now + value * DAY).isoformat() for name, value in params.items()}
        system(made, "received", sale, **told)
        made.wait(days * DAY - timedelta(seconds=1))
        assert fen(made, "b") == (3000, 0), (changes, params)
        system(made, "release", sale)
        assert fen(made, "b") == (3000, 0), "an early clock frees nothing"
        made.wait(timedelta(seconds=1))
        assert fen(made, "b") == (0, 3000), (changes, params)
        made.check()


def test_a_refund_that_is_refused_before_the_time_for_returns_is_over_frees_nothing_yet() -> None:
    made = table(PLAN)
    enrol(made, "b")
    sale = sell(made, "c", 10_000)
    system(made, "received", sale, returns_until=(made.now + 20 * DAY).isoformat())
    system(made, "refund_asked", sale, refund="r1")
    made.wait(16 * DAY)
    system(made, "refunded", sale, refund="r1", fen=0)
    assert fen(made, "b") == (3000, 0)
    made.wait(4 * DAY)
    assert fen(made, "b") == (0, 3000)


# --- ranks that are lost ----------------------------------------------------------------------------------------------


def ranked() -> tuple[Table, str]:
    """b sold 30,000 to two friends on the first day and is senior; c and d are theirs."""
    made = Table(plan_with(RANKED))
    made.enter("b")
    made.play("b", "enrol")
    for name in "cd":
        made.enter(name, "b")
    for name in "cd":
        system(made, "received", sell(made, name, 15_000, f"first-{name}"))
    made.wait(timedelta(minutes=1))
    return made, unit_of(made, "b")


def rank(made: Table, unit: str) -> int:
    return int(made.unit(unit).play.rank)


def test_a_review_takes_a_rank_that_was_not_kept_and_the_next_order_pays_the_lower_rate() -> None:
    made, unit = ranked()
    assert rank(made, unit) == 2
    made.wait(10 * DAY)
    assert rank(made, unit) == 2, "30,000 were sold since the start"
    system(made, "received", sell(made, "c", 6_000, "second"))
    made.wait(10 * DAY)
    assert rank(made, unit) == 1, "6,000 keep the middle rank"
    before = fen(made, "b")[0]
    sell(made, "c", 1_000, "third")
    assert fen(made, "b")[0] - before == 200
    made.wait(10 * DAY)
    assert rank(made, unit) == 0, "what is not received is not confirmed"
    made.check()


def test_who_was_demoted_rises_by_what_is_sold_from_then_on() -> None:
    made, unit = ranked()
    made.wait(20 * DAY)
    assert rank(made, unit) == 0
    system(made, "received", sell(made, "c", 9_999, "second"))
    made.wait(timedelta(minutes=1))
    assert rank(made, unit) == 0, "what came before the demotion counts no more"
    system(made, "received", sell(made, "c", 1, "third"))
    made.wait(timedelta(minutes=1))
    assert rank(made, unit) == 1
    made.check()


def test_a_review_that_comes_twice_or_early_changes_nothing_and_without_demotion_there_is_none() -> None:
    made, unit = ranked()
    made.wait(10 * DAY)
    state = made.unit(unit).play
    system(made, "review", unit)
    assert made.unit(unit).play == state
    made = Table(plan_with({**RANKED, "demotion": False}))
    made.enter("b")
    unit = made.play("b", "enrol")
    assert not [timer for timer in made.paper.timers.values() if timer.name == "review"]
    system(made, "review", unit)
    made.wait(30 * DAY)
    assert made.unit(unit).play.reviewed_at is None


def test_reviews_follow_each_other_without_drifting() -> None:
    made, unit = ranked()
    made.wait(35 * DAY)
    reviews = [event.at for event in made.paper.log if event.body.KIND == "promoter_reviewed"]
    assert len(reviews) == 3 and all(later - earlier == 10 * DAY for earlier, later in pairwise(reviews))
    assert made.unit(unit).status == "open"


# --- plans ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"max_of_margin_bps": 2999}, "model.margin_bps"),
        ({"goods": [{**GOODS[0], "fixed1_fen": 2501}]}, "model.goods[0].fixed1_fen"),
        ({"goods": [*GOODS, *GOODS]}, "model.goods[1].item"),
        ({"demotion": True}, "model.demotion"),
        ({"demotion": True, "ranks": [{"rate1_bps": 3500, "buyers": 2}]}, "model.demotion"),
        (
            {
                "ranks": [
                    {"rate1_bps": 3500, "buyers": 2, "min_keep_fen": 9},
                    {"rate1_bps": 4000, "buyers": 3, "min_keep_fen": 8},
                ]
            },
            "model.ranks[1]",
        ),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.way_out
