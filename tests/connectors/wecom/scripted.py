"""A tiny HTTP server that answers what a test wrote down, and the account the tests use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from qunflow.connectors.wecom.settings import WecomSettings

CORP = "ww1234567890abcdef"
TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}
DROP = b"drop"  # close the connection without an answer


@dataclass
class HandClock:
    """A clock that stands still until a test moves it."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@dataclass
class Seen:
    """One request as it came."""

    method: str
    api: str
    query: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedServer:
    """Answers per API from a queue; the last answer repeats. Tokens are ``t1``, ``t2`` … unless scripted."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    address: str = ""
    tokens: int = 0

    def script(self, api: str, *answers: Any) -> None:
        self.answers[api] = list(answers)

    def calls(self, api: str) -> list[Seen]:
        return [request for request in self.seen if request.api == api]

    def _answer(self, request: Seen) -> Any:
        queue = self.answers.get(request.api)
        if queue is None and request.api == "gettoken":
            self.tokens += 1
            return {**OK, "access_token": f"t{self.tokens}", "expires_in": 7200}
        if queue is None:
            return (404, b"")
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        return answer(request) if isinstance(answer, Callable) else answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (head := await reader.readuntil(b"\r\n\r\n")) != b"":
                request = await _request(head, reader)
                self.seen.append(request)
                answer = self._answer(request)
                if answer is DROP:
                    return
                status, content = answer if isinstance(answer, tuple) else (200, json.dumps(answer).encode())
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away
        finally:
            writer.close()


async def _request(head: bytes, reader: asyncio.StreamReader) -> Seen:
    line, *lines = head.decode().split("\r\n")
    method, target, _ = line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (item.partition(":") for item in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Seen(method, parts.path.removeprefix("/cgi-bin/"), dict(parse_qsl(parts.query)), body)


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    script = ScriptedServer()
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, limit=2**22)
    script.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()


def account(base_url: str = "http://127.0.0.1:9", **changes: Any) -> WecomSettings:
    values: dict[str, Any] = {
        "corp_id": CORP,
        "secret": "s3cret-of-app",
        "agent_id": 1_000_002,
        "token": TOKEN,
        "aes_key": AES_KEY,
        "base_url": base_url,
        "staff": ("lisi",),
        "timeout_seconds": 2.0,
    }
    return WecomSettings(**{**values, **changes})
