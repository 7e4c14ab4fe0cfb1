"""WeCom's customer-contact API as typed calls. All raise :class:`WecomError`; times are Unix seconds on the wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunflow.connectors.wecom.errors import WecomError, refused_here
from qunflow.connectors.wecom.media import ImageUploads
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.transport import Sleep, Transport
from qunflow.connectors.wecom.wire import Answer, mapping, number, texts
from qunflow.domain.clock import Clock

MAX_PAGES = 1_000


@dataclass(frozen=True, slots=True)
class ContactWay:
    """A 联系我 code: ``config_id`` cannot be listed by state later, ``qr_code`` is the address of the image."""

    config_id: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class JoinWay:
    """A join code and the groups behind it now."""

    config_id: str
    qr_code: str
    chats: tuple[str, ...]
    state: str = ""


@dataclass(frozen=True, slots=True)
class FiledTask:
    """A mass-send task that staff must confirm; ``refused`` could not be reached at all."""

    task: str
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SendResult:
    """One row of a mass send: ``status`` 0 unsent, 1 sent, 2 no contact any more, 3 over the customer's quota."""

    external: str
    staff: str
    status: int


class WecomClient:
    """The calls qunflow makes for one app; ``clock`` decides how long an uploaded image is good."""

    def __init__(
        self,
        settings: WecomSettings,
        clock: Clock,
        *,
        jitter: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._calls = Transport(settings, jitter=jitter, sleep=sleep, monotonic=monotonic)
        self._images = ImageUploads(self._calls, clock)

    async def close(self) -> None:
        """Give up the connections."""
        await self._calls.close()

    # --- contacts ----------------------------------------------------------------------------------------------

    async def follow_user_list(self) -> tuple[str, ...]:
        """The staff who may use customer contact."""
        answer = await self._calls.get("externalcontact/get_follow_user_list")
        return texts(answer.get("follow_user"))

    async def contact_get(self, external: str) -> Answer:
        """``external_contact`` and all of its ``follow_user`` (500 a page)."""
        whole: Answer = {}
        followers: list[Any] = []
        async for page in self._pages_by_query("externalcontact/get", {"external_userid": external}):
            whole = whole or page
            followers.extend(page.get("follow_user") or ())
        return {**whole, "follow_user": followers}

    async def add_contact_way(self, staff: Sequence[str], state: str, remark: str = "") -> ContactWay:
        """A QR code under which the named staff are added; ``state`` comes back with the contact."""
        body = {
            "type": 1 if len(staff) == 1 else 2,
            "scene": 2,
            "user": list(staff),
            "state": state,
            "remark": remark,
            "skip_verify": True,
        }
        answer = await self._calls.post("externalcontact/add_contact_way", body)
        return ContactWay(str(answer.get("config_id", "")), str(answer.get("qr_code", "")))

    async def get_contact_way(self, config: str) -> Answer:
        """``contact_way`` as WeCom holds it."""
        answer = await self._calls.post("externalcontact/get_contact_way", {"config_id": config})
        return mapping(answer.get("contact_way"))

    async def list_contact_way(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """The config_ids made between two instants; temporary ones are not told."""
        body = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp()), "limit": 1000}
        rows = [row async for row in self._rows("externalcontact/list_contact_way", body, "contact_way")]
        return texts([row.get("config_id") for row in rows])

    async def update_contact_way(self, config: str, staff: Sequence[str], state: str) -> None:
        """Set staff and state of a code; type and scene stay."""
        body = {"config_id": config, "user": list(staff), "state": state}
        await self._calls.post("externalcontact/update_contact_way", body)

    async def del_contact_way(self, config: str) -> None:
        """Delete a code."""
        await self._calls.post("externalcontact/del_contact_way", {"config_id": config})

    async def send_welcome_msg(self, code: str, text: str, attachments: Sequence[Mapping[str, Any]] = ()) -> None:
        """The one welcome to a new contact, within 20 s of the event."""
        body: Answer = {"welcome_code": code}
        if text:
            body["text"] = {"content": text}
        if attachments:
            body["attachments"] = list(attachments)
        await self._calls.post("externalcontact/send_welcome_msg", body)

    # --- groups ------------------------------------------------------------------------------------------------

    async def groupchat_list(self, owners: Sequence[str] = ()) -> tuple[str, ...]:
        """The chat ids of all customer groups, of all visible owners when none is named."""
        chats: list[str] = []
        for first in range(0, max(1, len(owners)), 100):
            body: Answer = {"status_filter": 0, "limit": 1000}
            if owners:
                body["owner_filter"] = {"userid_list": list(owners[first : first + 100])}
            rows = self._rows("externalcontact/groupchat/list", body, "group_chat_list")
            chats.extend([str(row.get("chat_id", "")) async for row in rows])
        return tuple(dict.fromkeys(chat for chat in chats if chat))

    async def groupchat_get(self, chat: str) -> Answer:
        """``group_chat`` with its members and their names."""
        answer = await self._calls.post("externalcontact/groupchat/get", {"chat_id": chat, "need_name": 1})
        return mapping(answer.get("group_chat"))

    async def add_join_way(
        self, chats: Sequence[str], *, state: str, remark: str, auto_create: bool, base_name: str
    ) -> str:
        """The config_id of a new join code; its QR is told by :meth:`get_join_way` only."""
        body = _join_body(chats, state, remark, auto_create, base_name)
        answer = await self._calls.post("externalcontact/groupchat/add_join_way", body)
        return str(answer.get("config_id", ""))

    async def get_join_way(self, config: str) -> JoinWay:
        """A join code as WeCom holds it, with the groups that it made by itself."""
        answer = await self._calls.post("externalcontact/groupchat/get_join_way", {"config_id": config})
        way = mapping(answer.get("join_way"))
        return JoinWay(config, str(way.get("qr_code", "")), texts(way.get("chat_id_list")), str(way.get("state", "")))

    async def update_join_way(
        self, config: str, chats: Sequence[str], *, state: str, remark: str, auto_create: bool, base_name: str
    ) -> None:
        """Overwrite a join code."""
        body = {"config_id": config, **_join_body(chats, state, remark, auto_create, base_name)}
        await self._calls.post("externalcontact/groupchat/update_join_way", body)

    async def del_join_way(self, config: str) -> None:
        """Delete a join code."""
        await self._calls.post("externalcontact/groupchat/del_join_way", {"config_id": config})

    # --- mass sends --------------------------------------------------------------------------------------------

    async def add_msg_template(self, externals: Sequence[str], text: str, sender: str = "") -> FiledTask:
        """File a mass send to customers; nothing goes out until staff confirm."""
        body: Answer = {
            "chat_type": "single",
            "external_userid": list(externals),
            "text": {"content": text},
        }
        if sender:
            body["sender"] = sender
        answer = await self._calls.post("externalcontact/add_msg_template", body)
        return FiledTask(str(answer.get("msgid", "")), texts(answer.get("fail_list")))

    async def get_groupmsg_list_v2(self, start: datetime, end: datetime, creator: str = "") -> tuple[Answer, ...]:
        """The mass sends to customers made between two instants (at most a month apart)."""
        body: Answer = {
            "chat_type": "single",
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "filter_type": 2,
            "limit": 100,
        }
        if creator:
            body["creator"] = creator
        rows = self._rows("externalcontact/get_groupmsg_list_v2", body, "group_msg_list")
        return tuple([row async for row in rows])

    async def get_groupmsg_task(self, task: str) -> tuple[str, ...]:
        """The userids of the staff who have to confirm a mass send."""
        rows = self._rows("externalcontact/get_groupmsg_task", {"msgid": task, "limit": 1000}, "task_list")
        return texts([row.get("userid") async for row in rows])

    async def get_groupmsg_send_result(self, task: str, userid: str) -> tuple[SendResult, ...]:
        """What became of each customer of one staff member's part."""
        body = {"msgid": task, "userid": userid, "limit": 1000}
        rows = self._rows("externalcontact/get_groupmsg_send_result", body, "send_list")
        return tuple(
            [SendResult(str(row.get("external_userid", "")), userid, number(row.get("status"))) async for row in rows]
        )

    async def remind_groupmsg_send(self, task: str) -> None:
        """Remind staff of a mass send; three times in 24 hours."""
        await self._calls.post("externalcontact/remind_groupmsg_send", {"msgid": task})

    async def cancel_groupmsg_send(self, task: str) -> None:
        """Stop what was not yet sent of a mass send."""
        await self._calls.post("externalcontact/cancel_groupmsg_send", {"msgid": task})

    # --- staff and media ---------------------------------------------------------------------------------------

    async def message_send(self, staff: str, message: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """A message to one staff member, dropped by WeCom when the same came in the last 30 minutes.

        The answer is WeCom's msgid and the userids that could not be reached.
        """
        body = {
            **message,
            "touser": staff,
            "agentid": self._settings.agent_id,
            "enable_duplicate_check": 1,
            "duplicate_check_interval": 1800,
        }
        answer = await self._calls.post("message/send", body)
        invalid = str(answer.get("invaliduser") or "")
        return str(answer.get("msgid", "")), tuple(name for name in invalid.split("|") if name)

    async def media_upload(self, content: bytes) -> str:
        """The media_id of an image (JPG or PNG, 6 bytes to 10 MB), from the last upload while that is good."""
        return await self._images.upload(content)

    def forget_media(self, media: str) -> None:
        """WeCom no longer knows ``media``: upload again next time."""
        self._images.forget(media)

    # --- pages -------------------------------------------------------------------------------------------------

    async def _rows(self, api: str, body: Mapping[str, Any], field: str) -> AsyncIterator[Answer]:
        cursor = ""
        for _ in range(MAX_PAGES):
            answer = await self._calls.post(api, {**body, "cursor": cursor})
            for row in answer.get(field) or ():
                yield mapping(row)
            cursor = str(answer.get("next_cursor") or "")
            if not cursor:
                return
        raise _too_many_pages(api)

    async def _pages_by_query(self, api: str, query: Mapping[str, str]) -> AsyncIterator[Answer]:
        cursor = ""
        for _ in range(MAX_PAGES):
            answer = await self._calls.get(api, {**query, "cursor": cursor} if cursor else query)
            yield answer
            cursor = str(answer.get("next_cursor") or "")
            if not cursor:
                return
        raise _too_many_pages(api)


def _too_many_pages(api: str) -> WecomError:
    return refused_here(f"{api} has more than {MAX_PAGES} pages.", "Name fewer owners or a shorter time.")


def _join_body(chats: Sequence[str], state: str, remark: str, auto_create: bool, base_name: str) -> Answer:
    body: Answer = {
        "scene": 2,
        "remark": remark[:30],
        "auto_create_room": int(auto_create),
        "chat_id_list": list(chats),
        "state": state,
    }
    if auto_create:
        body |= {"room_base_name": base_name, "room_base_id": 1}
    return body
