"""Customers and groups handed to another staff member, on the job or after resigning (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from qunflow.connectors.wecom.bounds import check_chars, check_id, check_ids, refuse
from qunflow.connectors.wecom.errors import refusal
from qunflow.connectors.wecom.paging import rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number

_API = "externalcontact/"
MAX_CUSTOMERS = MAX_GROUPS = 100


class TransferStatus(IntEnum):
    """How far the hand-over of a customer is; it takes effect after 24 hours unless the customer refuses."""

    UNKNOWN = 0
    DONE = 1
    WAITING = 2
    REFUSED = 3
    TAKER_FULL = 4
    NO_RECORD = 5


@dataclass(frozen=True, slots=True)
class Refused:
    """A customer or group that could not be handed over, with WeCom's errcode and what it means."""

    subject: str
    errcode: int
    why: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """The hand-over of one customer; ``taken_at`` once it is done."""

    external: str
    status: TransferStatus
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A customer whose staff member resigned at ``resigned_at`` and whom nobody has taken over."""

    staff: str
    external: str
    resigned_at: datetime | None


class Inheritance:
    """Hands over customers and groups. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def transfer_customers(
        self, giver: str, taker: str, externals: Sequence[str], *, message: str = "", resigned: bool = False
    ) -> tuple[Refused, ...]:
        """Start handing over at most 100 customers; answers those that WeCom refused at once.

        ``message`` (200 characters) is shown to the customer; it exists only for staff who stay.
        """
        body: Answer = {**_pair(giver, taker), "external_userid": check_ids("externals", externals, 1, MAX_CUSTOMERS)}
        if message and resigned:
            raise refuse("message", "Customers of resigned staff get no message.", "Leave it out.")
        if message:
            body["transfer_success_msg"] = check_chars("message", message, 200)
        answer = await self._calls.post(f"{_API}{_kind(resigned)}transfer_customer", body)
        failed = [mapping(row) for row in answer.get("customer") or ()]
        return tuple(_refused(str(row.get("external_userid") or ""), row) for row in failed if row.get("errcode"))

    async def transfer_results(self, giver: str, taker: str, *, resigned: bool = False) -> tuple[Transfer, ...]:
        """How far every hand-over between two staff members is."""
        api = f"{_API}{_kind(resigned)}transfer_result"
        return tuple(
            [
                Transfer(
                    str(row.get("external_userid") or ""), _status(row.get("status")), instant(row.get("takeover_time"))
                )
                async for row in rows(self._calls, api, _pair(giver, taker), "customer")
            ]
        )

    async def unassigned(self) -> tuple[Unassigned, ...]:
        """The customers of staff who resigned and whom nobody has yet."""
        found = rows(self._calls, _API + "get_unassigned_list", {"page_size": 1000}, "info")
        return tuple(
            [
                Unassigned(
                    str(row.get("handover_userid") or ""),
                    str(row.get("external_userid") or ""),
                    instant(row.get("dimission_time")),
                )
                async for row in found
            ]
        )

    async def transfer_groups(
        self, chats: Sequence[str], new_owner: str, *, resigned: bool = False
    ) -> tuple[Refused, ...]:
        """Give at most 100 groups to a new owner; answers those that WeCom refused.

        A receiver takes 300 groups a day; an owner on the job may change twice in 90 days per group.
        """
        body = {
            "chat_id_list": check_ids("chats", chats, 1, MAX_GROUPS),
            "new_owner": check_id("new_owner", new_owner, 64),
        }
        api = "groupchat/transfer" if resigned else "groupchat/onjob_transfer"
        answer = await self._calls.post(_API + api, body)
        failed = [mapping(row) for row in answer.get("failed_chat_list") or ()]
        return tuple(_refused(str(row.get("chat_id") or ""), row) for row in failed)


def _kind(resigned: bool) -> str:
    return "resigned/" if resigned else ""


def _pair(giver: str, taker: str) -> Answer:
    if giver == taker:
        raise refuse("taker", "Giver and taker are the same person.", "Name another staff member.")
    return {"handover_userid": check_id("giver", giver, 64), "takeover_userid": check_id("taker", taker, 64)}


def _status(value: object) -> TransferStatus:
    known = number(value)
    return TransferStatus(known) if 1 <= known <= 5 else TransferStatus.UNKNOWN


def _refused(subject: str, row: Answer) -> Refused:
    errcode = number(row.get("errcode"))
    return Refused(subject, errcode, refusal(errcode, str(row.get("errmsg") or "")).sentence())
