"""Browsers that are known to be a participant's, and their scans of other people's live codes.

A browser is a participant's once a move was made in it by their personal link; to look at somebody's page is not
enough, so a forwarded link binds nobody. Only campaigns whose model keeps bonds mark browsers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.routing import Route

from qunflow.engine.door import Door
from qunflow.features.campaigns.model import CampaignState, campaign_stream
from qunflow.features.campaigns.plays import pages_links
from qunflow.features.campaigns.plays.arriving import arrival_model, arrive
from qunflow.features.campaigns.risk.pages import MOVES
from qunflow.web.links import PersonLink
from qunflow.web.responses import Endpoint, Site
from qunflow.web.visitors import is_robot

_MOST_KNOWN = 2_000


class Arrivals:
    """Marks browsers by moves, and takes their scans for the arrival of the person."""

    def __init__(self, door: Door, site: Site) -> None:
        self._door = door
        self._site = site
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()

    async def scanned(self, workspace: str, code: str, cookies: str) -> None:
        """A live code was scanned by a browser that brought these cookies."""
        if pages_links.SELF not in cookies:
            return
        sealed = cookie_parser(cookies).get(pages_links.SELF, "")
        link = pages_links.opened(sealed, self._site.links.open)
        if link is not None and link.workspace == workspace:
            await arrive(self._door, workspace, link.person, code)

    def marked(self, routes: Sequence[Route]) -> list[Route]:
        """The same routes; those by which participants move mark the browser."""
        return [
            Route(route.path, self._marking(route.endpoint), methods=sorted(route.methods or ()), name=route.name)
            if route.name in MOVES
            else route
            for route in routes
        ]

    def _marking(self, endpoint: Endpoint) -> Endpoint:
        async def moved(request: Request) -> Response:
            response = await endpoint(request)
            if response.status_code < 400 and not is_robot(request):
                link = self._site.links.open(request.path_params["sealed"])
                if await self._keeps_bonds(link):
                    sealed = self._site.links.seal(link)
                    pages_links.remember(request, response, self._site.links, pages_links.SELF, sealed)
            return response

        return moved

    async def _keeps_bonds(self, link: PersonLink) -> bool:
        """Whether an arrival means anything in a campaign. That never changes after its launch, so it is kept."""
        key = (link.workspace, link.campaign)
        if key in self._known:
            return self._known[key]
        campaign: CampaignState | None = await self._door.look.state(link.workspace, campaign_stream(link.campaign))
        found = arrival_model(campaign) is not None
        if campaign is not None and campaign.status != "draft":
            self._known[key] = found
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found
