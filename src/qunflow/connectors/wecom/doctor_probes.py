"""What the doctor asks: WeCom's API as it answers now, and our own callback URL as WeCom would ask it.

Nothing is tried again and nothing is kept, so that the first answer is what the finding shows.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.wire import Answer, texts

#: Wall seconds within which WeCom wants the plain text of echostr (wecom-api.md §2).
ECHO_SECONDS = 1.0
#: So many of the named staff are looked up one by one.
STAFF_LOOKED_UP = 5
_MAX_ANSWER = 4 * 1_048_576
_MAX_ECHO = 65_536
_GIVE_UP = 6.0
#: A userid that no corp has: a message to it shows whether the AgentId is ours and reaches nobody.
_NOBODY = "qunflow-doctor-nobody"
_SECRETS = re.compile(r"((?:access_token|corpsecret)=)[^&\s\"']+")


class MaskSecrets(logging.Filter):
    """Takes tokens and secrets out of httpx's log lines, which hold whole addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask and let through."""
        record.msg = _SECRETS.sub(r"\1***", record.getMessage())
        record.args = ()
        return True


_MASK = MaskSecrets()


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. ``fault`` is ``unreachable``, ``certificate``, ``no_answer``, ``wrong_address`` or ``skipped``."""

    errcode: int = 0
    errmsg: str = ""
    answer: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""
    date: datetime | None = None

    @property
    def good(self) -> bool:
        """Whether WeCom did what was asked."""
        return not self.fault and self.errcode == 0


SKIPPED = Reply(fault="skipped")


@dataclass(frozen=True, slots=True)
class Echo:
    """What our callback URL answered to a signed echostr; ``code`` is that of our own refusal, if it was one."""

    fault: str = ""  # unreachable | certificate | slow
    status: int = 0
    code: str = ""
    right: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Used:
    """Our own counters: codes that are open, mass sends of the last 24 hours, the busiest API's last minute."""

    codes: int = 0
    mass_sends: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Probes:
    """All answers of one visit; ``callback`` is the address that was asked, ``now`` our wall clock."""

    token: Reply
    follow: Reply
    agent: Reply
    staff: Mapping[str, Reply]
    echo: Echo
    callback: str
    now: datetime
    used: Used = Used()


async def look(
    settings: WecomSettings, callback: str, used: Used, monotonic: Callable[[], float] = time.monotonic
) -> Probes:
    """Ask all there is to ask about an account; ``callback`` is the whole address of its callback URL.

    ``monotonic`` is the watch in seconds that times the callback's answer.
    """
    logging.getLogger("httpx").addFilter(_MASK)  # adding it again changes nothing
    timeout = httpx.Timeout(settings.timeout_seconds, connect=min(3.0, settings.timeout_seconds))
    base = settings.base_url.rstrip("/") + "/cgi-bin/"
    async with httpx.AsyncClient(
        base_url=base, timeout=timeout, proxy=settings.proxy or None, trust_env=False
    ) as client:
        token = await _ask(client, "gettoken", {"corpid": settings.corp_id, "corpsecret": settings.secret})
        now = datetime.now(UTC)
        follow, agent, staff = SKIPPED, SKIPPED, {}
        key = str(token.answer.get("access_token", ""))
        if token.good and key:
            follow = await _ask(client, "externalcontact/get_follow_user_list", {"access_token": key})
            agent = await _ask(client, "message/send", {"access_token": key}, _to_nobody(settings.agent_id))
        if follow.good:
            staff = await _look_up(client, key, settings, texts(follow.answer.get("follow_user")))
    echo = await ask_callback(settings, callback, monotonic)
    return Probes(token, follow, agent, staff, echo, callback, now, used)


def _to_nobody(agent_id: int) -> Answer:
    text = {"content": "qunflow channel doctor"}
    return {"touser": _NOBODY, "agentid": agent_id, "msgtype": "text", "text": text}


async def _look_up(
    client: httpx.AsyncClient, key: str, settings: WecomSettings, listed: tuple[str, ...]
) -> dict[str, Reply]:
    inside = [userid for userid in settings.staff if userid in set(listed)][:STAFF_LOOKED_UP]
    query = {"access_token": key}
    return {userid: await _ask(client, "externalcontact/list", {**query, "userid": userid}) for userid in inside}


async def _ask(
    client: httpx.AsyncClient, api: str, query: Mapping[str, str], body: Mapping[str, Any] | None = None
) -> Reply:
    try:
        request = client.build_request("POST" if body else "GET", api, params=dict(query), json=body)
        response = await client.send(request, stream=True)
        try:
            content = await _bounded(response, _MAX_ANSWER)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Reply(fault=_fault_of(error))
    return _reply_of(response, content)


def _reply_of(response: httpx.Response, content: bytes) -> Reply:
    if response.status_code in (301, 302, 307, 308, 404):
        return Reply(fault="wrong_address")
    try:
        answer = json.loads(content)
    except ValueError:  # bad JSON or bad UTF-8
        answer = None
    if response.status_code != 200 or not isinstance(answer, dict):
        return Reply(fault="no_answer")
    errcode = answer.get("errcode", 0)
    if not isinstance(errcode, int):
        return Reply(fault="no_answer")
    return Reply(errcode, str(answer.get("errmsg", ""))[:500], answer, date=_date_of(response))


def _date_of(response: httpx.Response) -> datetime | None:
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _fault_of(error: Exception) -> str:
    """``certificate`` when TLS failed on it, else whether the request can have arrived."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(seen):
            return "certificate"
        seen = seen.__cause__ or seen.__context__
    unsent = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.InvalidURL)
    return "unreachable" if isinstance(error, unsent) else "no_answer"


async def _bounded(response: httpx.Response, most: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > most:
            return b""  # counts as no JSON and no echo
        pieces.append(piece)
    return b"".join(pieces)


async def ask_callback(settings: WecomSettings, callback: str, monotonic: Callable[[], float]) -> Echo:
    """Ask the callback URL to open a signed echostr, as WeCom does when the URL is saved."""
    plain = str(10**18 + secrets.randbelow(9 * 10**18))
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**10))
    sealed, signature = settings.envelope.seal(plain, timestamp, nonce)
    query = {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": sealed}
    began = monotonic()
    try:
        async with asyncio.timeout(_GIVE_UP), httpx.AsyncClient(trust_env=False, timeout=_GIVE_UP) as client:
            response = await client.send(client.build_request("GET", callback, params=query), stream=True)
            content = await _bounded(response, _MAX_ECHO)
            await response.aclose()
    except (TimeoutError, httpx.ReadTimeout):
        return Echo("slow", seconds=monotonic() - began)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fault = _fault_of(error)
        return Echo("unreachable" if fault == "no_answer" else fault)
    seconds = monotonic() - began
    return Echo("", response.status_code, _code_in(content), content == plain.encode(), seconds)


def _code_in(content: bytes) -> str:
    """The code of a refusal of our own."""
    try:
        answer = json.loads(content)
    except ValueError:
        return ""
    code = answer.get("code") if isinstance(answer, dict) else None
    return code[:64] if isinstance(code, str) else ""
