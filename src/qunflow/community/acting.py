"""From an operator's act to the wish that carries it out, and from its receipt to its end: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from qunflow.community.acts import Act, ActAsked, ActEnded, ActOnGroup, ActState, act_stream
from qunflow.community.decide import GroupFacts
from qunflow.community.model import GroupState, group_stream
from qunflow.domain.actions import (
    BanMember,
    InviteMember,
    PinMessage,
    RedactMessage,
    RefuseKnock,
    RemoveMember,
    SetJoinRule,
    SetTopic,
    UnbanMember,
    Wish,
)
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.inbound import ActionEnded, Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View

Check = Callable[[ActOnGroup, GroupState], Decision | None]
ToAction = Callable[[ActOnGroup, str], object]
_SORT = "act"


async def load_act(reader: Reader, message: Message) -> GroupFacts:
    """The group's stream, and our id of the person it is about."""
    body: ActOnGroup = message.body
    people = [body.external] if body.external else []
    stream = group_stream(message.channel, body.chat)
    return GroupFacts(stream, await reader.persons(message.channel, people))


def need_act(message: Message, facts: GroupFacts) -> Needs:
    """The group and the act."""
    return Needs(streams=(facts.stream, act_stream(message.body.name)))


def decide_act(message: Message, facts: GroupFacts, view: View, chance: Chance) -> Decision:
    """Check the act against what is known of the group, write it down, and ask the channel for it."""
    body: ActOnGroup = message.body
    group: GroupState = view.state(facts.stream)
    stream = act_stream(body.name)
    known: ActState = view.state(stream)
    if known.name:
        return reject(Reason.ALREADY_DONE, act=body.name)
    if not group.chat or group.gone:
        return reject(Reason.UNKNOWN_GROUP, group=body.chat)
    check, to_action = _ACTS[Act(body.act)]
    refused = check(body, group)
    if refused is not None:
        return refused
    asked = ActAsked(body.name, body.act, body.chat, body.external, body.message, body.reason, body.by)
    person = facts.persons.get(body.external, "")
    event = NewEvent(stream, asked, person=person, group=facts.stream, channel=message.channel)
    action = to_action(body, wish_of(body.name))
    return Decision(events=(event,), wishes=(Wish(message.channel, action, lane_key=facts.stream),), answer=body.name)


def wish_of(name: str) -> str:
    """The key under which the outcome of an act comes back: three parts, like every wish."""
    return f"{_SORT}:{name}:done"


def _act_of(body: ActionEnded) -> str:
    sort, _, rest = body.wish.partition(":")
    return rest.partition(":")[0] if sort == _SORT else ""


def need_ended(message: Message, facts: object) -> Needs:
    """The act that the outcome belongs to; nothing for the wishes of others."""
    name = _act_of(message.body)
    return Needs(streams=(act_stream(name),)) if name else Needs()


def decide_ended(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """An act was carried out or refused: it has its end, once."""
    body: ActionEnded = message.body
    name = _act_of(body)
    if not name:
        return NOTHING
    state: ActState = view.state(act_stream(name))
    if not state.name or state.outcome:
        return NOTHING
    ended = ActEnded(body.outcome, body.reason)
    group = group_stream(state.channel, state.chat)
    return Decision(events=(NewEvent(act_stream(name), ended, group=group, channel=state.channel),))


# --- what must hold ---------------------------------------------------------------------------------------------------


def member_is_no_staff(body: ActOnGroup, group: GroupState) -> Decision | None:
    """Only somebody who is inside, and never staff (E37)."""
    if body.external not in group.members:
        return reject(Reason.NOT_IN_GROUP, member=body.external)
    return person_is_no_staff(body, group)


def person_is_no_staff(body: ActOnGroup, group: GroupState) -> Decision | None:
    """Inside or not, but never staff (E37)."""
    member = group.members.get(body.external)
    if member is not None and member.staff:
        return reject(Reason.WRONG_STATE, member="staff")
    return None


def not_banned_yet(body: ActOnGroup, group: GroupState) -> Decision | None:
    """A ban is set once, and never on staff."""
    if body.external in group.bans:
        return reject(Reason.ALREADY_DONE, member=body.external)
    return person_is_no_staff(body, group)


def is_banned(body: ActOnGroup, group: GroupState) -> Decision | None:
    """Only a ban that stands can be lifted."""
    return None if body.external in group.bans else reject(Reason.WRONG_STATE, ban="none")


def is_knocking(body: ActOnGroup, group: GroupState) -> Decision | None:
    """Only a knock that waits can be answered."""
    return None if body.external in group.knocks else reject(Reason.WRONG_STATE, knock="none")


def anything_goes(body: ActOnGroup, group: GroupState) -> Decision | None:
    """Nothing that we know of stands against it."""
    return None


_ACTS: Mapping[Act, tuple[Check, ToAction]] = {
    Act.KICK: (member_is_no_staff, lambda body, wish: RemoveMember(body.chat, body.external, body.note, wish)),
    Act.BAN: (not_banned_yet, lambda body, wish: BanMember(body.chat, body.external, body.note, wish)),
    Act.UNBAN: (is_banned, lambda body, wish: UnbanMember(body.chat, body.external, wish)),
    Act.APPROVE: (is_knocking, lambda body, wish: InviteMember(body.chat, body.external, wish)),
    Act.REFUSE: (is_knocking, lambda body, wish: RefuseKnock(body.chat, body.external, body.note, wish)),
    Act.REDACT: (anything_goes, lambda body, wish: RedactMessage(body.chat, body.message, body.note, wish)),
    Act.PIN: (anything_goes, lambda body, wish: PinMessage(body.chat, body.message, True, wish)),
    Act.UNPIN: (anything_goes, lambda body, wish: PinMessage(body.chat, body.message, False, wish)),
    Act.TOPIC: (anything_goes, lambda body, wish: SetTopic(body.chat, body.value, wish)),
    Act.JOIN_RULE: (anything_goes, lambda body, wish: SetJoinRule(body.chat, body.value, wish)),
}
