"""Voting on paper: quotas, voids, the order of equals, and a rank that is frozen once and pays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.unit.features.plays.table import HOLD, HOUR, Table, plan_with, refused

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.gate import liability
from qunflow.features.campaigns.mechanics.voting import hidden
from qunflow.features.campaigns.plan_model import check_model, frame_of

MODEL: dict[str, Any] = {
    "kind": "voting",
    "entry_review": False,
    "prizes": [1000, 500],
    "thresholds": [{"votes": 3, "amount_fen": 10}],
}
VOTERS = tuple(f"v{number}" for number in range(8))


def table(**model: Any) -> Table:
    made = Table(plan_with({**MODEL, **model}), 100_000)
    for name in ("x", "y", "z", *VOTERS):
        made.enter(name)
    return made


def enter(made: Table, who: str) -> str:
    return str(made.play(who, "enter", work="picture"))


def vote(made: Table, unit: str, *voters: str) -> None:
    for voter in voters:
        assert not refused(made.play(voter, "vote", unit)), voter


def score(made: Table, unit: str) -> int:
    return int(made.unit(unit).play.score)


def finish(made: Table) -> None:
    made.wait(frame_of(made.plan).ends_at - made.now)
    made.set_status("ended")
    made.wait(HOLD + HOUR)


def test_one_vote_a_day_and_a_new_one_the_next_local_day() -> None:
    made = table()
    one, two = enter(made, "x"), enter(made, "y")
    vote(made, one, "v0")
    assert refused(made.play("v0", "vote", one)) == "already_helped"
    assert refused(made.play("v0", "vote", two)) == "helper_daily_quota"
    made.wait(14 * HOUR)
    assert refused(made.play("v0", "vote", two)) == "helper_daily_quota"
    made.wait(2 * HOUR)
    vote(made, two, "v0")
    assert (score(made, one), score(made, two)) == (1, 1)


def test_several_votes_a_day_are_bounded_for_one_entry_and_in_all() -> None:
    made = table(votes_per_day=3, votes_per_entry_per_day=2)
    one, two = enter(made, "x"), enter(made, "y")
    vote(made, one, "v0", "v0")
    assert refused(made.play("v0", "vote", one)) == "already_helped"
    vote(made, two, "v0")
    assert refused(made.play("v0", "vote", two)) == "helper_daily_quota"


def test_nobody_votes_for_the_own_entry_or_from_outside_or_before_it_is_approved() -> None:
    made = table(entry_review=True)
    made.enter("outside", join=False)
    unit = enter(made, "x")
    assert refused(made.play("v0", "vote", unit)) == "wrong_state"
    assert not refused(made.system("approve", unit, by="staff"))
    assert refused(made.system("approve", unit, by="staff")) == "wrong_state"
    assert refused(made.play("x", "vote", unit)) == "self_help"
    assert refused(made.play("outside", "vote", unit)) == "not_in_group"
    vote(made, unit, "v0")


def test_a_refused_entry_lets_its_maker_try_again() -> None:
    made = table(entry_review=True, max_entries=2)
    unit = enter(made, "x")
    assert refused(made.play("x", "enter", work="other")) == "unit_limit"
    made.system("refuse", unit, by="staff")
    assert made.unit(unit).outcome == "refused"
    enter(made, "x")
    enter(made, "y")
    assert refused(made.play("z", "enter", work="more")) == "quota"


def test_a_vote_whose_voter_leaves_in_the_hold_is_void_and_a_later_leave_changes_nothing() -> None:
    made = table()
    unit = enter(made, "x")
    vote(made, unit, "v0", "v1")
    made.wait(HOUR)
    made.leave("v0")
    assert score(made, unit) == 1
    made.join("v0")
    assert score(made, unit) == 1
    made.wait(HOLD)
    made.leave("v1")
    assert score(made, unit) == 1
    made.check()


def test_staff_void_a_vote_that_was_fraud_also_later() -> None:
    made = table()
    unit = enter(made, "x")
    vote(made, unit, "v0", "v1")
    (key,) = made.player("v0").helps
    made.wait(2 * HOLD)
    made.system("revoke", unit, actor="v0", key=key, reason="fraud")
    made.system("revoke", unit, actor="v0", key=key, reason="fraud")
    assert score(made, unit) == 1


def test_too_many_votes_in_a_minute_wait() -> None:
    made = table(max_per_minute=2)
    unit = enter(made, "x")
    vote(made, unit, "v0", "v1")
    assert refused(made.play("v2", "vote", unit)) == "risk_challenge"
    assert score(made, unit) == 2
    made.wait(timedelta(minutes=1))
    vote(made, unit, "v3")


def test_the_rank_is_frozen_after_the_holds_and_pays_prizes_and_thresholds() -> None:
    made = table()
    one, two, three = enter(made, "x"), enter(made, "y"), enter(made, "z")
    vote(made, two, "v0", "v1", "v2")
    made.wait(HOUR)
    vote(made, one, "v3", "v4", "v5")
    vote(made, three, "v6")
    finish(made)
    (frozen,) = [event.body for event in made.paper.log if event.body.KIND == "rank_frozen"]
    assert [(place.unit, place.score, place.fen) for place in frozen.places] == [
        (two, 3, 1010), (one, 3, 510), (three, 1, 0)
    ]  # fmt: skip
    assert [made.balance(f"available:{name}") for name in ("y", "x", "z")] == [1010, 510, 0]
    assert {made.unit(unit).outcome for unit in (one, two, three)} == {"ranked"}
    assert made.unit("board").outcome == "frozen"
    assert refused(made.play("v7", "vote", one)) == "not_running"
    made.check()


def test_a_place_without_enough_votes_wins_nothing() -> None:
    made = table(min_votes=2)
    one, _ = enter(made, "x"), enter(made, "y")
    vote(made, one, "v0")
    finish(made)
    assert made.balance("budget:winter") == 100_000


def test_no_vote_counts_after_the_end_even_before_the_campaign_noticed() -> None:
    made = table()
    unit = enter(made, "x")
    made.wait(frame_of(made.plan).ends_at - made.now)
    assert refused(made.play("v0", "vote", unit)) == "not_running"


def test_the_rank_is_hidden_in_the_last_half_hour() -> None:
    frame = frame_of(plan_with(MODEL))
    assert not hidden(frame.settings, frame, frame.ends_at - timedelta(minutes=31))
    assert hidden(frame.settings, frame, frame.ends_at - timedelta(minutes=30))
    assert not hidden(frame.settings, frame, frame.ends_at)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"prizes": [5, 6]}, "model.prizes[1]"), ({"votes_per_entry_per_day": 2}, "model.votes_per_entry_per_day")],
)
def test_a_vote_that_cannot_be_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as wrong:
        check_model(plan_with({**MODEL, **changes}))
    assert wrong.value.field == field


def test_the_worst_case_is_every_prize_and_every_threshold() -> None:
    assert liability(plan_with({**MODEL, "max_entries": 10})) == 1500 + 10 * 10
