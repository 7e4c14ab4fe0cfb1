"""Stands before everything that the console serves: who may pass, how much, and under which headers."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qunflow.console.entrance import SESSION_COOKIE, Entrance
from qunflow.console.mounting import OpenPages, home_of
from qunflow.console.office import Office
from qunflow.console.packing import Packing
from qunflow.console.seats import Forbidden, SignedOut, Visitor
from qunflow.console.socket_watch import SocketWatch
from qunflow.console.ways import HOME, OPEN, UPLOAD, Ways
from qunflow.domain.errors import NotFound, QunflowError

MAX_BODY = 64 * 1024
MAX_UPLOAD = 12 * 1024 * 1024
_SAFE = {"GET", "HEAD", "OPTIONS"}


class BodyTooLarge(QunflowError):
    """A request brings more than its path takes."""

    def __init__(self) -> None:
        super().__init__("body_too_large", "this is more than the console takes", status=413)


class Gate:
    """The outermost layer of the console."""

    def __init__(self, app: ASGIApp, office: Office, ways: Ways, opened: OpenPages, entrance: Entrance) -> None:
        self._app = Packing(app)
        self._office = office
        self._ways = ways
        self._opened = opened
        self._entrance = entrance
        self._watch = SocketWatch(app, office.seats, opened)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, watch one socket, or pass the server's word about its start and end."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            origin_fits = same_origin(Headers(scope=scope), self._office.url)
            await self._watch.run(scope, receive, send, token_of(scope), origin_fits)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        guarded = _with_headers(send, nonce, self._office.secure)
        scope.setdefault("state", {})["nonce"] = nonce
        request = Request(scope)
        try:
            answer = await self._admit(request)
            if answer is None:
                most = MAX_UPLOAD if UPLOAD.fullmatch(request.url.path) else MAX_BODY
                await self._app(scope, _bounded(request, receive, most), guarded)
                return
        except QunflowError as error:
            answer = self._entrance.problem(request, error, request.scope["state"].get("visitor"))
        await answer(scope, receive, guarded)

    async def _admit(self, request: Request) -> Response | None:
        """None when the request may go on; raises what the visitor is told otherwise."""
        path, token = request.url.path, token_of(request.scope)
        if request.method not in _SAFE and not same_origin(request.headers, self._office.url):
            raise QunflowError("foreign_form", "this form does not come from the console", status=403)
        if OPEN.fullmatch(path):
            return None
        try:
            visitor = await self._office.seats.find(token)
        except SignedOut:
            if request.method == "GET" and not path.startswith("/_nicegui"):
                return RedirectResponse(f"/login?next={quote(_target(request))}", 303)
            raise
        request.state.visitor, request.state.token = visitor, token
        await self._office.seats.note_presence(token, visitor)
        return self._check(request, visitor)

    def _check(self, request: Request, visitor: Visitor) -> Response | None:
        path = request.url.path
        upload = UPLOAD.fullmatch(path)
        if upload is not None:
            opened = self._opened.find(upload[1])
            if opened is not None and opened.session == visitor.session.session and visitor.may(opened.right):
                return None
        way = self._ways.find(path)
        if way is None:
            if path == HOME:
                return home_of(self._ways, visitor)
            raise NotFound("page_unknown", "there is no such page")
        if not visitor.may(way.right):
            raise Forbidden(way.right)
        return None


def token_of(scope: Scope) -> str:
    """The session's token in the cookie, empty without one."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(Headers(scope=scope).get("cookie", "")[:4096])
    except CookieError:
        return ""
    return jar[SESSION_COOKIE].value if SESSION_COOKIE in jar else ""


def same_origin(headers: Headers, url: str) -> bool:
    """Whether a request comes from a page of the console. A browser names the origin with every form and socket."""
    origin = headers.get("origin", "")
    return bool(origin) and (origin == url or urlsplit(origin).netloc == headers.get("host", ""))


def _target(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"[:500]


def _bounded(request: Request, receive: Receive, most: int) -> Receive:
    """The request's body up to a bound. Raises BodyTooLarge, at once when its length is announced."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise BodyTooLarge
    taken = 0

    async def bounded() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise BodyTooLarge
        return message

    return bounded


def _with_headers(send: Send, nonce: str, secure: bool) -> Send:
    """Security headers on every answer.

    Vue compiles templates in the browser and NiceGUI runs the server's scripts with eval, hence 'unsafe-eval'; inline
    scripts run only with this answer's nonce, and nothing comes from or goes to another host.
    """
    policy = (
        f"default-src 'none'; script-src 'self' 'unsafe-eval' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self'; form-action 'self'; "
        "base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.setdefault("content-security-policy", policy)
            headers["x-content-type-options"] = "nosniff"
            headers["referrer-policy"] = "same-origin"
            headers["x-frame-options"] = "DENY"
            headers["cross-origin-opener-policy"] = "same-origin"
            headers["x-robots-tag"] = "noindex, nofollow"
            headers.setdefault("cache-control", "no-store")
            if secure:
                headers["strict-transport-security"] = "max-age=31536000"
        await send(message)

    return guarded
