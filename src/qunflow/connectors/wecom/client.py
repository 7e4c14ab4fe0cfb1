"""WeCom's API for one app: what delivery calls, and every other call by its subject.

All raise :class:`WecomError` for what WeCom refuses and InvalidInput for what breaks a known limit, before a call.
Times are Unix seconds on the wire.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from qunflow.connectors.wecom.acquisition import AcquisitionLinks
from qunflow.connectors.wecom.albums import ProductAlbum
from qunflow.connectors.wecom.bounds import check_id
from qunflow.connectors.wecom.contact_ways import ContactWay, ContactWayPlan, ContactWays
from qunflow.connectors.wecom.contacts import Contacts
from qunflow.connectors.wecom.content import message_content
from qunflow.connectors.wecom.identity import Identities
from qunflow.connectors.wecom.inheritance import Inheritance
from qunflow.connectors.wecom.intercept import InterceptRules
from qunflow.connectors.wecom.join_ways import JoinWay, JoinWayPlan, JoinWays
from qunflow.connectors.wecom.jssdk import JsSdk
from qunflow.connectors.wecom.mass_sends import FiledTask, MassSendPlan, MassSends, SendResult
from qunflow.connectors.wecom.media import Uploads
from qunflow.connectors.wecom.moments import Moments
from qunflow.connectors.wecom.paging import MAX_PAGES, rows
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.staff_messages import StaffMessages
from qunflow.connectors.wecom.statistics import Statistics
from qunflow.connectors.wecom.tags import CorpTags
from qunflow.connectors.wecom.transport import Sleep, Transport
from qunflow.connectors.wecom.welcome import WelcomeTemplates
from qunflow.connectors.wecom.wire import Answer, mapping
from qunflow.domain.clock import Clock

__all__ = ["MAX_PAGES", "ContactWay", "FiledTask", "JoinWay", "SendResult", "WecomClient"]


class WecomClient:
    """The calls qunflow makes for one app; ``clock`` decides how long an upload is good and which day is yesterday."""

    def __init__(
        self,
        settings: WecomSettings,
        clock: Clock,
        *,
        jitter: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        nonce: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.settings = settings
        calls = Transport(settings, jitter=jitter, sleep=sleep, monotonic=monotonic)
        self._calls = calls
        agent = settings.agent_id
        self.contacts = Contacts(calls)
        self.tags = CorpTags(calls, agent)
        self.contact_ways = ContactWays(calls)
        self.join_ways = JoinWays(calls)
        self.links = AcquisitionLinks(calls)
        self.inheritance = Inheritance(calls)
        self.statistics = Statistics(calls, clock)
        self.welcomes = WelcomeTemplates(calls, agent)
        self.mass_sends = MassSends(calls)
        self.words = InterceptRules(calls)
        self.moments = Moments(calls)
        self.album = ProductAlbum(calls)
        self.staff_messages = StaffMessages(calls, agent)
        self.uploads = Uploads(calls, clock)
        self.identities = Identities(calls)
        self.jssdk = JsSdk(settings, calls, monotonic=monotonic, wall=wall, nonce=nonce)

    async def close(self) -> None:
        """Give up the connections."""
        await self._calls.close()

    # --- contacts ----------------------------------------------------------------------------------------------

    async def follow_user_list(self) -> tuple[str, ...]:
        """The staff who may use customer contact."""
        return await self.contacts.follow_users()

    async def contact_get(self, external: str) -> Answer:
        """``external_contact`` and all of its ``follow_user`` (500 a page)."""
        return await self.contacts.get(external)

    async def add_contact_way(self, staff: Sequence[str], state: str, remark: str = "") -> ContactWay:
        """A QR code under which the named staff are added; ``state`` comes back with the contact."""
        return await self.contact_ways.add(ContactWayPlan(staff=tuple(staff), state=state, remark=remark))

    async def get_contact_way(self, config: str) -> Answer:
        """``contact_way`` as WeCom holds it."""
        return await self.contact_ways.get(config)

    async def list_contact_way(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """The config_ids made between two instants; temporary ones are not told."""
        return await self.contact_ways.list(start, end)

    async def update_contact_way(self, config: str, staff: Sequence[str], state: str) -> None:
        """Set staff and state of a code; type and scene stay."""
        await self.contact_ways.update(config, staff=staff, state=state)

    async def del_contact_way(self, config: str) -> None:
        """Delete a code."""
        await self.contact_ways.delete(config)

    async def send_welcome_msg(self, code: str, text: str, attachments: Sequence[Mapping[str, Any]] = ()) -> None:
        """The one welcome to a new contact, within 20 s of the event."""
        body = {"welcome_code": check_id("welcome_code", code, 512), **message_content(text, attachments)}
        await self._calls.post("externalcontact/send_welcome_msg", body)

    # --- groups ------------------------------------------------------------------------------------------------

    async def groupchat_list(self, owners: Sequence[str] = (), status: int = 0) -> tuple[str, ...]:
        """The chat ids of all customer groups, of all visible owners when none is named.

        ``status`` 0 all, 1 whose owner resigned, 2 being handed over, 3 handed over.
        """
        chats: list[str] = []
        for first in range(0, max(1, len(owners)), 100):
            body: Answer = {"status_filter": status, "limit": 1000}
            if owners:
                body["owner_filter"] = {"userid_list": list(owners[first : first + 100])}
            found = rows(self._calls, "externalcontact/groupchat/list", body, "group_chat_list")
            chats.extend([str(row.get("chat_id", "")) async for row in found])
        return tuple(dict.fromkeys(chat for chat in chats if chat))

    async def groupchat_get(self, chat: str) -> Answer:
        """``group_chat`` with its members and their names."""
        answer = await self._calls.post("externalcontact/groupchat/get", {"chat_id": chat, "need_name": 1})
        return mapping(answer.get("group_chat"))

    async def add_join_way(
        self, chats: Sequence[str], *, state: str, remark: str, auto_create: bool, base_name: str
    ) -> str:
        """The config_id of a new join code; its QR is told by :meth:`get_join_way` only."""
        return await self.join_ways.add(_join_plan(chats, state, remark, auto_create, base_name))

    async def get_join_way(self, config: str) -> JoinWay:
        """A join code as WeCom holds it, with the groups that it made by itself."""
        return await self.join_ways.get(config)

    async def update_join_way(
        self, config: str, chats: Sequence[str], *, state: str, remark: str, auto_create: bool, base_name: str
    ) -> None:
        """Overwrite a join code."""
        await self.join_ways.update(config, _join_plan(chats, state, remark, auto_create, base_name))

    async def del_join_way(self, config: str) -> None:
        """Delete a join code."""
        await self.join_ways.delete(config)

    # --- mass sends --------------------------------------------------------------------------------------------

    async def add_msg_template(self, externals: Sequence[str], text: str, sender: str = "") -> FiledTask:
        """File a mass send to customers; nothing goes out until staff confirm."""
        return await self.mass_sends.add(MassSendPlan(text=text, externals=tuple(externals), sender=sender))

    async def get_groupmsg_list_v2(self, start: datetime, end: datetime, creator: str = "") -> tuple[Answer, ...]:
        """The mass sends to customers made between two instants (at most a month apart)."""
        return await self.mass_sends.list(start, end, creator)

    async def get_groupmsg_task(self, task: str) -> tuple[str, ...]:
        """The userids of the staff who have to confirm a mass send."""
        return tuple(part.staff for part in await self.mass_sends.parts(task))

    async def get_groupmsg_send_result(self, task: str, userid: str) -> tuple[SendResult, ...]:
        """What became of each customer of one staff member's part."""
        return await self.mass_sends.results(task, userid)

    async def remind_groupmsg_send(self, task: str) -> None:
        """Remind staff of a mass send; three times in 24 hours."""
        await self.mass_sends.remind(task)

    async def cancel_groupmsg_send(self, task: str) -> None:
        """Stop what was not yet sent of a mass send."""
        await self.mass_sends.cancel(task)

    # --- staff and media ---------------------------------------------------------------------------------------

    async def message_send(self, staff: str, message: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
        """A message to one staff member, dropped by WeCom when the same came in the last 30 minutes.

        The answer is WeCom's msgid and the userids that could not be reached.
        """
        sent = await self.staff_messages.send(message, (staff,))
        return sent.message, sent.unreached

    async def media_upload(self, content: bytes) -> str:
        """The media_id of an image (JPG or PNG, 6 bytes to 10 MB), from the last upload while that is good."""
        return await self.uploads.upload(content)

    def forget_media(self, media: str) -> None:
        """WeCom no longer knows ``media``: upload again next time."""
        self.uploads.forget(media)


def _join_plan(chats: Sequence[str], state: str, remark: str, auto_create: bool, base_name: str) -> JoinWayPlan:
    """WeCom itself cuts a longer remark; ours is a label only, so it is cut here."""
    return JoinWayPlan(tuple(chats), state, remark[:30], auto_create, base_name)
