"""Groups as rooms: made once, read whole, filled and cleared. Each act may be repeated."""

from __future__ import annotations

from typing import Any

from qunflow.connectors.matrix.client import MatrixClient, NewRoom
from qunflow.connectors.matrix.errors import Cause, MatrixError, refused_here
from qunflow.connectors.matrix.rooms import check_account
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.actions import CreateGroup, InviteMember, ReadGroup, RemoveMember
from qunflow.domain.clock import Clock
from qunflow.domain.inbound import GroupCreated, GroupRead, MemberSeen
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result

MAX_ADMINS = 50
MAX_NAME = 255
MAX_REASON = 500
ADMIN_POWER = 50
_PRESENT = ("join", "invite")


class Groups:
    """What is done to the groups of one account; all raise :class:`MatrixError`."""

    def __init__(self, settings: MatrixSettings, client: MatrixClient, clock: Clock) -> None:
        self._settings = settings
        self._client = client
        self._clock = clock

    async def create(self, action: CreateGroup, key: str) -> Receipt:
        """Make the room, or go on with the one that an earlier try made, then invite its admins one by one.

        An invitation that is refused ends nothing: the group is there, and the receipt names who is missing.
        """
        admins = tuple(dict.fromkeys(admin for admin in action.admins if admin != self._settings.sender))
        if not 1 <= len(action.name) <= MAX_NAME or len(admins) > MAX_ADMINS:
            raise refused_here(
                f"A group has a name of 1 to {MAX_NAME} characters and at most {MAX_ADMINS} admins.",
                "Shorten the name, or name fewer.",
            )
        alias_name = self._alias_name(action, key)
        power = dict.fromkeys(admins, ADMIN_POWER)
        try:
            wanted = NewRoom(alias_name, action.name, power=power, join_rule=self._settings.join_rule)
            room = await self._client.create_room(wanted)
        except MatrixError as error:
            if error.cause is not Cause.TAKEN:
                raise
            room = await self._client.resolve_alias(self._settings.alias(alias_name))
        return await self._created(action, room, admins)

    async def read(self, action: ReadGroup, key: str) -> Receipt:
        """Everybody in the room. A room that we are not in any more was closed, or taken away from us: gone."""
        read_at = self._clock.now()
        try:
            joined = await self._client.joined_members(action.chat)
            name = await self._client.room_name(action.chat)
        except MatrixError as error:
            if error.cause not in (Cause.FORBIDDEN, Cause.NOT_FOUND):
                raise
            gone = GroupRead(action.chat, read_at, gone=True)
            return Receipt(Result.DONE, answers=(gone,), detail=error.sentence())
        staff = {self._settings.sender, *self._settings.staff}
        members = [MemberSeen(mxid, mxid in staff, name=shown) for mxid, shown in sorted(joined.items())]
        body = GroupRead(action.chat, read_at, name, owner=self._settings.sender, members=tuple(members))
        return Receipt(Result.DONE, answers=(body,))

    async def invite(self, action: InviteMember, key: str) -> Receipt:
        """Invite a person; who is in the room or invited already is done."""
        await self._invite(action.chat, action.external)
        return Receipt(Result.DONE, reference=action.chat)

    async def remove(self, action: RemoveMember, key: str) -> Receipt:
        """Remove a person, who reads the reason; who is not in the room any more is done."""
        try:
            await self._client.kick(action.chat, action.external, action.reason[:MAX_REASON])
        except MatrixError as error:
            if error.cause is not Cause.FORBIDDEN:
                raise
            if await self._client.membership(action.chat, action.external) in _PRESENT:
                raise
        return Receipt(Result.DONE, reference=action.chat)

    async def detect(self, action: Any, key: str) -> Receipt | None:
        """The receipt of what an earlier try did, None when it did nothing."""
        if isinstance(action, CreateGroup):
            found = await self._client.resolve_alias(self._settings.alias(self._alias_name(action, key)))
            return await self.create(action, key) if found else None
        if isinstance(action, InviteMember | RemoveMember):
            present = await self._client.membership(action.chat, action.external) in _PRESENT
            if present is isinstance(action, InviteMember):
                return Receipt(Result.DONE, reference=action.chat)
        return None

    def _alias_name(self, action: CreateGroup, key: str) -> str:
        """By the action's key beside the request, so that a workspace begun anew never gets an old room."""
        return self._settings.alias_name("g", f"{action.request}\n{key}")

    async def _created(self, action: CreateGroup, room: str, admins: tuple[str, ...]) -> Receipt:
        missing: list[str] = []
        for admin in admins:
            try:
                await self._invite(room, admin)
            except MatrixError as error:
                if error.retryable and error.cause is not Cause.BUSY:  # BUSY: the admin's own server is away
                    raise  # the next try finds the room by its alias
                missing.append(f"{admin}: {error.sentence()}")
        body = GroupCreated(room, action.name, action.request)
        detail = f"Not invited: {'; '.join(missing)}"[:1000] if missing else ""
        return Receipt(Result.DONE, reference=room, answers=(body,), detail=detail)

    async def _invite(self, room: str, mxid: str) -> None:
        await check_account(self._settings, self._client, mxid)
        membership = await self._client.membership(room, mxid)
        if membership in _PRESENT:
            return
        if membership == "ban":
            raise refused_here(f"{mxid} is banned from the room.", "Lift the ban first.", Reason.KICKED)
        try:
            await self._client.invite(room, mxid)
        except MatrixError as error:
            # They may have come in between.
            if error.cause is Cause.FORBIDDEN and await self._client.membership(room, mxid) in _PRESENT:
                return
            raise
