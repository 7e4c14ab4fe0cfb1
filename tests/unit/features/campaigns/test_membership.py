"""The life of a help (campaigns.md §0.4, §7): joining, holding, leaving, coming back, and late timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.features.campaigns.cast import HOLD, Cast, bodies
from tests.unit.features.campaigns.plans import START, make_plan
from tests.unit.features.paper import CHANCE, message

from qunflow.domain.events import Confirmed, Departed, Joined, Participating
from qunflow.domain.facts import CodeFact
from qunflow.domain.inbound import ContactAdded
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns import entering
from qunflow.features.campaigns.model import GroupChanged, HoldOver
from qunflow.ledger.settle import Amounts

MOMENT = timedelta(seconds=1)


def invited(**changes: object) -> Cast:
    """``a`` invited ``b``, who has just joined."""
    cast = Cast(make_plan(**changes))
    cast.enter("a")
    cast.enter("b", "a")
    cast.join("b")
    cast.deliver_all()
    return cast


def test_a_contact_through_a_code_begins_a_participation_with_a_parent_and_a_join_script() -> None:
    cast = Cast()
    entered, _, script = bodies(cast.enter("b", "a"))
    assert isinstance(entered, Participating)
    assert (entered.parent, entered.new_user, entered.test) == ("a", True, False)
    assert (script.script, script.welcome_code) == ("join", "welcome")


def test_only_the_first_code_counts() -> None:
    cast = Cast()
    cast.enter("b", "a")
    again = bodies(cast.enter("b", "c"))
    assert not any(isinstance(body, Participating) for body in again)
    assert cast.of("b").parent == "a"


def test_the_own_code_makes_nobody_a_parent() -> None:
    cast = Cast()
    cast.enter("a", "a")
    assert cast.of("a").parent == ""


@pytest.mark.parametrize("status", ["paused", "ended", "stopped", "closed"])
def test_a_campaign_that_does_not_run_lets_nobody_in(status: str) -> None:
    cast = Cast(status=status)
    assert cast.enter("b", "a") == []
    assert cast.of("b").person == ""


def test_before_launch_it_is_a_test_run_that_earns_nothing() -> None:
    cast = Cast(status="draft")
    cast.enter("a")
    cast.enter("b", "a")
    cast.join("b")
    cast.wait(HOLD)
    cast.deliver_all()
    assert (cast.of("b").test, cast.of("b").help, cast.of("a").invitees, cast.of("a").posted) == (True, "", {}, {})


def test_a_join_holds_and_reserves_and_the_end_of_the_hold_confirms_and_pays() -> None:
    cast = invited()
    assert (cast.of("b").help, cast.of("b").hold_until) == ("pending", START + HOLD)
    assert cast.of("a").posted["ladder"] == Amounts(0, 500)
    cast.wait(HOLD)
    cast.deliver_all()
    assert (cast.of("b").help, cast.of("b").hold_until) == ("confirmed", None)
    assert cast.of("a").posted["ladder"] == Amounts(500, 0)


def test_leaving_a_moment_before_the_end_of_the_hold_revokes() -> None:
    cast = invited()
    cast.wait(HOLD - MOMENT)
    assert bodies(cast.leave("b")) == [Departed("a", "left", "revoked")]
    cast.wait(MOMENT)
    cast.deliver_all()
    assert (cast.of("b").help, cast.of("a").invitees) == ("revoked", {"b": "revoked"})
    assert cast.of("a").posted["ladder"] == Amounts(0, 0)


def test_coming_back_starts_a_new_hold_and_counts_once() -> None:
    cast = invited()
    cast.wait(HOLD - MOMENT)
    cast.leave("b")
    back = START + HOLD
    cast.wait(MOMENT)
    assert bodies(cast.join("b")) == [Joined("a", True, "pending", back + HOLD)]
    assert cast.paper.timers[("participation:winter:b", "hold")].due_at == back + HOLD
    cast.wait(HOLD)
    cast.deliver_all()
    assert cast.of("a").invitees == {"b": "confirmed"}
    assert cast.of("a").posted["ladder"] == Amounts(500, 0)


def test_the_timer_of_an_older_hold_confirms_nothing() -> None:
    cast = invited()
    cast.wait(timedelta(hours=1))
    cast.leave("b")
    cast.join("b")
    assert cast.hold_over("b", HoldOver(START + HOLD), START + HOLD) == []
    assert cast.of("b").help == "pending"


def test_the_same_timer_twice_confirms_once() -> None:
    cast = invited()
    assert bodies(cast.hold_over("b", HoldOver(START + HOLD), START + HOLD)) == [Confirmed("a")]
    assert cast.hold_over("b", HoldOver(START + HOLD), START + HOLD) == []


def test_leaving_after_the_confirmation_keeps_the_reward() -> None:
    cast = invited()
    cast.wait(HOLD)
    assert bodies(cast.leave("b")) == [Departed("a", "left", "")]
    cast.deliver_all()
    assert cast.of("a").posted["ladder"] == Amounts(500, 0)


def test_somebody_who_left_after_the_hold_but_before_its_late_timer_ran_keeps_counting() -> None:
    cast = invited()
    cast.wait(HOLD + MOMENT, fire=False)
    assert bodies(cast.leave("b")) == [Confirmed("a"), Departed("a", "left", "")]
    cast.fire()
    cast.deliver_all()
    assert cast.of("a").invitees == {"b": "confirmed"}
    assert cast.of("a").posted["ladder"] == Amounts(500, 0)


def test_being_removed_revokes_even_what_was_confirmed() -> None:
    cast = invited()
    cast.wait(HOLD)
    assert bodies(cast.leave("b", removed=True)) == [Departed("a", "kicked", "revoked")]
    cast.deliver_all()
    assert cast.of("a").posted["ladder"] == Amounts(0, 0)


def test_after_the_settlement_a_leave_takes_nothing_back() -> None:
    cast = invited(leave_policy="revoke_until_end")
    cast.wait(HOLD)
    cast.campaign = replace(cast.campaign, status="settling")
    assert bodies(cast.leave("b", removed=True)) == [Departed("a", "kicked", "")]


def test_where_helps_are_revoked_until_the_end_a_confirmed_one_goes_too() -> None:
    cast = invited(leave_policy="revoke_until_end")
    cast.wait(HOLD)
    cast.leave("b")
    cast.deliver_all()
    assert cast.of("a").invitees == {"b": "revoked"}


def test_where_leaving_revokes_nothing_the_hold_goes_on_and_confirms() -> None:
    cast = invited(leave_policy="never")
    cast.wait(timedelta(hours=1))
    assert bodies(cast.leave("b")) == [Departed("a", "left", "")]
    cast.wait(HOLD)
    cast.deliver_all()
    assert cast.of("a").invitees == {"b": "confirmed"}
    assert cast.of("a").posted["ladder"] == Amounts(500, 0)


def test_one_person_in_two_groups_counts_once_and_leaves_only_with_the_last() -> None:
    cast = invited()
    assert bodies(cast.join("b", "g2")) == [GroupChanged("group:wx:g2", True)]
    assert bodies(cast.leave("b", "g1")) == [GroupChanged("group:wx:g1", False)]
    assert cast.of("b").help == "pending"
    assert bodies(cast.leave("b", "g2")) == [Departed("a", "left", "revoked")]


def test_the_same_join_twice_changes_nothing() -> None:
    cast = invited()
    assert cast.join("b") == []


@pytest.mark.parametrize(("scope", "help_state"), [("new_only", ""), ("any", "pending")])
def test_somebody_known_before_the_campaign_helps_only_where_anybody_may(scope: str, help_state: str) -> None:
    cast = Cast(make_plan(helper_scope=scope))
    cast.enter("a")
    cast.enter("b", "a", met_at=START - MOMENT)
    cast.join("b")
    assert cast.of("b").help == help_state


def test_the_budget_holds_a_reward_whole_and_a_later_change_posts_it() -> None:
    cast = Cast(budget=499)
    for name, owner in (("a", ""), ("b", "a"), ("c", "a")):
        cast.enter(name, owner)
    cast.join("b")
    cast.deliver_all()
    assert cast.of("a").posted == {}
    cast.paper.balances["budget:winter"] += 1000
    cast.join("c")
    cast.deliver_all()
    assert cast.of("a").posted["ladder"] == Amounts(0, 1000)


def test_a_task_pays_once_and_only_after_it_was_approved() -> None:
    cast = invited()
    cast.join("a")
    assert "task" not in cast.of("a").posted
    cast.approve("a")
    assert (cast.of("a").completed, cast.of("a").posted["task"]) == (True, Amounts(200))
    assert cast.approve("a") == []


def test_somebody_outside_the_campaign_earns_nothing() -> None:
    assert Cast().approve("nobody") == []
    assert Cast().join("nobody") == []


def test_a_pausing_campaign_still_counts_those_who_join_and_an_ended_one_does_not() -> None:
    cast = Cast()
    for name, owner in (("a", ""), ("b", "a"), ("c", "a")):
        cast.enter(name, owner)
    cast.campaign = replace(cast.campaign, status="paused")
    cast.join("b")
    cast.campaign = replace(cast.campaign, status="ended")
    cast.join("c")
    assert (cast.of("b").help, cast.of("c").help) == ("pending", "")


def test_an_entry_outside_every_campaign_is_nothing_to_us() -> None:
    cast = Cast()
    cause = message(ContactAdded("b", "amy"), person="b")
    decision = entering.decide_contact(cause, entering.EntryFacts(), cast.paper, CHANCE)
    assert decision.events == () and decision.rejection is None


def test_a_refused_entry_says_why() -> None:
    cast = Cast(status="ended")
    facts = entering.EntryFacts(CodeFact("code", "winter", "winter", "a", "wx", ""), cast.campaign, None)
    cause = message(ContactAdded("b", "amy", "code"), person="b")
    rejection = entering.decide_contact(cause, facts, cast.paper, CHANCE).rejection
    assert rejection is not None and rejection.reason is Reason.NOT_RUNNING
