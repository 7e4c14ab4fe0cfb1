"""A wire between a Matrix server and qunflow that can swallow the answers to pushes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Wire:
    """Passes requests on to ``port``. While ``lossy`` what was pushed arrives, and the server never learns of it."""

    port: int
    lossy: bool = False
    swallowed: list[str] = field(default_factory=list)  # transaction ids, once for each lost answer
    passed: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            line, *headers = head.decode("latin-1").split("\r\n")
            kept = [header for header in headers if header and not header.lower().startswith("connection:")]
            length = next((int(h.split(":")[1]) for h in kept if h.lower().startswith("content-length:")), 0)
            body = await reader.readexactly(length)
            answer = await self._forward("\r\n".join([line, *kept, "Connection: close", "", ""]).encode() + body)
            path = line.split(" ")[1].partition("?")[0]
            transaction = path.rpartition("/")[2] if "/transactions/" in path else ""
            if transaction and self.lossy:
                self.swallowed.append(transaction)
                return
            if transaction:
                self.passed.append(transaction)
            writer.write(answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # one of the two is away
        finally:
            writer.close()

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def strung(listen: int, port: int) -> AsyncIterator[Wire]:
    """A wire from one port to another."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", listen, limit=2**20)
    try:
        yield wire
    finally:
        server.close()
