"""Refusals of WeChat Pay as errors for people: what went wrong, whether it may have happened, whether to try again."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.errors import QunflowError


@dataclass(frozen=True, slots=True)
class _Meaning:
    rule: str
    way_out: str = ""
    merchant: bool = False  # the merchant's own trouble: nobody else can mend it, and the same call works afterwards
    soon: bool = False  # the same call may work in a moment


#: WeChat Pay's code → what it means. A code that is not here is a refusal for good.
_MEANINGS: dict[str, _Meaning] = {
    "SIGN_ERROR": _Meaning("WeChat Pay does not accept our signature", "Check the key and its serial.", merchant=True),
    "NO_AUTH": _Meaning("this merchant may not do that", "Ask for the product on the merchant's site.", merchant=True),
    "NOT_ENOUGH": _Meaning("the merchant's account holds too little", "Top it up; it is tried again.", merchant=True),
    "APPID_MCHID_NOT_MATCH": _Meaning("the appid is not bound to this merchant", "Bind it.", merchant=True),
    "MCH_NOT_EXISTS": _Meaning("there is no such merchant", "Check the merchant id.", merchant=True),
    "FREQUENCY_LIMITED": _Meaning("too many calls", soon=True),
    "FREQUENCY_LIMIT_EXCEED": _Meaning("too many calls", soon=True),
    "RATELIMIT_EXCEEDED": _Meaning("too many calls", soon=True),
    "ACCOUNT_ERROR": _Meaning("the payer's account cannot be used"),
    "PARAM_ERROR": _Meaning("WeChat Pay does not accept a value"),
    "INVALID_REQUEST": _Meaning("the present state does not allow this call"),
    "OUT_TRADE_NO_USED": _Meaning("this number was used with other values"),
    "ORDER_CLOSED": _Meaning("the order is closed"),
    "ORDERPAID": _Meaning("the order is paid"),
    "NOT_FOUND": _Meaning("WeChat Pay knows no such number"),
    "ORDER_NOT_EXIST": _Meaning("WeChat Pay knows no such number"),
    "RESOURCE_NOT_EXISTS": _Meaning("WeChat Pay knows no such number"),
}
_MISSING = ("NOT_FOUND", "ORDER_NOT_EXIST", "RESOURCE_NOT_EXISTS")
MERCHANT_WAIT, SOON_WAIT = 60.0, 2.0


class PayError(QunflowError):
    """A call that brought no result.

    ``pay_code`` is WeChat Pay's word. ``unknown``: it may have happened all the same, so ask by the same number first.
    ``wait`` wall seconds after which the same call may work, 0 when it never will.
    """

    def __init__(self, pay_code: str, rule: str, *, way_out: str = "", unknown: bool = False, wait: float = 0.0):
        super().__init__("wechatpay_call", f"{rule} ({pay_code})", way_out=way_out, status=502)
        self.pay_code = pay_code
        self.unknown = unknown
        self.wait = wait

    @property
    def missing(self) -> bool:
        """Whether WeChat Pay knows no such number."""
        return self.pay_code in _MISSING


class ResultUnknown(TimeoutError):
    """Nobody knows whether a call took effect; delivery asks by the same number before it tries again."""


def refusal(status: int, code: str, message: str = "") -> PayError:
    """The error of an HTTP answer. Anything of the 5xx kind may have happened."""
    said = message[:200]
    if status >= 500:
        return PayError(code or f"HTTP {status}", f"WeChat Pay could not answer{_told(said)}", unknown=True, wait=2.0)
    meaning = _MEANINGS.get(code)
    if meaning is None:
        wait = SOON_WAIT if status == 429 else 0.0
        return PayError(code or f"HTTP {status}", f"WeChat Pay refuses{_told(said)}", wait=wait)
    wait = MERCHANT_WAIT if meaning.merchant else SOON_WAIT if meaning.soon or status == 429 else 0.0
    return PayError(code, f"{meaning.rule}{_told(said)}", way_out=meaning.way_out, wait=wait)


def _told(said: str) -> str:
    return f": {said}" if said else ""
