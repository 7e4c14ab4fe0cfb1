"""The launch gate: every check passes when it should, fails when it should, and then names the way out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.features.campaigns.plans import STAGES, make_plan

from qunflow.domain.facts import PoolRoom, PosterFinding, StaffPresence
from qunflow.features.campaigns.gate import GateCheck, GateFacts, check_gate, dearest_invite, liability
from qunflow.features.campaigns.mechanics import ladder
from qunflow.features.campaigns.plan import Ladder

URL = "https://club.example.com/c/bcdfghjkmnpq"
PLAN = make_plan(expected_joins=100)
GOOD = GateFacts(
    PoolRoom("winter", 100, 1, refills=False), PosterFinding((URL,), ()), StaffPresence("winter", 1, ()), 1, URL
)


def check(name: str, facts: GateFacts = GOOD, plan: object = PLAN) -> GateCheck:
    return {item.check: item for item in check_gate(plan, facts)}[name]  # type: ignore[arg-type]


def test_everything_in_order_opens_the_gate() -> None:
    found = check_gate(PLAN, GOOD)
    assert [item.check for item in found] == ["groups", "live_code", "no_mix_up", "self_test", "staff_inside", "budget"]
    assert all(item.passed and not item.way_out for item in found)


ROOMS = [
    (PoolRoom("w", 100, 2, refills=False), True),
    (PoolRoom("w", 99, 2, refills=False), False),
    (PoolRoom("w", 1, 1, refills=True), True),
    (PoolRoom("w", 0, 0, refills=True), False),
    (None, False),
]


@pytest.mark.parametrize(("room", "passes"), ROOMS)
def test_there_are_places_for_everybody_or_a_pool_that_refills_itself(room: PoolRoom | None, passes: bool) -> None:
    found = check("groups", replace(GOOD, room=room))
    assert (found.passed, bool(found.way_out)) == (passes, not passes)
    assert "100 joins expected" in found.measured


POSTERS = [
    (PosterFinding((URL,), ()), URL, True),
    (PosterFinding((URL, "other"), ()), URL, True),
    (PosterFinding((), ()), URL, False),
    (PosterFinding(("https://group.example/qr",), ()), URL, False),
    (PosterFinding((URL,), ("title",)), URL, False),
    (PosterFinding(("",), ()), "", False),
    (None, URL, False),
]


@pytest.mark.parametrize(("poster", "url", "passes"), POSTERS)
def test_the_poster_shows_the_live_code_and_all_elements(poster: PosterFinding | None, url: str, passes: bool) -> None:
    found = check("live_code", replace(GOOD, poster=poster, code_url=url))
    assert (found.passed, bool(found.way_out)) == (passes, not passes)


def test_missing_elements_are_named() -> None:
    assert (
        "missing: title, subtitle"
        in check("live_code", replace(GOOD, poster=PosterFinding((URL,), ("title", "subtitle")))).measured
    )


@pytest.mark.parametrize(
    ("texts", "passes"), [((URL,), True), ((), True), ((URL, "https://group.example/qr"), False), (("x",), False)]
)
def test_no_other_code_stands_on_the_poster(texts: tuple[str, ...], passes: bool) -> None:
    found = check("no_mix_up", replace(GOOD, poster=PosterFinding(texts, ())))
    assert (found.passed, bool(found.way_out)) == (passes, not passes)


@pytest.mark.parametrize(("tested", "passes"), [(0, False), (1, True), (2, True)])
def test_somebody_walked_the_whole_path(tested: int, passes: bool) -> None:
    assert check("self_test", replace(GOOD, tested=tested)).passed is passes


def test_the_way_to_a_self_test_names_the_proof_only_when_there_is_one() -> None:
    untested = replace(GOOD, tested=0)
    assert "submit" in check("self_test", untested).way_out
    assert "submit" not in check("self_test", untested, make_plan(task=None)).way_out


STAFF = [
    (StaffPresence("w", 3, ()), True),
    (StaffPresence("w", 3, ("g2",)), False),
    (StaffPresence("w", 0, ()), False),
    (None, False),
]


@pytest.mark.parametrize(("staff", "passes"), STAFF)
def test_one_of_our_own_people_is_in_every_group(staff: StaffPresence | None, passes: bool) -> None:
    assert check("staff_inside", replace(GOOD, staff=staff)).passed is passes


@pytest.mark.parametrize(("budget", "passes"), [(91_000, True), (90_999, False)])
def test_the_budget_carries_the_worst_case(budget: int, passes: bool) -> None:
    plan = make_plan(expected_joins=100, budget_total_fen=budget)  # 710 fen for the dearest invite, 200 for the task
    found = check("budget", plan=plan)
    assert (found.passed, bool(found.way_out)) == (passes, not passes)
    assert "91000" in found.measured


def test_the_liability_of_nested_stages_is_the_headline_of_each_join() -> None:
    plan = make_plan(ladder=None, task=None, stages=STAGES, headline_fen=3000, expected_joins=7)
    assert liability(plan) == 21_000


@pytest.mark.parametrize("mode", ladder.MODES)
@given(
    high=st.integers(1, 9),
    gap=st.integers(1, 4),
    width=st.integers(0, 9),
    fen=st.tuples(st.integers(1, 2000), st.integers(1, 2000)),
    n=st.integers(1, 60),
)
def test_no_number_of_invites_costs_more_each_than_the_dearest(
    mode: str, high: int, gap: int, width: int, fen: tuple[int, int], n: int
) -> None:
    bands = ((1, high, fen[0]), (high + gap, high + gap + width, fen[1]))
    plan = make_plan(ladder=Ladder(mode, bands))
    assert ladder.due(mode, bands, n) <= dearest_invite(plan) * n
