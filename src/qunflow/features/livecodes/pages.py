"""What a phone sees behind a live code: the staff contact, the group, or the waiting page."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import NotFound
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.livecodes.model import Scan, ScanAnswer, TakePlace
from qunflow.storage.directory import workspace_of_code
from qunflow.web.responses import Refusal, Site
from qunflow.web.visitors import is_robot, set_visitor, visitor_of

WAIT_SECONDS = 20
PREPARE_SECONDS = 2
_MAX_KNOWN = 50_000
_CODE = re.compile(r"[0-9a-z]{4,32}")

#: (workspace, campaign) → the campaign's pool, empty when there is none.
PoolOf = Callable[[str, str], Awaitable[str]]


class CodeWorkspaces:
    """Which workspace a public code belongs to. That never changes, so what was found is kept (50,000 codes)."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._known: OrderedDict[str, str] = OrderedDict()

    async def find(self, code: str) -> str:
        """The workspace of a code. Raises Refusal when there is no such code."""
        if not _CODE.fullmatch(code):
            raise Refusal(Rejection(Reason.UNKNOWN_CODE))
        known = self._known.get(code)
        if known is not None:
            self._known.move_to_end(code)
            return known
        async with self._door.database.directory() as connection:
            found = await workspace_of_code(connection, code)
        if found is None:
            raise Refusal(Rejection(Reason.UNKNOWN_CODE))
        self._known[code] = found
        if len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)
        return found


def routes(door: Door, site: Site, workspaces: CodeWorkspaces, pool_of: PoolOf) -> list[Route]:
    """``/c/{code}`` for everybody, and ``/p/{sealed}/entry`` for a participant."""

    async def scan(request: Request) -> Response:
        if is_robot(request):
            return site.page(request, "bare")
        code = request.path_params["code"]
        workspace = await workspaces.find(code)
        visitor, is_new = visitor_of(request, site.links)
        answer = await door.ask(workspace, Scan(code, visitor))
        if answer.rejection is not None:
            raise Refusal(answer.rejection)
        response = entry_page(site, request, answer.value)
        if is_new:
            set_visitor(response, site.links, visitor)
        return response

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
        return entry_page(site, request, answer.value)

    return [
        Route("/c/{code}", site.guarded(scan), methods=["GET"], name="scan"),
        Route("/p/{sealed}/entry", site.guarded(entry), methods=["GET"], name="entry"),
    ]


def entry_page(site: Site, request: Request, answer: ScanAnswer) -> Response:
    """The page that leads on from an answer: wait, add the contact, join the group, or say whom to invite."""
    if not answer.entry:
        return site.page(request, "waiting", refresh=WAIT_SECONDS, seconds=WAIT_SECONDS)
    if answer.qr_image:
        return site.page(request, "contact" if answer.contact else "group", qr_image=answer.qr_image)
    if answer.address and not answer.contact:
        if answer.code:
            return site.page(request, "invite", code=answer.code, wrong="")
        return site.page(request, "room", address=answer.address)
    return site.page(request, "preparing", refresh=PREPARE_SECONDS)
