"""Inheritance of customers and groups, on the job and after resigning (wecom-api.md §3.6, §4)."""

from __future__ import annotations

from collections.abc import Callable

from qunflow.sandbox.activity import day_of
from qunflow.sandbox.codes import TEXTS, Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.handing_over import DONE, WAITING, begin, waiting
from qunflow.sandbox.joining import hand_over
from qunflow.sandbox.offers import Transfer
from qunflow.sandbox.platform_contacts import known_staff
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.settings import DAY
from qunflow.sandbox.state import Staff
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_CUSTOMERS_MOST = 100
_MESSAGE_MOST = 200
_PAGE = 1_000
_OFTEN, _OFTEN_DAYS = 2, 90
_GROUPS_A_DAY = 300
_ROOT = "/cgi-bin/externalcontact/"


def _pair(world: World, fields: Fields, *, resigned: bool) -> tuple[Staff, Staff]:
    """Handover and takeover: 40003 unknown, 40097 not resigned, 60111 resigned, 40130 the same."""
    handover = world.staff.get(fields.text("handover_userid", default=""))
    if handover is None:
        raise PlatformError(40003, "handover_userid")
    if resigned and not handover.resigned:
        raise PlatformError(40097)
    if not resigned and handover.resigned:
        raise PlatformError(60111, "handover_userid has resigned")
    takeover = known_staff(world, fields.text("takeover_userid", default=""))
    if takeover is handover:
        raise PlatformError(40130)
    return handover, takeover


def _start_all(*, resigned: bool) -> Callable[[World, Call], Json]:
    def start(world: World, call: Call) -> Json:
        """Members, list, message, then each customer by itself; errcode 0 means started."""
        fields = Fields(call.body, refuse)
        handover, takeover = _pair(world, fields, resigned=resigned)
        wanted = fields.texts("external_userid", most=_CUSTOMERS_MOST)
        if not wanted:
            raise PlatformError(41035)
        text = fields.text("transfer_success_msg", most=_MESSAGE_MOST, default="")
        told: list[Json] = []
        for external_userid in wanted:
            code = _start_one(world, handover, takeover, external_userid, text, resigned)
            told.append({"external_userid": external_userid, "errcode": code})
        return {"customer": told}

    return start


def _start_one(world: World, handover: Staff, takeover: Staff, external_userid: str, text: str, resigned: bool) -> int:
    """40096 unknown, 40131 not this member's, 40129 under way, 40128 twice in 90 days, else 0."""
    phone = world.customers.get(external_userid)
    if phone is None:
        return 40096
    if external_userid not in handover.contacts:
        return 40131
    if waiting(world, phone, handover) is not None:
        return 40129
    since = world.instant() - _OFTEN_DAYS * DAY
    done = sum(t.phone is phone and t.status == DONE and t.started > since for t in world.offers.transfers)
    if not resigned and done >= _OFTEN:
        return 40128
    begin(world, Transfer(handover, takeover, phone, world.instant(), text, resigned))
    return 0


def _results(*, resigned: bool) -> Callable[[World, Call], Json]:
    def results(world: World, call: Call) -> Json:
        """What became of the transfers between two members, 1,000 a page."""
        fields = Fields(call.body, refuse)
        handover, takeover = _pair(world, fields, resigned=resigned)
        listing = f"transfer:{resigned}:{handover.userid}:{takeover.userid}"
        start = position_of(listing, fields.text("cursor", most=256, default=""))
        found = [
            t
            for t in world.offers.transfers
            if t.handover is handover and t.takeover is takeover and t.resigned is resigned
        ]
        page = found[start : start + _PAGE]
        more = len(found) > start + _PAGE
        return {
            "customer": [_result(world, transfer) for transfer in page],
            "next_cursor": cursor_for(listing, start + _PAGE) if more else "",
        }

    return results


def _result(world: World, transfer: Transfer) -> Json:
    """While it waits, the instant at which it will take effect."""
    at = transfer.takeover_time
    if transfer.status == WAITING:
        at = int(transfer.started + world.limits.transfer_seconds)
    return {"external_userid": transfer.phone.external_userid, "status": transfer.status, "takeover_time": at}


def get_unassigned_list(world: World, call: Call) -> Json:
    """Customers of members who resigned, by page number or by cursor."""
    fields = Fields(call.body, refuse)
    size = fields.integer("page_size", low=1, high=1_000, default=1_000)
    cursor = fields.text("cursor", most=256, default="")
    start = (
        position_of("unassigned", cursor)
        if cursor
        else size * fields.integer("page_id", low=0, high=1_000_000, default=0)
    )
    found = [
        {"handover_userid": staff.userid, "external_userid": external, "dimission_time": staff.resigned}
        for staff in world.staff.values()
        if staff.resigned
        for external, relation in staff.contacts.items()
        if waiting(world, relation.phone, staff) is None
    ]
    more = len(found) > start + size
    return {
        "info": found[start : start + size],
        "is_last": not more,
        "next_cursor": cursor_for("unassigned", start + size) if more else "",
    }


def _transfer_groups(*, on_job: bool) -> Callable[[World, Call], Json]:
    def transfer(world: World, call: Call) -> Json:
        """The new owner, then each group by itself; those that stay are named with their reason."""
        fields = Fields(call.body, refuse)
        chat_ids = fields.texts("chat_id_list", most=100)
        if not chat_ids:
            raise PlatformError(40063, "chat_id_list")
        owner = known_staff(world, fields.text("new_owner", default=""))
        failed: list[Json] = []
        for chat_id in dict.fromkeys(chat_ids):
            code = _transfer_group(world, chat_id, owner, on_job)
            if code:
                failed.append({"chat_id": chat_id, "errcode": code, "errmsg": TEXTS[code]})
        return {"failed_chat_list": failed}

    return transfer


def _transfer_group(world: World, chat_id: str, owner: Staff, on_job: bool) -> int:
    """40050 no group, 90500/90502 owner has not/has resigned, 90504 the same, 90507 often, 90508 300 a day."""
    group = world.groups.get(chat_id)
    if group is None or group.dismissed:
        return 40050
    if on_job and group.owner.resigned:
        return 90502
    if not on_job and not group.owner.resigned:
        return 90500
    if group.owner is owner:
        return 90504
    now = world.instant()
    recent = [at for at in world.offers.group_transfers.get(chat_id, []) if at > now - _OFTEN_DAYS * DAY]
    if on_job and len(recent) >= _OFTEN:
        return 90507
    taken = (owner.userid, day_of(now))
    if world.offers.group_takers.get(taken, 0) >= _GROUPS_A_DAY:
        return 90508
    world.offers.group_takers[taken] = world.offers.group_takers.get(taken, 0) + 1
    world.offers.group_transfers[chat_id] = [*recent, now] if on_job else recent
    hand_over(world, group, owner, by_api=True)
    group.status = 0 if on_job else 3
    return 0


APIS: dict[str, Api] = {
    _ROOT + "transfer_customer": Api(_start_all(resigned=False), {"customer": []}),
    _ROOT + "transfer_result": Api(_results(resigned=False), {"customer": []}),
    _ROOT + "resigned/transfer_customer": Api(_start_all(resigned=True), {"customer": []}),
    _ROOT + "resigned/transfer_result": Api(_results(resigned=True), {"customer": []}),
    _ROOT + "get_unassigned_list": Api(get_unassigned_list, {"info": []}),
    _ROOT + "groupchat/transfer": Api(_transfer_groups(on_job=False), {"failed_chat_list": []}),
    _ROOT + "groupchat/onjob_transfer": Api(_transfer_groups(on_job=True), {"failed_chat_list": []}),
}
