"""Delivering events to the callback URL: sealed, eight at once, tried again, counted (wecom-api.md §2)."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from qunflow.domain.clock import Clock
from qunflow.sandbox.faults import Faults
from qunflow.sandbox.posting import KeptConnections, PostError, trusted_roots
from qunflow.sandbox.sealing import seal, signature
from qunflow.sandbox.settings import Limits
from qunflow.sandbox.state import Corp

_AT_ONCE = 8
_LONGEST_HOLD = 0.5
_VERIFY_SECONDS = 1.0


@dataclass(slots=True, eq=False)
class Letter:
    """An event under way; sealed at its first try and the same at each later one."""

    xml: str
    tries: int = 0
    query: str = ""
    body: bytes = b""


@dataclass(slots=True)
class Tally:
    """What became of the events: ``lost`` failed for good, ``withheld`` and ``doubled`` by a fault."""

    raised: int = 0
    unsubscribed: int = 0
    pending: int = 0
    delivered: int = 0
    retried: int = 0
    lost: int = 0
    withheld: int = 0
    doubled: int = 0


class CallbackPost:
    """Takes events from the world and delivers them. Retries wait by the wall, not by the domain clock."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.tally = Tally()
        self.faults = Faults()
        self._limits = limits
        self._clock = clock
        self._corp: Corp | None = None
        self._connections = KeptConnections()
        self._queue: deque[Letter] = deque()
        self._active: set[asyncio.Task[None]] = set()

    def start(self, corp: Corp) -> None:
        """Deliver to this corp's callback URL from now on."""
        self._corp = corp

    async def stop(self) -> None:
        """End deliveries under way and close the connections; what was pending is gone with the memory."""
        for task in self._active:
            task.cancel()
        await asyncio.gather(*self._active, return_exceptions=True)
        self._connections.close()

    def post(self, event: str, xml: str) -> None:
        """Take an event by its name; without a callback URL nobody hears it."""
        self.tally.raised += 1
        number = self.tally.raised
        if self._corp is None or not self._corp.callback_url:
            self.tally.unsubscribed += 1
            return
        struck = self.faults.strikes(event)
        if struck and self.faults.loses(number):
            self.tally.withheld += 1
            return
        copies = 1
        if struck and self.faults.doubles(number):
            self.tally.doubled += 1
            copies = 2
        for _ in range(copies):
            self.tally.pending += 1
            hold = self.faults.delay + self.faults.holds_back(number) * _LONGEST_HOLD if struck else 0.0
            self._enqueue_after(hold, Letter(xml))

    def _enqueue_after(self, seconds: float, letter: Letter) -> None:
        if seconds > 0:
            asyncio.get_running_loop().call_later(seconds, self._enqueue, letter)
        else:
            self._enqueue(letter)

    def _enqueue(self, letter: Letter) -> None:
        self._queue.append(letter)
        if len(self._active) < _AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._work())
            self._active.add(task)
            task.add_done_callback(self._active.discard)

    async def _work(self) -> None:
        """Deliver until the queue is empty."""
        while self._queue:
            letter = self._queue.popleft()
            if await self._try(letter):
                self.tally.pending -= 1
                self.tally.delivered += 1
            elif letter.tries > self._limits.retries:
                self.tally.pending -= 1
                self.tally.lost += 1
            else:
                self.tally.retried += 1
                self._enqueue_after(self._limits.retry_wait, letter)

    async def _try(self, letter: Letter) -> bool:
        """One try; only HTTP 200 within the time counts."""
        assert self._corp is not None  # start() came first
        if not letter.body:
            self._seal(letter, self._corp)
        letter.tries += 1
        try:
            async with asyncio.timeout(self._limits.callback_timeout):
                status = await self._connections.post(self._corp.callback_url, letter.query, letter.body)
        except (PostError, TimeoutError):
            return False
        return status == 200

    def _seal(self, letter: Letter, corp: Corp) -> None:
        sealed = seal(letter.xml.encode(), corp.callback_key, corp.corp_id, os.urandom(16))
        letter.query = urlencode(self._signed(corp.callback_token, sealed))
        letter.body = (
            f"<xml><ToUserName><![CDATA[{corp.corp_id}]]></ToUserName>"
            f"<Encrypt><![CDATA[{sealed}]]></Encrypt><AgentID><![CDATA[{corp.agentid}]]></AgentID></xml>"
        ).encode()

    def _signed(self, token: str, sealed: str) -> dict[str, str]:
        timestamp = str(int(self._clock.now().timestamp()) + self._limits.clock_skew)
        nonce = str(secrets.randbelow(10**10))
        return {
            "msg_signature": signature(token, timestamp, nonce, sealed),
            "timestamp": timestamp,
            "nonce": nonce,
        }

    def _verifier(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(trust_env=False, verify=trusted_roots())

    async def verify(self, url: str, token: str, key: bytes, corp_id: str) -> str:
        """Ask a URL to prove it knows the key, as the admin console does; why it failed, or an empty text."""
        plain = str(10**18 + secrets.randbelow(9 * 10**18))
        sealed = seal(plain.encode(), key, corp_id, os.urandom(16))
        query = {**self._signed(token, sealed), "echostr": sealed}
        try:
            async with asyncio.timeout(_VERIFY_SECONDS), self._verifier() as client:
                answer = await client.get(url, params=query)
        except TimeoutError:
            return "no answer within 1 second"
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return f"the URL could not be reached ({type(error).__name__})"
        if answer.status_code != 200:
            return f"the URL answered HTTP {answer.status_code}"
        if answer.content != plain.encode():
            return "the answer is not the plain text of echostr"
        return ""
