"""One simulated person of a Matrix server: a browser for the public pages, a client for everything else."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from urllib.parse import urljoin

from qunflow.rehearsal import crowd
from qunflow.rehearsal.browser import Browser
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.markup import INVITE, INVITED, WAITING, Page, find_link, read_page
from qunflow.rehearsal.matrix_person import MatrixPerson, PersonError
from qunflow.rehearsal.matrix_town import MatrixTown
from qunflow.rehearsal.proofs import Shot
from qunflow.rehearsal.street import NotYet, Outcome, Review, StepFailed, Street

_GLANCES = 10
_GLANCE_WAIT = 0.2
_WELCOME = "欢迎参加"


class MatrixPhone:
    """A person's phone. Every step may be tried again; what was done before is found done."""

    def __init__(self, plan: PersonPlan, street: Street, town: MatrixTown) -> None:
        self.plan = plan
        self.name = f"crowd-{plan.number}"
        self._street = street
        self._town = town
        self._browser: Browser = street.browser()
        self._address = ""  # what the poster's code says
        self._room = ""
        self._direct = ""
        self._steps: dict[str, Callable[[MatrixPerson, datetime], Awaitable[None]]] = {
            crowd.SCAN: self._scan,
            crowd.JOIN: self._join,
            crowd.REJOIN: self._rejoin,
            crowd.POSTER: self._open_poster,
            crowd.SUBMIT: self._submit,
            crowd.LOOK: self._look,
            crowd.LEAVE: self._leave,
        }

    async def perform(self, kind: str, now: datetime) -> Outcome:
        """Do one step at virtual time ``now``. Raises StepFailed, or HttpError when nobody answers for a minute."""
        try:
            await self._steps[kind](await self._town.person(self.name, self.plan.nickname), now)
        except NotYet as wait:
            self._street.report.waiting[wait.what] += 1
            return Outcome.LATER
        except PersonError as error:
            raise StepFailed(f"{error.code}_{error.errcode or error.status}") from error
        self._street.report.done[kind] += 1
        return Outcome.DONE

    async def read_messages(self) -> None:
        """Read what is new, and count the welcomes that name this person."""
        me = self._town.people.get(self.name)
        if me is None:
            return
        try:
            await me.sync()
        except PersonError as error:
            raise StepFailed(error.code) from error
        texts = [content for room in me.seen for content in me.messages(room)]
        mine = [content for content in texts if me.mxid in content.get("m.mentions", {}).get("user_ids", [])]
        count = sum(_WELCOME in str(content.get("body", "")) for content in mine)
        if count:
            self._street.report.welcomes[self.name] = count

    async def _scan(self, me: MatrixPerson, now: datetime) -> None:
        """See a poster, open what its code says, and perhaps type the Matrix id."""
        inviter, public = self.plan.inviter, self._street.doors.poster
        poster = self._street.gallery.show(inviter) if inviter is not None else public
        address = await self._street.reader.read(poster if isinstance(poster, bytes) else b"")
        if not address.startswith("http"):
            raise StepFailed("poster_unreadable")
        self._address = address
        page = await self._page(address)
        if self.plan.adds_contact:
            await self._ask_for_invitation(me, page)
            self._street.report.done["contact"] += 1

    async def _page(self, address: str) -> Page:
        answer = await self._browser.get(address)
        page = read_page(answer.text)
        if page.state == WAITING:
            raise NotYet(WAITING)
        if page.state != INVITE:
            raise StepFailed(f"code_{page.reason or page.state or answer.status}")
        return page

    async def _ask_for_invitation(self, me: MatrixPerson, page: Page) -> None:
        values = {**page.hidden, page.field: me.mxid}
        answer = await self._browser.post_fields(urljoin(self._address, page.action), values)
        state = read_page(answer.text).state
        if state == WAITING:
            raise NotYet(WAITING)
        if state != INVITED:
            raise StepFailed(f"invite_{read_page(answer.text).reason or state or answer.status}")

    async def _join(self, me: MatrixPerson, now: datetime) -> None:
        """Follow the invitation into the group."""
        for _ in range(_GLANCES):
            await me.sync()
            room = next((room for room in me.invited if not me.is_direct(room)), "")
            if room:
                await me.join(room)
                self._room, self._town.acts = room, self._town.acts + 1
                return
            await asyncio.sleep(_GLANCE_WAIT)
        raise NotYet("no_invitation")

    async def _rejoin(self, me: MatrixPerson, now: datetime) -> None:
        """Come back the way one came: by the code."""
        await me.sync()
        if not any(not me.is_direct(room) for room in me.invited):
            await self._ask_for_invitation(me, await self._page(self._address))
        await self._join(me, now)

    async def _open_poster(self, me: MatrixPerson, now: datetime) -> None:
        """Open the own poster and keep the picture."""
        url = f"{await self._own_link(me)}/poster.jpg"
        for _ in range(_GLANCES):
            answer = await self._browser.get(url)
            if answer.status == 200 and answer.headers.get("content-type", "").startswith("image/"):
                self._street.gallery.keep(self.plan.number, answer.body)
                return
            if answer.status != 503:
                raise StepFailed(f"poster_{answer.status}")
            await asyncio.sleep(_GLANCE_WAIT)
        raise NotYet("preparing")

    async def _submit(self, me: MatrixPerson, now: datetime) -> None:
        """Post a screenshot in the group."""
        street = self._street
        shot = Shot(self.plan.number, self.plan.nickname, street.local(now))
        await me.show(self._room, await street.proof(self.plan, shot), "image/jpeg")
        self._town.acts += 1
        street.shots[self.plan.number] = shot
        if self.plan.forgery:
            street.report.done[f"forged_{self.plan.forgery}"] += 1

    async def _look(self, me: MatrixPerson, now: datetime) -> None:
        """Look at the progress page."""
        answer = await self._browser.get(await self._own_link(me))
        if answer.status != 200:
            raise StepFailed(f"progress_{answer.status}")

    async def _leave(self, me: MatrixPerson, now: datetime) -> None:
        """Read the group once more and leave it; a try before this one may have done it."""
        await me.sync()
        if self._room:
            await me.leave(self._room)
            self._room, self._town.acts = "", self._town.acts + 1

    async def _own_link(self, me: MatrixPerson) -> str:
        """The personal link from the direct room with the group's helper, whose invitation is taken."""
        await me.sync()
        for room in [room for room in me.invited if me.is_direct(room)]:
            await me.join(room)
            await me.sync()
            self._direct, self._town.acts = room, self._town.acts + 1
        link = find_link(*(str(content.get("body", "")) for content in me.messages(self._direct)))
        if not link:
            raise NotYet("no_link")
        return link


class MatrixDesk:
    """The staff of a Matrix run: enters the groups that ask for them, and reviews proofs that wait."""

    def __init__(self, town: MatrixTown, staff: MatrixPerson, review: Review) -> None:
        self.counts: Counter[str] = Counter()
        self._town = town
        self._staff = staff
        self._review = review

    async def act(self) -> int:
        """Do what waits; answers how many acts that were. Raises PersonError when the server is away."""
        await self._staff.sync()
        waiting = list(self._staff.invited)
        for room in waiting:
            direct = self._staff.is_direct(room)
            await self._staff.join(room)
            self._town.acts += 1
            if not direct:
                self.counts["groups_entered"] += 1
        if waiting:
            await self._staff.sync()
        reviewed = await self._review()
        self.counts["reviewed"] += reviewed
        return len(waiting) + reviewed
