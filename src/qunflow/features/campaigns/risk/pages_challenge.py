"""``/p/{sealed}/challenge``: a question to who was too fast; the right answer lets count what is held."""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.risk.challenge import Question, Ticket, is_right, question_of, read_ticket
from qunflow.features.campaigns.risk.commands import AnswerChallenge
from qunflow.features.campaigns.risk.model import INVITE, PASSED, PLAY, FlagState, flag_name, flag_stream
from qunflow.features.campaigns.risk.store import asked_of
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot

MOST_BYTES = 1_024
#: The page asks again after so many seconds while what was held is still being noted down.
SOON = 2
_MAX_UNIT = 64


def challenge_path(sealed: str, unit: str = "") -> str:
    """Where the question about a help on a unit, or about an invited friend's help, is answered."""
    return f"/p/{sealed}/challenge" + (f"?unit={unit}" if unit else "")


async def is_asked(door: Door, link: PersonLink, unit: str = "") -> bool:
    """Whether the person's help on a unit, or as an invited friend, waits for an answer."""
    flag = _flag(link, unit)
    async with door.database.read(link.workspace) as reading:
        return bool(await asked_of(reading, link.campaign, [flag]))


def challenge_routes(door: Door, site: Site) -> list[Route]:
    """The question and its answer."""
    desk = ChallengePages(door, site)
    return [
        Route("/p/{sealed}/challenge", site.guarded(desk.show), methods=["GET"], name="challenge"),
        Route("/p/{sealed}/challenge", site.guarded(desk.solve), methods=["POST"], name="solve_challenge"),
    ]


class ChallengePages:
    """The endpoints. A question is signed for one person and one help, good for ten minutes, and answered once."""

    def __init__(self, door: Door, site: Site) -> None:
        self._door, self._site = door, site

    async def show(self, request: Request) -> Response:
        """A new question, or that there is none (any more)."""
        link = self._site.links.open(request.path_params["sealed"])
        if is_robot(request):
            return self._site.page(request, "bare")
        return await self._page(request, link, _unit(request.query_params.get("unit", "")))

    async def solve(self, request: Request) -> Response:
        """Take an answer; a wrong one gets another question while there are tries."""
        link = self._site.links.open(request.path_params["sealed"])
        form = await read_fields(request, MOST_BYTES)
        unit, ticket = _unit(form.get("unit", "")), read_ticket(form.get("ticket", ""))
        flag = _flag(link, unit)
        if ticket is None or not hmac.compare_digest(ticket.signature, self._signature(link, flag, ticket)):
            raise InvalidInput("challenge_ticket", "this question is not one of ours", way_out="Open the page again.")
        if ticket.is_late(self._door.clock.now()):
            return await self._page(request, link, unit, "late")
        right = is_right(self._question(link, flag, ticket), form.get("answer", ""))
        body = AnswerChallenge(flag, ticket.nonce, right)
        answer = await self._door.ask(link.workspace, body, person=link.person, campaign=link.campaign)
        if answer.rejection is not None:
            return await self._page(request, link, unit, _wrong(answer.rejection))
        if answer.value != PASSED:
            return await self._page(request, link, unit, "wrong")
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        page = f"/p/{request.path_params['sealed']}{'/play' if unit else ''}{query}"
        return RedirectResponse(page, status_code=303, headers=headers)

    async def _page(self, request: Request, link: PersonLink, unit: str, said: str = "") -> Response:
        flag = _flag(link, unit)
        state: FlagState | None = await self._door.look.state(link.workspace, flag_stream(link.campaign, flag))
        waits = (state is None or not state.status) and await is_asked(self._door, link, unit)
        asks = state is not None and state.asks and state.helper == link.person
        if not waits and not asks and state is None:
            raise NotFound("challenge_none", "there is nothing to answer here")
        ticket = self._ticket(link, flag)
        left, right, joined = self._question(link, flag, ticket).words(self._site.language(request))
        return self._site.page(
            request,
            "challenge",
            status=422 if said else 200,
            refresh=SOON if waits else 0,
            state="soon" if waits else "asks" if asks else "over",
            said=said,
            joined=joined,
            left=left,
            right=right,
            ticket=str(ticket),
            unit=unit,
            path=challenge_path(request.path_params["sealed"], unit),
            sealed=request.path_params["sealed"],
        )

    def _ticket(self, link: PersonLink, flag: str) -> Ticket:
        now = datetime.fromtimestamp(int(self._door.clock.now().timestamp()), UTC)
        ticket = Ticket(secrets.token_hex(8), now, "")
        return Ticket(ticket.nonce, now, self._signature(link, flag, ticket))

    def _signature(self, link: PersonLink, flag: str, ticket: Ticket) -> str:
        told = (link.campaign, link.person, flag, ticket.nonce, str(int(ticket.asked_at.timestamp())))
        return self._site.links.trace(link.workspace, "challenge", "\n".join(told))

    def _question(self, link: PersonLink, flag: str, ticket: Ticket) -> Question:
        """The question that only we can tell from the ticket."""
        told = (link.campaign, link.person, flag, ticket.nonce)
        return question_of(self._site.links.trace(link.workspace, "question", "\n".join(told)))


def _flag(link: PersonLink, unit: str) -> str:
    return flag_name(PLAY if unit else INVITE, link.person, unit)


def _unit(text: str) -> str:
    """The unit that a page is about; raises NotFound for what cannot be one."""
    if len(text) > _MAX_UNIT or not all(letter.isascii() and (letter.isalnum() or letter == "-") for letter in text):
        raise NotFound("challenge_none", "there is nothing to answer here")
    return text


def _wrong(rejection: Rejection) -> str:
    return "again" if rejection.reason == Reason.ALREADY_DONE else ""
