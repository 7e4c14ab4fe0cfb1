"""The finer rules of cards, check-ins, votes, gifts and packets under random moves, leaves and overtaking messages."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from tests.unit.features.plays.table import NAME, Table, plan_with
from tests.unit.features.plays.test_machines import BUDGET, PEOPLE, BoostMachine, Machine, VotingMachine
from tests.unit.features.plays.test_more_machines import PARENTS, CardsMachine, CheckInMachine, MutualMachine

from qunflow.domain.events import Completed, Confirmed, Departed
from qunflow.features.campaigns.mechanics.boost_state import BoostComforted
from qunflow.features.campaigns.mechanics.cards_state import CardDrawn
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.mutual import GiftTaken
from qunflow.features.campaigns.mechanics.streak import CheckedIn, FreezesHeld, FreezeUsed, MadeUp, longest_run
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.campaigns.risk.commands import DecideFlag
from qunflow.features.campaigns.risk.model import WatchState, flag_name, watch_stream
from qunflow.features.campaigns.risk.rules import RiskPlan

#: Two of them use one device, the others none that is known.
DEVICES = {"b": "d.one", "d": "d.one"}


def begin(machine: Any, **plan: Any) -> None:
    """People who brought each other, two of them at one device; no risk rules, so that only the model's own speak."""
    machine.table = Table(plan_with(machine.model, leave_policy=machine.policy, risk=RiskPlan("off"), **plan), BUDGET)
    for name in PEOPLE:
        machine.table.enter(name, PARENTS[name])
    for person, device in DEVICES.items():
        machine.table.paper.states[watch_stream(person)] = replace(WatchState(), device=device)
    machine.closed = {}
    machine.ended = False


class WildCardsMachine(CardsMachine):
    model = {
        "kind": "cards",
        "kinds": [
            {"card": "fu", "weight": 5000},
            {"card": "lu", "weight": 4000},
            {"card": "shou", "weight": 400, "cap": 4},
            {"card": "wan", "weight": 600, "cap": 2, "wild_card": True},
        ],
        "daily_draws": 3,
        "draws_per_task": 2,
        "pity_after": 3,
        "gifts_per_day": 2,
        "gift_keep_one": False,
        "pool_fen": 2000,
        "pool_method": "random",
    }

    @initialize()
    def begin(self) -> None:
        begin(self, task=TaskPlan(reward_fen=0))
        for name in "abcde":
            self.table.play(name, "open")

    @rule(who=st.sampled_from(PEOPLE))
    def approve(self, who: str) -> None:
        self.table.record(f"participation:{NAME}:{who}", Completed("s"), who)

    def draws(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """(hand, person, cards) of every draw, in their order."""
        found = []
        for event in self.table.paper.log if hasattr(self, "table") else ():
            if isinstance(event.body, CardDrawn):
                found.append((event.stream, event.person, event.body.cards))
        return found

    @invariant()
    def wild_cards_are_capped_and_the_rarest_card_comes_when_it_is_owed(self) -> None:
        dry: Counter[str] = Counter()
        minted: Counter[str] = Counter()
        for hand, _, cards in self.draws():
            if dry[hand] >= 3 and minted["shou"] < 4:
                assert "shou" in cards
            dry[hand] = 0 if "shou" in cards else dry[hand] + 1
            minted.update(cards)
        assert minted["wan"] <= 2

    @invariant()
    def a_person_and_a_device_are_new_once(self) -> None:
        doubles = Counter(person for _, person, cards in self.draws() if len(cards) > 1)
        assert all(count == 1 for count in doubles.values())
        assert sum(doubles[person] for person in DEVICES) <= 1

    @invariant()
    def a_task_brings_its_draws_once_to_each_hand(self) -> None:
        for unit in self.units():
            if unit.unit != "pool":
                earned = [event for event in self.log_of(unit) if event.body.KIND == "card_task_counted"]
                assert len(earned) <= 1 and unit.play.task == bool(earned)

    def log_of(self, unit: Unit) -> list[Any]:
        return [event for event in self.table.paper.log if event.stream.endswith(f":{unit.unit}")]


class FreezeMachine(CheckInMachine):
    model = {**CheckInMachine.model, "freezes": 1, "freezes_per_invite": 1}

    @rule(who=st.sampled_from(PEOPLE), stays=st.booleans())
    def friend(self, who: str, stays: bool) -> None:
        parent = PARENTS[who]
        body = Confirmed(parent) if stays else Departed(parent, "left", "revoked")
        if parent and (stays or self.table.person(who).groups):
            self.table.record(f"participation:{NAME}:{who}", body, who, "" if stays else "group:wx:g1")

    @invariant()
    def cards_are_used_once_and_for_days_that_were_missed(self) -> None:
        for unit in self.units():
            log = [event for event in self.table.paper.log if event.stream.endswith(f":{unit.unit}")]
            checked: set[date] = set()
            frozen: list[date] = []
            held: tuple[date, ...] = ()
            for event in log:
                if isinstance(event.body, FreezesHeld):
                    held = event.body.held
                    assert len(held) <= 2
                if isinstance(event.body, FreezeUsed):
                    assert held and min(held) < event.body.day and event.body.day not in checked
                    held = tuple(sorted(held))[1:]
                    frozen.append(event.body.day)
                if isinstance(event.body, CheckedIn | MadeUp):
                    checked.add(event.body.day)
            assert len(set(frozen)) == len(frozen) and sorted(held) == sorted(unit.play.freezes)
            assert longest_run(unit.play.days, unit.play.frozen) >= longest_run(unit.play.days)


class VotingHoldsMachine(VotingMachine):
    """Votes that come too fast wait; somebody approves or denies them, others are void."""

    model = {**VotingMachine.model, "max_per_minute": 1, "vote_requires_join": False}

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 9), approve=st.booleans())
    def look_at(self, who: str, place: int, approve: bool) -> None:
        units = self.units()
        if units:
            flag = flag_name("play", who, units[place % len(units)].unit)
            self.table.send(DecideFlag(flag, approve, "amy"), "")

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 9))
    def void(self, who: str, place: int) -> None:
        helps = sorted(self.table.player(who).helps)
        if helps:
            key = helps[place % len(helps)]
            self.table.system("revoke", key.partition("/")[0], actor=who, key=key, reason="fraud")

    def check_unit(self, unit: Unit) -> None:
        super().check_unit(unit)
        entry = unit.play
        assert (entry.reached_at is None) == (entry.score == 0)


class GiftDeviceMachine(MutualMachine):
    @initialize()
    def begin(self) -> None:
        begin(self)

    @invariant()
    def a_device_takes_one_gift(self) -> None:
        log = self.table.paper.log if hasattr(self, "table") else ()
        friends = {event.body.friend for event in log if isinstance(event.body, GiftTaken)}
        assert len(friends & set(DEVICES)) <= 1


class SoldOutMachine(BoostMachine):
    """More owners reach the target than there are packets."""

    opening = ("open", {"tier": 0})
    model = {
        "kind": "red-packet",
        "reserve_at": "target",
        "helps_per_helper": 1,
        "tiers": [{"target_fen": 800, "helpers": 1, "total": 1}],
        "sold_out_fen": 70,
        "sold_out_limit": 2,
    }

    def stock_of(self, unit: Unit) -> str:
        return f"tier-{unit.play.tier}"

    def counters(self, prefix: str) -> dict[str, Any]:
        return {name: found for name, found in super().counters(prefix).items() if not name.endswith(":comforts")}

    @invariant()
    def the_alternative_is_given_once_to_an_owner_and_so_often_in_all(self) -> None:
        log = self.table.paper.log if hasattr(self, "table") else ()
        given = Counter(event.person for event in log if isinstance(event.body, BoostComforted))
        assert all(count == 1 for count in given.values()) and given.total() <= 2

    def kept(self, unit: Unit) -> Any:
        return unit.status, unit.outcome, unit.helps, unit.play.taken


MACHINES: tuple[type[Machine], ...] = (
    WildCardsMachine,
    FreezeMachine,
    VotingHoldsMachine,
    GiftDeviceMachine,
    SoldOutMachine,
)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.__name__)
def test_a_model_keeps_its_promises_whatever_happens(machine: type[Machine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
