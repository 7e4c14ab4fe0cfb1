"""Every model under random moves, repeats, leaves, late timers and messages that overtake each other (I1–I12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import Table, plan_with

from qunflow.features.campaigns.mechanics.boost_state import Boost
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Unit
from qunflow.features.campaigns.mechanics.packet import Packet
from qunflow.features.campaigns.mechanics.voting_state import Entry

PEOPLE = tuple("abcdefg")
BUDGET = 5000


class Machine(RuleBasedStateMachine):
    """One campaign with one model. ``opening`` opens a unit, ``moves`` are what people do to one."""

    model: ClassVar[dict[str, Any]]
    policy: ClassVar[str] = "revoke_until_confirmed"
    opening: ClassVar[tuple[str, dict[str, Any]]] = ("open", {})
    moves: ClassVar[tuple[str, ...]] = ("help",)
    by_staff: ClassVar[tuple[tuple[str, dict[str, Any]], ...]] = ()

    @initialize()
    def begin(self) -> None:
        self.table = Table(plan_with(self.model, leave_policy=self.policy), BUDGET)
        for name in PEOPLE:
            self.table.enter(name)
        self.closed: dict[str, Unit] = {}
        self.ended = False

    @rule(who=st.sampled_from(PEOPLE))
    def open(self, who: str) -> None:
        move, params = self.opening
        self.table.play(who, move, **params)

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 9), move=st.integers(0, 9), again=st.booleans())
    def move(self, who: str, place: int, move: int, again: bool) -> None:
        units = self.table.units()
        if units:
            unit = units[place % len(units)].unit
            for _ in range(2 if again else 1):
                self.table.play(who, self.moves[move % len(self.moves)], unit)

    @rule(place=st.integers(0, 9), move=st.integers(0, 9))
    def act(self, place: int, move: int) -> None:
        """Staff."""
        if not self.by_staff:
            return
        name, params = self.by_staff[move % len(self.by_staff)]
        units = self.table.units()
        unit = "" if name == "create" else units[place % len(units)].unit if units else "none"
        self.table.system(name, unit, by="system" if name == "revoke" else "staff", **params)

    @rule(who=st.sampled_from(PEOPLE), reason=st.sampled_from(["left", "left", "left", "kicked"]))
    def leave(self, who: str, reason: str) -> None:
        self.table.leave(who, reason)

    @rule(who=st.sampled_from(PEOPLE))
    def come_back(self, who: str) -> None:
        self.table.join(who)

    @rule(minutes=st.sampled_from([1, 30, 61, 600, 1440, 1500]))
    def wait(self, minutes: int) -> None:
        self.table.wait(timedelta(minutes=minutes))

    @rule(slow=st.booleans())
    def set_pace(self, slow: bool) -> None:
        """From now on what goes round waits, or not any more."""
        self.table.slow = slow
        if not slow:
            self.table.settle()

    @rule(choice=st.integers(0, 9))
    def hand_on(self, choice: int) -> None:
        self.table.deliver(choice)

    @rule(status=st.sampled_from(["ended", "stopped"]), sure=st.integers(0, 20))
    def end(self, status: str, sure: int) -> None:
        if sure == 0 and not self.ended:
            self.ended = True
            self.table.set_status(status)

    @invariant()
    def money_is_whole(self) -> None:
        if hasattr(self, "table"):
            self.table.check_money()

    @invariant()
    def what_is_over_stays_as_it_was(self) -> None:
        for unit in self.units():
            if unit.status == "closed":
                known = self.closed.setdefault(unit.unit, self.kept(unit))
                assert known == self.kept(unit)

    def kept(self, unit: Unit) -> Any:
        """What of a unit that is over must never change."""
        return unit

    @invariant()
    def units_are_sound(self) -> None:
        for unit in self.units():
            self.check_unit(unit)

    def units(self) -> list[Unit]:
        return self.table.units() if hasattr(self, "table") else []

    def check_unit(self, unit: Unit) -> None:
        """What must hold of one unit of this model."""

    def teardown(self) -> None:
        if hasattr(self, "table"):
            self.table.slow = False
            self.table.settle()
            self.table.wait(timedelta(days=12))
            self.table.check()
            assert not self.table.queue


class BoostMachine(Machine):
    def check_unit(self, unit: Unit) -> None:
        play: Boost = unit.play
        takers = {who for who in play.taken if who and who != unit.owner}
        counting = {who for who, help in unit.helps.items() if help.state != REVOKED}
        assert takers == counting and unit.owner not in unit.helps
        assert sum(play.plan) >= play.gathered and min(play.plan) >= 1
        if play.status == "reached" and unit.status == "open":
            assert not play.free

    @invariant()
    def the_stock_is_neither_oversold_nor_lost(self) -> None:
        held: dict[str, int] = {}
        kept = ("", "done", "refunded")
        for unit in self.units():
            if unit.play.reserved and unit.outcome in kept:
                held[self.stock_of(unit)] = held.get(self.stock_of(unit), 0) + 1
        for name, counter in self.counters("play:winter:").items():
            assert counter.used == held.get(name.removeprefix("play:winter:"), 0) <= counter.limit

    @invariant()
    def nobody_helps_more_often_than_once(self) -> None:
        given: dict[str, int] = {}
        for unit in self.units():
            for helper in unit.helps:
                given[helper] = given.get(helper, 0) + 1
        assert all(count <= 1 for count in given.values())

    def counters(self, prefix: str) -> dict[str, Any]:
        if not hasattr(self, "table"):
            return {}
        return {name: found for name, found in self.table.paper.counters.items() if name.startswith(prefix)}

    def stock_of(self, unit: Unit) -> str:
        return "stock"


class RedPacketMachine(BoostMachine):
    opening = ("open", {"tier": 0})
    model = {"kind": "red-packet", "unit_ttl_hours": 72, "tiers": [{"target_fen": 800, "helpers": 2, "total": 2}]}

    def stock_of(self, unit: Unit) -> str:
        return f"tier-{unit.play.tier}"


class RedPacketShortMachine(RedPacketMachine):
    """The budget carries fewer packets than there are."""

    policy = "never"
    model = {"kind": "red-packet", "reserve_at": "target", "tiers": [{"target_fen": 3000, "helpers": 1, "total": 3}]}


class LuckyMachine(Machine):
    model = {"kind": "lucky-packet", "total_fen": 1500, "shares": 4, "packets": 5}
    opening = ("create", {})
    moves = ("take",)
    by_staff = (("create", {}),)

    def check_unit(self, unit: Unit) -> None:
        packet: Packet = unit.play
        assert sum(packet.shares) == 1500 and len(set(packet.takers)) == len(packet.takers) <= len(packet.shares)
        assert unit.reserve == (0 if packet.over else packet.left)


class RainMachine(LuckyMachine):
    model = {"kind": "rain", "at": "20:00", "total_fen": 1500, "shares": 3, "times": 2, "minutes": 60}
    moves = ("catch",)
    by_staff = ()


class VotingMachine(Machine):
    model = {
        "kind": "voting",
        "votes_per_day": 3,
        "votes_per_entry_per_day": 2,
        "max_per_minute": 4,
        "entry_review": False,
        "prizes": [900, 100],
        "thresholds": [{"votes": 2, "amount_fen": 50}],
        "max_entries": 8,
    }
    opening = ("enter", {"work": "picture"})
    moves = ("vote",)

    def check_unit(self, unit: Unit) -> None:
        entry: Entry = unit.play
        marks = {"voted": 1, "vote_voided": -1}
        log = [event for event in self.table.paper.log if event.stream.endswith(f":{unit.unit}")]
        assert entry.score == sum(marks.get(event.body.KIND, 0) for event in log)
        votes = [event.body for event in log if event.body.KIND == "voted"]
        assert len({(vote.voter, vote.key) for vote in votes}) == len(votes)
        assert all(vote.voter != unit.owner for vote in votes)

    @invariant()
    def nobody_votes_above_the_daily_quota(self) -> None:
        if hasattr(self, "table"):
            for name, counter in self.table.paper.counters.items():
                assert ":votes:" not in name or counter.used <= 3


MACHINES = (
    RedPacketMachine,
    RedPacketShortMachine,
    LuckyMachine,
    RainMachine,
    VotingMachine,
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_a_model_keeps_its_promises_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
