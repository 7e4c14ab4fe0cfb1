"""Wishes → calls. Nothing here ever makes a second number: what is unknown is asked for by the same one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

from qunflow.connectors.wechatpay.client import PayClient
from qunflow.connectors.wechatpay.errors import PayError, ResultUnknown
from qunflow.connectors.wechatpay.inbound import PayloadError, payment_seen, refund_seen, transfer_seen
from qunflow.connectors.wechatpay.settings import ON_UNKNOWN, WAYS
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.payments import (
    NOT_FOUND,
    REFUSED,
    CancelTransfer,
    ClosePayment,
    OpenPayment,
    PaymentOpened,
    PaymentSeen,
    ReadPayment,
    ReadRefund,
    ReadTransfer,
    RefundSeen,
    SendRefund,
    SendTransfer,
    TransferSeen,
)
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

#: (number of a transfer, its package) → the package as it may be kept.
Seal = Callable[[str, str], str]
_CHINA = timezone(timedelta(hours=8))


class PayConnector:
    """One merchant at WeChat Pay, as delivery sees it.

    ``seal(number, package)`` encrypts what opens a person's page to take a transfer; without it that is not told.
    """

    def __init__(self, name: str, client: PayClient, seal: Seal | None = None) -> None:
        self.name = name
        self.client = client
        self._seal = seal
        self._calls: Mapping[str, Callable[[Any], Awaitable[Receipt]]] = {
            SendTransfer.KIND: self._send_transfer,
            ReadTransfer.KIND: self._read_transfer,
            CancelTransfer.KIND: self._cancel_transfer,
            OpenPayment.KIND: self._open_payment,
            ReadPayment.KIND: self._read_payment,
            ClosePayment.KIND: self._close_payment,
            SendRefund.KIND: self._send_refund,
            ReadRefund.KIND: self._read_refund,
        }

    @property
    def ways(self) -> Mapping[str, Way]:
        """Action kind → how it is carried out."""
        return WAYS

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Action kind → what may be done when a result was never seen."""
        return ON_UNKNOWN

    async def perform(self, action: Any, key: str) -> Receipt:
        """Carry the action out. Raises :class:`ResultUnknown` when nobody knows whether it happened."""
        try:
            return await self._calls[action.KIND](action)
        except PayError as error:
            if error.unknown:
                raise ResultUnknown(error.sentence()) from error
            result = Result.RETRY if error.wait else Result.REFUSED
            return Receipt(result, reason=Reason.PLATFORM_ERROR, detail=error.sentence(), retry_after=error.wait)
        except PayloadError as error:
            raise ResultUnknown(error.sentence()) from error

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """What WeChat Pay knows under the action's number; None when it knows nothing and the same may be sent."""
        return await self._find(action)

    async def _find(self, action: Any) -> Receipt | None:
        try:
            if isinstance(action, SendTransfer):
                return self._bill(await self.client.read_transfer(action.number))
            if isinstance(action, SendRefund):
                return _told(refund_seen(await self.client.read_refund(action.refund)))
        except PayError as error:
            if not error.missing:
                raise
        return None

    async def close(self) -> None:
        """Give up connections."""
        await self.client.close()

    # --- transfers ---------------------------------------------------------------------------------------------

    async def _send_transfer(self, action: SendTransfer) -> Receipt:
        """Make it; when it is refused for good, WeChat Pay is asked whether an earlier try of it exists."""
        try:
            made = await self.client.create_transfer(action.number, action.external, action.fen)
        except PayError as error:
            if error.unknown or error.wait:
                raise
            found = await self._find(action)
            return found or _refused(TransferSeen(action.number, REFUSED, action.fen, code=error.pay_code), error)
        return self._bill(made, action.fen)

    async def _read_transfer(self, action: ReadTransfer) -> Receipt:
        try:
            return self._bill(await self.client.read_transfer(action.number))
        except PayError as error:
            if not error.missing:
                raise
            return _told(TransferSeen(action.number, NOT_FOUND, action.fen))

    async def _cancel_transfer(self, action: CancelTransfer) -> Receipt:
        """Taken back, or what it is when that is too late."""
        try:
            answer = await self.client.cancel_transfer(action.number)
        except PayError as error:
            if error.unknown or error.wait:
                raise
            return await self._read_transfer(ReadTransfer(action.number, action.fen))
        return self._bill(answer, action.fen)

    def _bill(self, data: Mapping[str, Any], fen: int = 0) -> Receipt:
        seen = transfer_seen(data, fen)
        sealed = self._seal(seen.number, seen.package) if self._seal is not None else ""
        return _told(replace(seen, package=sealed))

    # --- orders ------------------------------------------------------------------------------------------------

    async def _open_payment(self, action: OpenPayment) -> Receipt:
        expires = action.until.astimezone(_CHINA).isoformat(timespec="seconds")
        try:
            made = await self.client.create_order(action.number, action.external, action.fen, expires)
        except PayError as error:
            if error.unknown or error.wait:
                raise
            if error.pay_code == "ORDERPAID":
                return await self._read_payment(ReadPayment(action.number))
            return _refused(PaymentOpened(action.number, code=error.pay_code), error)
        prepay = made.get("prepay_id")
        if not isinstance(prepay, str) or not 1 <= len(prepay) <= 64:
            raise PayloadError("prepay_id")
        return _told(PaymentOpened(action.number, prepay))

    async def _read_payment(self, action: ReadPayment) -> Receipt:
        try:
            return _told(payment_seen(await self.client.read_order(action.number)))
        except PayError as error:
            if not error.missing:
                raise
            return _told(PaymentSeen(action.number, NOT_FOUND))

    async def _close_payment(self, action: ClosePayment) -> Receipt:
        """Close it, then say what it is: it may have been paid a moment before."""
        try:
            await self.client.close_order(action.number)
        except PayError as error:
            if error.unknown or error.wait:
                raise
        return await self._read_payment(ReadPayment(action.number))

    async def _send_refund(self, action: SendRefund) -> Receipt:
        try:
            made = await self.client.create_refund(action.number, action.refund, action.fen, action.total)
        except PayError as error:
            if error.unknown or error.wait:
                raise
            found = await self._find(action)
            seen = RefundSeen(action.number, action.refund, REFUSED, action.fen, error.pay_code)
            return found or _refused(seen, error)
        return _told(refund_seen(made))

    async def _read_refund(self, action: ReadRefund) -> Receipt:
        try:
            return _told(refund_seen(await self.client.read_refund(action.refund)))
        except PayError as error:
            if not error.missing:
                raise
            return _told(RefundSeen(action.number, action.refund, NOT_FOUND, action.fen))


def _told(body: Any) -> Receipt:
    return Receipt(Result.DONE, reference=str(body.number), answers=(body,))


def _refused(body: Any, error: PayError) -> Receipt:
    """Refused for good; the answer tells the rules, which give back what was set aside."""
    return Receipt(Result.REFUSED, answers=(body,), reason=Reason.PLATFORM_ERROR, detail=error.sentence())
