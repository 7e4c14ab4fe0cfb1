"""What a phone sees behind a live code: the staff contact, the group, or the waiting page."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import NotFound, QunflowError
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.livecodes.model import ScanAnswer, TakePlace
from qunflow.features.livecodes.scanning import ScanDesk
from qunflow.storage.directory import workspace_of_code
from qunflow.web.responses import Refusal, Site
from qunflow.web.still import Receive, Scope, Send, StillPages, headers_of
from qunflow.web.visitors import is_robot, nobody_looks, visitor_cookie, visitor_in, visitor_of

WAIT_SECONDS = 20
PREPARE_SECONDS = 2
_MAX_KNOWN = 50_000
_CODE = re.compile(r"[0-9a-z]{4,32}")

#: (workspace, campaign) → the campaign's pool, empty when there is none.
PoolOf = Callable[[str, str], Awaitable[str]]
#: (workspace, code, cookies): a browser scanned a code; what follows for who uses it is not of live codes.
Scanning = Callable[[str, str, str], Awaitable[None]]


class CodeWorkspaces:
    """Which workspace a public code belongs to. That never changes, so what was found is kept (50,000 codes)."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: OrderedDict[str, str] = OrderedDict()

    async def find(self, code: str) -> str:
        """The workspace of a code. Raises Refusal when there is no such code."""
        known = self._known.get(code)
        if known is not None:
            self._known.move_to_end(code)
            return known
        if not _CODE.fullmatch(code):
            raise Refusal(Rejection(Reason.UNKNOWN_CODE))
        async with self._door.database.directory_read() as connection:
            found = await workspace_of_code(connection, code)
        if found is None:
            raise Refusal(Rejection(Reason.UNKNOWN_CODE))
        self._known[code] = found
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return found


class ScanPage:
    """``/c/{code}``: the hottest page, so it answers without a framework between."""

    def __init__(self, door: Door, site: Site, workspaces: CodeWorkspaces, scanned: Scanning | None = None) -> None:
        self._desk = ScanDesk(door)
        self._scanned = scanned
        self._site = site
        self._stills = StillPages(site)
        self._workspaces = workspaces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = headers_of(scope, b"user-agent", b"cookie", b"accept-language", b"sec-purpose", b"purpose")
        accepted = headers[b"accept-language"]
        if nobody_looks(scope["method"], headers[b"sec-purpose"] + headers[b"purpose"], headers[b"user-agent"]):
            await self._stills.page(scope, accepted, "bare").answer(send)
            return
        try:
            code = scope["path_params"]["code"]
            workspace = await self._workspaces.find(code)
            visitor, is_new = visitor_in(headers[b"cookie"], self._site.links)
            answer = await self._desk.scan(workspace, code, visitor, fresh=is_new)
            if self._scanned is not None and not is_new:
                await self._scanned(workspace, code, headers[b"cookie"])
        except QunflowError as error:
            await self._site.ended(Request(scope), error)(scope, receive, send)
            return
        name, refresh, values = entry_page(answer)
        cookie = visitor_cookie(self._site.links, visitor) if is_new else ""
        await self._stills.page(scope, accepted, name, refresh, **values).answer(send, cookie)


def routes(
    door: Door, site: Site, workspaces: CodeWorkspaces, pool_of: PoolOf, scanned: Scanning | None = None
) -> list[Route]:
    """``/c/{code}`` for everybody, and ``/p/{sealed}/entry`` for a participant; ``scanned`` hears of scans."""

    async def entry(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return site.page(request, "bare")
        pool = await pool_of(link.workspace, link.campaign)
        if not pool:
            raise NotFound("campaign_unknown", "this campaign does not exist any more")
        visitor, _ = visitor_of(request, site.links)
        place = TakePlace(pool, visitor)
        answer = await door.ask(link.workspace, place, person=link.person, campaign=link.campaign)
        if answer.rejection is not None:
            raise Refusal(answer.rejection)
        name, refresh, values = entry_page(answer.value)
        return site.page(request, name, refresh=refresh, **values)

    return [
        Route("/c/{code}", ScanPage(door, site, workspaces, scanned), methods=["GET"], name="scan"),
        Route("/p/{sealed}/entry", site.guarded(entry), methods=["GET"], name="entry"),
    ]


def entry_page(answer: ScanAnswer) -> tuple[str, int, dict[str, Any]]:
    """The page that leads on from an answer: wait, add the contact, join the group, or say whom to invite.

    Answers its name, after how many seconds it loads itself again (0: never), and what it shows.
    """
    if not answer.entry:
        return "waiting", WAIT_SECONDS, {"seconds": WAIT_SECONDS}
    if answer.qr_image:
        return "contact" if answer.contact else "group", 0, {"qr_image": answer.qr_image}
    if answer.address and not answer.contact:
        if answer.code:
            return "invite", 0, {"code": answer.code, "wrong": ""}
        return "room", 0, {"address": answer.address}
    return "preparing", PREPARE_SECONDS, {}
