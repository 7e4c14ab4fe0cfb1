"""Joins, leaves, holds and the freeze in any order: boards say what is true, are frozen once, and pay once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.unit.features.campaigns.cast import HOLD, Cast, bodies
from tests.unit.features.campaigns.plans import START, make_plan

from qunflow.features.campaigns.announcing import EVERYBODY, announce
from qunflow.features.campaigns.boards import is_settled
from qunflow.features.campaigns.contest import RANKING, BoardFrozen, Contest, PrizeWon, RewardHeld, StandingState
from qunflow.features.campaigns.mechanics.ranking import Place
from qunflow.features.campaigns.plan import Plan, RacePlan, RankingPlan
from qunflow.ledger.settle import Amounts

PEOPLE = [f"p{number}" for number in range(6)]
people = st.sampled_from(PEOPLE)
RACE_AT = START + timedelta(hours=1)


def contest_plan(**changes: object) -> Plan:
    """Bonus at two friends, two places, and one race an hour after the start (ten in Shanghai)."""
    values: dict[str, object] = {
        "breakthrough": ((2, 700),),
        "ranking": RankingPlan((900, 400), min_count=1),
        "race": RacePlan(600, times=1, minutes=30, per_head_fen=50, max_heads=3, prizes=(200,)),
        "leave_policy": "revoke_until_end",
        "reward_per_user_max_fen": 20_000,
        "task": None,
    }
    return make_plan(**{**values, **changes})


def invite(cast: Cast, owner: str, *names: str) -> None:
    for name in names:
        cast.enter(name, owner)
        cast.join(name)
    cast.deliver_all()


def board(cast: Cast, name: str) -> dict[str, int]:
    """Who has how many on a board."""
    found = cast.board_facts(name).standings
    return {state.person: len(state.entries) for state in found if state.entries}


def test_the_ranking_counts_those_who_stayed_and_drops_those_who_are_revoked() -> None:
    cast = Cast(contest_plan())
    cast.enter("a")
    invite(cast, "a", "b", "c")
    assert board(cast, RANKING) == {}
    cast.wait(HOLD)
    cast.deliver_all()
    assert board(cast, RANKING) == {"a": 2}
    cast.leave("b")
    cast.deliver_all()
    assert board(cast, RANKING) == {"a": 1}


def test_the_time_of_a_count_is_that_of_the_last_invite_that_counts() -> None:
    cast = Cast(contest_plan())
    cast.enter("a")
    invite(cast, "a", "b")
    cast.wait(timedelta(hours=1))
    invite(cast, "a", "c")
    cast.wait(HOLD)
    cast.deliver_all()
    state: StandingState = cast.paper.states["standing:winter:ranking:a"]
    assert state.reached_at == START + timedelta(hours=1) + HOLD
    cast.leave("c")
    cast.deliver_all()
    assert cast.paper.states["standing:winter:ranking:a"].reached_at == START + HOLD


def test_a_bonus_that_is_lost_before_the_freeze_is_taken_back_and_after_it_stays() -> None:
    for freeze_first in (False, True):
        cast = Cast(contest_plan(ranking=None, race=None))
        cast.enter("a")
        invite(cast, "a", "b", "c")
        cast.wait(HOLD)
        cast.deliver_all()
        assert cast.of("a").posted["breakthrough"] == Amounts(700)
        if freeze_first:
            cast.freeze()
        cast.leave("c")
        cast.deliver_all()
        assert cast.of("a").posted["breakthrough"] == Amounts(700 if freeze_first else 0)
        assert cast.of("a").posted["ladder"] == Amounts(500)


def test_a_bonus_that_was_held_when_it_froze_is_posted_by_a_raised_budget_also_after_a_leave() -> None:
    cast = Cast(contest_plan(ranking=None, race=None, ladder=None), budget=699)
    cast.enter("a")
    invite(cast, "a", "b", "c")
    cast.wait(HOLD)
    cast.deliver_all()
    assert cast.of("a").contest == Contest(held={"breakthrough": 700})
    cast.freeze()
    cast.leave("c")
    cast.deliver_all()
    assert "breakthrough" not in cast.of("a").posted
    cast.paper.balances["budget:winter"] += 1
    cast.post_held("a")
    assert cast.of("a").posted["breakthrough"] == Amounts(700)
    assert cast.post_held("a") == []


def test_a_friend_counts_in_the_race_of_the_first_join_and_who_left_it_is_out_of_it_for_good() -> None:
    cast = Cast(contest_plan())
    cast.enter("a")
    cast.enter("early", "a")
    cast.join("early")
    cast.wait(RACE_AT - START)
    invite(cast, "a", "b", "c")
    cast.leave("early")
    cast.join("early")
    cast.deliver_all()
    assert board(cast, "race-1") == {"a": 2}
    cast.leave("b")
    cast.join("b")
    cast.deliver_all()
    assert board(cast, "race-1") == {"a": 1}
    cast.wait(timedelta(minutes=30))
    invite(cast, "a", "late")
    cast.wait(HOLD)
    cast.deliver_all()
    assert is_settled("race-1", cast.board_facts("race-1").people, cast.board_facts("race-1").standings)
    (frozen, *_) = [body for body in bodies(cast.freeze("race-1")) if isinstance(body, BoardFrozen)]
    assert [(place.person, place.count, place.fen) for place in frozen.places] == [("a", 1, 250)]
    assert cast.of("a").posted["race-1"] == Amounts(250)


def test_a_race_in_a_chosen_group_counts_only_who_joins_that_group() -> None:
    cast = Cast(contest_plan(race=RacePlan(600, times=1, per_head_fen=50, group="g2")))
    cast.enter("a")
    cast.wait(RACE_AT - START)
    for name, group in (("b", "g1"), ("c", "g2")):
        cast.enter(name, "a")
        cast.join(name, group)
    cast.deliver_all()
    assert list(cast.paper.states["standing:winter:race-1:a"].entries) == ["c"]


def test_a_freeze_waits_while_a_hold_runs_and_gives_up_waiting_in_the_end() -> None:
    cast = Cast(contest_plan())
    cast.enter("a")
    invite(cast, "a", "b")
    assert cast.freeze(tries=0) == []
    timer = cast.paper.timers[("board:winter:ranking", "freeze")]
    assert timer.due_at == START + timedelta(minutes=5) and timer.body.tries == 1
    assert [type(body) for body in bodies(cast.freeze())][:1] == [BoardFrozen]


def test_a_freeze_waits_for_a_confirmation_that_is_still_on_its_way_to_the_board() -> None:
    cast = Cast(contest_plan())
    cast.enter("a")
    invite(cast, "a", "b")
    cast.wait(HOLD)  # confirmed, and not yet handed round
    assert cast.freeze(tries=0) == []
    cast.deliver_all()
    (frozen,) = [body for body in bodies(cast.freeze(tries=1)) if isinstance(body, BoardFrozen)]
    assert frozen.places == (Place(1, "a", 1, START + HOLD, 900),)


def test_a_race_is_told_in_every_room_or_on_one_card_to_staff() -> None:
    cast = Cast(contest_plan())
    told = announce("race_over", replace(cast.campaign, contact=False), "race-1", ("!r1", "!r2"), {"count": 1})
    assert [(event.person, event.body.params["chat"]) for event in told] == [(EVERYBODY, "!r1"), (EVERYBODY, "!r2")]
    assert len({event.body.key for event in told}) == 2
    (card,) = announce("race_over", cast.campaign, "race-1", ("g1", "g2"), {"count": 1})
    assert (card.body.params["card"], card.body.params["room"]) == ("amy", "")


class Boards(RuleBasedStateMachine):
    """One campaign with bonus, ranking and a race; the freezes come at any time and again."""

    @initialize(budget=st.sampled_from([0, 900, 2100, 1_000_000]))
    def begin(self, budget: int) -> None:
        self.cast, self.budget = Cast(contest_plan(), budget), budget
        self.bonus_at_freeze: dict[str, int] = {}

    @rule(person=people, owner=st.none() | people)
    def enter(self, person: str, owner: str | None) -> None:
        known = owner if owner and self.cast.of(owner).person else ""
        self.cast.enter(person, known or "")

    @rule(person=people)
    def join(self, person: str) -> None:
        self.cast.join(person)

    @rule(person=people, removed=st.booleans())
    def leave(self, person: str, removed: bool) -> None:
        self.cast.leave(person, removed=removed)

    @rule(minutes=st.sampled_from([20, 45, 24 * 60]), fire=st.booleans())
    def wait(self, minutes: int, fire: bool) -> None:
        self.cast.wait(timedelta(minutes=minutes), fire)

    @rule(person=people)
    def deliver(self, person: str) -> None:
        self.cast.deliver(f"participation:winter:{person}")

    @rule(board_name=st.sampled_from([RANKING, "race-1"]), tries=st.sampled_from([0, 40]))
    def freeze(self, board_name: str, tries: int) -> None:
        before = self.cast.campaign.frozen_at
        self.cast.freeze(board_name, tries)
        if before is None and self.cast.campaign.frozen_at is not None:
            for person in PEOPLE:
                self.bonus_at_freeze[person] = self.cast.of(person).posted.get("breakthrough", Amounts()).total

    @rule(person=people, fen=st.integers(1, 800))
    def raise_budget(self, person: str, fen: int) -> None:
        self.cast.paper.balances["budget:winter"] += fen
        self.cast.paper.balances["external:winter"] -= fen
        if self.cast.of(person).person:
            self.cast.post_held(person)

    @invariant()
    def money_is_whole_and_never_above_the_budget(self) -> None:
        balances = self.cast.paper.balances
        assert sum(balances.values()) == 0
        assert all(fen >= 0 for name, fen in balances.items() if name.partition(":")[0] not in ("external", "debt"))
        held = sum(fen for name, fen in balances.items() if name.partition(":")[0] in ("available", "pending", "debt"))
        assert held <= -balances["external:winter"]

    @invariant()
    def boards_are_frozen_once_and_pay_once(self) -> None:
        log = self.cast.paper.log
        frozen = Counter(event.body.board for event in log if isinstance(event.body, BoardFrozen))
        won = Counter((event.person, event.body.rule) for event in log if isinstance(event.body, PrizeWon))
        assert all(times == 1 for times in (*frozen.values(), *won.values()))
        table = {
            (place.person, event.body.board): place.fen
            for event in log
            if isinstance(event.body, BoardFrozen)
            for place in event.body.places
        }
        for (person, rule_name), fen in table.items():
            assert self.cast.of(person).posted.get(rule_name, Amounts()).total in (0, fen)
        assert set(won) == set(table)

    @invariant()
    def a_frozen_bonus_never_falls(self) -> None:
        for person, fen in self.bonus_at_freeze.items():
            assert self.cast.of(person).posted.get("breakthrough", Amounts()).total >= fen

    def teardown(self) -> None:
        if not hasattr(self, "cast"):
            return
        self.cast.wait(2 * HOLD)
        self.cast.deliver_all()
        sure = Counter(
            state.parent
            for state in (self.cast.of(person) for person in PEOPLE)
            if state.help == "confirmed" and state.parent
        )
        assert board(self.cast, RANKING) == dict(sure)
        for name in (RANKING, "race-1"):
            facts = self.cast.board_facts(name)
            assert is_settled(name, facts.people, facts.standings)
        for person in PEOPLE:
            state = self.cast.of(person)
            held = state.contest.held if state.contest is not None else {}
            told = [e.body for e in self.cast.paper.log if e.person == person and isinstance(e.body, RewardHeld)]
            assert not held or told
        assert self.cast.paper.replayed() == self.cast.paper.states


TestBoards = Boards.TestCase
TestBoards.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, database=None)
