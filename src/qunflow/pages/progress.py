"""A participant's progress page: invites, rewards, the proof, the poster, and messages that wait to be seen."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.errors import NotFound, QunflowError
from qunflow.domain.facts import CampaignVoice, ParticipantProgress, RewardItemFact
from qunflow.domain.money import yuan
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream, participation_stream
from qunflow.features.campaigns.pages import nick_of, show_progress
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.risk.pages_challenge import challenge_path, is_asked
from qunflow.features.campaigns.screening import HELD
from qunflow.features.scripts.decide import ScriptFacts, render
from qunflow.features.scripts.model import PageSeen, ScriptsState, ScriptWish, scripts_stream
from qunflow.features.scripts.offers import OFFERS
from qunflow.features.tasks.acts import MAX_PLEA
from qunflow.features.tasks.appealing import may_appeal
from qunflow.features.tasks.model import SubmissionState, submission_stream
from qunflow.storage.blobs import BlobStore
from qunflow.web.links import PersonLink
from qunflow.web.responses import Site
from qunflow.web.taking import FindTakes, allow_script, no_takes
from qunflow.web.visitors import is_robot

_SOON = 5
_OPEN = ("draft", "running", "paused", "ended")


@dataclass(frozen=True, slots=True)
class Proof:
    """What the page says about the proof; ``status`` as in SubmissionState, ``none`` before the first.

    ``words`` are a reviewer's own, given with the reason ``other``.
    """

    status: str
    reason: str
    left: int
    may_submit: bool
    words: str = ""
    attempt: int = 0
    may_appeal: bool = False
    appealed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The four states behind a page."""

    campaign: CampaignState
    plan: Plan
    participation: ParticipationState
    scripts: ScriptsState
    submission: SubmissionState


class ProgressPage:
    """Renders the page, also for a form that was refused."""

    def __init__(self, door: Door, site: Site, blobs: BlobStore, find_takes: FindTakes = no_takes) -> None:
        self._door = door
        self._site = site
        self._blobs = blobs
        self._find_takes = find_takes

    def routes(self) -> list[Route]:
        """``/p/{sealed}``."""

        async def progress(request: Request) -> Response:
            link = self._site.links.open(request.path_params["sealed"])
            if is_robot(request):
                return self._site.page(request, "bare")
            return await self._show(request, link, None)

        return [Route("/p/{sealed}", self._site.guarded(progress), methods=["GET"], name="progress")]

    async def show_refusal(self, request: Request, link: PersonLink, error: QunflowError) -> Response:
        """The page with a refused form's reason on top, and the refusal's status."""
        return await self._show(request, link, error)

    async def _show(self, request: Request, link: PersonLink, error: QunflowError | None) -> Response:
        standing = await load_standing(self._door, link)
        shown = show_progress(standing.campaign, standing.plan, standing.participation)
        proof = show_proof(standing)
        pending = not shown.code or proof is not None and proof.status == "checking"
        if proof is not None and proof.reason == Reason.OTHER and standing.submission.words:
            proof = replace(proof, words=await self._words(link, standing.submission.words))
        messages = await self._messages(link, standing)
        takes = await self._find_takes(request, link)
        response = self._site.page(
            request,
            "progress",
            status=error.status if error is not None else 200,
            refresh=_SOON if pending and error is None and request.method == "GET" else 0,
            progress=shown,
            proof=proof,
            plays=standing.plan.model is not None,
            goods=bool(standing.plan.prizes),
            challenge=await self._challenge(link, standing.participation),
            notice=self._site.ending(error)[1] if error is not None else "",
            refused=error.code if error is not None else "",
            messages=messages,
            takes=takes,
            sealed=request.path_params["sealed"],
            path=f"/p/{request.path_params['sealed']}",
            nonce=secrets.token_hex(8),
            yuan=yuan,
            most_words=MAX_PLEA,
        )
        allow_script(response, takes)
        if messages:
            await self._door.ask(link.workspace, PageSeen(), person=link.person, campaign=link.campaign)
        return response

    async def _challenge(self, link: PersonLink, state: ParticipationState) -> str:
        """Where a question is answered without which the help for who invited does not count; empty for none."""
        if state.screened != HELD or not await is_asked(self._door, link):
            return ""
        return challenge_path(self._site.links.seal(link))

    async def _words(self, link: PersonLink, digest: str) -> str:
        """What a reviewer wrote to the participant; empty once it was erased."""
        try:
            return (await self._blobs.read(link.workspace, digest)).decode("utf-8", "replace")
        except NotFound:
            return ""

    async def _messages(self, link: PersonLink, standing: Standing) -> list[str]:
        """The texts that wait here, oldest first, in the campaign's own words."""
        waiting = [standing.scripts.wishes[key] for key in standing.scripts.open_on_page()]
        if not waiting:
            return []
        look = self._door.look
        voice: CampaignVoice | None = await look.ask(link.workspace, CampaignVoice, link.campaign)
        if voice is None:
            return []
        key = f"{link.campaign}:{link.person}"
        numbers: ParticipantProgress | None = await look.ask(link.workspace, ParticipantProgress, key)
        nick = await nick_of(self._door, link)
        address, here = self._site.links.person, self._site.texts.say(voice.language, "page.progress.here")
        facts = ScriptFacts(voice, nick, numbers, here, address(link, "entry"), address(link, "poster.jpg"))
        ordered = sorted(waiting, key=lambda wish: wish.at)
        return [render(wish.script, await self._about(link, facts, wish), wish.params) for wish in ordered]

    async def _about(self, link: PersonLink, facts: ScriptFacts, wish: ScriptWish) -> ScriptFacts:
        """For a script about a prize or an offer: the item, and the way to it on this page."""
        if wish.script in OFFERS and facts.voice is not None:
            return replace(facts, page=self._site.texts.say(facts.voice.language, "page.progress.here.play"))
        name = wish.params.get("item")
        if not name or facts.voice is None:
            return facts
        item: RewardItemFact | None = await self._door.look.ask(link.workspace, RewardItemFact, str(name))
        return replace(facts, item=item, page=self._site.texts.say(facts.voice.language, "page.progress.here.rewards"))


async def load_standing(door: Door, link: PersonLink) -> Standing:
    """The states of a participant. Raises NotFound when the person does not take part (any more)."""
    streams = [
        campaign_stream(link.campaign),
        participation_stream(link.campaign, link.person),
        scripts_stream(link.campaign, link.person),
        submission_stream(link.campaign, link.person),
    ]
    campaign, participation, scripts, submission = await door.look.states(link.workspace, streams)
    if campaign is None or campaign.plan is None or participation is None:
        raise NotFound("campaign_unknown", "this campaign does not exist any more, or you take no part in it")
    return Standing(campaign, campaign.plan, participation, scripts or ScriptsState(), submission or SubmissionState())


def show_proof(standing: Standing) -> Proof | None:
    """What the page says about the proof; None for a campaign without a task."""
    task, state = standing.plan.task, standing.submission
    if task is None:
        return None
    left = max(0, task.attempts - state.attempt)
    may = state.status in ("", "rejected") and left > 0 and standing.campaign.status in _OPEN
    waits = state.status in ("queued", "decided")
    appealed = state.appealed == state.attempt > 0 and (waits or state.status == "rejected")
    accepts = standing.campaign.status in _OPEN
    asked = may_appeal(state, accepts)
    reason = "" if appealed and waits else state.reason  # another look is being taken
    return Proof(state.status or "none", reason, left, may, "", state.attempt, asked, appealed)
