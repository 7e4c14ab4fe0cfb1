"""WeCom's own numbers: per staff and day, per group owner, per day (wecom-api.md §3.6, §4).

A day is one of the corp's, in China's time. Numbers exist from yesterday back to 180 days, at most 30 days a call;
there are none per group and none of today (600018).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from qunflow.connectors.wecom.bounds import check_choice, check_count, check_ids, refuse
from qunflow.connectors.wecom.errors import refused_here
from qunflow.connectors.wecom.paging import MAX_PAGES
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number
from qunflow.domain.clock import Clock, local_date

ZONE = "Asia/Shanghai"
MAX_DAYS = 30
MAX_BACK = 180
_API = "externalcontact/"
_ORDERS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class DayNumbers:
    """The numbers of one day by WeCom's names, for example ``new_contact_cnt`` or ``msg_total``."""

    day: date | None
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OwnerNumbers:
    """The numbers of one group owner over the days asked for, by WeCom's names."""

    owner: str
    numbers: dict[str, float] = field(default_factory=dict)


class Statistics:
    """Reads numbers; ``clock`` says which day is yesterday. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock

    async def staff_by_day(
        self, first: date, last: date, staff: Sequence[str] = (), departments: Sequence[int] = ()
    ) -> tuple[DayNumbers, ...]:
        """New contacts, chats, messages and answers per day, of all named staff together; longer times are split."""
        if not staff and not departments:
            raise refuse("staff", "Name staff or a department.", "WeCom adds up those who are named.")
        body: Answer = {}
        if staff:
            body["userid"] = check_ids("staff", staff, 1, 100)
        if departments:
            check_count("departments", departments, 1, 100)
            body["partyid"] = list(departments)
        found: list[DayNumbers] = []
        for begin, end in self._windows(first, last):
            times = {"start_time": _midnight(begin), "end_time": _midnight(end)}
            answer = await self._calls.post(_API + "get_user_behavior_data", {**body, **times})
            found.extend(_day(mapping(row), mapping(row)) for row in answer.get("behavior_data") or ())
        return tuple(found)

    async def groups_by_owner(
        self, first: date, last: date, owners: Sequence[str], *, order_by: int = 1, ascending: bool = False
    ) -> tuple[OwnerNumbers, ...]:
        """Groups, members and messages per owner over at most 30 days: totals of longer times cannot be added up."""
        self._check_days(first, last)
        if (last - first).days >= MAX_DAYS:
            raise refuse("to", f"Numbers per owner cover at most {MAX_DAYS} days.", "Ask per day, or a shorter time.")
        check_choice("order_by", order_by, _ORDERS)
        names = check_ids("owners", owners, 1, 100)
        body = {**_group_days(first, last, names), "order_by": order_by, "order_asc": int(ascending), "limit": 1000}
        found: list[OwnerNumbers] = []
        for _ in range(MAX_PAGES):
            answer = await self._calls.post(_API + "groupchat/statistic", {**body, "offset": len(found)})
            items = [mapping(row) for row in answer.get("items") or ()]
            found.extend(OwnerNumbers(str(row.get("owner") or ""), _numbers(mapping(row.get("data")))) for row in items)
            if not items or len(found) >= number(answer.get("total")):
                return tuple(found)
        raise refused_here("groupchat/statistic does not end.", "Name fewer owners.")

    async def groups_by_day(self, first: date, last: date, owners: Sequence[str]) -> tuple[DayNumbers, ...]:
        """Groups, members and messages per day, of all named owners together; longer times are split."""
        names = check_ids("owners", owners, 1, 100)
        found: list[DayNumbers] = []
        for begin, end in self._windows(first, last):
            body = _group_days(begin, end, names)
            answer = await self._calls.post(_API + "groupchat/statistic_group_by_day", body)
            rows = [mapping(row) for row in answer.get("items") or ()]
            found.extend(_day(row, mapping(row.get("data"))) for row in rows)
        return tuple(found)

    def _windows(self, first: date, last: date) -> Iterator[tuple[date, date]]:
        """The time in pieces of at most 30 days."""
        self._check_days(first, last)
        begin = first
        while begin <= last:
            end = min(last, begin + timedelta(days=MAX_DAYS - 1))
            yield begin, end
            begin = end + timedelta(days=1)

    def _check_days(self, first: date, last: date) -> None:
        today = local_date(self._clock.now(), ZONE)
        if last < first:
            raise refuse("to", "The last day lies before the first.", "Swap them.")
        if last >= today:
            raise refuse("to", f"WeCom has numbers up to yesterday, {today - timedelta(days=1)}.", "Ask for that day.")
        if first < today - timedelta(days=MAX_BACK):
            earliest = today - timedelta(days=MAX_BACK)
            raise refuse("from", f"WeCom keeps {MAX_BACK} days, back to {earliest}.", "Start later.")


def _midnight(day: date) -> int:
    return int(datetime.combine(day, time(), ZoneInfo(ZONE)).timestamp())


def _group_days(first: date, last: date, owners: list[str]) -> Answer:
    return {
        "day_begin_time": _midnight(first),
        "day_end_time": _midnight(last),
        "owner_filter": {"userid_list": owners},
    }


def _day(row: Answer, data: Answer) -> DayNumbers:
    at = instant(row.get("stat_time"))
    return DayNumbers(local_date(at.astimezone(UTC), ZONE) if at else None, _numbers(data))


def _numbers(data: Answer) -> dict[str, float]:
    """Only what is a number: WeCom leaves fields out that it could not count."""
    return {name: value for name, value in data.items() if name != "stat_time" and _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
