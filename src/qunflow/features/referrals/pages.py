"""Phone pages of referrals: a customer's own page with the link to send, and the page that the friend opens."""

from __future__ import annotations

from typing import Any

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qunflow.domain.errors import NotFound, QunflowError
from qunflow.domain.money import BPS, yuan
from qunflow.engine.door import Door
from qunflow.features.referrals import acts, store
from qunflow.features.referrals.model import RecommenderState, recommender_stream
from qunflow.features.referrals.program import ProgramState
from qunflow.features.referrals.vault import ContactVault, FriendContact
from qunflow.web.links import UnitLink
from qunflow.web.responses import Refusal, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.visitors import is_robot, set_visitor, signals_of, visitor_of

MAX_FIELD = 60


def referral_routes(door: Door, site: Site, vault: ContactVault) -> list[Route]:
    """``/r/{sealed}`` for a customer, ``/f/{sealed}`` for the friend."""
    found = ReferralPages(door, site, vault)
    return [
        Route("/r/{sealed}", site.guarded(found.own), methods=["GET"], name="referral"),
        Route("/f/{sealed}", site.guarded(found.friend), methods=["GET"], name="referral_friend"),
        Route("/f/{sealed}", site.guarded(found.give), methods=["POST"], name="referral_give"),
    ]


class ReferralPages:
    """The endpoints."""

    def __init__(self, door: Door, site: Site, vault: ContactVault) -> None:
        self._door, self._site, self._vault = door, site, vault

    async def own(self, request: Request) -> Response:
        """A customer's page: what is paid for, the link to send, and what became of the friends so far."""
        link = self._site.links.open(request.path_params["sealed"])
        program = acts.program_of(link)
        if is_robot(request):
            return self._site.page(request, "bare")
        state = await acts.find_program(self._door, link.workspace, program)
        visitor, is_new = visitor_of(request, self._site.links)
        device = self._site.links.trace(link.workspace, "device", visitor)
        recommender = await acts.open_recommender(self._door, link.workspace, program, link.person, device)
        async with self._door.database.read(link.workspace) as unit:
            rows = await store.leads_of(unit, program, link.person)
        address = acts.friend_link(self._site.links, link.workspace, program, recommender.code)
        values = {**_promise(state), "open": state.open, "address": address, "qr": _qr(address)}
        leads = [_lead(row) for row in rows]
        response = self._site.page(request, "referral", leads=leads, **values)
        if is_new:  # whoever recommends cannot be the own friend from the same browser
            set_visitor(response, self._site.links, visitor)
        return response

    async def friend(self, request: Request) -> Response:
        """The friend's page: who asks for what, consent, name and phone, or the staff member's code."""
        link = self._site.links.open_unit(request.path_params["sealed"])
        if is_robot(request):
            return self._site.page(request, "bare")
        return await self._form(request, link, {}, "", "")

    async def give(self, request: Request) -> Response:
        """Take the friend in; what is wrong stands on the form again, a refusal is a page of its own."""
        link = self._site.links.open_unit(request.path_params["sealed"])
        form = await read_fields(request)
        values = {name: form.get(name, "")[:MAX_FIELD] for name in ("name", "phone")}
        device = signals_of(request, self._site.links, link.workspace).device
        acts.program_of(link)
        try:
            rejection = await acts.recommend(
                self._door,
                self._vault,
                link.workspace,
                link.unit,
                FriendContact(values["name"], values["phone"]),
                form.get("consent") == "yes",
                device,
            )
        except QunflowError as error:
            _, text = self._site.ending(error)
            return await self._form(request, link, values, text, error.field, error.status)
        if rejection is not None:
            raise Refusal(rejection)
        return self._site.page(request, "referral_done", qr_image=(await self._recommender(link)).qr_image)

    async def _form(
        self, request: Request, link: UnitLink, values: dict[str, str], wrong: str, field: str, status: int = 200
    ) -> Response:
        program = await acts.find_program(self._door, link.workspace, acts.program_of(link))
        recommender = await self._recommender(link)
        told: dict[str, Any] = {**_promise(program), "open": program.open, "qr_image": recommender.qr_image}
        told |= {"values": {"name": "", "phone": "", **values}, "wrong": wrong, "field": field}
        sealed = request.path_params["sealed"]
        return self._site.page(request, "referral_friend", status=status, sealed=sealed, **told)

    async def _recommender(self, link: UnitLink) -> RecommenderState:
        found: RecommenderState | None = await self._door.look.state(link.workspace, recommender_stream(link.unit))
        if found is None:
            raise NotFound("link_unknown", "this link is not one of ours", way_out="Ask for the newest link.")
        return found


def _promise(state: ProgramState) -> dict[str, Any]:
    """What a program says of itself."""
    terms = state.terms
    assert terms is not None
    return {
        "title": terms.title,
        "product": terms.product,
        "rules": terms.rules,
        "reward_fen": terms.reward_fen,
        "reward_percent": f"{terms.reward_bps * 100 / BPS:g}",
        "cap_fen": terms.cap_fen,
        "hold_days": terms.hold_days,
        "protect_days": terms.protect_days,
        "yuan": yuan,
    }


def _lead(row: dict[str, Any]) -> dict[str, Any]:
    """A friend on the recommender's page: the day and what became of it, no name and no number."""
    return {
        "day": row["opened_at"].date().isoformat(),
        "status": row["status"],
        "reward_fen": row["reward_fen"],
    }


def _qr(address: str) -> str:
    """The code as inline SVG: no picture of it leaves our server."""
    return segno.make(address, error="m", micro=False).svg_inline(scale=1, border=2, omitsize=True)
