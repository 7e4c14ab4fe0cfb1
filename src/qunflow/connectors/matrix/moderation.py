"""Order in a group: bans, knocks, topic, pins, taking messages out. Each act may be repeated."""

from __future__ import annotations

import re
from typing import Any

from qunflow.connectors.matrix.client import MatrixClient, transaction_id
from qunflow.connectors.matrix.errors import Cause, MatrixError, refused_here
from qunflow.connectors.matrix.settings import JOIN_RULES, is_mxid
from qunflow.connectors.matrix.wire import text
from qunflow.domain.actions import (
    BanMember,
    PinMessage,
    RedactMessage,
    RefuseKnock,
    SetJoinRule,
    SetTopic,
    UnbanMember,
)
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

MAX_REASON = 500
MAX_TOPIC = 4_000
#: Clients show a handful; the oldest gives way.
MAX_PINS = 50
_EVENT = re.compile(r"\$[!-~]{1,254}")
_PINS = "m.room.pinned_events"


class Moderation:
    """What keeps order in the rooms of one account; all raise :class:`MatrixError`."""

    def __init__(self, client: MatrixClient) -> None:
        self._client = client

    async def ban(self, action: BanMember, key: str) -> Receipt:
        """Ban a person, who is shown the reason."""
        _check_person(action.external)
        await self._client.ban(action.chat, action.external, action.reason[:MAX_REASON])
        return Receipt(Result.DONE, reference=action.chat)

    async def unban(self, action: UnbanMember, key: str) -> Receipt:
        """Lift a ban; who is not banned any more is done."""
        _check_person(action.external)
        try:
            await self._client.unban(action.chat, action.external)
        except MatrixError as error:
            if error.cause is not Cause.FORBIDDEN or await self._is(action.chat, action.external, "ban"):
                raise
        return Receipt(Result.DONE, reference=action.chat)

    async def refuse(self, action: RefuseKnock, key: str) -> Receipt:
        """Turn a knock down, with the reason. Who does not knock any more is left alone, inside or outside."""
        _check_person(action.external)
        if await self._is(action.chat, action.external, "knock"):
            await self._client.kick(action.chat, action.external, action.reason[:MAX_REASON])
        return Receipt(Result.DONE, reference=action.chat)

    async def redact(self, action: RedactMessage, key: str) -> Receipt:
        """Take a message's content out of the room and out of every client."""
        _check_event(action.message)
        reason = action.reason[:MAX_REASON]
        event = await self._client.redact(action.chat, action.message, reason, transaction_id(key))
        return Receipt(Result.DONE, reference=event)

    async def set_topic(self, action: SetTopic, key: str) -> Receipt:
        """Set the topic, or take it away."""
        if len(action.topic) > MAX_TOPIC or "\x00" in action.topic:
            raise refused_here(f"A topic has at most {MAX_TOPIC} characters and no NUL.", "Shorten it.")
        await self._client.set_room_state(action.chat, "m.room.topic", {"topic": action.topic})
        return Receipt(Result.DONE, reference=action.chat)

    async def pin(self, action: PinMessage, key: str) -> Receipt:
        """Put a message at the end of the pinned ones, or take it from them; nothing when it is so already."""
        _check_event(action.message)
        found = (await self._client.room_state(action.chat, _PINS)).get("pinned")
        before = [text(event, 255) for event in found] if isinstance(found, list) else []
        after = [event for event in before if event != action.message]
        if action.pinned:
            after = before if action.message in before else [*after, action.message][-MAX_PINS:]
        if after != before:
            await self._client.set_room_state(action.chat, _PINS, {"pinned": after})
        return Receipt(Result.DONE, reference=action.message)

    async def set_join_rule(self, action: SetJoinRule, key: str) -> Receipt:
        """Let people knock, or let only those in who are invited."""
        if action.rule not in JOIN_RULES:
            raise refused_here(f"A join rule is one of {', '.join(JOIN_RULES)}.", "Choose one of them.")
        await self._client.set_room_state(action.chat, "m.room.join_rules", {"join_rule": action.rule})
        return Receipt(Result.DONE, reference=action.chat)

    async def detect(self, action: Any) -> Receipt | None:
        """The receipt of a ban, its lifting or a refusal that an earlier try did, None when it did nothing."""
        if isinstance(action, BanMember):
            done = await self._is(action.chat, action.external, "ban")
        elif isinstance(action, UnbanMember):
            done = not await self._is(action.chat, action.external, "ban")
        elif isinstance(action, RefuseKnock):
            done = not await self._is(action.chat, action.external, "knock")
        else:
            return None
        return Receipt(Result.DONE, reference=action.chat) if done else None

    async def _is(self, room: str, mxid: str, membership: str) -> bool:
        return await self._client.membership(room, mxid) == membership


def _check_person(mxid: str) -> None:
    if not is_mxid(mxid):
        raise refused_here(f"{mxid[:100]!r} is no Matrix id.", "Write it as @name:server.", reason=Reason.NOT_CONTACT)


def _check_event(event: str) -> None:
    if not _EVENT.fullmatch(event):
        raise refused_here(f"{event[:100]!r} is no id of a message.", "It starts with $: copy the message's link.")
