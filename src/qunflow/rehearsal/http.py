"""A small HTTP/1.1 client over kept connections.

A crowd makes hundreds of thousands of calls on the machine that it tests; a general client spends ten times the
processor time on each. It speaks plain HTTP only, because the crowd and the server stand on one machine or network.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_MOST = 65_536
BODY_MOST = 16 * 1024 * 1024
_IDLE_MOST = 64
_BODILESS = frozenset({204, 304})

Host = tuple[str, int]


class HttpError(Exception):
    """No answer: ``code`` is ``unreachable``, ``broken``, ``timeout``, ``not_http``, ``too_large`` or ``bad_url``."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; header names are in lower case, cookies are kept as they were set."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(slots=True, eq=False)
class _Line:
    """An open connection; ``used`` once an answer came over it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    used: bool = False


class HttpClient:
    """Connections by host, kept between requests; ``timeout`` in wall seconds holds for a whole request."""

    def __init__(self, timeout: float = 20.0) -> None:
        self.requests = 0
        self._timeout = timeout
        self._idle: dict[Host, list[_Line]] = {}

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answer:
        """One request and its answer. Raises HttpError.

        Only a GET goes out again when a kept connection turns out to be closed: of another method nobody knows
        whether the first one was carried out.
        """
        host, netloc, target = _split(url)
        lines = [f"{method} {target} HTTP/1.1", f"host: {netloc}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if body or method == "POST":
            lines.append(f"content-length: {len(body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        self.requests += 1
        try:
            async with asyncio.timeout(self._timeout):
                return await self._ask(host, method, head + body)
        except TimeoutError as error:
            raise HttpError("timeout", f"{method} {target[:200]}") from error

    def close(self) -> None:
        """Close what is idle."""
        for lines in self._idle.values():
            for line in lines:
                line.writer.close()
        self._idle.clear()

    async def _ask(self, host: Host, method: str, request: bytes) -> Answer:
        idle = self._idle.setdefault(host, [])
        while idle:
            line = idle.pop()
            if line.reader.at_eof():
                line.writer.close()
                continue
            try:
                return await self._exchange(host, line, method, request)
            except HttpError as error:
                if method != "GET" or error.code != "broken":
                    raise
        return await self._exchange(host, await _open(host), method, request)

    async def _exchange(self, host: Host, line: _Line, method: str, request: bytes) -> Answer:
        keep = False
        try:
            line.writer.write(request)
            await line.writer.drain()
            answer, keep = await _read_answer(line.reader, method)
            return answer
        except (OSError, asyncio.IncompleteReadError) as error:
            raise HttpError("broken", str(error)[:200]) from error
        except (asyncio.LimitOverrunError, ValueError) as error:
            raise HttpError("not_http", str(error)[:200]) from error
        finally:
            idle = self._idle.setdefault(host, [])
            if keep and len(idle) < _IDLE_MOST:
                idle.append(line)
            else:
                line.writer.close()


def _split(url: str) -> tuple[Host, str, str]:
    """Host and port, the Host header, and the request's target; anything but a plain ``http`` URL is refused."""
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError as error:
        raise HttpError("bad_url", url[:200]) from error
    plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme != "http" or not parts.hostname or not plain:
        raise HttpError("bad_url", url[:200])
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return (parts.hostname, port), parts.netloc.rpartition("@")[2], target


async def _open(host: Host) -> _Line:
    try:
        return _Line(*await asyncio.open_connection(*host, limit=HEAD_MOST))
    except OSError as error:
        raise HttpError("unreachable", f"{host[0]}:{host[1]}") from error


async def _read_answer(reader: asyncio.StreamReader, method: str) -> tuple[Answer, bool]:
    """The answer, and whether the connection may be kept."""
    status = 100
    while status < 200:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0"):
            raise ValueError(f"no HTTP: {first[:40]}")
        status = int(rest[:3])
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if name.lower() == "set-cookie":
            cookies.append(value.strip())
        else:
            headers[name.lower()] = value.strip()
    keep = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if method == "HEAD" or status in _BODILESS:
        return Answer(status, headers, tuple(cookies), b""), keep
    body, whole = await _read_body(reader, headers)
    return Answer(status, headers, tuple(cookies), body), keep and whole


async def _read_body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> tuple[bytes, bool]:
    """The body, and whether the connection is still usable after it."""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader), True
    if "content-length" in headers:
        size = int(headers["content-length"])
        _check_size(size)
        return await reader.readexactly(size), True
    body = bytearray()
    while part := await reader.read(HEAD_MOST):
        body += part
        _check_size(len(body))
    return bytes(body), False


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        _check_size(len(body) + size)
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return bytes(body)


def _check_size(size: int) -> None:
    if not 0 <= size <= BODY_MOST:
        raise HttpError("too_large", f"{size} bytes")
