"""The participants' side of the risk rules: moves are noted with where they come from, and a denial can be appealed."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import NotFound
from qunflow.engine.door import Door
from qunflow.features.campaigns.risk import acts
from qunflow.features.campaigns.risk.acts import Watcher
from qunflow.features.campaigns.risk.model import HELD, MAX_WORDS
from qunflow.features.campaigns.risk.pages_challenge import challenge_path
from qunflow.web.responses import SECURITY_HEADERS, Endpoint, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot, signals_of

#: The routes behind which a participant moves: takes a place, opens the poster, hands in a proof, plays.
MOVES = ("entry", "poster", "submit_proof", "play_move", "enter_work", "hand_in_photo")
MOST_SHOWN = 20


def watched(door: Door, site: Site, routes: Sequence[Route]) -> list[Route]:
    """The same routes; those by which participants move note first where the move comes from."""
    watcher = Watcher(door)

    def noting(endpoint: Endpoint) -> Endpoint:
        async def seen(request: Request) -> Response:
            if not is_robot(request):
                link = site.links.open(request.path_params["sealed"])
                signals = signals_of(request, site.links, link.workspace)
                await watcher.see(link.workspace, link.campaign, link.person, signals)
            return await endpoint(request)

        return site.guarded(seen)

    return [
        Route(route.path, noting(route.endpoint), methods=sorted(route.methods or ()), name=route.name)
        if route.name in MOVES
        else route
        for route in routes
    ]


def appeal_routes(door: Door, site: Site) -> list[Route]:
    """``/p/{sealed}/appeal``: what is being checked or was refused, and one text for each refusal."""

    async def show(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return site.page(request, "bare")
        found = await acts.flags_of(door, link.workspace, link.campaign, link.person)
        items = []
        for flag in found[:MOST_SHOWN]:
            words = await acts.words_about(door, link.workspace, link.campaign, flag.flag)
            answer = words["answer"].words if "answer" in words else ""
            state = "appealed" if flag.appeal == "open" else flag.status
            items.append(
                {
                    "flag": flag.flag,
                    "state": state,
                    "may": acts.may_appeal(flag),
                    "answer": answer,
                    "held": state == HELD,
                    "challenge": challenge_path(request.path_params["sealed"], flag.unit) if flag.asks else "",
                }
            )
        return site.page(request, "appeal", items=items, sealed=request.path_params["sealed"], most=MAX_WORDS)

    async def send(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        form = await read_fields(request)
        flag, words = form.get("flag", ""), form.get("words", "")
        if not flag:
            raise NotFound("flag_unknown", "this campaign has no such flag", field="flag")
        await acts.appeal(door, link.workspace, link.campaign, link.person, flag, words)
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        return RedirectResponse(f"/p/{request.path_params['sealed']}/appeal{query}", status_code=303, headers=headers)

    return [
        Route("/p/{sealed}/appeal", site.guarded(show), methods=["GET"], name="appeal"),
        Route("/p/{sealed}/appeal", site.guarded(send), methods=["POST"], name="send_appeal"),
    ]
