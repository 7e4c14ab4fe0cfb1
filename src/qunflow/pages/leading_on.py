"""The personal links of somebody who turned out to be somebody else lead on to the page that the human goes on with."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.community.model import PersonState, person_stream
from qunflow.engine.door import Door
from qunflow.features.campaigns.model import ParticipationState, participation_stream
from qunflow.features.campaigns.plays.model import PlayerState, player_stream
from qunflow.features.merging.any_merged import AnyMerged
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Endpoint, Site
from qunflow.web.visitors import is_robot

PERSONAL = "/p/{sealed}"
#: What was begun with an account that is gone is finished with it: these pages stay open while it has units.
BEGUN = ("play", "play_move", "pay", "challenge", "solve_challenge", "hand_in_photo")


def leading_on(door: Door, site: Site, merged: AnyMerged, routes: Sequence[Route]) -> list[Route]:
    """The same routes; those below a personal link look first whose page the human goes on with."""

    def led(route: Route) -> Endpoint:
        async def answer(request: Request) -> Response:
            sealed = request.path_params["sealed"]
            link = site.links.open(sealed)
            looks = not is_robot(request) and await merged.in_(link.workspace)
            seat = await seat_of(door, link, route.name) if looks else None
            if seat is None:
                found: Response = await route.endpoint(request)
                return found
            path = request.url.path.replace(f"/p/{sealed}", f"/p/{site.links.seal(seat)}", 1)
            query = f"?{request.url.query}" if request.url.query else ""
            headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
            return RedirectResponse(f"{path}{query}", status_code=307, headers=headers)

        return site.guarded(answer)

    return [
        Route(route.path, led(route), methods=sorted(route.methods or ()), name=route.name)
        if route.path.startswith(PERSONAL)
        else route
        for route in routes
    ]


async def seat_of(door: Door, link: PersonLink, page: str) -> PersonLink | None:
    """The link that the human goes on with; None when it is this one, as for nearly everybody."""
    person: PersonState | None = await door.look.state(link.workspace, person_stream(link.person))
    if person is None or not (person.merged_into or person.took_in):
        return None
    root = person.merged_into or link.person
    whole: PersonState | None = await door.look.state(link.workspace, person_stream(root))
    people = (root, *(whole.took_in if whole is not None else ()))
    names = [participation_stream(link.campaign, one) for one in people]
    found: list[ParticipationState | None] = await door.look.states(link.workspace, names)
    seat = next((state.person for state in found if state is not None and state.person), "")
    if not seat or seat == link.person:
        return None
    if page in BEGUN:
        player: PlayerState | None = await door.look.state(link.workspace, player_stream(link.campaign, link.person))
        if player is not None and player.units:
            return None
    return PersonLink(link.workspace, link.campaign, seat)
