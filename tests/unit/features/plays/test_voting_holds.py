"""Votes that come too fast wait for somebody; void ones change the rank before it is frozen (campaigns.md §1.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.features.plays.table import HOLD, HOUR, NAME, Table, plan_with, refused

from qunflow.features.campaigns.mechanics.voting_state import KEPT
from qunflow.features.campaigns.plan_model import frame_of
from qunflow.features.campaigns.risk.commands import DecideFlag
from qunflow.features.campaigns.risk.model import FlagState, flag_name, flag_stream
from qunflow.features.campaigns.risk.rules import RiskPlan

MODEL: dict[str, Any] = {"kind": "voting", "entry_review": False, "prizes": [1000, 500]}
VOTERS = tuple(f"v{number}" for number in range(30))
WAITS = ("risk_hold", "risk_challenge")
MINUTE = timedelta(minutes=1)


def table(plan: dict[str, Any] | None = None, **model: Any) -> Table:
    made = Table(plan_with({**MODEL, **model}, **(plan or {})), 100_000)
    for name in ("x", "y", *VOTERS):
        made.enter(name)
    return made


def enter(made: Table, who: str) -> str:
    return str(made.play(who, "enter", work="picture"))


def score(made: Table, unit: str) -> int:
    return int(made.unit(unit).play.score)


def flag_of(made: Table, unit: str, who: str) -> FlagState:
    state: FlagState = made.paper.state(flag_stream(NAME, flag_name("play", who, unit)))
    return state


def decide(made: Table, unit: str, who: str, approve: bool) -> None:
    made.send(DecideFlag(flag_name("play", who, unit), approve, "amy"), "")
    made.settle()


def hurried(made: Table, unit: str, who: str) -> None:
    """A vote beyond what a minute lets through."""
    assert refused(made.play(who, "vote", unit)) in WAITS
    made.settle()


def test_a_vote_that_comes_too_fast_waits_and_counts_once_it_is_approved() -> None:
    made = table(max_per_minute=2)
    unit = enter(made, "x")
    for voter in VOTERS[:2]:
        made.play(voter, "vote", unit)
    hurried(made, unit, "v2")
    hurried(made, unit, "v2")
    assert score(made, unit) == 2 and flag_of(made, unit, "v2").status == "held"
    decide(made, unit, "v2", True)
    decide(made, unit, "v2", True)
    assert score(made, unit) == 3
    assert refused(made.play("v2", "vote", unit)) == "already_helped", "it was the vote of the day"
    made.check()


def test_a_denied_one_never_counts() -> None:
    made = table(max_per_minute=1)
    unit = enter(made, "x")
    made.play("v0", "vote", unit)
    hurried(made, unit, "v1")
    decide(made, unit, "v1", False)
    made.wait(HOUR)
    assert score(made, unit) == 1
    assert refused(made.play("v1", "vote", unit)) == "risk_denied"


def test_many_that_waited_can_be_approved_in_one_minute() -> None:
    made = table(max_per_minute=1)
    unit = enter(made, "x")
    made.play("v0", "vote", unit)
    for voter in VOTERS[1:8]:
        hurried(made, unit, voter)
    for voter in VOTERS[1:8]:
        decide(made, unit, voter, True)
    assert score(made, unit) == 8


def test_a_vote_is_spent_on_the_day_on_which_it_was_cast_also_when_it_is_approved_later() -> None:
    made = table(max_per_minute=1)
    one, two = enter(made, "x"), enter(made, "y")
    made.play("v0", "vote", one)
    hurried(made, one, "v1")
    made.wait(24 * HOUR)
    assert not refused(made.play("v1", "vote", two)), "today's vote"
    decide(made, one, "v1", True)
    assert (score(made, one), score(made, two)) == (2, 1)
    made = table(max_per_minute=1)
    one, two = enter(made, "x"), enter(made, "y")
    made.play("v0", "vote", one)
    hurried(made, one, "v1")
    made.wait(MINUTE)
    assert not refused(made.play("v1", "vote", two)), "the vote of the day went elsewhere"
    decide(made, one, "v1", True)
    assert (score(made, one), score(made, two)) == (1, 1)


def test_what_waits_at_the_end_can_be_approved_until_the_rank_is_frozen_and_not_after_it() -> None:
    made = table(max_per_minute=1)
    unit = enter(made, "x")
    made.wait(frame_of(made.plan).ends_at - made.now - MINUTE)
    made.play("v0", "vote", unit)
    hurried(made, unit, "v1")
    hurried(made, unit, "v2")
    made.wait(MINUTE)
    made.set_status("ended")
    made.wait(HOUR)
    decide(made, unit, "v1", True)
    assert score(made, unit) == 2
    made.wait(HOLD)
    assert made.unit(unit).outcome == "ranked"
    decide(made, unit, "v2", True)
    assert score(made, unit) == 2
    made.check()


def test_without_risk_rules_it_is_only_put_off() -> None:
    made = table({"risk": RiskPlan("off")}, max_per_minute=1)
    unit = enter(made, "x")
    made.play("v0", "vote", unit)
    hurried(made, unit, "v1")
    assert not flag_of(made, unit, "v1").status
    made.wait(MINUTE)
    assert not refused(made.play("v1", "vote", unit))


def test_who_may_vote_from_outside_the_groups_is_up_to_the_plan() -> None:
    for inside, answer in ((True, "not_in_group"), (False, "")):
        made = table(vote_requires_join=inside)
        made.enter("outside", join=False)
        assert refused(made.play("outside", "vote", enter(made, "x"))) == answer


def test_a_void_vote_gives_the_lead_back_to_who_had_the_number_first() -> None:
    made = table()
    one, two = enter(made, "x"), enter(made, "y")
    for voter, unit in (("v0", one), ("v1", two), ("v2", two), ("v3", one)):
        made.play(voter, "vote", unit)
        made.wait(MINUTE)
    made.play("v4", "vote", one)  # 3 to 2
    made.wait(MINUTE)
    (key,) = made.player("v4").helps
    made.system("revoke", one, actor="v4", key=key, reason="fraud")
    assert (score(made, one), score(made, two)) == (2, 2)
    finish(made)
    assert [made.unit(unit).play.place for unit in (one, two)] == [2, 1], "two had its second vote a minute earlier"
    (key,) = made.player("v3").helps
    assert made.balance("available:y") == 1000 and made.balance("available:x") == 500
    made.check()


def test_void_votes_are_taken_out_before_prizes_and_the_next_one_wins() -> None:
    made = table()
    one, two = enter(made, "x"), enter(made, "y")
    for voter in VOTERS[:3]:
        made.play(voter, "vote", one)
    for voter in VOTERS[3:5]:
        made.play(voter, "vote", two)
    for voter in VOTERS[:2]:
        (key,) = made.player(voter).helps
        made.system("revoke", one, actor=voter, key=key, reason="fraud")
    finish(made)
    assert (made.balance("available:y"), made.balance("available:x")) == (1000, 500)
    made.check()


def finish(made: Table) -> None:
    made.wait(frame_of(made.plan).ends_at - made.now)
    made.set_status("ended")
    made.wait(HOLD + HOUR)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 24), st.booleans()), min_size=1, max_size=40))
def test_the_time_of_a_score_is_that_of_its_last_valid_vote(steps: list[tuple[int, bool]]) -> None:
    """As long as no more than the newest votes are void."""
    made = table(max_per_minute=100)
    unit = enter(made, "x")
    valid: dict[str, Any] = {}
    void = 0
    for place, votes in steps:
        who = VOTERS[place]
        if votes and not refused(made.play(who, "vote", unit)):
            valid[who] = made.now
        elif not votes and who in valid and void < KEPT - 1:
            (key,) = made.player(who).helps
            made.system("revoke", unit, actor=who, key=key, reason="fraud")
            del valid[who]
            void += 1
        made.wait(MINUTE)
    entry = made.unit(unit).play
    assert entry.score == len(valid)
    assert entry.reached_at == (max(valid.values()) if valid else None)
