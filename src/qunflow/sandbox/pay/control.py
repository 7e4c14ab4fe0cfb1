"""What people do with their phones, and the switches of the disturbances: the side of the sandbox that is no API."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qunflow.domain.errors import Conflict, InvalidInput, NotFound, QunflowError
from qunflow.sandbox.pay.notices import NoticePost
from qunflow.sandbox.pay.settings import CallFault
from qunflow.sandbox.pay.world import SUCCESS, WAITING, Data, PayWorld

_MAX_BODY = 16_384


def confirm(world: PayWorld, body: Data) -> Data:
    """A person takes a transfer."""
    bill = world.bills.get(_name(body, "out_bill_no"))
    if bill is None:
        raise NotFound("pay_bill_unknown", "there is no such transfer", field="out_bill_no")
    if bill.openid != body.get("openid", bill.openid):
        raise Conflict("pay_not_yours", "this transfer is somebody else's", field="openid")
    if bill.state != WAITING:
        raise Conflict("pay_bill_over", f"the transfer is {bill.state}", field="out_bill_no")
    world.end_bill(bill, SUCCESS)
    return world.show_bill(bill)


def fail(world: PayWorld, body: Data) -> Data:
    """The platform ends a transfer with a reason, such as ACCOUNT_FROZEN."""
    bill = world.bills.get(_name(body, "out_bill_no"))
    if bill is None or bill.state != WAITING:
        raise NotFound("pay_bill_unknown", "there is no such transfer that waits", field="out_bill_no")
    world.end_bill(bill, "FAIL", _name(body, "reason"))
    return world.show_bill(bill)


def pay(world: PayWorld, body: Data) -> Data:
    """A person pays an order with what the phone was handed: the prepay id."""
    prepay = _name(body, "prepay_id")
    order = next((one for one in world.orders.values() if one.prepay == prepay), None)
    if order is None:
        raise NotFound("pay_order_unknown", "there is no such order", field="prepay_id")
    if order.state != "NOTPAY" or world.clock.now() >= order.expires_at:
        raise Conflict("pay_order_over", f"the order is {order.state} or its time is over", field="prepay_id")
    world.pay_order(order)
    return world.show_order(order)


def disturb_calls(world: PayWorld, body: Data) -> Data:
    """Set the disturbances of calls: a list of :class:`CallFault`, which replaces the one before."""
    wanted = body.get("faults")
    known = {entry.name for entry in fields(CallFault)}
    if not isinstance(wanted, list) or len(wanted) > 50:
        raise InvalidInput("pay_fault", "a list of at most 50 faults", field="faults")
    for one in wanted:
        if not isinstance(one, dict) or not known.issuperset(one) or "kind" not in one:
            raise InvalidInput("pay_fault", f"each has kind and may have {', '.join(sorted(known))}", field="faults")
    world.faults = [CallFault(**one) for one in wanted]
    return {"faults": len(world.faults)}


def disturb_notices(world: PayWorld, body: Data) -> Data:
    """Set the disturbances of notices: lose, copies, delay."""
    world.settings.faults.change(body)
    return {"lose": world.settings.faults.lose, "copies": world.settings.faults.copies}


def set_balance(world: PayWorld, body: Data) -> Data:
    """Set the merchant's balance in fen."""
    value = body.get("fen")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**12:
        raise InvalidInput("pay_balance", "a number of fen", field="fen")
    world.balance = value
    return {"fen": value}


def _name(body: Data, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise InvalidInput("pay_field", "a text of 1 to 64 characters", field=name)
    return value


_ACTS: dict[str, Callable[[PayWorld, Data], Data]] = {
    "/phone/confirm": confirm,
    "/phone/pay": pay,
    "/admin/fail": fail,
    "/admin/call-faults": disturb_calls,
    "/admin/notice-faults": disturb_notices,
    "/admin/balance": set_balance,
}


def control_routes(world: PayWorld, post: NoticePost) -> list[Route]:
    """The acts, each a POST with a JSON object, and ``GET /status``."""

    def route(path: str, act: Callable[[PayWorld, Data], Data]) -> Route:
        async def answer(request: Request) -> Response:
            try:
                world.settle()
                return JSONResponse(act(world, await _body(request)))
            except QunflowError as error:
                return JSONResponse(error.as_data(), status_code=error.status)

        return Route(path, answer, methods=["POST"])

    async def status(request: Request) -> Response:
        world.settle()
        shown: dict[str, Any] = {
            "balance": world.balance,
            "bills": [world.show_bill(bill) for bill in world.bills.values()],
            "orders": [world.show_order(order) for order in world.orders.values()],
            "refunds": [world.show_refund(refund) for refund in world.refunds.values()],
            "notices": post.sent,
            "calls": world.calls,
        }
        return JSONResponse(shown)

    return [*(route(path, act) for path, act in _ACTS.items()), Route("/status", status)]


async def _body(request: Request) -> Data:
    content = await request.body()
    try:
        found = json.loads(content) if 0 < len(content) <= _MAX_BODY else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("pay_body", "the body must be a JSON object", field="body")
    return found
