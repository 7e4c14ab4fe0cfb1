"""Groups and people who buy alone, under random moves: one stock, one bound for each person, and no fen left over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.test_machines import PEOPLE, Machine
from tests.unit.features.plays.test_sales_machines import GroupMachine

from qunflow.features.campaigns.mechanics.mechanic import Unit


class GroupAloneMachine(GroupMachine):
    """Some buy alone: of the same pieces, within the same bound, and in no group."""

    model = {**GroupMachine.model, "solo_price_fen": 1300, "limit_per_order": 2, "limit_per_person": 3}
    moves = ("join", "join", "leave", "release")

    @rule(who=st.sampled_from(PEOPLE), pieces=st.integers(1, 3))
    def order_alone(self, who: str, pieces: int) -> None:
        self.table.play(who, "alone", pieces=pieces)

    def check_unit(self, unit: Unit) -> None:
        alone = unit.play.alone
        if alone is None:
            super().check_unit(unit)
            return
        assert not unit.play.seats and alone.person == unit.owner and unit.play.status == "alone"
        assert (alone.state == "held") == (unit.status != "closed")
        assert (alone.state in ("paid", "refunded")) == (unit.outcome == "bought")

    def alone_kept(self) -> list[Any]:
        orders = [unit.play.alone for unit in self.units() if unit.play.alone is not None]
        return [one for one in orders if one.state in ("held", "paid", "refunded")]

    def used(self, counter: str) -> int:
        """What groups alone account for: the rest is orders of people alone, which are looked at first."""
        found = super().used(counter)
        name, _, person = counter.partition(":")
        if name not in ("bought", "stock"):
            return found
        return found - sum(one.pieces for one in self.alone_kept() if name == "stock" or one.person == person)

    @invariant()
    def the_bounds_hold_for_both_together(self) -> None:
        if hasattr(self, "table"):
            assert super().used("stock") <= 5
            assert all(super(GroupAloneMachine, self).used(f"bought:{person}") <= 3 for person in PEOPLE)


class GroupAloneLateMachine(GroupAloneMachine):
    """Pieces are set aside only when they are paid."""

    model = {**GroupAloneMachine.model, "reserve_stock_at": "pay"}

    def used(self, counter: str) -> int:
        waiting = sum(one.pieces for one in self.alone_kept() if one.state == "held") if counter == "stock" else 0
        return super().used(counter) + waiting


@pytest.mark.parametrize("machine", (GroupAloneMachine, GroupAloneLateMachine), ids=lambda machine: machine.__name__)
def test_buying_alone_keeps_its_promises_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
