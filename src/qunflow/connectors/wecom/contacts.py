"""Staff and their customers: lists, readings, remarks, ids (wecom-api.md §3.1, §3.2, §10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.connectors.wecom.bounds import check_chars, check_count, check_id, check_ids, refuse
from qunflow.connectors.wecom.errors import Cause, WecomError
from qunflow.connectors.wecom.paging import pages_by_query, rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number, texts

_API = "externalcontact/"
STAFF_A_CALL = 100


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as one staff member has it. ``tags`` are corp tag ids; ``added_at`` is UTC."""

    external: str
    staff: str
    name: str = ""
    union_id: str = ""
    remark: str = ""
    state: str = ""
    add_way: int = 0
    added_at: datetime | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """What a staff member notes of a customer; None leaves a field as it is. An empty tuple takes the phones away."""

    remark: str | None = None
    description: str | None = None
    company: str | None = None
    mobiles: tuple[str, ...] | None = None
    picture: str | None = None  # media_id


class Contacts:
    """Reads staff and customers, sets remarks, converts ids. All raise WecomError, InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def follow_users(self) -> tuple[str, ...]:
        """The staff who may use customer contact."""
        answer = await self._calls.get(_API + "get_follow_user_list")
        return texts(answer.get("follow_user"))

    async def of_staff(self, staff: str) -> tuple[str, ...]:
        """The customers of one staff member; none when WeCom says 84061, which it does for an empty list."""
        try:
            answer = await self._calls.get(_API + "list", {"userid": check_id("staff", staff, 64)})
        except WecomError as error:
            if error.cause is not Cause.NOT_CONTACT:
                raise
            return ()
        return texts(answer.get("external_userid"))

    async def get(self, external: str) -> Answer:
        """``external_contact`` and all of its ``follow_user`` (500 a page)."""
        whole: Answer = {}
        followers: list[object] = []
        async for page in pages_by_query(
            self._calls, _API + "get", {"external_userid": check_id("external", external)}
        ):
            whole = whole or page
            followers.extend(page.get("follow_user") or ())
        return {**whole, "follow_user": followers}

    async def batch(self, staff: Sequence[str]) -> tuple[Customer, ...]:
        """The customers of many staff, a hundred staff a call and a hundred customers a page."""
        names = check_ids("staff", staff, 1, 10_000)
        found: list[Customer] = []
        for first in range(0, len(names), STAFF_A_CALL):
            body = {"userid_list": names[first : first + STAFF_A_CALL], "limit": 100}
            async for row in rows(self._calls, _API + "batch/get_by_user", body, "external_contact_list"):
                found.append(_customer(row))
        return tuple(found)

    async def served(self) -> tuple[Answer, ...]:
        """Everybody whom staff served, customers and others; temporary ids are good for four hours."""
        return tuple([row async for row in rows(self._calls, _API + "contact_list", {"limit": 1000}, "info_list")])

    async def remark(self, staff: str, external: str, remark: Remark) -> None:
        """Set what a staff member notes of a customer; at least one field."""
        body: Answer = {"userid": check_id("staff", staff, 64), "external_userid": check_id("external", external)}
        body |= _remark_fields(remark)
        if len(body) == 2:
            raise refuse("remark", "At least one field must be set.", "Give a remark, description, company or phones.")
        await self._calls.post(_API + "remark", body)

    async def to_openid(self, external: str) -> str:
        """The openid of a customer, for WeChat Pay."""
        body = {"external_userid": check_id("external", external)}
        return str((await self._calls.post(_API + "convert_to_openid", body)).get("openid") or "")

    async def staff_to_openid(self, staff: str) -> str:
        """The openid of a staff member."""
        answer = await self._calls.post("user/convert_to_openid", {"userid": check_id("staff", staff, 64)})
        return str(answer.get("openid") or "")

    async def chat_of_opengid(self, opengid: str) -> str:
        """The chat id of the group from which a mini program was opened; 90511 for a bad one."""
        answer = await self._calls.post(_API + "opengid_to_chatid", {"opengid": check_id("opengid", opengid)})
        return str(answer.get("chat_id") or "")


def _remark_fields(remark: Remark) -> Answer:
    body: Answer = {}
    for name, text, most in (
        ("remark", remark.remark, 20),
        ("description", remark.description, 150),
        ("remark_company", remark.company, 20),
    ):
        if text is not None:
            body[name] = check_chars(name, text, most)
    if remark.mobiles is not None:
        check_count("remark_mobiles", remark.mobiles, 0, 5)
        body["remark_mobiles"] = [check_chars("remark_mobiles", text, 30) for text in remark.mobiles] or [""]
    if remark.picture is not None:
        body["remark_pic_mediaid"] = check_id("remark_pic_mediaid", remark.picture, 256)
    return body


def _customer(row: Answer) -> Customer:
    person, follow = mapping(row.get("external_contact")), mapping(row.get("follow_info"))
    return Customer(
        external=str(person.get("external_userid") or ""),
        staff=str(follow.get("userid") or ""),
        name=str(person.get("name") or ""),
        union_id=str(person.get("unionid") or ""),
        remark=str(follow.get("remark") or ""),
        state=str(follow.get("state") or ""),
        add_way=number(follow.get("add_way")),
        added_at=instant(follow.get("createtime")),
        tags=texts(follow.get("tag_id")),
    )
