"""A tiny HTTP server that answers what a test wrote down, and the account the tests use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from qunflow.connectors.matrix.settings import MatrixSettings

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOT, ANN, BOB = "@qunflow:shop.test", "@ann:shop.test", "@bob:shop.test"
ROOM = "!group:shop.test"
DROP = b"drop"  # close the connection without an answer
Answer = Any


class StandingClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOON


@dataclass
class Seen:
    """One request as it came; ``call`` is method and path without the API's prefix, decoded."""

    call: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)


@dataclass
class ScriptedServer:
    """Answers by call from a queue whose last answer repeats; a call that nobody scripted is M_UNRECOGNIZED.

    An answer is JSON data, ``(status, data)``, ``(status, data, headers)`` or DROP.
    """

    answers: dict[str, list[Answer]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    address: str = ""

    def script(self, call: str, *answers: Answer) -> None:
        self.answers[call] = list(answers)

    def calls(self, start: str) -> list[Seen]:
        return [request for request in self.seen if request.call.startswith(start)]

    def _answer(self, request: Seen) -> Answer:
        start = max((call for call in self.answers if request.call.startswith(call)), key=len, default="")
        if not start:
            return (404, {"errcode": "M_UNRECOGNIZED", "error": "no such call"})
        queue = self.answers[start]
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
                status, data, *more = answer if isinstance(answer, tuple) else (200, answer)
                content = data if isinstance(data, bytes) else json.dumps(data).encode()
                headers = {"Content-Length": len(content), **(more[0] if more else {})}
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                writer.write(f"HTTP/1.1 {status} X\r\n{lines}\r\n".encode() + content)
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
    path = unquote(parts.path).removeprefix("/_matrix/client/v3").removeprefix("/_matrix")
    return Seen(f"{method} {path}", dict(parse_qsl(parts.query)), headers, body)


@asynccontextmanager
async def scripted_server() -> AsyncIterator[ScriptedServer]:
    """A server that knows the account and its device, and whose persons all exist."""
    script = ScriptedServer()
    script.script("POST /register", (400, {"errcode": "M_USER_IN_USE", "error": "taken"}))
    script.script("PUT /devices/QUNFLOW", (201, {}))
    script.script("GET /profile/", {"displayname": "Ann"})
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, limit=2**22)
    script.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield script
    finally:
        server.close()


def account(homeserver_url: str = "http://127.0.0.1:9", **changes: Any) -> MatrixSettings:
    values: dict[str, Any] = {
        "homeserver_url": homeserver_url,
        "server_name": "shop.test",
        "as_token": "as-token-0123456789",
        "hs_token": "hs-token-0123456789",
        "sender_localpart": "qunflow",
        "base_url": "https://qunflow.example",
        "staff": ("@lisi:shop.test",),
        "timeout_seconds": 2.0,
    }
    return MatrixSettings(**{**values, **changes})


def refusal(status: int, errcode: str, **more: Any) -> tuple[int, dict[str, Any]]:
    return status, {"errcode": errcode, "error": f"said {errcode}", **more}
