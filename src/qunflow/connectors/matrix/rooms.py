"""The direct room with one person: made once, found again by an alias that is made from the person's id."""

from __future__ import annotations

from qunflow.connectors.matrix.client import MatrixClient, NewRoom
from qunflow.connectors.matrix.errors import Cause, MatrixError, refused_here
from qunflow.connectors.matrix.settings import MatrixSettings, is_mxid
from qunflow.domain.reasons import Reason

_KEPT = 10_000
_PRESENT = ("join", "invite")


class DirectRooms:
    """Finds, makes and fills the direct rooms of one account; remembers the ids of the last 10,000."""

    def __init__(self, settings: MatrixSettings, client: MatrixClient) -> None:
        self._settings = settings
        self._client = client
        self._known: dict[str, str] = {}

    async def room_of(self, mxid: str, *, invite_again: bool = True) -> str:
        """The room in which ``mxid`` sits or is invited to; raises :class:`MatrixError`.

        Who left is invited again, unless ``invite_again`` is False: then NOT_CONTACT.
        """
        room, made = await self._find_or_make(mxid)
        membership = "invite" if made else await self._membership(room, mxid)
        if membership in _PRESENT:
            return room
        if membership == "ban" or (membership == "leave" and not invite_again):
            raise refused_here(
                f"{mxid} has left the direct room.", "Write to them in a group.", reason=Reason.NOT_CONTACT
            )
        await check_account(self._settings, self._client, mxid)
        await self._client.invite(room, mxid)
        return room

    async def _membership(self, room: str, mxid: str) -> str:
        try:
            return await self._client.membership(room, mxid)
        except MatrixError as error:
            if error.cause is Cause.FORBIDDEN:  # the server's admin has closed the room: look anew next time
                self._known.pop(mxid, None)
            raise

    async def _find_or_make(self, mxid: str) -> tuple[str, bool]:
        """The room, and whether it was made just now with the invitation in it."""
        if mxid in self._known:
            return self._known[mxid], False
        name = self._settings.alias_name("dm", mxid)
        alias = self._settings.alias(name)
        room, made = await self._client.resolve_alias(alias), False
        if not room:
            await check_account(self._settings, self._client, mxid)
            try:
                room, made = await self._client.create_room(NewRoom(name, invite=(mxid,), direct=True)), True
            except MatrixError as error:
                if error.cause is not Cause.TAKEN:
                    raise
                room = await self._client.resolve_alias(alias)
        self._remember(mxid, room)
        return room, made

    def _remember(self, mxid: str, room: str) -> None:
        self._known[mxid] = room
        while len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]


async def check_account(settings: MatrixSettings, client: MatrixClient, mxid: str) -> None:
    """Refuse an id that cannot be, and one of our own server that is not there; others' servers may not tell."""
    if not is_mxid(mxid):
        raise refused_here(f"{mxid[:100]!r} is no Matrix id.", "Write it as @name:server.", reason=Reason.NOT_CONTACT)
    if not mxid.endswith(f":{settings.server_name}"):
        return
    try:
        await client.display_name(mxid)
    except MatrixError as error:
        if error.cause is Cause.NOT_FOUND:
            raise refused_here(
                f"There is no account {mxid}.", "Check how it is written.", reason=Reason.NOT_CONTACT
            ) from error
        raise
