"""The access token of one app: kept until shortly before its end, fetched once however many ask (wecom-api.md §1)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from qunflow.connectors.wecom.errors import Cause, WecomError

#: Seconds before the stated end at which a token counts as old.
MARGIN = 300.0
#: WeCom blocks after about 2000 failing gettoken calls in an hour: a wrong secret is asked once a minute.
REFUSAL_PAUSE = 60.0

FetchToken = Callable[[], Awaitable[tuple[str, float]]]


class TokenCache:
    """Holds the token of one app in this process; ``fetch`` gives ``(token, seconds)``.

    WeCom answers the same token to every process that asks while it is good, so processes need not share it.
    """

    def __init__(self, fetch: FetchToken, monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._token = ""
        self._good_until = 0.0
        self._refusal: WecomError | None = None
        self._refused_until = 0.0

    async def token(self, stale: str = "") -> str:
        """A token other than ``stale``; raises :class:`WecomError` when WeCom gives none."""
        if self._fits(stale):
            return self._token
        async with self._lock:
            if self._fits(stale):
                return self._token
            return await self._renew()

    def _fits(self, stale: str) -> bool:
        return bool(self._token) and self._token != stale and self._monotonic() < self._good_until

    async def _renew(self) -> str:
        if self._refusal is not None and self._monotonic() < self._refused_until:
            raise WecomError(self._refusal.errcode, self._refusal.fault)
        try:
            self._token, seconds = await self._fetch()
        except WecomError as error:
            if error.cause is Cause.SETUP:
                self._refusal = error
                self._refused_until = self._monotonic() + REFUSAL_PAUSE
            raise
        self._refusal = None
        self._good_until = self._monotonic() + max(1.0, seconds - min(MARGIN, seconds / 10))
        return self._token
