"""Cards on paper: the wild card, pity, tasks, deadlines, devices, hands that freeze, and the edges of the pool."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.campaigns.plans import END, START
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

from qunflow.domain.decisions import Counter
from qunflow.domain.errors import InvalidInput
from qunflow.domain.events import Completed
from qunflow.features.campaigns.mechanics import card_terms
from qunflow.features.campaigns.mechanics.card_collection import MODEL, complete, shared
from qunflow.features.campaigns.mechanics.card_drawing import chosen
from qunflow.features.campaigns.mechanics.card_terms import Cards, Kind, most_sets
from qunflow.features.campaigns.mechanics.cards_state import CardDrawn, Hand
from qunflow.features.campaigns.mechanics.mechanic import Context
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.campaigns.plan_model import check_model, frame_of
from qunflow.features.campaigns.risk.model import WatchState, watch_stream

SET = [{"card": "fu", "weight": 8000}, {"card": "shou", "weight": 1000, "cap": 3}]
WILD = [*SET, {"card": "wan", "weight": 1000, "cap": 2, "wild_card": True}]
PLAN: dict[str, Any] = {"kind": "cards", "kinds": WILD, "daily_draws": 10, "pool_fen": 1000, "new_user_double": False}
DAY = timedelta(days=1)


def table(plan: dict[str, Any] | None = None, **changes: Any) -> Table:
    made = Table(plan_with({**PLAN, **changes}, **(plan or {})))
    for name in "abcd":
        made.enter(name, new=True)
    return made


def opened(made: Table, *names: str) -> list[str]:
    return [str(made.play(name, "open")) for name in names]


def hand(made: Table, unit: str) -> Hand:
    return made.unit(unit).play  # type: ignore[no-any-return]


def hold(made: Table, unit: str, **cards: int) -> None:
    """These cards in a hand, as if they had been drawn."""
    found = tuple(card for card, count in cards.items() for _ in range(count))
    made.record(f"unit:{NAME}:{unit}", CardDrawn(found, made.now.date(), True, ""), made.unit(unit).owner)


def at_device(made: Table, device: str, *people: str) -> None:
    for person in people:
        made.paper.states[watch_stream(person)] = replace(WatchState(), device=device)


# --- the wild card ----------------------------------------------------------------------------------------------------


def test_the_wild_card_stands_for_the_one_that_is_missing_and_is_burned_for_it() -> None:
    made = table()
    (unit,) = opened(made, "a")
    hold(made, unit, fu=2, wan=2)
    assert made.play("a", "compose", unit) is None
    assert hand(made, unit).cards == {"fu": 1, "wan": 1} and hand(made, unit).status == "composed"
    made.check()


def test_a_whole_set_keeps_the_wild_card() -> None:
    made = table()
    (unit,) = opened(made, "a")
    hold(made, unit, fu=1, shou=1, wan=1)
    made.play("a", "compose", unit)
    assert hand(made, unit).cards == {"wan": 1}


def test_wild_cards_never_stand_for_two_and_none_stands_where_there_is_none() -> None:
    made = table()
    (unit,) = opened(made, "a")
    hold(made, unit, wan=2)
    assert refused(made.play("a", "compose", unit)) == "wrong_state"
    made = table(kinds=[SET[0], {**SET[1], "weight": 2000}])
    (unit,) = opened(made, "a")
    hold(made, unit, fu=2)
    assert refused(made.play("a", "compose", unit)) == "wrong_state"


def test_a_wild_card_is_drawn_by_its_odds_up_to_its_cap_and_given_like_any_other() -> None:
    made = table(draws_per_day=100)
    units = opened(made, "a", "b", "c", "d")
    for _ in range(4):
        for name, unit in zip("abcd", units, strict=True):
            for _ in range(10):
                made.play(name, "draw", unit)
        made.wait(DAY)
    assert sum(hand(made, unit).cards.get("wan", 0) for unit in units) == 2
    assert made.paper.counter(f"play:{NAME}:minted:wan") == Counter(2, 2)
    made = table()
    giver, taker = opened(made, "a", "b")
    hold(made, giver, wan=2)
    assert made.play("b", "accept", giver, offer=made.play("a", "offer", giver, card="wan")) == "wan"
    made.settle()
    assert hand(made, taker).cards == {"wan": 1}


def test_as_many_sets_as_rare_and_wild_cards_together() -> None:
    settings = frame_of(plan_with(PLAN)).settings
    assert most_sets(settings) == 5
    with pytest.raises(InvalidInput):
        check_model(plan_with({**PLAN, "pool_fen": 4}))
    check_model(plan_with({**PLAN, "pool_fen": 5}))


def test_what_is_published_is_what_is_played() -> None:
    made = table(pity_after=7, kinds=[WILD[0], {**WILD[1], "weight": 900}, {**WILD[2], "weight": 1100}])
    (unit,) = opened(made, "a")
    shown = card_terms_shown(made, unit)
    assert shown["odds_bps"] == {"fu": 8000, "shou": 900, "wan": 1100} and shown["caps"] == {"shou": 3, "wan": 2}
    assert (shown["wild_card"], shown["pity_after"], shown["pity_card"], shown["pity_left"]) == ("wan", 7, "shou", 7)
    hold(made, unit, fu=1)
    assert card_terms_shown(made, unit)["pity_left"] == 6


def card_terms_shown(made: Table, unit: str) -> dict[str, Any]:
    return dict(MODEL.show(made.unit(unit), frame_of(made.plan).settings))


# --- pity -------------------------------------------------------------------------------------------------------------


def test_after_so_many_draws_without_the_rarest_card_the_next_one_gives_it() -> None:
    kinds = [{"card": "fu", "weight": 9999}, {"card": "shou", "weight": 1, "cap": 2}]
    made = table(kinds=kinds, pity_after=3, draws_per_day=100)
    (unit,) = opened(made, "a")
    found = [made.play("a", "draw", unit)[0] for _ in range(8)]
    assert found == ["fu", "fu", "fu", "shou", "fu", "fu", "fu", "shou"]
    made.wait(DAY)
    assert [made.play("a", "draw", unit)[0] for _ in range(5)] == ["fu"] * 5, "its cap is reached"
    made.check()


def test_pity_counts_the_own_draws_and_not_what_was_given() -> None:
    settings = Cards((Kind("fu", 9999), Kind("shou", 1, 5)), pity_after=2)
    context = Context(frame_of(plan_with(PLAN)), b"seed", {"minted:shou": Counter(0, 5)})
    assert [kind.card for kind in chosen(settings, Hand("collecting", {"shou": 3}, draws=2), context, 1)] == ["shou"]
    drew_it = Hand("collecting", draws=3, seen={"shou": 2})
    assert [kind.card for kind in chosen(settings, drew_it, context, 1)] == ["fu"]
    assert [kind.card for kind in chosen(settings, Hand("collecting", draws=2), context, 2)] == ["shou", "fu"]
    gone = replace(context, counters={"minted:shou": Counter(5, 5)})
    assert [kind.card for kind in chosen(settings, Hand("collecting", draws=9), gone, 1)] == ["fu"]


# --- draws for a task, newcomers, devices -----------------------------------------------------------------------------


def test_the_approved_task_brings_draws_once_before_or_after_the_hand_is_opened() -> None:
    plan = {"task": TaskPlan(reward_fen=0), "reward_per_user_max_fen": 7_300_000}
    made = table(plan, daily_draws=0, draws_per_task=2)
    (unit,) = opened(made, "a")
    for _ in range(2):
        made.record(f"participation:{NAME}:a", Completed("s1"), "a")
    assert hand(made, unit).earned == 2
    made.record(f"participation:{NAME}:b", Completed("s2"), "b")
    (other,) = opened(made, "b")
    assert hand(made, other).earned == 2 and not refused(made.play("b", "draw", other))
    made.record(f"participation:{NAME}:b", Completed("s2"), "b")
    assert hand(made, other).earned == 2
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, "draws_per_task": 1}))
    assert caught.value.field == "model.draws_per_task"


def test_a_device_has_one_newcomer() -> None:
    made = table(new_user_double=True)
    units = opened(made, "a", "b", "c")
    at_device(made, "d.one", "a", "b")
    assert len(made.play("a", "draw", units[0])) == 2
    assert len(made.play("b", "draw", units[1])) == 1, "seen at the same device"
    assert len(made.play("c", "draw", units[2])) == 2, "where no device is known the person alone counts"
    made.check()


def test_who_was_removed_and_begins_anew_is_no_newcomer_any_more() -> None:
    made = table(new_user_double=True)
    (unit,) = opened(made, "a")
    assert len(made.play("a", "draw", unit)) == 2
    made.leave("a", "kicked")
    made.join("a")
    (again,) = opened(made, "a")
    assert again != unit and len(made.play("a", "draw", again)) == 1


def test_nobody_takes_or_asks_for_a_card_of_somebody_at_the_same_device() -> None:
    made = table()
    giver, _, _ = opened(made, "a", "b", "c")
    hold(made, giver, fu=3)
    at_device(made, "d.one", "a", "b")
    offer = made.play("a", "offer", giver, card="fu")
    assert refused(made.play("b", "accept", giver, offer=offer)) == "risk_denied"
    assert refused(made.play("b", "request", giver, card="fu")) == "risk_denied"
    assert made.play("c", "accept", giver, offer=offer) == "fu"
    made.check()


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_a_hand_whose_owner_left_is_frozen_for_as_long_as_it_takes_and_revives() -> None:
    made = table()
    unit, _ = opened(made, "a", "b")
    hold(made, unit, fu=3)
    offer = made.play("a", "offer", unit, card="fu")
    made.leave("a")
    assert made.unit(unit).status == "frozen"
    assert refused(made.play("a", "draw", unit)) == "unit_frozen"
    assert refused(made.play("b", "accept", unit, offer=offer)) == "unit_frozen"
    made.wait(2 * DAY)
    assert made.unit(unit).status == "frozen" and hand(made, unit).cards == {"fu": 3}, "the gift came back"
    made.join("a")
    assert made.unit(unit).status == "open" and not refused(made.play("a", "draw", unit))
    made.check()


def test_a_set_that_was_composed_before_leaving_keeps_its_share_and_a_removed_one_does_not() -> None:
    made = table()
    units = opened(made, "a", "b", "c")
    for name, unit in zip("abc", units, strict=True):
        hold(made, unit, fu=1, wan=1)
        made.play(name, "compose", unit)
    made.leave("a")
    made.leave("b", "kicked")
    made.set_status("ended")
    made.wait(HOLD + HOUR)
    assert [made.balance(f"available:{name}") for name in "abc"] == [500, 0, 500]
    made.check()


# --- deadlines and the pool -------------------------------------------------------------------------------------------


def test_after_the_deadline_nothing_is_drawn_composed_or_opened() -> None:
    made = table(compose_deadline=(START + DAY).isoformat())
    (unit,) = opened(made, "a")
    hold(made, unit, fu=1, shou=1)
    made.wait(DAY)
    assert refused(made.play("a", "draw", unit)) == "out_of_window"
    assert refused(made.play("a", "compose", unit)) == "out_of_window"
    assert refused(made.play("b", "open")) == "out_of_window"


def test_the_pool_is_shared_once_the_holds_after_the_reveal_are_over_and_only_once() -> None:
    made = table(reveal_at=(START + DAY).isoformat())
    one, two = opened(made, "a", "b")
    hold(made, one, fu=1, shou=1)
    hold(made, two, fu=1, shou=1)
    made.play("a", "compose", one)
    made.wait(DAY)
    assert refused(made.play("b", "compose", two)) == "out_of_window"
    made.wait(HOLD - HOUR)
    assert made.balance("available:a") == 0
    made.wait(2 * HOUR)
    assert made.balance("available:a") == 1000 and made.unit("pool").outcome == "revealed"
    made.set_status("ended")
    made.wait(2 * HOLD)
    assert made.balance("available:a") == 1000 and made.balance("available:b") == 0
    made.check()


def test_a_campaign_that_is_stopped_before_its_reveal_shares_the_pool_once_the_holds_are_over() -> None:
    made = table(reveal_at=(START + 2 * DAY).isoformat())
    (unit,) = opened(made, "a")
    hold(made, unit, fu=1, shou=1)
    made.play("a", "compose", unit)
    made.set_status("stopped")
    made.wait(HOLD + HOUR)
    assert made.balance("available:a") == 1000
    made.check()


@pytest.mark.parametrize("method", ["equal", "random"])
def test_nobody_one_and_as_many_completers_as_the_pool_has_fen(method: str) -> None:
    cards = Cards((Kind("a", 5000), Kind("b", 5000, cap=7)), 7, method)
    assert shared(cards, 0, "s") == ()
    assert shared(cards, 1, "s") == (7,)
    assert shared(cards, 7, "s") == (1,) * 7


def test_composing_and_giving_the_same_card_at_once_ends_with_one_of_both() -> None:
    made = table(gift_keep_one=False)
    unit, _ = opened(made, "a", "b")
    hold(made, unit, fu=1, shou=1)
    made.play("a", "offer", unit, card="shou")
    assert refused(made.play("a", "compose", unit)) == "wrong_state"
    made.play("a", "cancel", unit, offer="0")
    made.play("a", "compose", unit)
    assert refused(made.play("a", "offer", unit, card="shou")) == "wrong_state"
    made.check()


def test_a_gift_that_is_received_in_its_last_second_is_taken_although_it_is_processed_later() -> None:
    made = table()
    giver, taker = opened(made, "a", "b")
    hold(made, giver, fu=2)
    offer = made.play("a", "offer", giver, card="fu")
    made.wait(24 * HOUR)
    assert refused(made.play("b", "accept", giver, offer=offer)) == "expired"
    made.now -= timedelta(seconds=1)  # received a second earlier
    assert made.play("b", "accept", giver, offer=offer) == "fu"
    made.settle()
    assert hand(made, taker).cards == {"fu": 1}
    made.check()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kinds": [*SET[:1], {**WILD[2], "weight": 2000}]}, "model.kinds"),
        ({"kinds": [*SET, {**WILD[2], "cap": 0}]}, "model.kinds"),
        ({"kinds": [*SET, {**WILD[2], "weight": 500}, {**WILD[2], "card": "wan2", "weight": 500}]}, "model.kinds"),
        ({"kinds": [{**SET[0], "weight": 5000}, {**SET[1], "weight": 5000}], "pity_after": 3}, "model.pity_after"),
        ({"reveal_at": (END + HOUR).isoformat()}, "model.reveal_at"),
        ({"reveal_at": START.isoformat()}, "model.reveal_at"),
        ({"compose_deadline": (END + HOUR).isoformat()}, "model.compose_deadline"),
        (
            {"compose_deadline": (START + 2 * DAY).isoformat(), "reveal_at": (START + DAY).isoformat()},
            "model.compose_deadline",
        ),
    ],
)
def test_a_deck_that_cannot_be_played_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_model(plan_with({**PLAN, **changes}))
    assert caught.value.field == field and caught.value.rule and caught.value.way_out


def test_one_missing_card_and_one_wild_card_are_a_set_of_any_size() -> None:
    kinds = tuple(Kind(f"k{number}", 900) for number in range(10))
    settings = Cards((*kinds, Kind("wan", 1000, 1, True, True)))
    for lacks in range(10):
        cards = {f"k{number}": 1 for number in range(10) if number != lacks} | {"wan": 1}
        assert sorted(complete(Hand("collecting", cards), settings)) == sorted(cards)
        assert complete(Hand("collecting", {**cards, f"k{(lacks + 1) % 10}": 0}), settings) == ()


def test_the_wild_card_shortens_the_wait_for_a_set() -> None:
    without = card_terms.mean_draws(Cards((Kind("a", 5000), Kind("b", 5000))))
    with_it = card_terms.mean_draws(Cards((Kind("a", 4000), Kind("b", 4000), Kind("w", 2000, 9, True, True))))
    assert without == 3.0 and with_it < without
