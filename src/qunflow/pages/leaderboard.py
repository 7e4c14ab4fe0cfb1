"""The leaderboard on a phone: masked names, the own place, the way to the next place and bonus, the race that runs."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.errors import NotFound
from qunflow.domain.money import yuan
from qunflow.engine.door import Door
from qunflow.features.campaigns.contest import RANKING
from qunflow.features.campaigns.leaderboard import Boards, race_name, race_now
from qunflow.features.campaigns.mechanics.breakthrough import next_step
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream, participation_stream
from qunflow.features.campaigns.pages import deadline
from qunflow.web.responses import Site
from qunflow.web.visitors import is_robot

_RACE_LINES = 10
_SHOWN = 10
_REFRESH = 30


def leaderboard_routes(door: Door, site: Site, boards: Boards) -> list[Route]:
    """``/p/{sealed}/leaderboard``."""

    async def leaderboard(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return site.page(request, "bare")
        streams = [campaign_stream(link.campaign), participation_stream(link.campaign, link.person)]
        campaign, own = await door.look.states(link.workspace, streams)
        if campaign is None or campaign.plan is None or own is None:
            raise NotFound("campaign_unknown", "this campaign does not exist any more, or you take no part in it")
        if not campaign.plan.ranked and campaign.plan.race is None:
            raise NotFound("leaderboard_none", "this campaign has no ranking and no race")
        return await _show(request, campaign, own)

    async def _show(request: Request, campaign: CampaignState, own: ParticipationState) -> Response:
        plan = campaign.plan
        assert plan is not None
        link = site.links.open(request.path_params["sealed"])
        lines = plan.ranking.show if plan.ranking is not None else _SHOWN
        ranking = await boards.view(link.workspace, campaign, RANKING, lines, own.person)
        now = race_now(campaign, door.clock.now())
        name = race_name(now)
        running = await boards.view(link.workspace, campaign, name, _RACE_LINES, own.person) if name else None
        confirmed = sum(state == "confirmed" for state in own.invitees.values())
        return site.page(
            request,
            "leaderboard",
            refresh=_REFRESH if running is not None else 0,
            title=plan.title,
            ranking=ranking if plan.ranked else None,
            min_count=plan.ranking.min_count if plan.ranking is not None else 1,
            confirmed=confirmed,
            bonus=next_step(plan.breakthrough, confirmed) if campaign.frozen_at is None else None,
            race=running,
            race_left=now.minutes_left if now is not None else 0,
            race_next=deadline(now.next_at, plan.tz) if now is not None and now.next_at is not None else "",
            per_head_fen=plan.race.per_head_fen if plan.race is not None else 0,
            sealed=request.path_params["sealed"],
            yuan=yuan,
        )

    return [Route("/p/{sealed}/leaderboard", site.guarded(leaderboard), methods=["GET"], name="leaderboard")]
