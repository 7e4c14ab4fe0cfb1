"""Cards on paper: odds, caps, draws, gifts that one move wins, sets, the pool."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Confirmed, Departed
from qunflow.features.campaigns.mechanics.card_collection import shared
from qunflow.features.campaigns.mechanics.card_drawing import drawn
from qunflow.features.campaigns.mechanics.card_terms import Cards, Kind, Tier
from qunflow.features.campaigns.mechanics.cards_state import CardDrawn, Hand
from qunflow.features.campaigns.mechanics.dice import Dice
from qunflow.features.campaigns.plan_model import check_model

TWO = [{"card": "fu", "weight": 9000}, {"card": "shou", "weight": 1000, "cap": 2}]
PLAN: dict[str, Any] = {"kind": "cards", "kinds": TWO, "daily_draws": 5, "pool_fen": 1000}
DAY = timedelta(days=1)


def table(new: bool = False, **changes: Any) -> Table:
    """Old users, unless a test is about newcomers; a brought b."""
    made = Table(plan_with({**PLAN, **changes}))
    for name, parent in (("a", ""), ("b", "a"), ("c", ""), ("d", "")):
        made.enter(name, parent, new=new)
    return made


def opened(made: Table, *names: str) -> list[str]:
    return [str(made.play(name, "open")) for name in names]


def hand(made: Table, unit: str) -> Hand:
    return made.unit(unit).play  # type: ignore[no-any-return]


def hold(made: Table, unit: str, **cards: int) -> None:
    """These cards in a hand, as if they had been drawn: what was drawn before is kept."""
    found = tuple(card for card, count in cards.items() for _ in range(count))
    stream = f"unit:{NAME}:{unit}"
    made.record(stream, CardDrawn(found, made.now.date(), True, ""), made.unit(unit).owner)


def test_each_day_has_its_free_draws_and_no_more() -> None:
    made = table(daily_draws=2, draws_per_day=5)
    (unit,) = opened(made, "a")
    for _ in range(2):
        assert not refused(made.play("a", "draw", unit))
    assert refused(made.play("a", "draw", unit)) == "quota"
    made.wait(16 * HOUR)  # one in the morning in Shanghai
    assert not refused(made.play("a", "draw", unit))
    made.check()


def test_a_newcomers_first_draw_gives_two_different_cards_and_a_draw_to_who_invited_them() -> None:
    made = table(new=True, daily_draws=1)
    first, second = opened(made, "a", "b")
    cards = made.play("b", "draw", second)
    made.settle()
    assert len(set(cards)) == 2 and hand(made, first).earned == 1
    assert not refused(made.play("a", "draw", first)) and not refused(made.play("a", "draw", first))
    assert refused(made.play("a", "draw", first)) == "quota"
    made.wait(DAY)
    assert len(made.play("b", "draw", second)) == 1
    made.settle()
    assert hand(made, first).earned == 1, "once for each newcomer"


def test_a_confirmed_friend_is_worth_a_draw_and_a_lost_one_takes_it_along() -> None:
    made = table(daily_draws=0)
    (unit,) = opened(made, "a")
    made.record(f"participation:{NAME}:b", Confirmed("a"), "b")
    made.record(f"participation:{NAME}:b", Confirmed("a"), "b")
    assert hand(made, unit).earned == 1
    made.record(f"participation:{NAME}:b", Departed("a", "left", "revoked"), "b", "group:wx:g1")
    assert hand(made, unit).earned == 0
    assert refused(made.play("a", "draw", unit)) == "quota"


def test_a_card_at_its_cap_is_drawn_no_more_and_the_others_go_on() -> None:
    made = table(daily_draws=10, draws_per_day=100, kinds=[TWO[0], {**TWO[1], "cap": 1}])
    units = opened(made, "a", "b", "c", "d")
    for _ in range(6):
        for name, unit in zip("abcd", units, strict=True):
            for _ in range(10):
                made.play(name, "draw", unit)
        made.wait(DAY)
    minted = Counter(card for unit in units for card, count in hand(made, unit).cards.items() for _ in range(count))
    assert minted == {"shou": 1, "fu": 159}, "four days are left in the campaign"
    made.check()


def test_when_every_card_is_at_its_cap_nothing_can_be_drawn() -> None:
    kinds = [{**TWO[0], "cap": 2}, {**TWO[1], "cap": 2}]
    made = table(kinds=kinds)
    (unit,) = opened(made, "a")
    found = [made.play("a", "draw", unit) for _ in range(5)]
    assert refused(found[-1]) == "stock_out" and hand(made, unit).cards == {"fu": 2, "shou": 2}


def test_draws_follow_the_published_odds() -> None:
    kinds, dice = [Kind("a", 2375), Kind("b", 7125), Kind("rare", 500)], Dice("odds")
    found = Counter(drawn(kinds, dice).card for _ in range(20_000))
    assert abs(found["a"] - 4750) < 200 and abs(found["rare"] - 1000) < 110


def test_a_gift_is_taken_once_and_never_by_two() -> None:
    made = table()
    giver, taker, third = opened(made, "a", "c", "d")
    hold(made, giver, fu=2)
    offer = made.play("a", "offer", giver, card="fu")
    assert hand(made, giver).cards == {"fu": 1}
    assert refused(made.play("b", "accept", giver, offer=offer)) == "not_participating", "no hand to put it in"
    assert refused(made.play("a", "accept", giver, offer=offer)) == "self_help"
    assert made.play("c", "accept", giver, offer=offer) == "fu"
    assert refused(made.play("d", "accept", giver, offer=offer)) == "already_done"
    assert refused(made.play("a", "cancel", giver, offer=offer)) == "already_done"
    made.settle()
    assert hand(made, taker).cards == {"fu": 1} and hand(made, third).cards == {}
    made.check()


def test_a_gift_that_nobody_took_comes_back_and_so_does_one_that_is_cancelled() -> None:
    made = table()
    giver, _ = opened(made, "a", "c")
    hold(made, giver, fu=3)
    first = made.play("a", "offer", giver, card="fu")
    made.wait(12 * HOUR)
    second = made.play("a", "offer", giver, card="fu")
    assert not refused(made.play("a", "cancel", giver, offer=second))
    assert hand(made, giver).cards == {"fu": 2}
    made.wait(13 * HOUR)
    assert hand(made, giver).cards == {"fu": 3}
    assert refused(made.play("c", "accept", giver, offer=first)) == "already_done"
    made.check()


def test_the_last_card_stays_and_a_given_one_is_kept_for_an_hour() -> None:
    made = table()
    giver, taker = opened(made, "a", "c")
    hold(made, giver, fu=2)
    hold(made, taker, fu=1)
    made.play("c", "accept", giver, offer=made.play("a", "offer", giver, card="fu"))
    made.settle()
    assert refused(made.play("a", "offer", giver, card="fu")) == "wrong_state"
    assert not refused(made.play("c", "offer", taker, card="fu")), "the own one may go"
    made.play("c", "cancel", taker, offer="0")
    hold(made, taker, shou=1)
    made.wait(61 * timedelta(minutes=1))
    assert not refused(made.play("c", "offer", taker, card="fu"))


def test_so_many_gifts_on_a_day_and_only_cards_that_may_be_given() -> None:
    made = table(gifts_per_day=1, kinds=[TWO[0], {**TWO[1], "giftable": False}])
    (giver,) = opened(made, "a")
    hold(made, giver, fu=5, shou=2)
    assert refused(made.play("a", "offer", giver, card="shou")) == "move_unknown"
    made.play("a", "offer", giver, card="fu")
    assert refused(made.play("a", "offer", giver, card="fu")) == "helper_daily_quota"
    made = table(gifts=False)
    (giver,) = opened(made, "a")
    hold(made, giver, fu=5)
    assert refused(made.play("a", "offer", giver, card="fu")) == "move_unknown"


def test_who_asks_for_a_card_gets_it_when_its_owner_gives_it() -> None:
    made = table()
    giver, taker = opened(made, "a", "c")
    asked = made.play("c", "request", giver, card="fu")
    assert refused(made.play("c", "request", giver, card="fu")) == "already_done"
    assert refused(made.play("a", "give", giver, offer=asked)) == "wrong_state", "there is none to give"
    hold(made, giver, fu=2)
    assert made.play("a", "give", giver, offer=asked) == "fu"
    assert refused(made.play("a", "give", giver, offer=asked)) == "already_done"
    made.settle()
    assert hand(made, giver).cards == {"fu": 1} and hand(made, taker).cards == {"fu": 1}
    assert refused(made.play("a", "accept", giver, offer=asked)) == "self_help"
    made.check()


def test_a_set_burns_one_of_each_and_the_pool_is_shared_after_the_end() -> None:
    made = table()
    units = opened(made, "a", "c", "d")
    for unit in units[:2]:
        hold(made, unit, fu=2, shou=1)
    hold(made, units[2], fu=1)
    for name, unit in zip("ac", units, strict=False):
        assert not refused(made.play(name, "compose", unit))
        assert refused(made.play(name, "compose", unit)) == "wrong_state"
    assert hand(made, units[0]).cards == {"fu": 1}
    assert refused(made.play("d", "compose", units[2])) == "wrong_state"
    made.set_status("ended")
    made.wait(HOLD + HOUR)
    assert [made.balance(f"available:{name}") for name in "acd"] == [500, 500, 0]
    made.check()


def test_without_a_complete_set_the_pool_stays_in_the_budget() -> None:
    made = table()
    opened(made, "a")
    made.set_status("ended")
    made.wait(HOLD + HOUR)
    assert made.balance(f"budget:{NAME}") == made.budget


def test_a_stop_keeps_the_promise_to_complete_sets() -> None:
    made = table()
    units = opened(made, "a", "c")
    hold(made, units[0], fu=1, shou=1)
    made.play("a", "compose", units[0])
    made.set_status("stopped")
    assert made.unit(units[1]).outcome == "stopped"
    made.wait(HOLD + HOUR)
    assert made.balance("available:a") == 1000
    made.check()


@pytest.mark.parametrize("sets", [1, 2, 7])
def test_shares_of_the_pool_sum_to_it_and_are_the_same_again(sets: int) -> None:
    kinds = (Kind("a", 5000), Kind("b", 5000, cap=7))
    assert sum(shared(Cards(kinds, 1000), sets, "s")) == 1000
    random = Cards(kinds, 1000, "random")
    assert sum(shared(random, sets, "s")) == 1000 and min(shared(random, sets, "s")) >= 1
    assert shared(random, sets, "s") == shared(random, sets, "s")
    tiers = Cards(kinds, 0, "tiers", (Tier(1, 800), Tier(2, 50)))
    assert sorted(shared(tiers, sets, "s"), reverse=True) == ([800, 50, 50] + [0] * 10)[:sets]
    assert shared(tiers, 0, "s") == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kinds": [TWO[0]]}, "model.kinds"),
        ({"kinds": [TWO[0], {**TWO[1], "weight": 999}]}, "model.kinds"),
        ({"kinds": [TWO[0], {**TWO[1], "card": "fu"}]}, "model.kinds"),
        ({"kinds": [TWO[0], {**TWO[1], "cap": 0}]}, "model.kinds"),
        ({"pool_fen": 1}, "model.pool_fen"),
        ({"pool_method": "tiers"}, "model.tiers"),
        ({"pool_method": "tiers", "tiers": [{"count": 1, "amount_fen": 5_000_001}]}, "model.tiers"),
    ],
)
def test_a_deck_that_cannot_be_played_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.way_out
