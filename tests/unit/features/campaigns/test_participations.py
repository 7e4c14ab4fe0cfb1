"""Any order of joins, leaves, removals, late timers and approvals: counts, money, replay stay right (I1, I4, I8, I10).

A plain model beside the rules says what each help must be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.features.campaigns.cast import HOLD, Cast
from tests.unit.features.campaigns.plans import make_plan

from qunflow.features.campaigns.contest import RewardHeld
from qunflow.features.campaigns.mechanics.invitation import due
from qunflow.features.campaigns.model import ParticipationState
from qunflow.ledger.settle import Amounts

PEOPLE = [f"p{number}" for number in range(6)]
people = st.sampled_from(PEOPLE)
groups = st.sampled_from(["g1", "g2"])


@dataclass
class Expected:
    """What must hold of one person, kept without the rules."""

    parent: str
    inside: set[str]
    help: str = ""
    since: datetime | None = None


class Participations(RuleBasedStateMachine):
    """One campaign; the events that go round are delivered in any order of their lanes."""

    @initialize(budget=st.sampled_from([0, 700, 1900, 1_000_000]), cap=st.sampled_from([600, 7300]))
    def begin(self, budget: int, cap: int) -> None:
        self.cast = Cast(make_plan(reward_per_user_max_fen=cap), budget)
        self.model: dict[str, Expected] = {}
        self.added = 0

    @rule(person=people, owner=st.none() | people)
    def enter(self, person: str, owner: str | None) -> None:
        known = owner if owner in self.model else ""
        self.cast.enter(person, known or "")
        self.model.setdefault(person, Expected(known or "" if known != person else "", set()))

    @rule(person=people, group=groups)
    def join(self, person: str, group: str) -> None:
        self.cast.join(person, group)
        expected = self.model.get(person)
        if expected is None or group in expected.inside:
            return
        if not expected.inside and expected.parent and expected.help != "confirmed":
            expected.help, expected.since = "pending", self.cast.now
            assert self.cast.of(person).hold_until == self.cast.now + HOLD, "a join did not start the hold anew"
        expected.inside.add(group)

    @rule(person=people, group=groups, removed=st.booleans())
    def leave(self, person: str, group: str, removed: bool) -> None:
        self.cast.leave(person, group, removed)
        expected = self.model.get(person)
        if expected is None or group not in expected.inside:
            return
        expected.inside.discard(group)
        if expected.inside or not expected.help:
            return
        stayed = expected.help == "confirmed" or (
            expected.help == "pending" and expected.since is not None and self.cast.now >= expected.since + HOLD
        )
        expected.help = "confirmed" if stayed and not removed else "revoked"

    @rule(hours=st.sampled_from([1, 12, 24, 30]), fire=st.booleans())
    def wait(self, hours: int, fire: bool) -> None:
        self.cast.wait(timedelta(hours=hours), fire)

    @rule()
    def timers_run(self) -> None:
        self.cast.fire()

    @rule(person=people)
    def approve(self, person: str) -> None:
        self.cast.approve(person)

    @rule(person=people)
    def deliver(self, person: str) -> None:
        self.cast.deliver(f"participation:winter:{person}")

    @rule(fen=st.integers(1, 2000))
    @precondition(lambda self: self.cast.paper.balance("budget:winter") < 5000)
    def raise_budget(self, fen: int) -> None:
        self.cast.paper.balances["budget:winter"] += fen
        self.cast.paper.balances["external:winter"] -= fen

    @invariant()
    def the_ledger_is_whole(self) -> None:
        balances = self.cast.paper.balances
        assert sum(balances.values()) == 0
        assert all(fen >= 0 for name, fen in balances.items() if name.partition(":")[0] not in ("external", "debt"))

    @invariant()
    def nobody_is_granted_more_than_the_cap(self) -> None:
        for person in self.model:
            state = self.cast.of(person)
            granted = sum(item.total for item in state.posted.values())
            assert granted <= self.cast.plan.reward_per_user_max_fen

    def teardown(self) -> None:
        self.cast.fire()
        self.cast.deliver_all()
        for person, expected in self.model.items():
            if expected.help == "pending" and expected.since is not None and self.cast.now >= expected.since + HOLD:
                expected.help = "confirmed"
            assert self.cast.of(person).help == expected.help
        for person in self.model:
            self.check_inviter(person)
        assert self.cast.paper.replayed() == self.cast.paper.states

    def check_inviter(self, person: str) -> None:
        """An inviter sees each invitee once, as it is; what was posted is what is due, unless it was held."""
        state: ParticipationState = self.cast.of(person)
        children = {name: item.help for name, item in self.model.items() if item.parent == person and item.help}
        assert dict(state.invitees) == children
        amounts = due(self.cast.plan, state.invitees, state.reached, state.completed)
        held = [event.body.rule for event in self.cast.paper.log if isinstance(event.body, RewardHeld)]
        for rule_name, amount in amounts.items():
            if rule_name not in held:
                assert state.posted.get(rule_name, Amounts()) == amount


TestParticipations = Participations.TestCase
TestParticipations.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, database=None)
