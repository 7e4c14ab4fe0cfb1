"""Paying for what a campaign model sold: what a page says of an order, and the button that asks for a payment."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.engine.door import Door
from qunflow.features.campaigns.plays.pages_view import OrderShown
from qunflow.features.payouts.orders import order_number
from qunflow.features.payouts.orders_acts import start_payment
from qunflow.features.payouts.orders_model import CLOSED, DUE, OPEN, OPENING, ORDER_PAID, OrderState, order_stream
from qunflow.storage.people import find_externals
from qunflow.web.links import PersonLink
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.small_forms import read_fields
from qunflow.web.texts import LANGUAGES

#: (door, workspace, order's number, payer's id at the payment account) → what the phone hands to WeChat.
Prepare = Callable[[Door, str, str, str], Awaitable[Mapping[str, str]]]
MOST_ORDER_BYTES = 1_024
_ORDER = re.compile(r"[A-Za-z0-9-]{1,80}")


class PayDesk:
    """Orders of participants; without ``prepare``, or for who is not known to the account, they are paid by hand."""

    def __init__(self, door: Door, site: Site, prepare: Prepare | None) -> None:
        self._door = door
        self._site = site
        self._prepare = prepare

    def routes(self) -> list[Route]:
        """``POST /p/{sealed}/pay`` with the field ``order``; pressed again it is answered by what is there."""
        return [Route("/p/{sealed}/pay", self._site.guarded(self._pay), methods=["POST"], name="pay")]

    async def find(self, link: PersonLink, order: OrderShown) -> OrderShown:
        """How an order can be paid now, or that it was."""
        if order.status == "paid":
            return order
        number = order_number(link.workspace, link.campaign, order.order)
        state: OrderState | None = await self._door.look.state(link.workspace, order_stream(number))
        if state is None or state.payer != link.person:
            return replace(order, status="by_hand")
        shown = replace(order, fen=state.fen, until=state.until, status=state.status)
        if state.status in (ORDER_PAID, CLOSED, OPENING):
            return shown
        external = await self._external(link, state)
        if self._prepare is None or not external:
            return replace(shown, status="by_hand")
        if state.until is not None and self._door.clock.now() >= state.until:
            return replace(shown, status=CLOSED)
        if state.status == OPEN:
            return replace(shown, values=await self._prepare(self._door, link.workspace, number, external))
        return replace(shown, status=DUE)

    async def _pay(self, request: Request) -> Response:
        link = self._site.links.open(request.path_params["sealed"])
        order = await _order_named(request)
        number = order_number(link.workspace, link.campaign, order)
        state: OrderState | None = await self._door.look.state(link.workspace, order_stream(number))
        external = await self._external(link, state) if state is not None else ""
        if state is None or state.payer != link.person or not external:
            raise NotFound("order_unknown", "there is no such order to pay here", field="order")
        await start_payment(self._door, link.workspace, number, external)
        asked = request.query_params.get("lang", "")
        query = f"&lang={asked}" if asked in LANGUAGES else ""
        headers = {**SECURITY_HEADERS, "cache-control": "no-store"}
        path = f"/p/{request.path_params['sealed']}/play?unit={state.unit}{query}"
        return RedirectResponse(path, status_code=303, headers=headers)

    async def _external(self, link: PersonLink, state: OrderState) -> str:
        """The payer as the payment account knows them."""
        async with self._door.database.read(link.workspace) as unit:
            found = await find_externals(unit, [link.person])
        return found.get(link.person, {}).get(state.channel, "")


async def _order_named(request: Request) -> str:
    order = (await read_fields(request, MOST_ORDER_BYTES)).get("order", "")
    if not _ORDER.fullmatch(order):
        raise InvalidInput("order_name", "the id of an order", field="order")
    return order
