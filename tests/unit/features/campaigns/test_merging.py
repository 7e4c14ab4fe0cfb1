"""One human once in a campaign: which help stays, and who keeps what is given once. On paper."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.unit.features.campaigns.plans import make_plan

from qunflow.features.campaigns.contest import Contest
from qunflow.features.campaigns.merged import SeatsMerged, merged_fields
from qunflow.features.campaigns.merging import voided_helps, voids
from qunflow.features.campaigns.model import CampaignState, ParticipationState
from qunflow.features.campaigns.owing import owed
from qunflow.ledger.sweeping import sweep

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def part(person: str, minutes: int, parent: str = "", help: str = "") -> ParticipationState:
    joined = NOON + timedelta(minutes=minutes)
    return ParticipationState(person, "winter", person, parent=parent, help=help, joined_at=joined)


def test_the_earliest_join_stays_whoever_was_met_first_and_whoever_invited() -> None:
    states = [part("kept", 5, "ann", "confirmed"), part("gone", 1, "bob", "pending"), part("x", 9, "ann", "pending")]
    assert voided_helps(states, False) == {"kept", "x"}


def test_a_help_that_is_over_leaves_the_other_in_its_place() -> None:
    assert voided_helps([part("kept", 5, "ann", "confirmed"), part("gone", 1, "bob", "revoked")], False) == set()


def test_a_help_for_oneself_never_stays_and_none_does_where_nobody_was_new() -> None:
    states = [part("kept", 5, "ann", "pending"), part("gone", 1, "kept", "confirmed")]
    assert voided_helps(states, False) == {"gone"}
    assert voided_helps(states, True) == {"kept", "gone"}


def test_what_is_given_once_stays_with_the_one_that_has_it_and_is_void_for_the_other() -> None:
    plan = make_plan(breakthrough=((2, 1000), (3, 3000)))
    friends = {str(number): "confirmed" for number in range(2)}
    kept, gone = part("kept", 5), replace(part("gone", 1), invitees=friends)
    found = voids(plan, [kept, gone])
    assert "breakthrough:2" in found["kept"] and "breakthrough:2" not in found["gone"]
    assert "breakthrough:3" in found["gone"] and "breakthrough:3" not in found["kept"]
    again = [replace(kept, void=found["kept"]), replace(gone, void=found["gone"])]
    assert voids(plan, again) == found


def test_a_void_step_of_the_bonus_is_not_owed_and_the_ladder_is() -> None:
    plan = make_plan(breakthrough=((2, 1000),))
    campaign = CampaignState("winter", "running", 1, plan, "winter")
    state = replace(part("gone", 1), invitees={"a": "confirmed", "b": "confirmed"}, contest=Contest())
    assert owed(campaign, state)["breakthrough"].available == 1000
    ladder = owed(campaign, state)["ladder"]
    after = replace(state, **merged_fields("gone", True, SeatsMerged("kept", ("kept",), ("breakthrough:2",))))
    assert after.seat == "kept" and owed(campaign, after)["ladder"] == ladder
    assert "breakthrough" not in owed(campaign, after) or owed(campaign, after)["breakthrough"].available == 0


def test_a_purse_is_emptied_with_its_debt_and_repays_at_once() -> None:
    money = {"available:a": 300, "debt:a": -100, "available:k": 50, "debt:k": -400}
    for posting in sweep(["a"], "k", lambda account: money.get(account, 0), "m"):
        money[posting.debit] = money.get(posting.debit, 0) - posting.amount
        money[posting.credit] = money.get(posting.credit, 0) + posting.amount
    assert money == {"available:a": 0, "debt:a": 0, "available:k": 0, "debt:k": -150}
