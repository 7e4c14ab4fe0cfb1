"""Actions to Matrix calls, and what became of them (architecture.md §4.6). Delivery adds the end of a wish."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from qunflow.connectors.matrix.client import MatrixClient
from qunflow.connectors.matrix.errors import MatrixError
from qunflow.connectors.matrix.groups import Groups
from qunflow.connectors.matrix.messages import Messages, PutBlob
from qunflow.connectors.matrix.moderation import Moderation
from qunflow.connectors.matrix.settings import ON_UNKNOWN, WAYS, MatrixSettings
from qunflow.domain.actions import (
    BanMember,
    Broadcast,
    CloseEntry,
    CreateGroup,
    FetchMedia,
    InviteMember,
    OpenEntry,
    PinMessage,
    ReadContact,
    ReadEntry,
    ReadGroup,
    RedactMessage,
    RefuseKnock,
    RemoveMember,
    SendImage,
    SendText,
    SetJoinRule,
    SetTopic,
    TellStaff,
    UnbanMember,
    UpdateEntry,
)
from qunflow.domain.clock import Clock
from qunflow.domain.inbound import ContactRead, EntryOpened, EntryRead
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import ReadBlob, Receipt, Result

Perform = Callable[[Any, str], Awaitable[Receipt]]


class MatrixConnector:
    """One Matrix account as delivery sees it (:class:`qunflow.domain.receipts.Connector`).

    ``clock`` is domain time, taken before a reading call; ``read_blob`` gives the bytes of an image of our store and
    ``put_blob`` keeps those that a person posted. Every action may be repeated with its key.
    """

    def __init__(
        self,
        name: str,
        settings: MatrixSettings,
        client: MatrixClient,
        clock: Clock,
        read_blob: ReadBlob,
        put_blob: PutBlob,
    ) -> None:
        self.name = name
        self._client = client
        groups = self._groups = Groups(settings, client, clock)
        order = self._order = Moderation(client)
        messages = Messages(settings, client, read_blob, put_blob)
        self._performers: Mapping[str, Perform] = {
            SendText.KIND: messages.send_text,
            SendImage.KIND: messages.send_image,
            TellStaff.KIND: messages.tell_staff,
            Broadcast.KIND: messages.broadcast,
            FetchMedia.KIND: messages.fetch_media,
            CreateGroup.KIND: groups.create,
            ReadGroup.KIND: groups.read,
            InviteMember.KIND: groups.invite,
            RemoveMember.KIND: groups.remove,
            BanMember.KIND: order.ban,
            UnbanMember.KIND: order.unban,
            RefuseKnock.KIND: order.refuse,
            RedactMessage.KIND: order.redact,
            SetTopic.KIND: order.set_topic,
            PinMessage.KIND: order.pin,
            SetJoinRule.KIND: order.set_join_rule,
            OpenEntry.KIND: self._open_entry,
            UpdateEntry.KIND: self._update_entry,
            ReadEntry.KIND: self._read_entry,
            CloseEntry.KIND: self._close_entry,
            ReadContact.KIND: self._read_contact,
        }

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how Matrix carries it out."""
        return WAYS

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Action kind → what may be done when a result was never seen."""
        return ON_UNKNOWN

    async def perform(self, action: Any, key: str) -> Receipt:
        """Carry the action out. ``key`` makes the transaction ids and the group's alias."""
        performer = self._performers.get(action.KIND)
        if performer is None:
            detail = f"Matrix has no call for {action.KIND}; see docs/connectors/matrix.md."
            return Receipt(Result.REFUSED, reason=Reason.NO_CAPABILITY, detail=detail)
        try:
            return await performer(action, key)
        except MatrixError as error:
            return _receipt_of(error)

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """The receipt of a group that was made, or of a membership that is already as wished; else None.

        When the server cannot tell now, the receipt says to try again.
        """
        try:
            return await self._groups.detect(action, key) or await self._order.detect(action)
        except MatrixError as error:
            return _receipt_of(error)

    async def close(self) -> None:
        """Give up connections."""
        await self._client.close()

    # --- an entry is one room, so there is nothing to call -------------------------------------------------------

    async def _open_entry(self, action: OpenEntry, key: str) -> Receipt:
        return _entry(action, action.chats)

    async def _update_entry(self, action: UpdateEntry, key: str) -> Receipt:
        return _entry(action, action.chats or (action.config,))

    async def _read_entry(self, action: ReadEntry, key: str) -> Receipt:
        body = EntryRead(action.pool, action.entry, (action.config,))
        return Receipt(Result.DONE, reference=action.config, answers=(body,))

    async def _close_entry(self, action: CloseEntry, key: str) -> Receipt:
        return Receipt(Result.DONE, reference=action.config)

    async def _read_contact(self, action: ReadContact, key: str) -> Receipt:
        name = await self._client.display_name(action.external)
        return Receipt(Result.DONE, answers=(ContactRead(action.external, name),))


def _entry(action: OpenEntry | UpdateEntry, chats: tuple[str, ...]) -> Receipt:
    if len(chats) != 1:
        detail = f"An entry is one room on Matrix, this one has {len(chats)}: set chats_per_entry to 1."
        return Receipt(Result.REFUSED, reason=Reason.PLATFORM_ERROR, detail=detail)
    room = chats[0]
    body = EntryOpened(action.pool, action.entry, config=room, address=room, chats=chats)
    return Receipt(Result.DONE, reference=room, answers=(body,))


def _receipt_of(error: MatrixError) -> Receipt:
    if error.retryable:
        return Receipt(Result.RETRY, reason=error.reason, detail=error.sentence(), retry_after=error.wait)
    return Receipt(Result.REFUSED, reason=error.reason, detail=error.sentence())
