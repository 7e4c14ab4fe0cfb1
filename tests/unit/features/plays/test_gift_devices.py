"""Gifts on paper: one device, one gift (campaigns.md §5.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.unit.features.plays.table import HOLD, Table, plan_with, refused

from qunflow.features.campaigns.risk.model import WatchState, watch_stream
from qunflow.features.campaigns.risk.rules import RiskPlan

PLAN: dict[str, Any] = {
    "kind": "mutual",
    "helper_reward_fen": 500,
    "sharer_reward_fen": 800,
    "packets": 3,
    "gifts": 3,
}


def table(device: dict[str, str], **changes: Any) -> Table:
    """Without risk rules, so that only the model's own rule speaks."""
    made = Table(plan_with({**PLAN, **changes}, risk=RiskPlan("off")))
    for name in "stabcd":
        made.enter(name)
    for person, handle in device.items():
        made.paper.states[watch_stream(person)] = replace(WatchState(), device=handle)
    return made


def test_people_at_one_device_take_one_gift_together_whoever_shares_it() -> None:
    made = table({"a": "d.one", "b": "d.one", "c": "d.two"})
    unit, other = made.play("s", "open"), made.play("t", "open")
    assert not refused(made.play("a", "take", unit))
    assert refused(made.play("b", "take", unit)) == "helper_quota"
    assert refused(made.play("b", "take", other)) == "helper_quota"
    assert not refused(made.play("c", "take", unit)) and not refused(made.play("d", "take", unit))
    made.check()


def test_who_left_and_came_back_takes_the_own_gift_again_and_leaves_no_room_for_another_one() -> None:
    made = table({"a": "d.one", "b": "d.one"})
    unit = made.play("s", "open")
    made.play("a", "take", unit)
    made.leave("a")
    assert refused(made.play("b", "take", unit)) == "helper_quota"
    made.join("a")
    made.wait(HOLD + timedelta(minutes=1))
    assert made.balance("available:a") == 500
    made.check()


def test_the_plan_may_let_a_family_in() -> None:
    made = table({"a": "d.one", "b": "d.one", "c": "d.one"}, gifts_per_device=2)
    unit = made.play("s", "open")
    found = [refused(made.play(name, "take", unit)) for name in "abc"]
    assert found == ["", "", "helper_quota"]
    made = table(dict.fromkeys("abc", "d.one"), gifts_per_device=0)
    unit = made.play("s", "open")
    assert [refused(made.play(name, "take", unit)) for name in "abc"] == ["", "", ""]
    made.check()
