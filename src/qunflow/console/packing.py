"""Pages get their nonce, and everything worth it is packed with gzip; what never changes is packed once."""

from __future__ import annotations

import gzip
import re
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Files that come in packages carry the package's version in their path.
_FOREVER = re.compile(r"/_nicegui/[0-9.]+/(static|libraries|components|esm)/")
_PACKED_TYPES = re.compile(r"text/|application/(javascript|json)|image/svg")
MIN_BYTES = 600
MAX_KEPT_BYTES = 8 * 1024 * 1024


class Packing:
    """Wraps an application: buffers answers that are to be packed, lets all others through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._kept_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of the application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        packs = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        await self._app(scope, receive, _Packer(self, scope, send, packs).send)

    def pack(self, path: str, body: bytes) -> bytes:
        """The body packed; that of a file that never changes is kept."""
        if not _FOREVER.match(path):
            return gzip.compress(body, 5, mtime=0)
        kept = self._kept.get(path)
        if kept is None:
            kept = self._kept[path] = gzip.compress(body, 9, mtime=0)
            self._kept_bytes += len(kept)
            while self._kept_bytes > MAX_KEPT_BYTES:
                self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return kept


class _Packer:
    """One answer on its way."""

    def __init__(self, packing: Packing, scope: Scope, send: Send, packs: bool) -> None:
        self._packing = packing
        self._path: str = scope["path"]
        self._nonce: str = scope.get("state", {}).get("nonce", "")
        self._send = send
        self._packs = packs
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            headers = Headers(scope=message)
            packed = _PACKED_TYPES.match(headers.get("content-type", "")) and "content-encoding" not in headers
            if packed and message["status"] not in (204, 206, 304):
                self._start = message
                return
        if self._start is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        headers = MutableHeaders(scope=start)
        body = bytes(self._body)
        if headers.get("x-nicegui-content") == "page":
            body = body.replace(b"<script", b'<script nonce="%s"' % self._nonce.encode())
        if self._packs and len(body) >= MIN_BYTES:
            body = self._packing.pack(self._path, body)
            headers["content-encoding"] = "gzip"
        headers["vary"] = "accept-encoding"
        headers["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
