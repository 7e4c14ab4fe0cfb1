"""All public phone pages, joined: what bootstrap mounts at the edge."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.engine.door import Door
from qunflow.features.campaigns import pages as campaign_pages
from qunflow.features.campaigns.leaderboard import Boards
from qunflow.features.livecodes import pages as livecode_pages
from qunflow.features.livecodes.pages import CodeWorkspaces
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.posters.model import INVITED_BY
from qunflow.features.tasks import pages as task_pages
from qunflow.pages.leaderboard import leaderboard_routes
from qunflow.pages.progress import ProgressPage
from qunflow.pages.staff import SignPage, staff_routes
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import Links
from qunflow.web.responses import Site


def phone_routes(
    door: Door,
    links: Links,
    blobs: BlobStore,
    posters: PosterDesk,
    ask_invite: campaign_pages.MakeInvite | None = None,
    boards: Boards | None = None,
    sign: SignPage | None = None,
) -> list[Route]:
    """Every route that phones open.

    ``posters`` belongs to the caller, who closes it. ``ask_invite(code, mxid, visitor)`` makes the command of a channel
    that invites by name; without it that route does not exist. ``boards`` are own ones unless given;
    ``sign`` signs staff pages for one-tap links in the client.
    """
    site = Site(links)
    workspaces = CodeWorkspaces(door)
    progress = ProgressPage(door, site)

    async def static(request: Request) -> Response:
        return site.assets.answer(request)

    found = [
        *livecode_pages.routes(door, site, workspaces, partial(campaign_pages.pool_of, door)),
        *campaign_pages.poster_routes(door, site, posters.draw, INVITED_BY),
        *task_pages.routes(door, site, blobs, progress.show_refusal),
        *progress.routes(),
        *leaderboard_routes(door, site, boards or Boards(door)),
        *staff_routes(door, site, sign),
        Route("/static/{name}", static, methods=["GET"], name="static"),
    ]
    if ask_invite is not None:
        found.extend(campaign_pages.invite_routes(door, site, workspaces.find, ask_invite))
    return found
