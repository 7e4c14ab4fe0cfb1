"""「联系我」 codes whole (wecom-api.md §3.3). A lost config_id cannot be found again: store it before use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qunflow.connectors.wecom.bounds import (
    check_bytes,
    check_chars,
    check_choice,
    check_count,
    check_id,
    check_ids,
    check_number,
    refuse,
)
from qunflow.connectors.wecom.content import check_attachment
from qunflow.connectors.wecom.paging import rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, mapping, texts

_API = "externalcontact/"
MAX_STAFF = 100
_FORTNIGHT = 14 * 86_400
_QR = 2
#: WeCom tells the codes of the last 90 days unless a time is named.
LIST_SPAN = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class ContactWay:
    """A 联系我 code: ``config_id`` cannot be listed by state later, ``qr_code`` is the address of the image."""

    config_id: str
    qr_code: str


@dataclass(frozen=True, slots=True)
class ContactWayPlan:
    """What a new code shall be. ``scene`` 2 has a QR, 1 is for a mini program; ``state`` comes back with the contact.

    Seconds: ``expires_in`` of a temporary code, ``chat_expires_in`` of its chat, both at most 14 days.
    ``conclusions`` (text and one attachment, in WeCom's shape) end the chat of a temporary code.
    """

    staff: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()
    state: str = ""
    remark: str = ""
    scene: int = _QR
    style: int = 0
    skip_verify: bool = True
    is_exclusive: bool = False
    temporary: bool = False
    expires_in: int = 0
    chat_expires_in: int = 0
    union_id: str = ""
    mark_source: bool = True
    conclusions: Mapping[str, Any] = field(default_factory=dict)


class ContactWays:
    """Makes and changes codes. 500,000 a corp, together with join ways."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, plan: ContactWayPlan) -> ContactWay:
        """Make a code; raises InvalidInput for what WeCom would not take, 41045 when the corp has too many."""
        answer = await self._calls.post(_API + "add_contact_way", contact_way_body(plan))
        return ContactWay(str(answer.get("config_id", "")), str(answer.get("qr_code", "")))

    async def get(self, config: str) -> Answer:
        """``contact_way`` as WeCom holds it."""
        answer = await self._calls.post(_API + "get_contact_way", {"config_id": check_id("config", config)})
        return mapping(answer.get("contact_way"))

    async def list(self, start: datetime, end: datetime) -> tuple[str, ...]:
        """The config_ids made between two instants; temporary ones are not told."""
        if end < start:
            raise refuse("end", "The end lies before the start.", "Swap them.")
        body = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp()), "limit": 1000}
        found = [row async for row in rows(self._calls, _API + "list_contact_way", body, "contact_way")]
        return texts([row.get("config_id") for row in found])

    async def update(
        self,
        config: str,
        *,
        staff: Sequence[str] | None = None,
        departments: Sequence[int] | None = None,
        state: str | None = None,
        remark: str | None = None,
        skip_verify: bool | None = None,
    ) -> None:
        """Overwrite the fields that are given; type and scene stay as they are."""
        body: Answer = {"config_id": check_id("config", config)}
        if staff is not None:
            body["user"] = check_ids("staff", staff, 0 if departments else 1, MAX_STAFF)
        if departments is not None:
            body["party"] = list(departments)
        if state is not None:
            body["state"] = check_bytes("state", state, 30)
        if remark is not None:
            body["remark"] = check_chars("remark", remark, 30)
        if skip_verify is not None:
            body["skip_verify"] = skip_verify
        await self._calls.post(_API + "update_contact_way", body)

    async def delete(self, config: str) -> None:
        """Delete a code; who scans its QR afterwards reaches nobody."""
        await self._calls.post(_API + "del_contact_way", {"config_id": check_id("config", config)})

    async def close_temp_chat(self, staff: str, external: str) -> None:
        """End the chat that a temporary code opened."""
        body = {"userid": check_id("staff", staff, 64), "external_userid": check_id("external", external)}
        await self._calls.post(_API + "close_temp_chat", body)


def contact_way_body(plan: ContactWayPlan) -> Answer:
    """The body of add_contact_way. Raises InvalidInput naming the field."""
    check_choice("scene", plan.scene, (1, _QR))
    if not plan.staff and not plan.departments:
        raise refuse("staff", "A code needs staff or a department.", "Name staff, here or in the channel's settings.")
    check_count("departments", plan.departments, 0, MAX_STAFF)
    staff = check_ids("staff", plan.staff, 0, MAX_STAFF)
    body: Answer = {
        "type": 1 if len(staff) == 1 and not plan.departments else 2,
        "scene": plan.scene,
        "user": staff,
        "state": check_bytes("state", plan.state, 30),
        "remark": check_chars("remark", plan.remark, 30),
        "skip_verify": plan.skip_verify,
    }
    if plan.departments:
        body["party"] = list(plan.departments)
    if plan.style:
        body["style"] = check_number("style", plan.style, 1, 3)
    if plan.is_exclusive:
        body["is_exclusive"] = True
    if not plan.mark_source:
        body["mark_source"] = False
    return body | _temporary(plan)


def _temporary(plan: ContactWayPlan) -> Answer:
    if not plan.temporary:
        if plan.conclusions or plan.expires_in or plan.chat_expires_in or plan.union_id:
            raise refuse("temporary", "Ends and conclusions belong to temporary codes only.", "Leave them out.")
        return {}
    body: Answer = {"is_temp": True}
    if plan.expires_in:
        body["expires_in"] = check_number("expires_in", plan.expires_in, 1, _FORTNIGHT)
    if plan.chat_expires_in:
        body["chat_expires_in"] = check_number("chat_expires_in", plan.chat_expires_in, 1, _FORTNIGHT)
    if plan.union_id:
        body["unionid"] = check_id("union_id", plan.union_id)
    if plan.conclusions:
        body["conclusions"] = _conclusions(plan.conclusions)
    return body


def _conclusions(given: Mapping[str, Any]) -> Answer:
    shaped: Answer = {}
    for kind, values in given.items():
        if kind == "text":
            shaped["text"] = {"content": check_bytes("text", str(mapping(values).get("content") or ""), 4_000, 1)}
        else:
            check_choice("conclusions", kind, ("image", "link", "miniprogram"))
            shaped |= {kind: check_attachment({"msgtype": kind, kind: values})[kind]}
    return shaped
