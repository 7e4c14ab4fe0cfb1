"""The first step of the pipeline, and what is kept of people outside the event log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from qunflow.community.acting import decide_act, decide_ended, load_act, need_act, need_ended
from qunflow.community.acts import ActAsked, ActEnded, ActOnGroup, ActState, evolve_act
from qunflow.community.decide import (
    decide_contact,
    decide_created,
    decide_entered,
    decide_hinted,
    decide_listed,
    decide_named,
    decide_read,
    decide_read_now,
    decide_relist,
    decide_reread,
    decide_seen,
    decide_went,
    load_group,
    need_group,
    need_nothing,
    need_person,
)
from qunflow.community.model import (
    BanLifted,
    GroupChecked,
    GroupState,
    KickHinted,
    KnockClosed,
    Knocked,
    MemberBanned,
    PersonMet,
    PersonState,
    ReadNow,
    RelistGroups,
    RereadGroup,
    StaffSeen,
    evolve,
    evolve_person,
)
from qunflow.community.selves import (
    SELF_EVENTS,
    NameSelf,
    Selves,
    answer_persons,
    decide_self,
    evolve_selves,
    need_self,
)
from qunflow.community.sets import (
    SET_BODIES,
    SET_EVENTS,
    ChangeGroupSet,
    GroupSet,
    MakeGroupSet,
    RemoveGroupSet,
    decide_change_set,
    decide_make_set,
    decide_remove_set,
    evolve_set,
    load_groups,
    need_set,
)
from qunflow.community.threshold import decide_ban_ended, decide_knock, decide_knock_ended
from qunflow.domain.events import Event, MemberJoined
from qunflow.domain.facts import AccountPersons
from qunflow.domain.inbound import (
    ActionEnded,
    BanEnded,
    ContactAdded,
    ContactRead,
    GroupCreated,
    GroupHinted,
    GroupRead,
    GroupsListed,
    KnockEnded,
    KnockHeard,
    MemberEntered,
    MemberNamed,
    MemberWent,
    Message,
)
from qunflow.engine.feature import Feature, Handler, StreamType
from qunflow.engine.reading import BatchReader, gather_in_order
from qunflow.storage.people import store_names
from qunflow.storage.unit_of_work import UnitOfWork


async def resolve_persons(reader: BatchReader, messages: Sequence[Message]) -> list[Message]:
    """Name the person behind the platform id of every message that has one."""

    async def one(message: Message) -> Message:
        external = getattr(message.body, "external", "")
        if message.person or not external or not message.channel:
            return message
        return replace(message, person=await reader.person(message.channel, external))

    return await gather_in_order(one(message) for message in messages)


async def keep_names(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
    """Store names that came with readings; they are erasable and stand in no event."""
    names = {}
    for message in messages:
        body = message.body
        if isinstance(body, ContactRead | MemberEntered | MemberNamed | KnockHeard) and body.name and message.person:
            names[message.person] = body.name
    await store_names(unit, names)


COMMUNITY = Feature(
    name="community",
    handlers=(
        Handler("community.hinted", GroupHinted, need_group, decide_hinted, load_group),
        Handler("community.read", GroupRead, need_group, decide_read, load_group),
        Handler("community.entered", MemberEntered, need_group, decide_entered, load_group),
        Handler("community.went", MemberWent, need_group, decide_went, load_group),
        Handler("community.named", MemberNamed, need_nothing, decide_named),
        Handler("community.knock", KnockHeard, need_group, decide_knock, load_group),
        Handler("community.knock_ended", KnockEnded, need_group, decide_knock_ended, load_group),
        Handler("community.ban_ended", BanEnded, need_group, decide_ban_ended, load_group),
        Handler("community.act", ActOnGroup, need_act, decide_act, load_act),
        Handler("community.act_ended", ActionEnded, need_ended, decide_ended),
        Handler("community.created", GroupCreated, need_group, decide_created, load_group),
        Handler("community.listed", GroupsListed, need_nothing, decide_listed),
        Handler("community.reread", RereadGroup, need_nothing, decide_reread),
        Handler("community.read_now", ReadNow, need_group, decide_read_now, load_group),
        Handler("community.make_set", MakeGroupSet, need_set, decide_make_set),
        Handler("community.change_set", ChangeGroupSet, need_set, decide_change_set, load_groups),
        Handler("community.remove_set", RemoveGroupSet, need_set, decide_remove_set),
        Handler("community.name_self", NameSelf, need_self, decide_self),
        Handler("community.relist", RelistGroups, need_nothing, decide_relist),
        Handler("community.contact", ContactAdded, need_nothing, decide_contact),
        Handler("community.met", ContactAdded, need_person, decide_seen),
        Handler("community.met_in_group", MemberJoined, need_person, decide_seen),
    ),
    streams=(
        StreamType("group", GroupState, GroupState(), evolve),
        StreamType("act", ActState, ActState(), evolve_act),
        StreamType("group_set", GroupSet, GroupSet(), evolve_set),
        StreamType("person", PersonState, PersonState(), evolve_person),
        StreamType("account", Selves, Selves(), evolve_selves),
    ),
    events=(
        KickHinted,
        GroupChecked,
        MemberBanned,
        BanLifted,
        Knocked,
        KnockClosed,
        PersonMet,
        StaffSeen,
        ActAsked,
        ActEnded,
        *SET_EVENTS,
        *SELF_EVENTS,
    ),
    bodies=(RereadGroup, RelistGroups, ActOnGroup, ReadNow, NameSelf, *SET_BODIES),
    answers={AccountPersons: answer_persons},
)
