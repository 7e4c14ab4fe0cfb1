"""What phone pages and staff ask of orders."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, NotFound
from qunflow.engine.door import Door
from qunflow.features.payouts.orders_model import STUCK, OrderState, StartPayment, order_stream


async def find_order(door: Door, workspace: str, number: str) -> OrderState:
    """One order. Raises NotFound."""
    state: OrderState | None = await door.look.state(workspace, order_stream(number))
    if state is None:
        raise NotFound("order_unknown", "there is no such order", field=number[:64])
    return state


async def start_payment(door: Door, workspace: str, number: str, external: str) -> OrderState:
    """The payer, known to the payment account as ``external``, wants to pay. Raises NotFound or Conflict."""
    await find_order(door, workspace, number)
    answer = await door.ask(workspace, StartPayment(number, external))
    if answer.rejection is not None:
        reason = answer.rejection.reason
        raise Conflict(f"order_{reason}", "this order cannot be paid (any more)", field=number[:64])
    return await find_order(door, workspace, number)


async def stuck_refunds(door: Door, workspace: str) -> list[tuple[OrderState, str]]:
    """Refunds that the platform refused or could not deliver: staff have to mend them on the merchant's site."""
    found: list[OrderState] = await door.look.all_of(workspace, "payorder", status="paid")
    return [(state, number) for state in found for number, one in state.refunds.items() if one.status == STUCK]
