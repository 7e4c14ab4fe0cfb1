"""Bonus, ranking and race as arithmetic: golden tables, and what must hold for any numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import START, make_plan
from tests.unit.features.campaigns.test_invitation import friends

from qunflow.features.campaigns.gate import dearest_invite, liability
from qunflow.features.campaigns.mechanics import breakthrough, race, ranking
from qunflow.features.campaigns.mechanics.invitation import due, uncapped_worst_case, worst_case
from qunflow.features.campaigns.mechanics.ranking import Entrant
from qunflow.features.campaigns.plan import RacePlan, RankingPlan
from qunflow.ledger.settle import Amounts

STEPS = ((5, 1000), (10, 3000))


def entrant(person: str, count: int, minutes: int = 0) -> Entrant:
    return Entrant(person, count, START + timedelta(minutes=minutes))


entrants = st.lists(
    st.builds(entrant, st.integers(0, 30).map(str), st.integers(1, 6), st.integers(0, 4)),
    unique_by=lambda one: one.person,
    max_size=20,
)


# --- breakthrough -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "fen"), [(0, 0), (4, 0), (5, 1000), (9, 1000), (10, 4000), (50, 4000)])
def test_the_bonus_is_a_step_at_its_threshold(n: int, fen: int) -> None:
    assert breakthrough.due(STEPS, n) == fen


@pytest.mark.parametrize(
    ("confirmed", "pending", "ladder", "bonus"),
    [
        (3, 0, (1500, 0), (0, 0)),
        (4, 1, (2300, 800), (0, 1000)),
        (5, 0, (3100, 0), (1000, 0)),
        (9, 1, (6300, 800), (1000, 3000)),
        (10, 0, (7100, 0), (4000, 0)),
    ],
)
def test_the_bonus_comes_on_top_of_the_ladder(
    confirmed: int, pending: int, ladder: tuple[int, int], bonus: tuple[int, int]
) -> None:
    """The ladder's numbers are those of campaigns.md §5.3."""
    plan = make_plan(breakthrough=STEPS, task=None, reward_per_user_max_fen=20_000)
    found = due(plan, friends(confirmed, pending), {}, False)
    assert (found["ladder"], found["breakthrough"]) == (Amounts(*ladder), Amounts(*bonus))


def test_a_frozen_bonus_does_not_fall_with_the_invites() -> None:
    plan = make_plan(breakthrough=STEPS, task=None, reward_per_user_max_fen=20_000)
    assert due(plan, friends(4, revoked=6), {}, False)["breakthrough"] == Amounts(0)
    assert due(plan, friends(4, revoked=6), {}, False, kept_bonus=4000)["breakthrough"] == Amounts(4000)


# --- ranking ----------------------------------------------------------------------------------------------------------


def test_more_invites_lead_and_of_equals_who_was_first() -> None:
    crowd = [entrant("late", 5, 9), entrant("early", 5, 1), entrant("best", 6, 20), entrant("few", 2, 0)]
    places = ranking.freeze(crowd, (900, 500, 100), 3)
    assert [(place.place, place.person, place.fen) for place in places] == [
        (1, "best", 900),
        (2, "early", 500),
        (3, "late", 100),
    ]


def test_who_has_too_few_invites_leaves_a_place_empty() -> None:
    assert [place.person for place in ranking.freeze([entrant("a", 2), entrant("b", 3)], (900, 500), 3)] == ["b"]


@given(entrants, st.randoms())
def test_the_order_is_total_and_does_not_depend_on_who_is_looked_at_first(crowd: list[Entrant], random: object) -> None:
    shuffled = list(crowd)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert ranking.order(shuffled) == ranking.order(crowd)
    ranks = [(-one.count, one.reached_at, one.person) for one in ranking.order(crowd)]
    assert ranks == sorted(set(ranks))


@given(entrants, st.lists(st.integers(1, 100), min_size=1, max_size=5), st.integers(1, 4))
def test_a_frozen_table_pays_each_place_once_and_nobody_below_the_minimum(
    crowd: list[Entrant], prizes: list[int], least: int
) -> None:
    places = ranking.freeze(crowd, sorted(prizes, reverse=True), least)
    assert sum(place.fen for place in places) <= sum(prizes)
    assert len({place.person for place in places}) == len(places) <= len(prizes)
    assert all(place.count >= least for place in places)
    assert [place.place for place in places] == list(range(1, len(places) + 1))


# --- races ------------------------------------------------------------------------------------------------------------


def test_daily_races_stand_at_the_same_local_time_also_across_a_change_of_clocks() -> None:
    found = race.list_windows("daily", date(2027, 3, 27), 20 * 60, 30, 3, "Europe/Berlin")
    assert [window.start.hour for window in found] == [19, 18, 18]
    local = [window.start.astimezone(ZoneInfo("Europe/Berlin")) for window in found]
    assert [(at.day, at.hour, at.minute) for at in local] == [(27, 20, 0), (28, 20, 0), (29, 20, 0)]
    assert all(window.end - window.start == timedelta(minutes=30) for window in found)


def test_weekly_races_are_seven_days_apart() -> None:
    found = race.list_windows("weekly", date(2026, 12, 1), 1200, 30, 2, "Asia/Shanghai")
    assert found[1].start - found[0].start == timedelta(days=7)
    assert found[0].start == datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("at", "day"), [(9 * 60, 1), (9 * 60 - 1, 2), (20 * 60, 1)])
def test_the_first_race_is_on_the_first_day_whose_hour_has_not_passed(at: int, day: int) -> None:
    assert race.first_day(START, at, "Asia/Shanghai") == date(2026, 12, day)  # START is nine in Shanghai


def test_a_window_is_half_open_and_one_that_began_before_the_launch_is_none() -> None:
    (window,) = race.list_windows("daily", date(2026, 12, 1), 1200, 30, 1, "Asia/Shanghai")
    almost = timedelta(microseconds=1)
    assert race.window_at([window], window.start, window.start) == window
    assert race.window_at([window], window.end - almost, window.start) == window
    assert race.window_at([window], window.end, window.start) is None
    assert race.window_at([window], window.start - almost, window.start) is None
    assert race.window_at([window], window.start, window.start + almost) is None
    assert race.window_at([window], window.start, None) is None


def test_a_race_pays_by_head_and_more_for_the_first_three() -> None:
    crowd = [entrant("a", 4), entrant("b", 3), entrant("c", 2), entrant("d", 2, 5), entrant("e", 1)]
    places = race.awards(crowd, 100, 3, 100, (800, 500, 300), 1)
    assert [(place.person, place.fen) for place in places] == [
        ("a", 1100),
        ("b", 800),
        ("c", 500),
        ("d", 200),
        ("e", 100),
    ]


@given(
    entrants,
    st.integers(0, 50),
    st.integers(1, 4),
    st.integers(1, 12),
    st.lists(st.integers(1, 90), max_size=3),
    st.integers(1, 4),
)
def test_no_race_costs_more_than_its_worst_case(
    crowd: list[Entrant], per_head: int, each: int, heads: int, prizes: list[int], least: int
) -> None:
    places = race.awards(crowd, per_head, each, heads, prizes, least)
    assert sum(place.fen for place in places) <= race.worst_case(per_head, heads, prizes)
    assert len({place.person for place in places}) == len(places)
    for place in places:
        assert place.fen <= per_head * min(place.count, each) + (
            prizes[place.place - 1] if place.place <= len(prizes) else 0
        )


# --- what all of them can cost ----------------------------------------------------------------------------------------


def test_the_budget_carries_bonus_ranking_and_races() -> None:
    plan = make_plan(
        task=None,
        expected_joins=100,
        breakthrough=STEPS,
        ranking=RankingPlan((5000, 3000)),
        race=RacePlan(1200, per_head_fen=200, max_heads=10, prizes=(300, 100), times=3, max_heads_each=4),
        reward_per_user_max_fen=100_000,
    )
    assert dearest_invite(plan) == 1110  # (7100 + 4000) / 10
    assert liability(plan) == 111_000 + 8000 + 3 * (200 * 10 + 400)
    assert worst_case(plan) == uncapped_worst_case(plan) == 7100 + 4000 + 5000 + 3 * (800 + 300)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(1, 500)), max_size=4), st.lists(st.integers(0, 30)))
def test_however_the_friends_are_spread_ladder_and_bonus_stay_below_the_liability(
    steps: list[tuple[int, int]], counts: list[int]
) -> None:
    rising = tuple(sorted(dict(steps).items()))
    plan = make_plan(task=None, breakthrough=rising, reward_per_user_max_fen=1_000_000, expected_joins=1)
    total = sum(due(plan, friends(n), {}, False)[rule].total for n in counts for rule in ("ladder",))
    total += sum(due(plan, friends(n), {}, False).get("breakthrough", Amounts()).total for n in counts)
    assert total <= liability(plan) * sum(counts)
