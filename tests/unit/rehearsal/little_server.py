"""A small HTTP server on a real socket: answers what a test's handler says, or misbehaves as it says."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What is sent back. ``raw`` is sent as it is instead; ``drop`` ends the connection, after ``raw`` if any."""

    status: int = 200
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes = b""
    drop: bool = False
    chunks: tuple[bytes, ...] = ()

    def wire(self) -> bytes:
        if self.raw or self.drop:
            return self.raw
        lines = [f"HTTP/1.1 {self.status} Said", *(f"{name}: {value}" for name, value in self.headers)]
        if self.chunks:
            lines.append("Transfer-Encoding: chunked")
            body = b"".join(b"%x;x=y\r\n%s\r\n" % (len(chunk), chunk) for chunk in self.chunks) + b"0\r\nA: b\r\n\r\n"
        else:
            lines.append(f"Content-Length: {len(self.body)}")
            body = self.body
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


Handler = Callable[[Asked], Awaitable[Reply]]


@dataclass
class LittleServer:
    """Where it listens and what was asked."""

    handler: Handler
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    lines: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.lines[task] = writer
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                self.asked.append(Asked(method, target, headers, body))
                reply = await self.handler(self.asked[-1])
                writer.write(reply.wire())
                await writer.drain()
                if reply.drop:
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()
            del self.lines[task]

    async def hang_up(self) -> None:
        """End all connections and wait for those who serve them."""
        for writer in self.lines.values():
            writer.transport.abort()
        await asyncio.gather(*self.lines)


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[LittleServer]:
    """A server on a free port of this machine while the block runs."""
    little = LittleServer(handler)
    server = await asyncio.start_server(little.serve, "127.0.0.1", 0)
    little.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield little
        server.close()
        await little.hang_up()
