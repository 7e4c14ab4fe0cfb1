"""One simulated person with a phone: nothing but what a phone shows and what its camera reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from qunflow.rehearsal import crowd, steps
from qunflow.rehearsal.browser import Browser
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.http import Answer
from qunflow.rehearsal.markup import CONTACT_QR, GROUP_QR, PREPARING, WAITING, Page, find_link, read_page
from qunflow.rehearsal.proofs import Shot
from qunflow.rehearsal.street import NotYet, Outcome, StepFailed, Street

_GLANCES = 10
_GLANCE_WAIT = 0.2
_AD = "兼职日结 加微信 http://ad.example/"


__all__ = ["Outcome", "Phone", "StepFailed"]


class Phone:
    """A person's phone. Every step may be tried again; what was done before is found done."""

    def __init__(self, plan: PersonPlan, street: Street) -> None:
        self.plan = plan
        self.name = f"crowd-{plan.number}"
        self._street = street
        self._browser: Browser = street.browser(plan.device)
        make = street.doors.player
        self._player = make(plan, street, self._browser, self._own_link) if make is not None else None
        self._exists = False
        self._read_to = 0
        self._link = ""
        self._steps: dict[str, Callable[[datetime], Awaitable[None]]] = {
            crowd.SCAN: self._scan,
            crowd.JOIN: self._join,
            crowd.REJOIN: self._join,
            crowd.POSTER: self._open_poster,
            crowd.SUBMIT: self._submit,
            crowd.LOOK: self._look,
            crowd.LEAVE: self._leave,
            steps.PLAY: self._play,
            steps.CALLED: self._play,
            steps.BUY: self._buy,
            steps.SAY: self._advertise,
        }

    async def perform(self, kind: str, now: datetime) -> Outcome:
        """Do one step at virtual time ``now``. Raises StepFailed, or HttpError when nobody answers for a minute."""
        try:
            await self._steps[kind](now)
        except NotYet as wait:
            self._street.report.waiting[wait.what] += 1
            return Outcome.LATER
        self._street.report.done[kind] += 1
        return Outcome.DONE

    async def read_messages(self) -> None:
        """Read what is new, count welcomes and mass messages, and keep the personal link."""
        while True:
            found = await self._sandbox(f"/phone/inbox?phone={self.name}&after={self._read_to}")
            messages = found.get("messages", [])
            for message in messages:
                self._read_to = int(message["number"])
                self._take(message)
            if len(messages) < 500:
                return

    def _take(self, message: dict[str, Any]) -> None:
        report, kind = self._street.report, message.get("kind")
        if kind == "mass":
            report.mass[self.name] = report.mass.get(self.name, 0) + 1
        if kind == "welcome":
            report.welcomes[self.name] = report.welcomes.get(self.name, 0) + 1
        cards = [item.get("link") or {} for item in message.get("attachments", [])]
        links = [str(card.get("url", "")) for card in cards]
        self._link = self._link or find_link(str(message.get("text", "")), *links)

    async def _scan(self, now: datetime) -> None:
        """See a poster, open what its code says, and perhaps hold the contact code before the camera."""
        await self._be_there()
        poster = await self._see_poster()
        address = await self._street.reader.read(poster)
        if not address.startswith("http"):
            raise StepFailed("poster_unreadable")
        page = await self._look_at(address, CONTACT_QR)
        if not self.plan.adds_contact:
            return
        kind = await self._hold_up(page.codes[CONTACT_QR], address)
        if kind not in ("contact_added", "already_contact"):
            raise StepFailed(f"contact_{kind}")
        self._street.report.done["contact"] += 1

    async def _see_poster(self) -> bytes:
        inviter = self.plan.inviter
        if inviter is not None:
            return self._street.gallery.show(inviter)
        public = self._street.doors.poster
        if isinstance(public, bytes):
            return public
        answer = await self._browser.get(public)
        if answer.status != 200:
            raise StepFailed(f"public_poster_{answer.status}")
        return answer.body

    async def _join(self, now: datetime) -> None:
        """Follow the personal link to the group's code, and scan it."""
        entry = f"{await self._own_link()}/entry"
        page = await self._look_at(entry, GROUP_QR)
        kind = await self._hold_up(page.codes[GROUP_QR], entry)
        if kind == "group_full":
            raise NotYet("group_full")
        if kind not in ("joined", "already_member"):
            raise StepFailed(f"group_{kind}")

    async def _open_poster(self, now: datetime) -> None:
        """Open the own poster and keep the picture."""
        url = f"{await self._own_link()}/poster.jpg"
        for _ in range(_GLANCES):
            answer = await self._browser.get(url)
            if answer.status == 200 and answer.headers.get("content-type", "").startswith("image/"):
                self._street.gallery.keep(self.plan.number, answer.body)
                return
            await _wait_or_fail("poster", answer, read_page(answer.text))
        raise NotYet(PREPARING)

    async def _submit(self, now: datetime) -> None:
        """Hand in a screenshot with what the page's form carries along."""
        link = await self._own_link()
        page = await self._browser.get(link)
        if page.status != 200:
            raise StepFailed(f"progress_{page.status}")
        shot = Shot(self.plan.number, self.plan.nickname, self._street.local(now))
        picture = await self._street.proof(self.plan, shot)
        answer = await self._browser.post_form(f"{link}/submit", read_page(page.text).hidden, "proof", picture)
        if answer.status >= 400:
            raise StepFailed(f"submit_{read_page(answer.text).reason or answer.status}")
        self._street.shots[self.plan.number] = shot
        if self.plan.forgery:
            self._street.report.done[f"forged_{self.plan.forgery}"] += 1

    async def _look(self, now: datetime) -> None:
        """Look at the progress page."""
        answer = await self._browser.get(await self._own_link())
        if answer.status != 200:
            raise StepFailed(f"progress_{answer.status}")

    async def _leave(self, now: datetime) -> None:
        """Leave every group; 409 means that a try before this one has done it."""
        found = await self._sandbox(f"/phone/chats?phone={self.name}")
        for chat in found.get("chats", []):
            await self._sandbox("/phone/leave", {"phone": self.name, "chat_id": chat["chat_id"]}, fine=(200, 409))

    async def _play(self, now: datetime) -> None:
        """Do what the campaign's model offers."""
        if self._player is not None:
            await self._player.visit(now)

    async def _buy(self, now: datetime) -> None:
        """Buy something in the shop."""
        if self._player is not None:
            await self._player.buy(now)

    async def _advertise(self, now: datetime) -> None:
        """Post an advertisement into every group."""
        found = await self._sandbox(f"/phone/chats?phone={self.name}")
        for chat in found.get("chats", []):
            said = {"phone": self.name, "chat_id": chat["chat_id"], "text": _AD}
            await self._sandbox("/phone/say", said, fine=(200, 409))

    async def _own_link(self) -> str:
        if not self._link:
            await self.read_messages()
        if not self._link:
            raise NotYet("no_welcome")
        self._street.doors.links[self.plan.number] = self._link
        return self._link

    async def _be_there(self) -> None:
        """The person exists on the platform; 409 means that a try before this one has done it."""
        if not self._exists:
            await self._sandbox("/phone/new", {"phone": self.name, "name": self.plan.nickname}, fine=(200, 409))
            self._exists = True

    async def _look_at(self, url: str, code: str) -> Page:
        """The page once it shows the code; a page that prepares it is looked at a few times."""
        for _ in range(_GLANCES):
            answer = await self._browser.get(url)
            page = read_page(answer.text)
            if answer.status == 200 and page.codes.get(code):
                return page
            await _wait_or_fail(code, answer, page)
        raise NotYet(PREPARING)

    async def _hold_up(self, source: str, page_url: str) -> str:
        """Hold the picture of a code before the camera; what the phone says then."""
        picture = await self._browser.get_from(page_url, source)
        content = await self._street.reader.read(picture.body) if picture.status == 200 else ""
        if not content:
            raise StepFailed("code_unreadable")
        found = await self._sandbox("/phone/scan", {"phone": self.name, "qr": content})
        return str(found.get("kind", ""))

    async def _sandbox(
        self, path: str, data: dict[str, str] | None = None, fine: tuple[int, ...] = (200,)
    ) -> dict[str, Any]:
        status, found = await self._browser.call(self._street.doors.sandbox + path, data)
        if status not in fine:
            raise StepFailed(f"phone_{found.get('code', status)}")
        return found


async def _wait_or_fail(what: str, answer: Answer, page: Page) -> None:
    """Wait a moment while a page is being prepared (503: come again); people come later to one that lets them wait."""
    if page.state == WAITING:
        raise NotYet(WAITING)
    if page.state != PREPARING and answer.status != 503:
        raise StepFailed(f"{what}_{page.reason or page.state or answer.status}")
    await asyncio.sleep(_GLANCE_WAIT)
