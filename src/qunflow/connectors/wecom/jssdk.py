"""JS-SDK: tickets, signatures and what a page hands to the client (wecom-api.md §10)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from qunflow.connectors.wecom.bounds import check_bytes, check_choice, check_id, check_ids, refuse
from qunflow.connectors.wecom.content import check_attachment
from qunflow.connectors.wecom.errors import NO_ANSWER, WecomError
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.token import TokenCache
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer

#: What a staff page of ours calls: make a group, write into the chat at hand, learn which chat it is.
CALLS = (
    "openEnterpriseChat",
    "sendChatMessage",
    "shareToExternalChat",
    "shareToExternalContact",
    "getCurExternalChat",
    "getCurExternalContact",
    "getContext",
)
MAX_PAGE = 2_048
_MESSAGES = ("text", "image", "video", "file", "news", "miniprogram")


class JsSdk:
    """Signs pages; both tickets are fetched once and kept until shortly before their end (400 an hour a corp).

    ``wall`` gives Unix seconds, ``nonce`` a fresh random word, ``monotonic`` wall seconds.
    """

    def __init__(
        self,
        settings: WecomSettings,
        calls: Transport,
        *,
        monotonic: Callable[[], float],
        wall: Callable[[], float],
        nonce: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._calls = calls
        self._wall = wall
        self._nonce = nonce
        self._corp = TokenCache(self._fetch_corp, monotonic)
        self._agent = TokenCache(self._fetch_agent, monotonic)

    async def configs(self, url: str) -> dict[str, dict[str, Any]]:
        """Both configurations of a page: ``corp`` for ``wx.config``, ``agent`` for ``wx.agentConfig``."""
        return {"corp": await self.corp_config(url), "agent": await self.agent_config(url)}

    async def corp_config(self, url: str) -> dict[str, Any]:
        """What ``wx.config`` takes on the page ``url``."""
        signed = self._signed(await self._corp.token(), url)
        return {"beta": True, "appId": self._settings.corp_id, **signed, "jsApiList": list(CALLS)}

    async def agent_config(self, url: str) -> dict[str, Any]:
        """What ``wx.agentConfig`` takes on the page ``url``: needed for all calls with customers."""
        signed = self._signed(await self._agent.token(), url)
        return {
            "corpid": self._settings.corp_id,
            "agentid": str(self._settings.agent_id),
            **signed,
            "jsApiList": list(CALLS),
        }

    def _signed(self, ticket: str, url: str) -> dict[str, Any]:
        nonce, moment = self._nonce(), int(self._wall())
        return {"timestamp": moment, "nonceStr": nonce, "signature": signature(ticket, nonce, moment, url)}

    async def _fetch_corp(self) -> tuple[str, float]:
        return _ticket(await self._calls.get("get_jsapi_ticket"))

    async def _fetch_agent(self) -> tuple[str, float]:
        return _ticket(await self._calls.get("ticket/get", {"type": "agent_config"}))


def signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """SHA-1 over ticket, nonce, timestamp and the raw address without its ``#`` part. Raises InvalidInput."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url.encode()) > MAX_PAGE:
        raise refuse("url", f"Must be a whole http(s) address of at most {MAX_PAGE} bytes.", "Send location.href.")
    page = url.partition("#")[0]
    plain = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(plain.encode(), usedforsecurity=False).hexdigest()


def open_enterprise_chat(staff: Sequence[str], externals: Sequence[str], name: str = "") -> dict[str, str]:
    """What ``openEnterpriseChat`` takes: a person makes a group of these staff and customers by one tap."""
    if not staff and not externals:
        raise refuse("staff", "A group needs people.", "Name staff or customers.")
    return {
        "userIds": ";".join(check_ids("staff", staff, 0, 2_000)),
        "externalUserIds": ";".join(check_ids("externals", externals, 0, 2_000)),
        "groupName": check_bytes("name", name, 120),
        "chatId": "",
    }


def open_existing_chat(chat: str) -> dict[str, str]:
    """What ``openEnterpriseChat`` takes to open a group that is there."""
    return {"userIds": "", "externalUserIds": "", "groupName": "", "chatId": check_id("chat", chat)}


def send_chat_message(kind: str, **values: str) -> dict[str, Any]:
    """What ``sendChatMessage`` takes: a person sends it into the chat at hand by one tap.

    ``text`` takes ``content``; ``news`` takes ``link``, ``title``, ``desc``, ``imgUrl``; the others as attachments do.
    """
    check_choice("kind", kind, _MESSAGES)
    if kind == "text":
        return {"msgtype": kind, "text": {"content": check_bytes("content", values.get("content", ""), 4_000, 1)}}
    if kind == "news":
        news = {name: check_bytes(name, values.get(name, ""), 2_048) for name in ("link", "title", "desc", "imgUrl")}
        check_bytes("link", news["link"], 2_048, 1)
        return {"msgtype": kind, "news": news}
    if kind == "miniprogram":
        mini = {name: check_bytes(name, values.get(name, ""), 2_048, 1) for name in ("appid", "title", "page")}
        return {"msgtype": kind, "miniprogram": {**mini, "imgUrl": values.get("imgUrl", "")}}
    media = check_attachment({"msgtype": kind, kind: {"media_id": values.get("media_id", "")}})[kind]
    return {"msgtype": kind, kind: {"mediaid": media["media_id"]}}


def _ticket(answer: Answer) -> tuple[str, float]:
    ticket, seconds = answer.get("ticket"), answer.get("expires_in", 7200)
    if not isinstance(ticket, str) or not ticket or not isinstance(seconds, int):
        raise WecomError(0, NO_ANSWER)
    return ticket, float(seconds)
