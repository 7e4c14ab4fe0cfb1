"""获客助手: acquisition links, their customers, quota and numbers (wecom-api.md §3.4). Paid by quota."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from qunflow.connectors.wecom.bounds import check_bytes, check_chars, check_count, check_id, check_ids, refuse
from qunflow.connectors.wecom.paging import pages, rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number, texts

_API = "externalcontact/customer_acquisition/"
MAX_STAFF = 100
_MAX_NAME = 30


@dataclass(frozen=True, slots=True)
class AcquisitionLink:
    """A link that adds a staff member; ``url`` is what customers open."""

    link: str
    name: str
    url: str = ""
    made_at: datetime | None = None
    skip_verify: bool = True
    staff: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCustomer:
    """Who came by a link; ``chat_status`` 0 has not written, 1 has, 2 unknown."""

    external: str
    staff: str
    chat_status: int
    state: str = ""


@dataclass(frozen=True, slots=True)
class LinkQuota:
    """What is left of the quota; ``ends`` are (UTC instant, how many end then)."""

    total: int
    balance: int
    ends: tuple[tuple[datetime | None, int], ...] = ()


class AcquisitionLinks:
    """Makes, changes and reads acquisition links. Raises WecomError (41095: limit), InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def list(self) -> tuple[str, ...]:
        """The ids of all links."""
        found: list[str] = []
        async for page in pages(self._calls, _API + "list_link", {"limit": 100}):
            found.extend(texts(page.get("link_id_list")))
        return tuple(found)

    async def get(self, link: str) -> AcquisitionLink:
        """One link with the staff behind it."""
        answer = await self._calls.post(_API + "get", {"link_id": check_id("link", link)})
        shape = mapping(answer.get("link"))
        return _link(shape, mapping(answer.get("range")), answer.get("skip_verify", shape.get("skip_verify")))

    async def create(
        self, name: str, staff: Sequence[str], departments: Sequence[int] = (), *, skip_verify: bool = True
    ) -> AcquisitionLink:
        """A new link for at most 100 staff."""
        body = _link_body(name, staff, departments, skip_verify)
        answer = await self._calls.post(_API + "create_link", body)
        found = mapping(answer.get("link"))
        return _link(found, mapping(body["range"]), found.get("skip_verify", skip_verify))

    async def update(
        self, link: str, name: str, staff: Sequence[str], departments: Sequence[int] = (), *, skip_verify: bool = True
    ) -> None:
        """Overwrite name and range of a link."""
        body = {"link_id": check_id("link", link), **_link_body(name, staff, departments, skip_verify)}
        await self._calls.post(_API + "update_link", body)

    async def delete(self, link: str) -> None:
        """Delete a link; customers who came by it stay."""
        await self._calls.post(_API + "delete_link", {"link_id": check_id("link", link)})

    async def customers(self, link: str) -> tuple[LinkCustomer, ...]:
        """Everybody who came by a link."""
        body = {"link_id": check_id("link", link), "limit": 1000}
        return tuple(
            [
                LinkCustomer(
                    str(row.get("external_userid") or ""),
                    str(row.get("userid") or ""),
                    number(row.get("chat_status")),
                    str(row.get("state") or ""),
                )
                async for row in rows(self._calls, _API + "customer", body, "customer_list")
            ]
        )

    async def chat_info(self, chat_key: str) -> Answer:
        """What the event ``message_from_customer`` counts, by its key: messages, link and state."""
        return await self._calls.post(_API + "get_chat_info", {"chat_key": check_id("chat_key", chat_key, 256)})

    async def quota(self) -> LinkQuota:
        """How many customers may still come."""
        answer = await self._calls.get("externalcontact/customer_acquisition_quota")
        ends = [mapping(row) for row in answer.get("quota_list") or ()]
        return LinkQuota(
            number(answer.get("total")),
            number(answer.get("balance")),
            tuple((instant(row.get("expire_date")), number(row.get("balance"))) for row in ends),
        )

    async def statistic(self, link: str, start: datetime, end: datetime) -> tuple[int, int]:
        """(customers who opened the link, customers who were added) between two instants."""
        if end < start:
            raise refuse("end", "The end lies before the start.", "Swap them.")
        times = {"start_time": int(start.timestamp()), "end_time": int(end.timestamp())}
        answer = await self._calls.post(_API + "statistic", {"link_id": check_id("link", link), **times})
        return number(answer.get("click_link_customer_cnt")), number(answer.get("new_customer_cnt"))


def with_channel(url: str, channel: str) -> str:
    """A link's address that comes back with ``channel`` (at most 64 bytes) as State."""
    query = urlencode({"customer_channel": check_bytes("channel", channel, 64, 1)})
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _link_body(name: str, staff: Sequence[str], departments: Sequence[int], skip_verify: bool) -> Answer:
    if not staff and not departments:
        raise refuse("staff", "A link needs staff or a department.", "Name them.")
    check_count("departments", departments, 0, MAX_STAFF)
    return {
        "link_name": check_chars("name", name, _MAX_NAME, 1),
        "range": {"user_list": check_ids("staff", staff, 0, MAX_STAFF), "department_list": list(departments)},
        "skip_verify": skip_verify,
    }


def _link(row: Answer, behind: Answer, skip_verify: object) -> AcquisitionLink:
    return AcquisitionLink(
        link=str(row.get("link_id") or ""),
        name=str(row.get("link_name") or ""),
        url=str(row.get("url") or ""),
        made_at=instant(row.get("create_time")),
        skip_verify=skip_verify is True,
        staff=texts(behind.get("user_list")),
        departments=tuple(number(item) for item in behind.get("department_list") or ()),
    )
