"""Answers and opened notices → inbound messages. Pure; what does not fit its documented shape is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from qunflow.domain.errors import InvalidInput
from qunflow.domain.inbound import EventNoted
from qunflow.domain.payments import PaymentSeen, RefundSeen, TransferSeen

Body = TransferSeen | PaymentSeen | RefundSeen | EventNoted
_LONG = 512


class PayloadError(InvalidInput):
    """A signed answer or notice that lacks what the documents promise."""

    def __init__(self, field: str) -> None:
        super().__init__("wechatpay_payload", "missing or of another kind", field=field)


def transfer_seen(data: Mapping[str, Any], fen: int = 0) -> TransferSeen:
    """A transfer; ``fen`` is what was asked for, where the answer does not say it (making and cancelling)."""
    amount = data.get("transfer_amount", fen)
    return TransferSeen(
        number=_text(data, "out_bill_no"),
        state=_text(data, "state"),
        fen=_whole(amount, "transfer_amount"),
        bill=_text(data, "transfer_bill_no", ""),
        package=_text(data, "package_info", ""),
        code=_text(data, "fail_reason", ""),
    )


def payment_seen(data: Mapping[str, Any]) -> PaymentSeen:
    """An order; an unpaid one has no amount to speak of."""
    state = _text(data, "trade_state")
    amount = data.get("amount")
    total = amount.get("total", 0) if isinstance(amount, dict) else 0
    paid = state in ("SUCCESS", "REFUND")
    transaction = _text(data, "transaction_id", "")
    return PaymentSeen(_text(data, "out_trade_no"), state, _whole(total, "total") if paid else 0, transaction)


def refund_seen(data: Mapping[str, Any]) -> RefundSeen:
    """A refund; answers call its state ``status``, notices ``refund_status``."""
    amount = data.get("amount")
    if not isinstance(amount, dict):
        raise PayloadError("amount")
    state = data.get("refund_status", data.get("status"))
    if not isinstance(state, str):
        raise PayloadError("status")
    fen = _whole(amount.get("refund"), "refund")
    return RefundSeen(_text(data, "out_trade_no"), _text(data, "out_refund_no"), state, fen)


def _transfer_told(data: Mapping[str, Any]) -> TransferSeen:
    """A transfer of a notice: it tells ends only, and nothing that would have to be kept sealed."""
    return replace(transfer_seen(data), package="")


_NOTICES: Mapping[str, Callable[[Mapping[str, Any]], Body]] = {
    "TRANSACTION.": payment_seen,
    "REFUND.": refund_seen,
    "MCHTRANSFER.BILL.": _transfer_told,
}


def notice_body(event_type: str, opened: bytes, mchid: str) -> Body:
    """The message of an opened notice; of a kind that no rule follows, a note. Raises PayloadError.

    A notice for another merchant is refused: the same key may belong to several.
    """
    data = parse_object(opened)
    for prefix, make in _NOTICES.items():
        if event_type.startswith(prefix):
            if data.get("mchid", data.get("mch_id")) != mchid:
                raise PayloadError("mchid")
            return make(data)
    return EventNoted(event=event_type[:128])


def parse_object(content: bytes) -> dict[str, Any]:
    """A JSON object. Raises PayloadError."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:  # bad JSON or bad UTF-8
        raise PayloadError("body") from error
    if not isinstance(found, dict):
        raise PayloadError("body")
    return found


def _text(data: Mapping[str, Any], name: str, absent: str | None = None) -> str:
    value = data.get(name, absent)
    if value is None and absent is not None:
        return absent
    if not isinstance(value, str) or len(value) > _LONG:
        raise PayloadError(name)
    return value


def _whole(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 10**12:
        raise PayloadError(name)
    return value
