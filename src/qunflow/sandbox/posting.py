"""Posting bodies to one URL over kept connections.

A callback needs no more of HTTP than the status of its answer. A general client spends ten times the processor
time on each post, and the sandbox shares its machine with the product it tests.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

_HEAD_MOST = 65_536
_BODY_MOST = 1_000_000


@functools.cache
def trusted_roots() -> ssl.SSLContext:
    """The system's certificates; loading them takes tens of milliseconds, so once."""
    return ssl.create_default_context()


class PostError(Exception):
    """The other side could not be reached, or what it answered is no HTTP."""


@dataclass(slots=True, eq=False)
class _Line:
    """An open connection; ``used`` once an answer came over it."""

    host: tuple[str, int, bool]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False


class KeptConnections:
    """Connections to the host of one URL at a time, kept open between posts."""

    def __init__(self) -> None:
        self._idle: list[_Line] = []
        self._host: tuple[str, int, bool] = ("", 0, False)

    async def post(self, url: str, query: str, body: bytes) -> int:
        """Post and return the HTTP status; ``PostError`` when there is none. The caller sets the time limit."""
        head = self._head(url, query, len(body))
        while self._idle:
            status = await self._exchange(self._idle.pop(), head + body)
            if status:
                return status
        status = await self._exchange(await self._open(), head + body)
        if not status:
            raise PostError("the connection ended without an answer")
        return status

    def close(self) -> None:
        """Close what is idle."""
        for line in self._idle:
            line.writer.close()
        self._idle.clear()

    def _head(self, url: str, query: str, size: int) -> bytes:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host = (parts.hostname or "", parts.port or (443 if secure else 80), secure)
        if host != self._host:
            self.close()
            self._host = host
        joined = "&".join(part for part in (parts.query, query) if part)
        return (
            f"POST {parts.path or '/'}?{joined} HTTP/1.1\r\nhost: {parts.netloc.rpartition('@')[2]}\r\n"
            f"content-type: text/xml\r\ncontent-length: {size}\r\n\r\n"
        ).encode()

    async def _open(self) -> _Line:
        host, port, secure = self._host
        context = trusted_roots() if secure else None
        try:
            streams = await asyncio.open_connection(host, port, ssl=context, limit=_HEAD_MOST)
            return _Line((host, port, secure), *streams)
        except OSError as error:
            raise PostError(f"{host}:{port} could not be reached") from error

    async def _exchange(self, line: _Line, request: bytes) -> int:
        """The status; 0 when a kept connection turns out to have been closed meanwhile."""
        keep = False
        try:
            line.writer.write(request)
            head = await line.reader.readuntil(b"\r\n\r\n")
            status, size = _read_head(head)
            if 0 <= size <= _BODY_MOST:
                await line.reader.readexactly(size)
                keep = b"\r\nconnection: close\r\n" not in head.lower()
            return status
        except (OSError, asyncio.IncompleteReadError) as error:
            if line.used:
                return 0
            raise PostError("the connection broke") from error
        except (asyncio.LimitOverrunError, ValueError) as error:
            raise PostError("the answer is no HTTP") from error
        finally:
            if keep and line.host == self._host:
                line.used = True
                self._idle.append(line)
            else:
                line.writer.close()


def _read_head(head: bytes) -> tuple[int, int]:
    """Status and body size; size -1 when the head does not state it, so the connection cannot be kept."""
    first, *lines = head.decode("latin-1").split("\r\n")
    protocol, _, rest = first.partition(" ")
    if not protocol.startswith("HTTP/1."):
        raise ValueError(first[:40])
    status = int(rest[:3])
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            return status, int(value)
    return status, 0 if status == 204 else -1
