"""A participant's poster, the invitation of a visitor by name, and the numbers of the progress page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import NotFound, QunflowError
from qunflow.domain.facts import CodeFact
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.answers import next_goal
from qunflow.features.campaigns.mechanics import breakthrough, ladder
from qunflow.features.campaigns.model import CampaignState, OpenPoster, ParticipationState, campaign_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.screening import DENIED
from qunflow.storage.people import find_names
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Refusal, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.visitors import is_robot, set_visitor, visitor_of

#: (elements, QR text, nickname) → JPEG.
DrawPoster = Callable[[Mapping[str, str], str, str], Awaitable[bytes]]
#: code → workspace; raises for an unknown one.
FindWorkspace = Callable[[str], Awaitable[str]]
#: (code, Matrix id, visitor) → the command that asks for an invitation.
MakeInvite = Callable[[str, str, str], Any]

MOST_NAME_BYTES = 4_096
MAX_MXID_BYTES = 255
_MXID = re.compile(r"@[!-9;-~]{1,254}:[A-Za-z0-9.:\[\]-]{1,230}")


@dataclass(frozen=True, slots=True)
class Progress:
    """A participant's numbers for the page, in fen. Pending invites are progress and not earned (campaigns.md §0.4)."""

    title: str
    status: str
    deadline: str
    zone: str
    rules: str
    confirmed: int
    pending: int
    goal: int
    need: int
    next_fen: int
    earned_fen: int
    hoped_fen: int
    code: str
    version: int
    in_group: bool
    test: bool
    has_board: bool
    denied: bool = False  # by the risk rules: there is a way to appeal


def show_progress(campaign: CampaignState, plan: Plan, state: ParticipationState) -> Progress:
    """What the progress page says about invites and rewards."""
    confirmed = sum(value == "confirmed" for value in state.invitees.values())
    pending = sum(value == "pending" for value in state.invitees.values())
    counted = confirmed + pending
    goal = next_goal(plan, counted)
    more = breakthrough.due(plan.breakthrough, goal) - breakthrough.due(plan.breakthrough, counted)
    if plan.ladder is not None and goal > counted:
        mode, bands = plan.ladder.mode, plan.ladder.bands
        more += ladder.due(mode, bands, goal) - ladder.due(mode, bands, counted)
    return Progress(
        title=plan.title,
        status=campaign.status,
        deadline=deadline(plan.ends_at, plan.tz),
        zone=plan.tz,
        rules=plan.rules,
        confirmed=confirmed,
        pending=pending,
        goal=goal,
        need=goal - counted,
        next_fen=max(0, more),
        earned_fen=sum(amounts.available for amounts in state.posted.values()),
        hoped_fen=sum(amounts.pending for amounts in state.posted.values()),
        code=state.code,
        version=campaign.version,
        in_group=bool(state.groups),
        test=state.test,
        has_board=(plan.ranked or plan.race is not None) and not state.test,
        denied=state.screened == DENIED,
    )


def deadline(at: datetime, tz: str) -> str:
    """An instant as the clock of the campaign's zone shows it."""
    return at.astimezone(ZoneInfo(tz)).strftime("%Y-%m-%d %H:%M")


async def pool_of(door: Door, workspace: str, campaign: str) -> str:
    """The pool behind a campaign, empty when there is no such campaign."""
    state: CampaignState | None = await door.look.state(workspace, campaign_stream(campaign))
    return state.pool if state is not None else ""


async def nick_of(door: Door, link: PersonLink) -> str:
    """The participant's name, empty when unknown."""
    async with door.database.read(link.workspace) as unit:
        return (await find_names(unit, [link.person])).get(link.person, "")


def poster_routes(door: Door, site: Site, draw: DrawPoster, invited_by: Mapping[str, str]) -> list[Route]:
    """``/p/{sealed}/poster.jpg``; ``invited_by`` is the line with ``{nick}`` by language."""

    async def poster(request: Request) -> Response:
        link = site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return Response(media_type="image/jpeg", headers=SECURITY_HEADERS)
        answer = await door.ask(link.workspace, OpenPoster(), person=link.person, campaign=link.campaign)
        if answer.rejection is not None:
            raise Refusal(answer.rejection)
        code = answer.value
        if not code:
            raise QunflowError("poster_pending", "the personal code is being made", status=503)
        campaign: CampaignState | None = await door.look.state(link.workspace, campaign_stream(link.campaign))
        if campaign is None or campaign.plan is None:
            raise NotFound("campaign_unknown", "this campaign does not exist any more")
        nick = await nick_of(door, link)
        tag = f'"{hashlib.sha256(repr((code, campaign.version, nick)).encode()).hexdigest()[:20]}"'
        headers = {**SECURITY_HEADERS, "etag": tag, "cache-control": "private, max-age=600"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        elements = {**campaign.plan.poster, "invited_by": invited_by[campaign.plan.language]}
        return Response(await draw(elements, site.links.code(code), nick), media_type="image/jpeg", headers=headers)

    return [Route("/p/{sealed}/poster.jpg", site.guarded(poster), methods=["GET"], name="poster")]


def invite_routes(door: Door, site: Site, find_workspace: FindWorkspace, ask_invite: MakeInvite) -> list[Route]:
    """``POST /c/{code}/invite``: a visitor names the Matrix id that is to be invited."""

    async def invite(request: Request) -> Response:
        code = request.path_params["code"]
        workspace = await find_workspace(code)
        mxid = (await read_fields(request, MOST_NAME_BYTES)).get("mxid", "").strip()
        if len(mxid.encode("utf-8", "replace")) > MAX_MXID_BYTES or not _MXID.fullmatch(mxid):
            return site.page(request, "invite", status=400, code=code, wrong="error.mxid_wrong", path=f"/c/{code}")
        fact: CodeFact | None = await door.look.ask(workspace, CodeFact, code)
        if fact is None:
            raise Refusal(Rejection(Reason.CODE_CLOSED))
        visitor, is_new = visitor_of(request, site.links)
        body = ask_invite(code, mxid, visitor)
        answer = await door.ask(workspace, body, campaign=fact.campaign, channel=fact.channel)
        if answer.rejection is not None:
            raise Refusal(answer.rejection)
        response = site.page(request, "invited", mxid=mxid, path=f"/c/{code}")
        if is_new:
            set_visitor(response, site.links, visitor)
        return response

    return [Route("/c/{code}/invite", site.guarded(invite), methods=["POST"], name="invite")]
