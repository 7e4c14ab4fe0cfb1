"""Taking a payout: what a person's own pages say of it, and the question what became of it."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.domain.facts import SamePerson
from qunflow.domain.money import yuan
from qunflow.engine.door import Door
from qunflow.features.merging.any_merged import AnyMerged
from qunflow.features.payouts.acts import ask_payout, read_rules
from qunflow.features.payouts.model import BACK, PAID, SENDING, WAITING, PayoutState, payout_stream
from qunflow.features.payouts.store import read_traces
from qunflow.features.payouts.telling import LAPSED
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.taking import Takeable
from qunflow.web.texts import LANGUAGES
from qunflow.web.visitors import is_robot

#: (workspace, payout that waits) → what the phone hands to WeChat; nothing when its account or its package is gone.
Confirm = Callable[[str, PayoutState], Awaitable[Mapping[str, str]]]
#: Who does not take a transfer for a day gets it no more (wecom-api.md §12); an ended one is shown for some days.
TAKE_TIME, SHOWN = timedelta(hours=24), timedelta(days=3)
MOST_FORM_BYTES = 1_024
#: Wall seconds: between two questions about one payout, and that a phone waits for the answer to one.
PACE_SECONDS, WAIT_SECONDS = 3.0, 3.0
MOST_PACED = 4_096
_NUMBER = re.compile(r"q[0-9a-f]{30}")
_PAGES = {"": "", "play": "/play", "rewards": "/rewards"}
_MOST_AGENT = 512


class TakeDesk:
    """Payouts of participants; without ``confirm`` there is no payment account and nothing to take."""

    def __init__(self, door: Door, site: Site, confirm: Confirm | None, merged: AnyMerged) -> None:
        self._door = door
        self._merged = merged
        self._site = site
        self._confirm = confirm
        self._asked: OrderedDict[str, float] = OrderedDict()

    def routes(self) -> list[Route]:
        """``POST /p/{sealed}/take`` with the fields ``payout`` and ``page``: ask what became of it, then that page."""
        return [Route("/p/{sealed}/take", self._site.guarded(self._ask), methods=["POST"], name="take")]

    async def find(self, request: Request, link: PersonLink) -> Sequence[Takeable]:
        """What waits for the person, is under way to them, or ended in the last three days; the newest first."""
        if self._confirm is None or is_robot(request):
            return ()
        people = await self._people(link)
        async with self._door.database.read(link.workspace) as unit:
            traces = [trace for person in people for trace in await read_traces(unit, person)]
        if not traces:
            return ()
        states: list[PayoutState] = await self._door.look.states(link.workspace, [one.stream for one in traces])
        now, tz = self._door.clock.now(), (await read_rules(self._door, link.workspace)).tz
        found = []
        for trace, state in zip(traces, states, strict=True):
            if state.status == WAITING:
                found.append(await self._waiting(request, link, state, trace.waiting_at or now, tz))
            elif words := _words_of(state, now):
                found.append(Takeable(state.number, state.status, words, yuan(state.net)))
        return found

    async def _people(self, link: PersonLink) -> tuple[str, ...]:
        """The person, and those that turned out to be them."""
        if not await self._merged.in_(link.workspace):
            return (link.person,)
        same: SamePerson | None = await self._door.look.ask(link.workspace, SamePerson, link.person)
        return tuple(dict.fromkeys((link.person, same.kept, *same.gone))) if same is not None else (link.person,)

    async def _waiting(
        self, request: Request, link: PersonLink, state: PayoutState, since: datetime, tz: str
    ) -> Takeable:
        until = since + TAKE_TIME
        left = int((until - self._door.clock.now()).total_seconds()) // 60
        values: Mapping[str, str] = {}
        if left <= 0:
            words = "lapsing"
        elif not in_wechat(request.headers.get("user-agent", "")):
            words = "elsewhere"
        else:
            assert self._confirm is not None
            values = await self._confirm(link.workspace, state)
            words = "waiting" if values else "preparing"
        said, (hours, minutes) = f"take.{words}", divmod(max(0, left), 60)
        return Takeable(state.number, words, said, yuan(state.net), _clock(until, tz), hours, minutes, values)

    async def _ask(self, request: Request) -> Response:
        link = self._site.links.open(request.path_params["sealed"])
        fields = await read_fields(request, MOST_FORM_BYTES)
        number, page = fields.get("payout", ""), fields.get("page", "")
        if not _NUMBER.fullmatch(number) or page not in _PAGES:
            raise InvalidInput("payout_number", "the number of a payout and a page that shows it", field="payout")
        state: PayoutState | None = await self._door.look.state(link.workspace, payout_stream(number))
        if state is None or state.person not in await self._people(link):
            raise NotFound("payout_unknown", "there is no such payout here", field="payout")
        if state.status == WAITING:
            if self._may_ask(number):
                await ask_payout(self._door, link.workspace, number, state.person)
            await self._until_told(link.workspace, state)
        asked = request.query_params.get("lang", "")
        query = f"?lang={asked}" if asked in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        path = f"/p/{request.path_params['sealed']}{_PAGES[page]}{query}"
        return RedirectResponse(path, status_code=303, headers=headers)

    def _may_ask(self, number: str) -> bool:
        """Whether the last question about it was asked long enough ago; WeChat Pay is asked no faster by anybody."""
        now, last = time.monotonic(), self._asked.get(number)
        if last is not None and now - last < PACE_SECONDS:
            return False
        self._asked[number] = now
        self._asked.move_to_end(number)
        if len(self._asked) > MOST_PACED:
            self._asked.popitem(last=False)
        return True

    async def _until_told(self, workspace: str, before: PayoutState) -> None:
        """Wait a moment for the answer; when none comes, or it says nothing new, the page says what is known."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            await asyncio.sleep(0.15)
            now: PayoutState = await self._door.look.state(workspace, payout_stream(before.number))
            if now != before:
                return


def in_wechat(agent: str) -> bool:
    """Whether this browser is WeChat's own: WeCom's shows pages in the same way but opens no transfers."""
    name = agent[:_MOST_AGENT].lower()
    return "micromessenger" in name and "wxwork" not in name


def _clock(at: datetime, tz: str) -> str:
    """An instant of these days as the clock of the zone shows it."""
    return at.astimezone(ZoneInfo(tz)).strftime("%m-%d %H:%M")


def _words_of(state: PayoutState, now: datetime) -> str:
    """The code of what is said of a payout that does not wait for its person; nothing for what is no news."""
    if state.status == SENDING:
        return "take.sending"
    if state.ended_at is None or now - state.ended_at > SHOWN:
        return ""
    if state.status == PAID:
        return "take.paid"
    whose = "prize" if state.grant else "own"
    if state.status in BACK:
        return f"take.lapsed.{whose}" if state.code in LAPSED else f"take.{state.status}.{whose}"
    return ""
