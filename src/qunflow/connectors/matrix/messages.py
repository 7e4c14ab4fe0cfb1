"""Texts, images and files: to a room, or to one person in the direct room with them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from qunflow.connectors.matrix.client import MatrixClient, transaction_id
from qunflow.connectors.matrix.errors import MatrixError, refused_here
from qunflow.connectors.matrix.images import Image, examine
from qunflow.connectors.matrix.rooms import DirectRooms
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.actions import Broadcast, FetchMedia, SendImage, SendText, TellStaff
from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import BroadcastFiled, BroadcastRead, MessagePosted
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import ReadBlob, Receipt, Result

PutBlob = Callable[[bytes, str], Awaitable[str]]

#: An event has at most 65,536 bytes with everything in it, and a control character takes six of them.
MAX_TEXT_BYTES = 40_000
MAX_IMAGE_BYTES = 10 * 1_048_576
MAX_BROADCAST = 1_000
AT_ONCE = 8
_UPLOADS_KEPT = 1_000


class Messages:
    """What one account says and fetches; all raise :class:`MatrixError`."""

    def __init__(self, settings: MatrixSettings, client: MatrixClient, read_blob: ReadBlob, put_blob: PutBlob) -> None:
        self._client = client
        self._direct = DirectRooms(settings, client)
        self._read_blob = read_blob
        self._put_blob = put_blob
        self._uploads: OrderedDict[str, tuple[str, Image]] = OrderedDict()

    async def send_text(self, action: SendText, key: str) -> Receipt:
        """A text into the room, with ``external`` named for a notification; or to ``external`` directly."""
        _check_text(action.text)
        room, mentions = await self._place(action)
        event = await self._client.send_text(room, action.text, transaction_id(key), mentions)
        return Receipt(Result.DONE, reference=event)

    async def send_image(self, action: SendImage, key: str) -> Receipt:
        """An image of our store with its size, uploaded once for many rooms."""
        if action.caption:
            _check_text(action.caption)
        room, mentions = await self._place(action)
        mxc, image = await self._uploaded(action.blob)
        event = await self._client.send_image(room, mxc, image, action.caption, transaction_id(key), mentions)
        return Receipt(Result.DONE, reference=event)

    async def tell_staff(self, action: TellStaff, key: str) -> Receipt:
        """Title, text and address as one text in the direct room with a staff member."""
        card = "\n".join(piece for piece in (action.title, action.text, action.url) if piece)
        _check_text(card)
        room = await self._direct.room_of(action.staff)
        return Receipt(Result.DONE, reference=await self._client.send_text(room, card, transaction_id(key)))

    async def broadcast(self, action: Broadcast, key: str) -> Receipt:
        """One text to each person directly; who left their direct room is not chased. The results come at once."""
        people = tuple(dict.fromkeys(action.externals))
        _check_text(action.text)
        if not 1 <= len(people) <= MAX_BROADCAST:
            raise refused_here(f"A broadcast has 1 to {MAX_BROADCAST} people, this one {len(people)}.", "Split it.")
        gate = asyncio.Semaphore(AT_ONCE)

        async def send(mxid: str) -> MatrixError | None:
            async with gate:
                try:
                    room = await self._direct.room_of(mxid, invite_again=False)
                    await self._client.send_text(room, action.text, transaction_id(key, mxid))
                except MatrixError as error:
                    return error
            return None

        errors = await asyncio.gather(*map(send, people))
        again = [error for error in errors if error is not None and error.retryable]
        if again:  # those who have it get nothing twice: their transaction ids stay the same
            raise max(again, key=lambda error: error.wait)
        refused = tuple(mxid for mxid, error in zip(people, errors, strict=True) if error is not None)
        results = {mxid: "not_contact" if mxid in refused else "sent" for mxid in people}
        filed = BroadcastFiled(action.broadcast, key, refused)
        return Receipt(Result.DONE, reference=key, answers=(filed, BroadcastRead(action.broadcast, results)))

    async def fetch_media(self, action: FetchMedia, key: str) -> Receipt:
        """An image that a person posted, into our own store; what is no image by its bytes is refused."""
        content = await self._client.download(action.media)
        image = examine(content)
        if image is None:
            raise refused_here("The file is no PNG, JPEG, GIF or WebP.", "Post it as an image.", Reason.UNREADABLE)
        blob = await self._put_blob(content, image.media_type)
        body = MessagePosted(action.chat, action.external, media=action.media, blob=blob)
        return Receipt(Result.DONE, reference=blob, answers=(body,))

    async def _place(self, action: SendText | SendImage) -> tuple[str, tuple[str, ...]]:
        if action.chat:
            return action.chat, (action.external,) if action.external else ()
        if action.external:
            return await self._direct.room_of(action.external), ()
        raise refused_here("A message needs a chat or a person.", "Name one of them.")

    async def _uploaded(self, blob: str) -> tuple[str, Image]:
        known = self._uploads.get(blob)
        if known is not None:
            self._uploads.move_to_end(blob)
            return known
        try:
            content = await self._read_blob(blob)
        except QunflowError as error:  # e.g. erased on a person's wish
            raise refused_here(f"The image is not there: {error.rule}", "Choose another image.") from error
        image = examine(content)
        if image is None or image.size > MAX_IMAGE_BYTES:
            raise refused_here("Only PNG, JPEG, GIF and WebP of at most 10 MB are sent.", "Make the image anew.")
        uploaded = self._uploads[blob] = (await self._client.upload(content, image), image)
        while len(self._uploads) > _UPLOADS_KEPT:
            self._uploads.popitem(last=False)
        return uploaded


def _check_text(text: str) -> None:
    if not text.strip() or "\x00" in text:
        raise refused_here("A message needs a text without NUL.", "Write one.")
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise refused_here(f"A message has at most {MAX_TEXT_BYTES} bytes.", "Shorten it, or split it.")
