"""Arriving through a second person's live code: the same as choosing them on their page, and nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import NAME, REGISTRY, Table, plan_with
from tests.unit.features.plays.test_bonds import bind, crowd, unit_of
from tests.unit.features.plays.test_distribution import DAY, PLAN, fen, sell

from qunflow.community.workflow import COMMUNITY
from qunflow.domain.facts import CodeFact
from qunflow.domain.inbound import ContactAdded
from qunflow.features.campaigns.plays.model import Bound

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def codes() -> Iterator[None]:
    """Everybody's live code is ``code-`` and their name; ``code-`` alone is the campaign's."""

    async def code(reader: object, code: str) -> CodeFact:
        return CodeFact(code, NAME, NAME, code.removeprefix("code-"), "wx", "")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(REGISTRY.answers, CodeFact, code)
        yield


def scan(made: Table, who: str, whose: str, welcome: str = "") -> None:
    """Somebody adds the contact behind somebody's live code."""
    made.paper.kinds = {**made.paper.kinds, **{kind.kind: kind for kind in COMMUNITY.streams}}
    made.send(ContactAdded(who, "amy", f"code-{whose}", welcome), who)
    made.settle()


def bounds(made: Table) -> list[tuple[str, str]]:
    return [(event.person, event.body.bound_to) for event in made.paper.log if isinstance(event.body, Bound)]


def test_override_the_newest_code_is_bought_through_and_older_orders_keep_theirs() -> None:
    """Case 8: first through A's code, later B's."""
    made = crowd({**PLAN, "bind_mode": "override"}, "a", "b")
    scan(made, "c", "a")
    assert (made.player("c").bound_to, made.person("c").parent) == ("a", "a")
    sell(made, "c", 10_000)
    made.wait(MINUTE)
    scan(made, "c", "b", welcome="w2")
    sell(made, "c", 10_000, "o2")
    assert (fen(made, "a"), fen(made, "b")) == ((3000, 0), (3000, 0))
    assert made.person("c").parent == "a", "who brought them is another thing"
    assert made.player("c").bound_to == "b"
    made.check()


@pytest.mark.parametrize("mode", ["first", "register"])
def test_first_and_register_the_second_code_changes_nothing(mode: str) -> None:
    made = crowd({**PLAN, "bind_mode": mode}, "a", "b")
    scan(made, "c", "a")
    scan(made, "c", "b")
    assert made.player("c").bound_to == "a" and bounds(made) == []
    scan(made, "d", "")
    scan(made, "d", "b")
    assert made.player("d").bound_to == ("b" if mode == "first" else ""), "who came alone is free, but not to register"
    made.check()


def test_a_bond_that_ran_out_is_made_anew_by_the_next_code() -> None:
    made = crowd({**PLAN, "bind_days": 10}, "a", "b")
    scan(made, "c", "a")
    made.wait(9 * DAY)
    scan(made, "c", "b")
    assert made.player("c").bound_to == "a"
    made.wait(DAY)
    scan(made, "c", "b")
    sell(made, "c", 10_000)
    assert (fen(made, "a"), fen(made, "b")) == ((0, 0), (3000, 0))
    made.check()


def test_a_code_of_ones_own_of_nobody_of_no_promoter_and_of_who_came_later_binds_nobody() -> None:
    made = crowd({**PLAN, "bind_mode": "override"}, "a", "b")
    made.enter("idle")
    made.wait(MINUTE)
    scan(made, "c", "a")
    made.wait(MINUTE)
    made.enter("late")
    made.play("late", "enrol")
    for whose in ("c", "", "idle", "late", "stranger"):
        scan(made, "c", whose)
    assert made.player("c").bound_to == "a" and bounds(made) == []


def test_other_models_hear_nothing_of_a_second_code() -> None:
    cups = {"kind": "bargain", "item": "mug", "original_fen": 9900, "floor_fen": 990, "stock_total": 2, "helpers": 3}
    made = Table(plan_with(cups))
    made.enter("a")
    made.play("a", "open")
    scan(made, "c", "")
    before = len(made.paper.log)
    scan(made, "c", "a")
    assert len(made.paper.log) == before and not made.queue


NAMES = "abcde"
MODES = st.sampled_from(["first", "register", "override"])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("meet"), st.sampled_from(NAMES), st.sampled_from(NAMES)),
        st.tuples(st.just("wait"), st.integers(0, 12), st.just("")),
        st.tuples(st.just("sell"), st.sampled_from(NAMES), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MODES, st.sampled_from([0, 10]), STEPS)
def test_a_scan_is_a_choice_whatever_the_plan_says_and_whenever_it_comes(
    mode: str, days: int, steps: list[tuple[str, Any, str]]
) -> None:
    """Two tables: on the one people scan codes, on the other they choose on pages. Bonds and money are the same."""
    model = {**PLAN, "levels": 2, "rate1_bps": 2000, "bind_mode": mode, "bind_days": days}
    scanning, choosing = (crowd(model, *NAMES[:3]) for _ in range(2))
    for made in (scanning, choosing):
        for name, parent in (("d", "a"), ("e", "")):
            made.enter(name, parent)
            made.wait(MINUTE)
    for number, (what, one, other) in enumerate(steps):
        for made in (scanning, choosing):
            if what == "wait":
                made.wait(one * DAY)
            elif what == "sell":
                sell(made, one, 10_000, f"o{number}")
        if what == "meet" and one != other:
            scan(scanning, one, other)
            if choosing.player(other).units:
                bind(choosing, one, other)
        for name in NAMES:
            one_bond, other_bond = scanning.player(name), choosing.player(name)
            assert (one_bond.bound_to, one_bond.bound_at) == (other_bond.bound_to, other_bond.bound_at)
            assert fen(scanning, name) == fen(choosing, name)
    entered = {name: scanning.player(name).entered_at for name in NAMES}
    assert all(entered[to] < entered[who] for who, to in bounds(scanning))  # type: ignore[operator]
    assert unit_of(scanning, "a")
    scanning.check()
