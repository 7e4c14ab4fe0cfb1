"""What a page may do in the client once its signature is right (wecom-api.md §10 JS-SDK)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.sandbox.codes import Json
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.joining import open_group
from qunflow.sandbox.state import Phone, Staff
from qunflow.sandbox.talking import TEXT_MOST, says_in_group, staff_says
from qunflow.sandbox.world import World

_CHATS_MOST = 200
_PEOPLE_MOST = 200


def signature_of(ticket: str, noncestr: str, timestamp: str, url: str) -> str:
    """SHA-1 over ticket, noncestr, timestamp and the page's address without its fragment, in this order."""
    address = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={address}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def run_call(world: World, staff: Staff, fields: Fields) -> Json:
    """Check the page's signature (``Conflict`` sandbox_sdk_signature, as 40093), then do what it asks for."""
    kind = fields.text("kind", most=20, default="agent_config")
    held = world.offers.tickets.get(kind)
    made = signature_of(
        held.value if held is not None and held.ends > world.instant() else "",
        fields.text("noncestr", most=128),
        str(fields.integer("timestamp", low=0, high=2**40)),
        fields.text("url", most=2_048),
    )
    if held is None or not hmac.compare_digest(made, fields.text("signature", most=64)):
        rule = "does not fit ticket, noncestr, timestamp and url (40093)."
        raise Conflict("sandbox_sdk_signature", rule, field="signature")
    name = fields.text("call", most=40)
    act = _CALLS.get(name)
    if act is None:
        known = ", ".join(_CALLS)
        raise InvalidInput("sandbox_sdk_call", "is no call.", field="call", way_out=f"Known: {known}.")
    return {"err_msg": f"{name}:ok", **act(world, staff, fields)}


def _open_chat(world: World, staff: Staff, fields: Fields) -> Json:
    """openEnterpriseChat: a new group of colleagues and own customers, ids apart by semicolons."""
    names = [
        *fields.text("userIds", most=20_000, default="").split(";"),
        *fields.text("externalUserIds", most=20_000, default="").split(";"),
    ]
    people: list[Phone | Staff] = []
    for name in dict.fromkeys(name for name in names if name):
        colleague, relation = world.staff.get(name), staff.contacts.get(name)
        if colleague is staff:
            continue
        if colleague is not None:
            people.append(colleague)
        elif relation is not None and not relation.left:
            people.append(relation.phone)
        else:
            raise Conflict("sandbox_no_contact", f"{name[:64]} is no colleague and no contact.", field="userIds")
    if not 1 <= len(people) <= _PEOPLE_MOST:
        raise InvalidInput("sandbox_field", f"must name 1 to {_PEOPLE_MOST} people.", field="externalUserIds")
    group = open_group(world, fields.text("groupName", most=50, default="群聊"), staff, people)
    return {"chatId": group.chat_id}


def _words(fields: Fields) -> tuple[str, list[Json]]:
    """The text, or the link, of a message."""
    text, link = fields.record("text"), fields.record("news") or fields.record("link")
    if link is not None:
        card = {name: link.text(name, most=2_048, default="") for name in ("title", "desc", "imgUrl", "link")}
        return "", [{"msgtype": "link", "link": {**card, "url": card["link"], "picurl": card["imgUrl"]}}]
    if text is None:
        raise InvalidInput("sandbox_field", "text or news must be there.", field="text")
    return text.text("content", most=TEXT_MOST), []


def _send_message(world: World, staff: Staff, fields: Fields) -> Json:
    """sendChatMessage: into the chat whose toolbar the page was opened from, one tap."""
    words, cards = _words(fields)
    chat_id = fields.text("chat_id", default="")
    if chat_id:
        says_in_group(world, world.require_group(chat_id), staff, words, cards)
        return {}
    relation = staff.contacts.get(fields.text("external_userid"))
    if relation is None:
        raise Conflict("sandbox_no_contact", "is no contact of this member.", field="external_userid")
    staff_says(world, staff, relation.phone, words, cards)
    return {}


def _share(world: World, staff: Staff, fields: Fields) -> Json:
    """shareToExternalChat: the same words into several own groups."""
    words, cards = _words(fields)
    for chat_id in fields.texts("chatIds", most=_CHATS_MOST):
        says_in_group(world, world.require_group(chat_id), staff, words, cards)
    return {}


_CALLS: dict[str, Callable[[World, Staff, Fields], Json]] = {
    "openEnterpriseChat": _open_chat,
    "sendChatMessage": _send_message,
    "shareToExternalChat": _share,
}
