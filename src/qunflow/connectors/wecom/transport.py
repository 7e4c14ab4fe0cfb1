"""One HTTP call to WeCom: token, rate limit, errcode, and the retries that are safe here (wecom-api.md §0)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import yarl

from qunflow.connectors.wecom.errors import (
    NO_ANSWER,
    UNREACHABLE,
    WRONG_ADDRESS,
    Cause,
    WecomError,
    refusal,
)
from qunflow.connectors.wecom.rate_limit import RateLimit
from qunflow.connectors.wecom.settings import WecomSettings
from qunflow.connectors.wecom.token import TokenCache
from qunflow.connectors.wecom.wire import Answer

Sleep = Callable[[float], Awaitable[None]]

MAX_ANSWER_BYTES = 16 * 1_048_576
BUSY_RETRIES = 3
#: Longest wall wait for our own rate limit; beyond it the caller comes back later.
LOCAL_WAIT = 3.0

#: An idle connection is kept for this many seconds.
KEEP_SECONDS = 30.0

_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError)


class Transport:
    """Calls WeCom's API for one app. ``jitter`` gives numbers in [0, 1); ``monotonic`` wall seconds."""

    def __init__(
        self,
        settings: WecomSettings,
        *,
        jitter: Callable[[], float],
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._jitter = jitter
        self._sleep = sleep
        self._limit = RateLimit(settings.calls_per_minute, settings.calls_per_hour, monotonic)
        self._tokens = TokenCache(self._fetch_token, monotonic)
        self._base = settings.base_url.rstrip("/") + "/cgi-bin/"
        self._http: aiohttp.ClientSession | None = None

    async def get(self, api: str, params: Mapping[str, Any] | None = None) -> Answer:
        """A reading call; raises :class:`WecomError`."""
        return await self._with_token("GET", api, params=params)

    async def post(self, api: str, body: Mapping[str, Any]) -> Answer:
        """A call with a JSON body; raises :class:`WecomError`."""
        return await self._with_token("POST", api, body=body)

    async def upload(self, api: str, params: Mapping[str, Any], name: str, content: bytes, kind: str) -> Answer:
        """A file in the multipart field ``media``; raises :class:`WecomError`."""
        return await self._with_token("POST", api, params=params, files={"media": (name, content, kind)})

    async def close(self) -> None:
        """Give up the connections."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _session(self) -> aiohttp.ClientSession:
        """The connections, opened with the first call: aiohttp wants a running loop."""
        if self._http is None:
            seconds = self._settings.timeout_seconds
            self._http = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.connections, keepalive_timeout=KEEP_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=None, connect=seconds, sock_connect=min(3.0, seconds), sock_read=seconds
                ),
            )
        return self._http

    async def _fetch_token(self) -> tuple[str, float]:
        query = {"corpid": self._settings.corp_id, "corpsecret": self._settings.secret}
        answer = await self._patiently("GET", "gettoken", query, None, None)
        token, seconds = answer.get("access_token"), answer.get("expires_in", 7200)
        if not isinstance(token, str) or not token or not isinstance(seconds, int):
            raise WecomError(0, NO_ANSWER)
        return token, float(seconds)

    async def _with_token(
        self,
        method: str,
        api: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> Answer:
        """Call with the token; when WeCom no longer takes it, once more with a new one."""
        token = await self._tokens.token()
        try:
            return await self._patiently(method, api, {**(params or {}), "access_token": token}, body, files)
        except WecomError as error:
            if error.cause is not Cause.TOKEN:
                raise
        token = await self._tokens.token(stale=token)
        return await self._patiently(method, api, {**(params or {}), "access_token": token}, body, files)

    async def _patiently(
        self,
        method: str,
        api: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        files: Mapping[str, Any] | None,
    ) -> Answer:
        """Call, and again up to three times while WeCom says that it is busy."""
        for attempt in range(BUSY_RETRIES + 1):
            await self._wait_turn(api)
            answer = await self._once(method, api, query, body, files)
            errcode = answer.get("errcode", 0)
            if errcode == -1 and attempt < BUSY_RETRIES:
                await self._sleep(0.2 * 2**attempt * (0.5 + self._jitter()))
                continue
            if errcode == 45009:
                self._limit.close(api, 60.0)
            if errcode != 0:
                raise refusal(errcode, str(answer.get("errmsg", "")))
            return answer
        raise AssertionError("the last attempt returns or raises")

    async def _wait_turn(self, api: str) -> None:
        closed = self._limit.closed_for(api)
        wait = closed or self._limit.take(api)
        if closed or wait > LOCAL_WAIT:
            if not closed:
                self._limit.give_back(api)
            error = refusal(45009)
            error.wait = wait
            raise error
        if wait:
            await self._sleep(wait)

    async def _once(
        self,
        method: str,
        api: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None,
        files: Mapping[str, Any] | None,
    ) -> Answer:
        url = yarl.URL(f"{self._base}{api}?{urlencode(dict(query))}", encoded=True)
        try:
            async with self._session().request(
                method, url, allow_redirects=False, proxy=self._settings.proxy or None, **_content(body, files)
            ) as response:
                return _answer_of(response.status, await _bounded(response))
        except _NOT_SENT as error:
            raise WecomError(0, UNREACHABLE, said=type(error).__name__) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise WecomError(0, NO_ANSWER, said=type(error).__name__, unknown=True) from error


def _content(body: Mapping[str, Any] | None, files: Mapping[str, Any] | None) -> dict[str, Any]:
    """What aiohttp is to send: JSON, a form with one file, or nothing."""
    if files is not None:
        form = aiohttp.FormData(quote_fields=False)  # WeCom reads the plain name, not filename*=
        for field, (name, content, kind) in files.items():
            form.add_field(field, content, filename=name, content_type=kind)
        return {"data": form}
    if body is not None:
        text = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        return {"data": text, "headers": {"content-type": "application/json"}}
    return {}


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    async for piece in response.content.iter_any():
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            raise WecomError(0, NO_ANSWER, said=f"more than {MAX_ANSWER_BYTES} bytes", unknown=True)
        pieces.append(piece)
    return b"".join(pieces)


def _answer_of(status: int, content: bytes) -> Answer:
    if status in (301, 302, 307, 308, 404):  # plain http is sent to https; an unknown path has an empty body
        raise WecomError(0, WRONG_ADDRESS, said=f"HTTP {status}")
    if status != 200:
        raise WecomError(0, NO_ANSWER, said=f"HTTP {status}", unknown=True)
    try:
        answer = json.loads(content)
    except ValueError as error:  # bad JSON or bad UTF-8
        raise WecomError(0, NO_ANSWER, said="no JSON", unknown=True) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("errcode", 0), int):
        raise WecomError(0, NO_ANSWER, said="no object with an errcode", unknown=True)
    return answer
