"""An operator's act: checked against what is known, asked of the channel once, ended once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.features.paper import CHANCE, Paper, message

from qunflow.community import acting, decide, threshold
from qunflow.community.acts import Act, ActOnGroup, ActState
from qunflow.community.decide import GroupFacts
from qunflow.community.model import GroupState, group_stream
from qunflow.community.workflow import COMMUNITY
from qunflow.domain import actions as do
from qunflow.domain.decisions import NOTHING, Decision
from qunflow.domain.inbound import (
    ActionEnded,
    BanEnded,
    GroupCreated,
    KnockEnded,
    KnockHeard,
    MemberEntered,
    MemberWent,
)
from qunflow.domain.outcomes import Outcome
from qunflow.domain.reasons import Reason

STREAM = group_stream("wx", "g1")
RULES: dict[type, Any] = {
    GroupCreated: decide.decide_created,
    MemberEntered: decide.decide_entered,
    MemberWent: decide.decide_went,
    KnockHeard: threshold.decide_knock,
    KnockEnded: threshold.decide_knock_ended,
    BanEnded: threshold.decide_ban_ended,
    ActOnGroup: acting.decide_act,
    ActionEnded: acting.decide_ended,
}


class Desk:
    """One group on paper with an operator: amy is staff, bob a customer, both inside."""

    def __init__(self) -> None:
        self.paper = Paper.of(COMMUNITY.streams)
        self.happen(GroupCreated("g1", "一群"))
        self.happen(MemberEntered("g1", "amy", is_staff=True))
        self.happen(MemberEntered("g1", "bob"))

    @property
    def group(self) -> GroupState:
        state: GroupState = self.paper.state(STREAM)
        return state

    def act_state(self, name: str) -> ActState:
        state: ActState = self.paper.state(f"act:{name}")
        return state

    def happen(self, body: Any, number: int = 0) -> Decision:
        external = getattr(body, "external", "")
        cause = message(body, group=STREAM, person=f"person-{external}", message_id=f"m{number}")
        facts = GroupFacts(STREAM, {external: f"person-{external}"})
        decision: Decision = RULES[type(body)](cause, facts, self.paper, CHANCE)
        self.paper.take(cause, decision)
        return decision

    def ask(self, act: Act, name: str = "a1", **fields: str) -> Decision:
        return self.happen(ActOnGroup(name, str(act), "g1", **fields))


def reason_of(decision: Decision) -> Reason | None:
    return decision.rejection.reason if decision.rejection is not None else None


@pytest.mark.parametrize(
    ("act", "fields", "action"),
    [
        (Act.KICK, {"external": "bob", "note": "ads"}, do.RemoveMember("g1", "bob", "ads", "act:a1:done")),
        (Act.BAN, {"external": "bob", "note": "ads"}, do.BanMember("g1", "bob", "ads", "act:a1:done")),
        (Act.REDACT, {"message": "$m", "note": "ads"}, do.RedactMessage("g1", "$m", "ads", "act:a1:done")),
        (Act.PIN, {"message": "$m"}, do.PinMessage("g1", "$m", True, "act:a1:done")),
        (Act.UNPIN, {"message": "$m"}, do.PinMessage("g1", "$m", False, "act:a1:done")),
        (Act.TOPIC, {"value": "每晚八点"}, do.SetTopic("g1", "每晚八点", "act:a1:done")),
        (Act.JOIN_RULE, {"value": "knock"}, do.SetJoinRule("g1", "knock", "act:a1:done")),
    ],
)
def test_an_act_is_asked_of_the_channel_in_the_order_of_the_group(
    act: Act, fields: dict[str, str], action: Any
) -> None:
    (wish,) = Desk().ask(act, **fields).wishes
    assert (wish.action, wish.lane_key, wish.channel) == (action, STREAM, "wx")


def test_the_texts_of_an_act_stand_in_no_event() -> None:
    desk = Desk()
    desk.ask(Act.BAN, external="bob", note="SECRET", reason="fraud", by="lin")
    desk.ask(Act.TOPIC, "a2", value="SECRET")
    assert "SECRET" not in str([event.body for event in desk.paper.log])
    state = desk.act_state("a1")
    assert (state.act, state.external, state.reason, state.by, state.outcome) == ("ban", "bob", "fraud", "lin", "")


@pytest.mark.parametrize("act", [Act.KICK, Act.BAN])
def test_staff_are_never_removed(act: Act) -> None:
    assert reason_of(Desk().ask(act, external="amy")) is Reason.WRONG_STATE


def test_only_a_member_can_be_kicked_but_anybody_banned() -> None:
    desk = Desk()
    assert reason_of(desk.ask(Act.KICK, external="zoe")) is Reason.NOT_IN_GROUP
    assert desk.ask(Act.BAN, external="zoe").wishes[0].action == do.BanMember("g1", "zoe", "", "act:a1:done")


def test_a_group_that_is_not_there_cannot_be_acted_on() -> None:
    desk = Desk()
    desk.paper.states.clear()
    assert reason_of(desk.ask(Act.TOPIC, value="x")) is Reason.UNKNOWN_GROUP


def test_an_act_of_the_same_name_counts_once() -> None:
    desk = Desk()
    desk.ask(Act.TOPIC, value="one")
    assert reason_of(desk.ask(Act.TOPIC, value="one")) is Reason.ALREADY_DONE


def test_a_ban_that_the_platform_told_of_stands_until_it_is_lifted() -> None:
    desk = Desk()
    assert reason_of(desk.ask(Act.UNBAN, external="bob")) is Reason.WRONG_STATE
    desk.happen(MemberWent("g1", "bob", removed=True, banned=True))
    assert (dict(desk.group.bans), "bob" in desk.group.members) == ({"bob": "person-bob"}, False)
    assert desk.happen(MemberWent("g1", "bob", removed=True, banned=True)) == Decision()
    assert reason_of(desk.ask(Act.BAN, external="bob")) is Reason.ALREADY_DONE
    assert desk.ask(Act.UNBAN, external="bob").wishes[0].action == do.UnbanMember("g1", "bob", "act:a1:done")
    desk.happen(BanEnded("g1", "bob"))
    assert not desk.group.bans


def test_somebody_banned_who_was_never_inside_is_no_leave() -> None:
    desk = Desk()
    desk.happen(MemberWent("g1", "zoe", removed=True, banned=True))
    assert set(desk.group.members) == {"amy", "bob"} and set(desk.group.bans) == {"zoe"}
    assert "member_left" not in {event.body.KIND for event in desk.paper.log}


def test_a_knock_waits_once_and_is_answered_once() -> None:
    desk = Desk()
    assert reason_of(desk.ask(Act.APPROVE, external="zoe")) is Reason.WRONG_STATE
    desk.happen(KnockHeard("g1", "zoe", "Zoe", "SECRET"), number=7)
    assert desk.happen(KnockHeard("g1", "zoe", "Zoe", "again")) == NOTHING
    assert desk.group.knocks["zoe"].person == "person-zoe"
    assert "SECRET" not in str([event.body for event in desk.paper.log])
    assert desk.ask(Act.APPROVE, external="zoe").wishes[0].action == do.InviteMember("g1", "zoe", "act:a1:done")
    refused = desk.ask(Act.REFUSE, "a2", external="zoe", note="full")
    assert refused.wishes[0].action == do.RefuseKnock("g1", "zoe", "full", "act:a2:done")
    desk.happen(KnockEnded("g1", "zoe", "invited"))
    assert desk.happen(KnockEnded("g1", "zoe", "invited")) == NOTHING and not desk.group.knocks


@pytest.mark.parametrize(
    "body", [MemberEntered("g1", "zoe"), MemberWent("g1", "zoe", removed=True, banned=True)], ids=["joined", "banned"]
)
def test_who_is_inside_or_banned_knocks_no_more(body: Any) -> None:
    desk = Desk()
    desk.happen(KnockHeard("g1", "zoe"))
    desk.happen(body)
    assert not desk.group.knocks


def test_a_member_does_not_knock_and_a_flood_of_knocks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threshold, "MAX_KNOCKS", 2)
    desk = Desk()
    assert desk.happen(KnockHeard("g1", "bob")) == NOTHING
    stops = [desk.happen(KnockHeard("g1", name)).stop for name in ("x", "y", "z")]
    assert stops == [None, None, Reason.QUOTA] and set(desk.group.knocks) == {"x", "y"}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_an_act_ends_once_with_what_became_of_it(outcome: Outcome) -> None:
    desk = Desk()
    desk.ask(Act.TOPIC, value="x")
    desk.happen(ActionEnded("act:a1:done", outcome, "no_capability"))
    assert (desk.act_state("a1").outcome, desk.act_state("a1").refused_for) == (outcome, "no_capability")
    assert desk.happen(ActionEnded("act:a1:done", Outcome.DELIVERED)) == NOTHING


def test_the_outcomes_of_others_wishes_are_let_pass() -> None:
    for wish in ("summer:p1:join:1", "act2:a1:done", "act:unknown:done"):
        body = ActionEnded(wish, Outcome.DELIVERED)
        assert Desk().happen(body) == NOTHING
        assert acting.need_ended(message(body), None).streams == (("act:unknown",) if "unknown" in wish else ())


def test_folding_the_log_anew_gives_the_same_group() -> None:
    desk = Desk()
    desk.happen(KnockHeard("g1", "zoe"))
    desk.happen(MemberWent("g1", "bob", removed=True, banned=True))
    desk.ask(Act.APPROVE, external="zoe")
    desk.happen(KnockEnded("g1", "zoe", "invited"))
    desk.happen(ActionEnded("act:a1:done", Outcome.DELIVERED))
    assert desk.paper.replayed() == desk.paper.states
