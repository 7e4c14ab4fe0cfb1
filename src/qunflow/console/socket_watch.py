"""NiceGUI's websocket, watched: it opens for the session that opened its page, and ends with that session or right."""

from __future__ import annotations

from urllib.parse import parse_qs

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qunflow.console.mounting import Opened, OpenPages
from qunflow.console.seats import Seats, SignedOut, Visitor
from qunflow.console.ways import SOCKET

MAX_MESSAGE = 1_000_000
#: How somebody's own doing begins; what a page sends by itself keeps no session alive.
_EVENT = '42["event"'
_RELOAD = '42["run_javascript",{"code":"window.location.reload()"}]'
#: A browser that comes back with a page of another session (or none) is told to load it anew, and gets nothing else.
_HELLO = '0{"sid":"none","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000}'
_REFUSED = '44{"message":"Implicit handshake failed"}'
CLOSE_CODE = 4401


class SocketWatch:
    """Lets a socket through to ``app`` as long as its session and right last."""

    def __init__(self, app: ASGIApp, seats: Seats, opened: OpenPages) -> None:
        self._app = app
        self._seats = seats
        self._opened = opened

    async def run(self, scope: Scope, receive: Receive, send: Send, token: str, origin_fits: bool) -> None:
        """Serve one socket."""
        if not scope["path"].startswith(SOCKET) or not origin_fits:
            await send({"type": "websocket.close", "code": CLOSE_CODE})
            return
        query = parse_qs(scope.get("query_string", b"").decode("latin-1")[:2000])
        client_id = query.get("client_id", [""])[0]
        opened = self._opened.find(client_id)
        try:
            if opened is None:
                raise SignedOut
            self._check(await self._seats.find(token), opened)
        except SignedOut:
            await _turn_away(receive, send)
            return
        await self._app(scope, *_Watched(self, receive, send, token, client_id, opened).ends())

    async def still(self, token: str, opened: Opened, *, busy: bool) -> bool:
        """Whether a socket may go on; as things were at most two seconds ago."""
        try:
            visitor = await self._seats.recent(token)
            self._check(visitor, opened)
        except SignedOut:
            return False
        if busy:
            await self._seats.note_presence(token, visitor)
        return True

    def _check(self, visitor: Visitor, opened: Opened) -> None:
        if visitor.session.session != opened.session or not visitor.in_workspace(opened.workspace).may(opened.right):
            raise SignedOut


class _Watched:
    """One socket: every message, whichever way, asks whether it may go on."""

    def __init__(
        self, watch: SocketWatch, receive: Receive, send: Send, token: str, client_id: str, opened: Opened
    ) -> None:
        self._watch = watch
        self._receive = receive
        self._send = send
        self._token = token
        self._client_id = client_id
        self._opened = opened
        self._over = False

    def ends(self) -> tuple[Receive, Send]:
        """What the application gets instead of the server's ends."""
        return self.receive, self.send

    async def receive(self) -> Message:
        """The next message of the browser, or its end."""
        if self._over:
            return {"type": "websocket.disconnect", "code": CLOSE_CODE}
        message = await self._receive()
        if message["type"] != "websocket.receive":
            return message
        text = message.get("text") or ""
        if not _is_of(text, self._client_id) or not await self._may(busy=text.startswith(_EVENT)):
            await self._end()
            return {"type": "websocket.disconnect", "code": CLOSE_CODE}
        return message

    async def send(self, message: Message) -> None:
        """A message for the browser; nothing after the session is over."""
        if self._over:
            return
        if message["type"] == "websocket.send" and not await self._may(busy=False):
            await self._end()
            return
        await self._send(message)

    async def _may(self, *, busy: bool) -> bool:
        return await self._watch.still(self._token, self._opened, busy=busy)

    async def _end(self) -> None:
        if not self._over:
            self._over = True
            await self._send({"type": "websocket.send", "text": _RELOAD})
            await self._send({"type": "websocket.close", "code": CLOSE_CODE})


def _is_of(text: str, client_id: str) -> bool:
    """Whether a message is one of the protocol's own or speaks for the page that opened the socket, not another's."""
    if len(text) > MAX_MESSAGE or text.startswith("45"):
        return False
    if not text.startswith("42"):
        return True
    try:
        _, body = orjson.loads(text[2:])
        return bool(body["client_id"] == client_id)
    except (orjson.JSONDecodeError, ValueError, TypeError, KeyError):
        return False


async def _turn_away(receive: Receive, send: Send) -> None:
    if (await receive())["type"] != "websocket.connect":
        return
    await send({"type": "websocket.accept"})
    await send({"type": "websocket.send", "text": _HELLO})
    if (await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": _REFUSED})
        await send({"type": "websocket.close", "code": CLOSE_CODE})
