"""Actions to WeCom calls, and what became of them (architecture.md §4.6)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from qunflow.connectors.wecom.broadcasts import detect_broadcast, file_broadcast, read_broadcast
from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import Cause, WecomError, refused_here
from qunflow.connectors.wecom.messages import (
    MAX_ATTACHMENTS,
    check_text,
    image_attachment,
    link_attachment,
    staff_message,
)
from qunflow.connectors.wecom.readings import contact_read, group_gone, group_read
from qunflow.connectors.wecom.settings import ON_UNKNOWN, WAYS, WecomSettings
from qunflow.domain.actions import (
    Attachment,
    Broadcast,
    CloseContactCode,
    CloseEntry,
    ListGroups,
    OpenContactCode,
    OpenEntry,
    ReadBroadcast,
    ReadContact,
    ReadEntry,
    ReadGroup,
    SendWelcome,
    TellStaff,
    UpdateEntry,
)
from qunflow.domain.clock import Clock
from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.domain.inbound import ActionEnded, ContactCodeOpened, EntryOpened, EntryRead, GroupsListed
from qunflow.domain.outcomes import OnUnknown, Outcome, Way
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import ReadBlob, Receipt, Result

MAX_CHATS = 5
MAX_STATE = 30
MAX_CODE_STAFF = 100
_OPENED_KEPT = 10_000
_ALREADY_WELCOMED = 41051

Perform = Callable[[Any, str], Awaitable[Receipt]]


class ResultUnknown(TimeoutError):
    """A call that must not be repeated blindly got no answer; ask :meth:`WecomConnector.detect` first."""


class WecomConnector:
    """One WeCom account as delivery sees it (:class:`qunflow.domain.receipts.Connector`).

    ``clock`` is domain time, taken before a reading call; ``read_blob`` gives the bytes of an image of our store.
    """

    def __init__(
        self,
        name: str,
        settings: WecomSettings,
        client: WecomClient,
        clock: Clock,
        read_blob: ReadBlob,
    ) -> None:
        self.name = name
        self._settings = settings
        self._client = client
        self._clock = clock
        self._read_blob = read_blob
        self._opened: OrderedDict[str, str] = OrderedDict()  # key → config_id whose QR could not be read yet
        self._performers: Mapping[str, Perform] = {
            SendWelcome.KIND: self._send_welcome,
            Broadcast.KIND: self._file_broadcast,
            ReadBroadcast.KIND: self._read_broadcast,
            TellStaff.KIND: self._tell_staff,
            OpenContactCode.KIND: self._open_contact_code,
            CloseContactCode.KIND: self._close_contact_code,
            OpenEntry.KIND: self._open_entry,
            UpdateEntry.KIND: self._update_entry,
            ReadEntry.KIND: self._read_entry,
            CloseEntry.KIND: self._close_entry,
            ReadGroup.KIND: self._read_group,
            ListGroups.KIND: self._list_groups,
            ReadContact.KIND: self._read_contact,
        }

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how WeCom carries it out."""
        return WAYS

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Action kind → what may be done when a result was never seen."""
        return ON_UNKNOWN

    async def perform(self, action: Any, key: str) -> Receipt:
        """Carry the action out; raises :class:`ResultUnknown` for a mass send that got no answer."""
        performer = self._performers.get(action.KIND)
        if performer is None:
            return _with_end(action, _no_capability(action))
        try:
            receipt = await performer(action, key)
        except WecomError as error:
            if error.unknown and self.on_unknown[action.KIND] is OnUnknown.DETECTABLE:
                raise ResultUnknown(error.sentence()) from error
            receipt = _receipt_of(error)
        except InvalidInput as error:  # breaks a limit of WeCom; no call was made
            receipt = Receipt(Result.REFUSED, reason=Reason.PLATFORM_ERROR, detail=error.sentence())
        return _with_end(action, receipt)

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """The receipt of a mass send that was filed at or after ``since``; None for what cannot be found.

        Raises :class:`WecomError` when WeCom cannot tell now; ask again later.
        """
        if isinstance(action, Broadcast):
            return await detect_broadcast(self._client, self._clock, action, since)
        return None

    async def close(self) -> None:
        """Give up connections."""
        await self._client.close()

    # --- to people ---------------------------------------------------------------------------------------------

    async def _send_welcome(self, action: SendWelcome, key: str) -> Receipt:
        if not action.text and not action.attachments:
            raise refused_here("A welcome needs a text or an attachment.", "Write one.")
        if len(action.attachments) > MAX_ATTACHMENTS:
            raise refused_here(f"A welcome has at most {MAX_ATTACHMENTS} attachments.", "Leave some out.")
        check_text(action.text)
        try:
            await self._try_welcome(action)
        except WecomError as error:
            if error.cause is Cause.MEDIA and error.retryable:
                await self._try_welcome(action)  # WeCom forgot the image; it was uploaded anew
            elif error.errcode == _ALREADY_WELCOMED:
                # The code is single use and ours, so the likely sender is an earlier try of this very action.
                return Receipt(Result.DONE, reference=action.welcome_code, detail=error.sentence())
            else:
                raise
        return Receipt(Result.DONE, reference=action.welcome_code)

    async def _try_welcome(self, action: SendWelcome) -> None:
        images: list[str] = []
        shaped = [await self._shape(item, images) for item in action.attachments]
        try:
            await self._client.send_welcome_msg(action.welcome_code, action.text, shaped)
        except WecomError as error:
            if error.cause is Cause.MEDIA:
                for media in images:
                    self._client.forget_media(media)
            raise

    async def _shape(self, attachment: Attachment, images: list[str]) -> dict[str, Any]:
        if attachment.kind == "link" and attachment.url:
            return link_attachment(attachment)
        if attachment.kind == "image" and attachment.blob:
            media = await self._client.media_upload(await self._image(attachment.blob))
            images.append(media)
            return image_attachment(media)
        raise refused_here(
            f"An attachment of kind {attachment.kind!r} cannot be sent.", "Use a link with a url, or an image."
        )

    async def _image(self, blob: str) -> bytes:
        try:
            return await self._read_blob(blob)
        except QunflowError as error:  # e.g. erased on a person's wish
            raise refused_here(f"The image is not there: {error.rule}", "Choose another image.") from error

    async def _file_broadcast(self, action: Broadcast, key: str) -> Receipt:
        return await file_broadcast(self._client, action)

    async def _read_broadcast(self, action: ReadBroadcast, key: str) -> Receipt:
        return await read_broadcast(self._client, action)

    async def _tell_staff(self, action: TellStaff, key: str) -> Receipt:
        reference, unreached = await self._client.message_send(action.staff, staff_message(action, key))
        if unreached:
            raise refused_here(
                f"WeCom cannot write to {', '.join(unreached)[:100]}.",
                "Add the member to the app's visible range.",
            )
        return Receipt(Result.DONE, reference=reference)

    # --- codes and entries -------------------------------------------------------------------------------------

    async def _open_contact_code(self, action: OpenContactCode, key: str) -> Receipt:
        staff = tuple(dict.fromkeys(action.staff or self._settings.staff))
        if not 1 <= len(staff) <= MAX_CODE_STAFF:
            raise refused_here(
                f"A contact code has 1 to {MAX_CODE_STAFF} staff, this one {len(staff)}.",
                "Name staff, here or in the channel's settings.",
            )
        _check_state(action.token)
        way = await self._client.add_contact_way(staff, action.token, action.remark[:30])
        body = ContactCodeOpened(action.token, way.config_id, way.qr_code)
        return Receipt(Result.DONE, reference=way.config_id, answers=(body,))

    async def _close_contact_code(self, action: CloseContactCode, key: str) -> Receipt:
        return await _deleted(self._client.del_contact_way(action.config), action.config)

    async def _open_entry(self, action: OpenEntry, key: str) -> Receipt:
        """add_join_way tells no QR. When reading it fails, the next try goes on with the code that exists."""
        _check_entry(action)
        config = self._opened.pop(key, "")
        if not config:
            config = await self._client.add_join_way(
                action.chats,
                state=action.state,
                remark=action.entry,
                auto_create=action.auto_create,
                base_name=action.base_name[:40],
            )
        try:
            way = await self._client.get_join_way(config)
        except WecomError as error:
            if error.retryable:
                self._keep_opened(key, config)
            raise
        body = EntryOpened(action.pool, action.entry, config, way.qr_code, chats=way.chats)
        return Receipt(Result.DONE, reference=config, answers=(body,))

    def _keep_opened(self, key: str, config: str) -> None:
        self._opened[key] = config
        while len(self._opened) > _OPENED_KEPT:
            self._opened.popitem(last=False)

    async def _update_entry(self, action: UpdateEntry, key: str) -> Receipt:
        _check_entry(action)
        await self._client.update_join_way(
            action.config,
            action.chats,
            state=action.state,
            remark=action.entry,
            auto_create=action.auto_create,
            base_name=action.base_name[:40],
        )
        return Receipt(Result.DONE, reference=action.config)

    async def _read_entry(self, action: ReadEntry, key: str) -> Receipt:
        way = await self._client.get_join_way(action.config)
        body = EntryRead(action.pool, action.entry, way.chats)
        return Receipt(Result.DONE, reference=action.config, answers=(body,))

    async def _close_entry(self, action: CloseEntry, key: str) -> Receipt:
        return await _deleted(self._client.del_join_way(action.config), action.config)

    # --- readings ----------------------------------------------------------------------------------------------

    async def _read_group(self, action: ReadGroup, key: str) -> Receipt:
        read_at = self._clock.now()
        try:
            answer = await self._client.groupchat_get(action.chat)
        except WecomError as error:
            if error.cause is not Cause.NO_SUCH_GROUP:
                raise
            gone = group_gone(action.chat, read_at)
            return Receipt(Result.DONE, answers=(gone,), detail=error.sentence())
        return Receipt(Result.DONE, answers=(group_read(action.chat, answer, read_at),))

    async def _list_groups(self, action: ListGroups, key: str) -> Receipt:
        chats = await self._client.groupchat_list(action.owners or self._settings.staff)
        return Receipt(Result.DONE, answers=(GroupsListed(chats),))

    async def _read_contact(self, action: ReadContact, key: str) -> Receipt:
        answer = await self._client.contact_get(action.external)
        return Receipt(Result.DONE, answers=(contact_read(action.external, answer),))


def _check_state(state: str) -> None:
    if len(state.encode()) > MAX_STATE:
        raise refused_here(f"A state has at most {MAX_STATE} bytes.", "Use a short code.")


def _check_entry(action: OpenEntry | UpdateEntry) -> None:
    if not 1 <= len(action.chats) <= MAX_CHATS:
        raise refused_here(
            f"An entry has 1 to {MAX_CHATS} groups, this one {len(action.chats)}.", "Open another entry."
        )
    _check_state(action.state)


async def _deleted(call: Awaitable[None], config: str) -> Receipt:
    """What is already gone counts as deleted, so a deletion may be repeated."""
    try:
        await call
    except WecomError as error:
        if error.cause is not Cause.NO_SUCH_CONFIG:
            raise
    return Receipt(Result.DONE, reference=config)


def _no_capability(action: Any) -> Receipt:
    detail = f"WeCom has no call for {action.KIND}; see docs/connectors/wecom.md."
    return Receipt(Result.REFUSED, reason=Reason.NO_CAPABILITY, detail=detail)


def _receipt_of(error: WecomError) -> Receipt:
    if error.retryable:
        return Receipt(Result.RETRY, reason=error.reason, detail=error.sentence(), retry_after=error.wait)
    return Receipt(Result.REFUSED, reason=error.reason, detail=error.sentence())


def _with_end(action: Any, receipt: Receipt) -> Receipt:
    """The end of the wish beside the other answers, once it is certain."""
    wish = getattr(action, "wish", "")
    if not wish or receipt.result is Result.RETRY:
        return receipt
    if receipt.result is Result.DONE:
        end = ActionEnded(wish, Outcome.DELIVERED.value)
    else:
        reason = receipt.reason or Reason.PLATFORM_ERROR
        end = ActionEnded(wish, Outcome.REFUSED_BY_PLATFORM.value, reason.value)
    return replace(receipt, answers=(*receipt.answers, end))
