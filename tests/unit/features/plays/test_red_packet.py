"""Red packet by help on paper: paid only when every hold is over, taken back with a leave, never above its number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics import red_packet
from qunflow.features.campaigns.mechanics.invitation import uncapped_worst_case
from qunflow.features.campaigns.plan_model import check_model, frame_of

TIERS = [
    {"target_fen": 800, "helpers": 2, "total": 2},
    {"target_fen": 6600, "helpers": 3, "total": 1},
]
MODEL: dict[str, Any] = {"kind": "red-packet", "tiers": TIERS, "unit_ttl_hours": 48}


def table(budget: int = 100_000, **model: Any) -> Table:
    made = Table(plan_with({**MODEL, **model}), budget)
    for name in ("owner", "other", "third", "a", "b", "c", "d"):
        made.enter(name)
    return made


def test_the_first_pull_gathers_nine_tenths_and_the_friends_the_rest_to_the_fen() -> None:
    made = table()
    unit = made.play("owner", "open", tier=1)
    settings = frame_of(made.plan).settings
    assert red_packet.show(made.unit(unit), settings)["gathered_fen"] == 5940
    for name in ("a", "b", "c"):
        made.play(name, "help", unit)
        made.check()
    assert red_packet.show(made.unit(unit), settings)["gathered_fen"] == 6600


def test_the_target_is_reserved_when_reached_and_earned_when_every_hold_is_over() -> None:
    made = table()
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.wait(HOUR)
    made.play("b", "help", unit)
    assert (made.balance("pending:owner"), made.balance("available:owner")) == (800, 0)
    made.wait(HOLD - timedelta(minutes=30))
    assert made.balance("available:owner") == 0
    made.wait(HOUR)
    assert (made.balance("pending:owner"), made.balance("available:owner")) == (0, 800)
    assert made.unit(unit).outcome == "done"
    assert [event.body.rule for event in made.paper.log if event.body.KIND == "rewarded"] == ["red-packet"] * 2
    made.check()


def test_a_leave_in_the_hold_takes_the_reserve_back_until_somebody_else_helps() -> None:
    made = table()
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.play("b", "help", unit)
    made.wait(HOUR)
    made.leave("b")
    assert made.balance("pending:owner") == 0 and made.balance("budget:winter") == 100_000
    made.play("c", "help", unit)
    assert made.balance("pending:owner") == 800
    made.wait(HOLD + HOUR)
    assert made.balance("available:owner") == 800
    made.check()


def test_who_leaves_after_the_packet_was_earned_takes_nothing_back() -> None:
    made = table()
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.play("b", "help", unit)
    made.wait(HOLD + HOUR)
    made.leave("a")
    assert made.balance("available:owner") == 800 and made.unit(unit).outcome == "done"


def test_a_size_has_a_number_and_an_unfinished_packet_gives_its_place_back() -> None:
    made = table()
    unit = made.play("owner", "open", tier=1)
    assert refused(made.play("other", "open", tier=1)) == "stock_out"
    made.wait(2 * HOLD + HOUR)
    assert made.unit(unit).outcome == "expired"
    assert not refused(made.play("other", "open", tier=1))


def test_a_size_that_is_not_there_is_refused() -> None:
    made = table()
    assert refused(made.play("owner", "open", tier=7)) == "wrong_state"


def test_what_was_fraud_is_taken_back_also_after_the_end() -> None:
    made = table()
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.play("b", "help", unit)
    made.wait(HOLD + HOUR)
    assert refused(made.system("reverse", unit)) == "move_unknown"
    assert not refused(made.system("reverse", unit, by="staff", reason="fraud"))
    made.settle()
    assert made.balance("available:owner") == 0 and made.balance("budget:winter") == 100_000
    made.system("reverse", unit, by="staff")
    made.check()


def test_what_the_budget_cannot_carry_is_held_whole() -> None:
    made = table(budget=500)
    unit = made.play("owner", "open")
    made.play("a", "help", unit)
    made.play("b", "help", unit)
    contest = made.person("owner").contest
    assert contest is not None and contest.held == {"red-packet": 800}
    assert made.balance("pending:owner") == 0
    made.check_models()


def test_before_the_launch_staff_try_the_whole_path_and_it_costs_nothing() -> None:
    made = Table(plan_with(MODEL), 100_000)
    made.back_to_draft()
    for name in ("owner", "a", "b"):
        made.enter(name, test=True)
    made.enter("real")
    assert refused(made.play("real", "open")) == "not_running"
    unit = made.play("owner", "open")
    assert refused(made.play("real", "help", unit)) == "not_running"
    for name in ("a", "b"):
        assert not refused(made.play(name, "help", unit))
    assert made.paper.counter("play:winter:tier-0").used == 0
    made.set_status("running")
    assert refused(made.play("real", "help", unit)) == "not_participating"
    made.wait(HOLD + HOUR)
    assert made.unit(unit).outcome == "done" and made.balance("budget:winter") == 100_000
    made.check_money()


def test_the_worst_case_is_every_packet_of_every_size() -> None:
    plan = plan_with(MODEL)
    assert liability(plan) == 2 * 800 + 6600
    assert uncapped_worst_case(plan) == 6600


def test_a_size_too_small_for_its_friends_is_refused() -> None:
    tiers = [{"target_fen": 100, "helpers": 30, "total": 1}]
    with pytest.raises(InvalidInput) as wrong:
        check_model(plan_with({**MODEL, "tiers": tiers}))
    assert wrong.value.field == "model.tiers[0].target_fen"
