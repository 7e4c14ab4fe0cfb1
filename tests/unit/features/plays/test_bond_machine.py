"""Distribution whose bonds are made anew, run out, and whose ranks are lost, under random moves (I6, I7, I8, I10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import Table, plan_with
from tests.unit.features.plays.test_machines import BUDGET, PEOPLE
from tests.unit.features.plays.test_more_machines import PARENTS, DistributionMachine

from qunflow.features.campaigns.mechanics.distribution_state import Book
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.plays.model import Bound


class BondMachine(DistributionMachine):
    model = {
        **DistributionMachine.model,
        "bind_mode": "override",
        "bind_days": 20,
        "demotion": True,
        "review_days": 7,
        "ranks": [{"rate1_bps": 4000, "rate2_bps": 600, "buyers": 2, "min_keep_fen": 2000}],
    }

    @initialize()
    def begin(self) -> None:
        self.table = Table(plan_with(self.model, leave_policy=self.policy), BUDGET)
        for name in PEOPLE:
            self.table.enter(name, PARENTS[name])
            self.table.wait(timedelta(minutes=1))
        for name in "abce":
            self.table.play(name, "enrol")
        self.closed: dict[str, Unit] = {}
        self.ended = False
        self.paid: dict[str, Any] = {}

    @rule(who=st.sampled_from(PEOPLE), to=st.sampled_from(PEOPLE), again=st.booleans())
    def bind(self, who: str, to: str, again: bool) -> None:
        for unit in self.table.player(to).units[:1]:
            for _ in range(2 if again else 1):
                self.table.play(who, "bind", unit)

    @rule(who=st.sampled_from(PEOPLE))
    def enrol_late(self, who: str) -> None:
        self.table.wait(timedelta(minutes=1))
        self.table.play(who, "enrol")

    def check_unit(self, unit: Unit) -> None:
        book: Book = unit.play
        assert len(book.lines) <= 2 and 0 <= book.refunded <= book.base
        assert len({line.person for line in book.lines}) == len(book.lines)
        if book.order:
            assert self.paid.setdefault(unit.unit, book.lines) == book.lines, "fixed when it is paid"

    @invariant()
    def all_bonds_there_ever_were_point_to_who_entered_earlier(self) -> None:
        if not hasattr(self, "table"):
            return
        entered = {name: self.table.player(name).entered_at for name in PEOPLE}
        for event in self.table.paper.log:
            if isinstance(event.body, Bound):
                assert entered[event.body.bound_to] < entered[event.person]  # type: ignore[operator]


def test_whoever_is_bound_to_whom_nothing_is_paid_twice_and_there_is_no_circle() -> None:
    run_state_machine_as_test(
        BondMachine,
        settings=settings(
            max_examples=12, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
