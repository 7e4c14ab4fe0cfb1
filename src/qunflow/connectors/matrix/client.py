"""The client-server API as typed calls, made under the application service's own account.

All raise :class:`MatrixError`. Calls for one account carry its device, because a server keeps the transaction ids of
an application service over its own restart only where they belong to a device (seen with Synapse 1.163).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.connectors.matrix.errors import Cause, MatrixError, refused_here
from qunflow.connectors.matrix.images import Image
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.connectors.matrix.transport import Transport, Upload, part
from qunflow.connectors.matrix.wire import Answer, mapping, text

MAX_MEDIA_BYTES = 10 * 1_048_576
DEVICE = "QUNFLOW"
_API = "/_matrix/client/v3"
_MXC = re.compile(r"mxc://([A-Za-z0-9.:\[\]-]{1,230})/([A-Za-z0-9_-]{1,255})")
_NOBODY = "none"
_OURS_ALONE = (
    "m.room.encryption",
    "m.room.history_visibility",
    "m.room.power_levels",
    "m.room.server_acl",
    "m.room.tombstone",
)


@dataclass(frozen=True, slots=True)
class NewRoom:
    """A room to be made: ``alias_name`` finds it again, ``power`` is what named members may do (0 to 100)."""

    alias_name: str
    name: str = ""
    invite: tuple[str, ...] = ()
    power: Mapping[str, int] | None = None
    join_rule: str = "invite"  # invite | knock
    direct: bool = False


def transaction_id(key: str, *parts: str) -> str:
    """The transaction id of one send of an action: the same on every try, so that the server drops the second."""
    return "qf" + hashlib.sha256("\n".join((key, *parts)).encode()).hexdigest()[:40]


class MatrixClient:
    """The calls qunflow makes on one server."""

    def __init__(self, settings: MatrixSettings) -> None:
        self._settings = settings
        self._calls = Transport(settings)
        self._ready = False
        self._readying = asyncio.Lock()

    async def close(self) -> None:
        """Give up the connections."""
        await self._calls.close()

    # --- rooms ---------------------------------------------------------------------------------------------------

    async def create_room(self, room: NewRoom) -> str:
        """The id of a new private room; cause TAKEN when a room with this alias is there already."""
        answer = await self._call("POST", "/createRoom", self._room_body(room))
        return text(answer.get("room_id"), 255)

    async def resolve_alias(self, alias: str) -> str:
        """The id of the room with this alias, empty when there is none."""
        try:
            answer = await self._call("GET", f"/directory/room/{part(alias)}")
        except MatrixError as error:
            if error.cause is Cause.NOT_FOUND:
                return ""
            raise
        return text(answer.get("room_id"), 255)

    async def room_name(self, room: str) -> str:
        """The name of a room, empty when it has none."""
        return text((await self.room_state(room, "m.room.name")).get("name"), 255)

    async def room_state(self, room: str, kind: str) -> Answer:
        """The content of a room's state of one kind, empty when it has none."""
        try:
            return await self._call("GET", f"/rooms/{part(room)}/state/{part(kind)}")
        except MatrixError as error:
            if error.cause is Cause.NOT_FOUND:
                return {}
            raise

    async def set_room_state(self, room: str, kind: str, content: Mapping[str, Any]) -> None:
        """Set a room's state of one kind; FORBIDDEN when we may not."""
        await self._call("PUT", f"/rooms/{part(room)}/state/{part(kind)}", content)

    async def redact(self, room: str, event: str, reason: str, txn: str) -> str:
        """The id of the redaction that takes an event's content away."""
        answer = await self._call("PUT", f"/rooms/{part(room)}/redact/{part(event)}/{part(txn)}", {"reason": reason})
        return text(answer.get("event_id"), 255)

    # --- members -------------------------------------------------------------------------------------------------

    async def invite(self, room: str, mxid: str) -> None:
        """Invite a person; FORBIDDEN when they are in the room, banned, or we have no power to."""
        await self._call("POST", f"/rooms/{part(room)}/invite", {"user_id": mxid})

    async def kick(self, room: str, mxid: str, reason: str) -> None:
        """Remove a person, who is shown the reason; FORBIDDEN when they are not in the room or stand too high."""
        await self._call("POST", f"/rooms/{part(room)}/kick", {"user_id": mxid, "reason": reason})

    async def ban(self, room: str, mxid: str, reason: str) -> None:
        """Ban a person, also one who was never inside; FORBIDDEN when they stand too high."""
        await self._call("POST", f"/rooms/{part(room)}/ban", {"user_id": mxid, "reason": reason})

    async def unban(self, room: str, mxid: str) -> None:
        """Lift a ban; FORBIDDEN when there is none."""
        await self._call("POST", f"/rooms/{part(room)}/unban", {"user_id": mxid})

    async def joined_members(self, room: str) -> dict[str, str]:
        """Matrix id → display name of everybody in a room; FORBIDDEN when we are not in it."""
        answer = await self._call("GET", f"/rooms/{part(room)}/joined_members")
        rows = mapping(answer.get("joined"))
        return {mxid: text(mapping(row).get("display_name"), 255) for mxid, row in rows.items()}

    async def membership(self, room: str, mxid: str) -> str:
        """``join | invite | knock | leave | ban``, or ``none`` when the person never had to do with the room."""
        try:
            answer = await self._call("GET", f"/rooms/{part(room)}/state/m.room.member/{part(mxid)}")
        except MatrixError as error:
            if error.cause is Cause.NOT_FOUND:
                return _NOBODY
            raise
        return text(answer.get("membership"), 20) or _NOBODY

    async def display_name(self, mxid: str) -> str:
        """The name a person has chosen; cause NOT_FOUND when the server knows no such account."""
        answer = await self._call("GET", f"/profile/{part(mxid)}/displayname")
        return text(answer.get("displayname"), 255)

    # --- messages ------------------------------------------------------------------------------------------------

    async def send_text(self, room: str, body: str, txn: str, mentions: Sequence[str] = ()) -> str:
        """The event id of a text. Only ``mentions`` are notified, whatever names or @room stand in it."""
        return await self._send(room, txn, {"msgtype": "m.text", "body": body, "m.mentions": _mentioned(mentions)})

    async def send_image(
        self, room: str, mxc: str, image: Image, caption: str, txn: str, mentions: Sequence[str] = ()
    ) -> str:
        """The event id of an image that was uploaded."""
        filename = f"image.{image.ending}"
        content = {
            "msgtype": "m.image",
            "body": caption or filename,
            "filename": filename,
            "url": mxc,
            "info": {"mimetype": image.media_type, "size": image.size, "w": image.width, "h": image.height},
            "m.mentions": _mentioned(mentions),
        }
        return await self._send(room, txn, content)

    async def _send(self, room: str, txn: str, content: Mapping[str, Any]) -> str:
        answer = await self._call("PUT", f"/rooms/{part(room)}/send/m.room.message/{part(txn)}", content)
        return text(answer.get("event_id"), 255)

    # --- media ---------------------------------------------------------------------------------------------------

    async def upload(self, content: bytes, image: Image) -> str:
        """The mxc address of an image."""
        await self._get_ready()
        params = {**self._as_sender(), "filename": f"image.{image.ending}"}
        answer = await self._calls.call("POST", "/_matrix/media/v3/upload", params, Upload(content, image.media_type))
        return text(answer.get("content_uri"), 500)

    async def download(self, mxc: str) -> bytes:
        """The bytes behind an mxc address, at most 10 MB; from the older call where there is no newer one."""
        found = _MXC.fullmatch(mxc)
        if found is None:
            raise refused_here(f"{mxc[:100]!r} is no address of a file.", "It starts with mxc://.")
        await self._get_ready()
        server, media = part(found[1]), part(found[2])
        params = {**self._as_sender(), "timeout_ms": "5000"}
        try:
            path = f"/_matrix/client/v1/media/download/{server}/{media}"
            return await self._calls.download(path, params, MAX_MEDIA_BYTES)
        except MatrixError as error:
            if error.cause is not Cause.NO_SUCH_CALL:
                raise
        return await self._calls.download(f"/_matrix/media/v3/download/{server}/{media}", params, MAX_MEDIA_BYTES)

    # --- the account ---------------------------------------------------------------------------------------------

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        await self._get_ready()
        try:
            return await self._calls.call(method, _API + path, self._as_sender(), body)
        except MatrixError as error:
            if error.cause is Cause.DEVICE:
                self._ready = False  # it is made anew before the next call
            raise

    def _as_sender(self) -> dict[str, str]:
        return {"user_id": self._settings.sender, "device_id": DEVICE}

    async def _get_ready(self) -> None:
        """Make our account and its device, once for each process; both are there from the second time on."""
        if self._ready:
            return
        async with self._readying:
            if not self._ready:
                await self._register()
                await self._make_device()
                await self._take_name()
                self._ready = True

    async def _register(self) -> None:
        body = {
            "type": "m.login.application_service",
            "username": self._settings.sender_localpart,
            "inhibit_login": True,
        }
        try:
            await self._calls.call("POST", _API + "/register", {}, body)
        except MatrixError as error:
            if error.cause is not Cause.TAKEN:
                raise

    async def _make_device(self) -> None:
        """By MSC4190, or by a login where the registration or the server does not allow that."""
        sender = {"user_id": self._settings.sender}
        try:
            await self._calls.call("PUT", f"{_API}/devices/{DEVICE}", sender, {"display_name": "qunflow"})
        except MatrixError as error:
            if error.cause not in (Cause.NOT_FOUND, Cause.NO_SUCH_CALL):
                raise
            body = {
                "type": "m.login.application_service",
                "identifier": {"type": "m.id.user", "user": self._settings.sender},
                "device_id": DEVICE,
                "initial_device_display_name": "qunflow",
            }
            await self._calls.call("POST", _API + "/login", {}, body)

    async def _take_name(self) -> None:
        """What people read instead of our account's name, when one was chosen."""
        if self._settings.display_name:
            path = f"{_API}/profile/{part(self._settings.sender)}/displayname"
            body = {"displayname": self._settings.display_name}
            await self._calls.call("PUT", path, {"user_id": self._settings.sender}, body)

    def _room_body(self, room: NewRoom) -> Answer:
        users = dict(room.power or {})
        if self._settings.creator_is_named:
            users[self._settings.sender] = 100
        else:
            users.pop(self._settings.sender, None)
        return {
            "preset": "private_chat",
            "visibility": "private",
            "room_version": self._settings.room_version,
            "room_alias_name": room.alias_name,
            "is_direct": room.direct,
            **({"name": room.name} if room.name else {}),
            **({"invite": list(room.invite)} if room.invite else {}),
            "initial_state": [
                {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": room.join_rule}},
                {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}},
            ],
            "power_level_content_override": {
                "users": users,
                "invite": 50,
                # Nobody but us may switch encryption on: it would hide the room's messages from moderation.
                "events": dict.fromkeys(_OURS_ALONE, 100),
            },
        }


def _mentioned(mentions: Sequence[str]) -> Answer:
    return {"user_ids": list(mentions)} if mentions else {}
