"""Corp tags: groups of tags, and the tags of a customer (wecom-api.md §3.2). Groups of people have no tags."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from qunflow.connectors.wecom.bounds import check_chars, check_count, check_id, check_ids, check_number, refuse
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, mapping, number

_API = "externalcontact/"
MAX_TAGS_OF_CUSTOMER = 3_000
MAX_NAME = 30
_MAX_ORDER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag; ``order`` sorts it, larger first."""

    tag: str
    name: str
    order: int = 0
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class TagGroup:
    """A group of tags, empty of deleted ones unless WeCom tells them."""

    group: str
    name: str
    order: int = 0
    tags: tuple[Tag, ...] = ()
    deleted: bool = False


class CorpTags:
    """The tags of the corp. An app may change only tags that it made; raises WecomError, or InvalidInput before."""

    def __init__(self, calls: Transport, agent_id: int) -> None:
        self._calls = calls
        self._agent = agent_id
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def list(self, tags: Sequence[str] = (), groups: Sequence[str] = ()) -> tuple[TagGroup, ...]:
        """All tag groups, or those named; WeCom ignores ``tags`` when ``groups`` are given, so not both."""
        if tags and groups:
            raise refuse("tags", "WeCom takes tags or groups, not both.", "Ask twice.")
        body: Answer = {}
        if tags:
            body["tag_id"] = check_ids("tags", tags, 1, MAX_TAGS_OF_CUSTOMER)
        if groups:
            body["group_id"] = check_ids("groups", groups, 1, MAX_TAGS_OF_CUSTOMER)
        answer = await self._calls.post(_API + "get_corp_tag_list", body)
        return tuple(_group(mapping(row)) for row in answer.get("tag_group") or ())

    async def add(self, names: Sequence[str], *, group: str = "", group_name: str = "", order: int = 0) -> TagGroup:
        """Add tags to a group by id, or by name, which makes the group when it is new. 40071 for a taken name."""
        if bool(group) == bool(group_name):
            raise refuse("group", "Name the group by its id or by its name, not both.", "Give one of them.")
        check_count("names", names, 1, 100)
        body: Answer = {"tag": [{"name": check_chars("names", name, MAX_NAME, 1)} for name in names]}
        if group:
            body["group_id"] = check_id("group", group)
        else:
            body["group_name"] = check_chars("group_name", group_name, MAX_NAME)
        if order:
            body["order"] = check_number("order", order, 0, _MAX_ORDER)
        answer = await self._calls.post(_API + "add_corp_tag", {**body, "agentid": self._agent})
        return _group(mapping(answer.get("tag_group")))

    async def edit(self, tag: str, name: str = "", order: int | None = None) -> None:
        """Rename or re-order a tag or a tag group."""
        body: Answer = {"id": check_id("tag", tag), "agentid": self._agent}
        if name:
            body["name"] = check_chars("name", name, MAX_NAME)
        if order is not None:
            body["order"] = check_number("order", order, 0, _MAX_ORDER)
        if not name and order is None:
            raise refuse("name", "A change needs a name or an order.", "Give one of them.")
        await self._calls.post(_API + "edit_corp_tag", body)

    async def delete(self, tags: Sequence[str] = (), groups: Sequence[str] = ()) -> None:
        """Delete tags, or whole groups of tags; every customer loses them."""
        if not tags and not groups:
            raise refuse("tags", "Name at least one tag or group.", "See the list of tags.")
        body: Answer = {"agentid": self._agent}
        if tags:
            body["tag_id"] = check_ids("tags", tags, 1, MAX_TAGS_OF_CUSTOMER)
        if groups:
            body["group_id"] = check_ids("groups", groups, 1, MAX_TAGS_OF_CUSTOMER)
        await self._calls.post(_API + "del_corp_tag", body)

    async def mark(self, staff: str, external: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
        """Add tags to and remove tags from one customer of a staff member; one call at a time per customer (45035)."""
        if not add and not remove:
            raise refuse("add", "Name at least one tag to add or to remove.", "See the list of tags.")
        body: Answer = {"userid": check_id("staff", staff, 64), "external_userid": check_id("external", external)}
        body["add_tag"] = check_ids("add", add, 0, MAX_TAGS_OF_CUSTOMER)
        body["remove_tag"] = check_ids("remove", remove, 0, MAX_TAGS_OF_CUSTOMER)
        lock = self._locks.setdefault(external, asyncio.Lock())
        async with lock:
            await self._calls.post(_API + "mark_tag", body)


def _group(row: Answer) -> TagGroup:
    tags = [mapping(item) for item in row.get("tag") or ()]
    return TagGroup(
        group=str(row.get("group_id") or ""),
        name=str(row.get("group_name") or ""),
        order=number(row.get("order")),
        deleted=row.get("deleted") is True,
        tags=tuple(
            Tag(
                str(tag.get("id") or ""),
                str(tag.get("name") or ""),
                number(tag.get("order")),
                tag.get("deleted") is True,
            )
            for tag in tags
        ),
    )
