"""客户朋友圈: tasks that staff publish by hand, and what became of them (wecom-api.md §8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from qunflow.connectors.wecom.bounds import (
    check_bytes,
    check_chars,
    check_choice,
    check_count,
    check_id,
    check_ids,
    refuse,
)
from qunflow.connectors.wecom.paging import rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, mapping, number, texts

_API = "externalcontact/"
MAX_TEXT = 2_000
MAX_IMAGES = 9
#: Sources differ (20 or 100 a page); 20 works by all of them.
LIST_PAGE = 20
LIST_SPAN = timedelta(days=31)
MAX_RANGE = 1_000


@dataclass(frozen=True, slots=True)
class MomentPlan:
    """A moment: text with up to nine images, or one video, or one link; media from ``upload_attachment`` (kind 1).

    Without staff and departments all of the app's range publish it; ``tags`` narrow who sees it.
    """

    text: str = ""
    images: tuple[str, ...] = ()
    video: str = ""
    link: Mapping[str, str] | None = None  # title, url, media_id
    staff: tuple[str, ...] = ()
    departments: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentJob:
    """How far the making of a task is: ``status`` 1 begun, 2 under way, 3 ended; the moment once it is there."""

    status: int
    moment: str = ""
    errcode: int = 0
    invalid_staff: tuple[str, ...] = ()
    invalid_departments: tuple[int, ...] = ()
    invalid_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MomentPart:
    """Whether one staff member has published a moment."""

    staff: str
    published: bool


class Moments:
    """Files, watches and cancels moments. Raises WecomError (41078, 41079), or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, plan: MomentPlan) -> str:
        """The job id of a new task, good for 24 hours; staff must still publish."""
        return str((await self._calls.post(_API + "add_moment_task", moment_body(plan))).get("jobid") or "")

    async def job(self, job: str) -> MomentJob:
        """How far the making of a task is."""
        answer = await self._calls.get(_API + "get_moment_task_result", {"jobid": check_id("job", job)})
        result = mapping(answer.get("result"))
        senders = mapping(result.get("invalid_sender_list"))
        return MomentJob(
            status=number(answer.get("status")),
            moment=str(result.get("moment_id") or ""),
            errcode=number(result.get("errcode")),
            invalid_staff=texts(senders.get("user_list")),
            invalid_departments=tuple(number(item) for item in senders.get("department_list") or ()),
            invalid_tags=texts(mapping(result.get("invalid_external_contact_list")).get("tag_list")),
        )

    async def cancel(self, moment: str) -> None:
        """Stop a moment that is not yet published by all; what is published stays."""
        await self._calls.post(_API + "cancel_moment_task", {"moment_id": check_id("moment", moment)})

    async def list(self, start: datetime, end: datetime, creator: str = "", made_by: int = 2) -> tuple[Answer, ...]:
        """The moments between two instants, at most a month; ``made_by`` 0 corp, 1 staff, 2 both."""
        check_choice("made_by", made_by, (0, 1, 2))
        if not start <= end <= start + LIST_SPAN:
            raise refuse("end", f"The time must be at most {LIST_SPAN.days} days.", "Ask month by month.")
        body: Answer = {
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "filter_type": made_by,
            "limit": LIST_PAGE,
        }
        if creator:
            body["creator"] = check_id("creator", creator, 64)
        return tuple([row async for row in rows(self._calls, _API + "get_moment_list", body, "moment_list")])

    async def parts(self, moment: str) -> tuple[MomentPart, ...]:
        """Which staff have published."""
        body = {"moment_id": check_id("moment", moment), "limit": 1000}
        found = rows(self._calls, _API + "get_moment_task", body, "task_list")
        return tuple(
            [MomentPart(str(row.get("userid") or ""), number(row.get("publish_status")) == 1) async for row in found]
        )

    async def customers(self, moment: str, staff: str) -> tuple[str, ...]:
        """The customers whom a staff member chose to show it to."""
        return await self._externals("get_moment_customer_list", moment, staff)

    async def reached(self, moment: str, staff: str) -> tuple[str, ...]:
        """The customers in whose moments it appeared."""
        return await self._externals("get_moment_send_result", moment, staff)

    async def comments(self, moment: str, staff: str) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
        """(comments, likes) below one staff member's moment."""
        body = {"moment_id": check_id("moment", moment), "userid": check_id("staff", staff, 64)}
        answer = await self._calls.post(_API + "get_moment_comments", body)
        comments, likes = answer.get("comment_list") or (), answer.get("like_list") or ()
        return tuple(mapping(row) for row in comments), tuple(mapping(row) for row in likes)

    async def _externals(self, api: str, moment: str, staff: str) -> tuple[str, ...]:
        body = {"moment_id": check_id("moment", moment), "userid": check_id("staff", staff, 64), "limit": 1000}
        found = rows(self._calls, _API + api, body, "customer_list")
        return texts([row.get("external_userid") async for row in found])


def moment_body(plan: MomentPlan) -> Answer:
    """The body of add_moment_task. Raises InvalidInput naming the field."""
    kinds = [bool(plan.images), bool(plan.video), plan.link is not None]
    if sum(kinds) > 1:
        raise refuse("attachments", "A moment has images, or one video, or one link.", "Choose one of them.")
    if not plan.text and not any(kinds):
        raise refuse("text", "A moment needs a text or an attachment.", "Write one.")
    body: Answer = {}
    if plan.text:
        body["text"] = {"content": check_chars("text", plan.text, MAX_TEXT)}
    attachments = _attachments(plan)
    if attachments:
        body["attachments"] = attachments
    scope = _visible(plan.staff, plan.departments, plan.tags)
    return {**body, "visible_range": scope} if scope else body


def _attachments(plan: MomentPlan) -> list[dict[str, Any]]:
    if plan.link is not None:
        shown = {
            "title": check_bytes("link_title", plan.link.get("title", ""), 64),
            "url": check_bytes("link_url", plan.link.get("url", ""), 2_048, 1),
            "media_id": check_id("link_media_id", plan.link.get("media_id", ""), 1_024),
        }
        return [{"msgtype": "link", "link": shown}]
    if plan.video:
        return [{"msgtype": "video", "video": {"media_id": check_id("video", plan.video, 1_024)}}]
    check_count("images", plan.images, 0, MAX_IMAGES)
    return [{"msgtype": "image", "image": {"media_id": check_id("images", item, 1_024)}} for item in plan.images]


def _visible(staff: Sequence[str], departments: Sequence[int], tags: Sequence[str]) -> Answer:
    found: Answer = {}
    check_count("departments", departments, 0, MAX_RANGE)
    if staff or departments:
        users = check_ids("staff", staff, 0, MAX_RANGE)
        found["sender_list"] = {"user_list": users, "department_list": list(departments)}
    if tags:
        found["external_contact_list"] = {"tag_list": check_ids("tags", tags, 1, 100)}
    return found
