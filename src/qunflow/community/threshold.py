"""Who stands before the door of a group: knocks that wait, bans that hold. Pure."""

from __future__ import annotations

from qunflow.community.decide import GroupFacts
from qunflow.community.model import BanLifted, GroupState, KnockClosed, Knocked
from qunflow.domain.decisions import NOTHING, Chance, Decision, NewEvent
from qunflow.domain.inbound import BanEnded, KnockEnded, KnockHeard, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View

#: So many knocks wait at one group; more are heard again when they are repeated.
MAX_KNOCKS = 500


def decide_knock(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """Somebody asks to be let in: it waits for an answer, once."""
    body: KnockHeard = message.body
    state: GroupState = view.state(facts.stream)
    if not state.chat or body.external in state.members or body.external in state.knocks:
        return NOTHING
    if len(state.knocks) >= MAX_KNOCKS:
        return Decision(stop=Reason.QUOTA)
    return Decision(events=(NewEvent(facts.stream, Knocked(body.external), message.person, facts.stream),))


def decide_knock_ended(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """A knock was answered, by us or by an admin's own client, or taken back."""
    body: KnockEnded = message.body
    state: GroupState = view.state(facts.stream)
    if body.external not in state.knocks:
        return NOTHING
    closed = KnockClosed(body.external, body.how)
    return Decision(events=(NewEvent(facts.stream, closed, message.person, facts.stream),))


def decide_ban_ended(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """A ban was lifted, by us or by an admin's own client."""
    body: BanEnded = message.body
    state: GroupState = view.state(facts.stream)
    if body.external not in state.bans:
        return NOTHING
    return Decision(events=(NewEvent(facts.stream, BanLifted(body.external), message.person, facts.stream),))
