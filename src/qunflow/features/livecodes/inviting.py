"""Inviting by name where we may (Matrix): a place is kept, the invitation goes out, the join proves the name."""

from __future__ import annotations

from qunflow.domain.actions import InviteMember, Wish
from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, reject
from qunflow.domain.facts import InvitedThrough
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.livecodes.decide import PlaceFacts, keep_place
from qunflow.features.livecodes.model import (
    AskInvite,
    CodeState,
    InviteAsked,
    InvitedState,
    PoolState,
    code_stream,
    invited_stream,
    person_key,
    place_counter,
    place_scope,
    pool_stream,
)


async def load_invite(reader: Reader, message: Message) -> PlaceFacts:
    """The code and its pool."""
    body: AskInvite = message.body
    code: CodeState | None = await reader.state(code_stream(body.code), stale_ok=True)
    pool: PoolState | None = await reader.state(pool_stream(code.pool), stale_ok=True) if code else None
    return PlaceFacts(code, pool)


def need_invite(message: Message, facts: PlaceFacts) -> Needs:
    """The person's invitations and place, and the counters of all entries."""
    if facts.pool is None:
        return Needs()
    pool = facts.pool.pool
    keys = [person_key(message.person), message.body.visitor] if message.body.visitor else [person_key(message.person)]
    return Needs(
        streams=(invited_stream(message.person),),
        claims=tuple((place_scope(pool), key) for key in keys),
        counters=tuple(place_counter(pool, entry) for entry in facts.pool.entries),
    )


def decide_invite(message: Message, facts: PlaceFacts, view: View, chance: Chance) -> Decision:
    """Keep a place for the person and invite them into its room; the place of their browser becomes theirs."""
    body: AskInvite = message.body
    code, pool = facts.code, facts.pool
    if code is None or pool is None:
        return reject(Reason.UNKNOWN_CODE, code=body.code)
    if code.closed:
        return reject(Reason.CODE_CLOSED, code=body.code)
    place = keep_place(message, pool, view, person_key(message.person), body.visitor)
    if not place.answer:
        return place + reject(Reason.POOL_EMPTY, pool=pool.pool)
    stream = invited_stream(message.person)
    asked = NewEvent(stream, InviteAsked(body.code), message.person, "", code.campaign, code.channel)
    chat = pool.entries[place.answer].chats[0]
    invite = Wish(code.channel, InviteMember(chat, body.external), lane_key=f"group:{code.channel}:{chat}")
    return Decision(events=(asked,), wishes=(invite,)) + place


async def answer_invited(reader: Reader, person: str) -> InvitedThrough:
    """The codes through which a person asked to be invited."""
    state: InvitedState | None = await reader.state(invited_stream(person))
    return InvitedThrough(state.codes if state is not None else ())
