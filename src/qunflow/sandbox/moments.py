"""Moments on phones: published by staff, seen, liked and commented by their customers (wecom-api.md §8.1)."""

from __future__ import annotations

from qunflow.domain.errors import Conflict, NotFound
from qunflow.sandbox.codes import Json
from qunflow.sandbox.offers import Moment
from qunflow.sandbox.state import Phone, Staff
from qunflow.sandbox.world import World


def require_moment(world: World, moment_id: str) -> Moment:
    """The moment; ``NotFound`` for the control side."""
    found = world.offers.moments.get(moment_id)
    if found is None:
        raise NotFound("sandbox_moment_unknown", "no such moment.", field="moment_id")
    return found


def audience(world: World, moment: Moment, staff: Staff) -> list[str]:
    """The customers of a member who may see the moment: all of them, or those with one of its tags."""
    return [
        external
        for external, relation in staff.contacts.items()
        if not relation.left and (not moment.tags or any(tag in relation.tags for tag in moment.tags))
    ]


def waiting_moments(world: World, staff: Staff) -> list[Json]:
    """Moments this member has yet to publish."""
    return [
        {"moment_id": m.moment_id, "created": m.created, "text": m.text, "attachments": m.on_phone}
        for m in world.offers.moments.values()
        if m.published.get(staff.userid) == 0 and not m.cancelled
    ]


def publish(world: World, staff: Staff, moment: Moment) -> int:
    """The member publishes; how many customers see it. ``Conflict`` when it is not theirs or no longer waits."""
    if moment.published.get(staff.userid) != 0:
        raise Conflict("sandbox_moment_not_waiting", "does not wait for this member.", field="moment_id")
    if moment.cancelled:
        raise Conflict("sandbox_moment_cancelled", "the moment was cancelled.", field="moment_id")
    moment.published[staff.userid] = world.seconds()
    moment.seen_by[staff.userid] = audience(world, moment, staff)
    return len(moment.seen_by[staff.userid])


def shown_to(world: World, phone: Phone) -> list[Json]:
    """The moments this phone can see, newest first."""
    found = [
        {
            "moment_id": moment.moment_id,
            "userid": userid,
            "at": moment.published[userid],
            "text": moment.text,
            "attachments": moment.on_phone,
        }
        for moment in world.offers.moments.values()
        for userid, readers in moment.seen_by.items()
        if phone.external_userid in readers and not moment.cancelled
    ]
    return sorted(found, key=lambda entry: -int(str(entry["at"])))


def answer(world: World, phone: Phone, moment: Moment, userid: str, *, like: bool) -> None:
    """The phone likes or comments what it can see."""
    if phone.external_userid not in moment.seen_by.get(userid, []):
        raise Conflict("sandbox_moment_not_seen", "this phone does not see the moment.", field="moment_id")
    entry: Json = {"external_userid": phone.external_userid, "create_time": world.seconds(), "of": userid}
    (moment.likes if like else moment.comments).append(entry)
