"""How people play models in which friends help: bargain, red packet, flash sale, group-buy, mutual benefit."""

from __future__ import annotations

from datetime import datetime

from qunflow.rehearsal.habits import RING
from qunflow.rehearsal.player import Player, Reply

_OPENS_BPS = 7_000
_AGAIN_BPS = 2_500
_JOINS_BPS = 7_500


async def help_friends(player: Player, move: str = "help") -> Reply | None:
    """Help whoever brought this person, once; who plays in a ring also helps back."""
    found: Reply | None = None
    unit, helped = player.friends_unit, player.memory.setdefault("helped", set())
    if unit and unit not in helped and player.chance("helps", player.table.settings.helps_bps):
        found = await _help(player, unit, move)
    if player.plan.fraud == RING and player.unit:
        for friend in player.board.helpers.get(player.unit, [])[:3]:
            theirs = player.board.units.get(friend, "")
            if theirs and theirs not in helped:
                await _help(player, theirs, move)
    return found


async def _help(player: Player, unit: str, move: str) -> Reply:
    player.memory["helped"].add(unit)
    reply = await player.help(unit, move)
    if reply.done and reply.value == 0:
        player.board.ready.add(unit)
        player.call(player.board.owners[unit])
    return reply


async def open_own(player: Player, move: str = "open", **params: int) -> None:
    """Open a unit of one's own; later again, in case the last one is over."""
    ring, again = player.plan.fraud == RING, bool(player.unit)
    wants = player.visits > 1 and player.chance("again", _AGAIN_BPS) if again else player.chance("opens", _OPENS_BPS)
    if wants or (ring and not again):
        await player.open(move, **params)


class Bargain:
    """Open, be helped, order when the floor is reached."""

    async def visit(self, player: Player, now: datetime) -> None:
        """The own bargain, then the friend's."""
        if player.unit in player.board.ready:
            await player.move("order", player.unit)
            player.board.ready.discard(player.unit)
            return
        await open_own(player)
        await help_friends(player)


class RedPacket:
    """Choose a size, be helped; most choose the small one."""

    def __init__(self, sizes: int) -> None:
        self._sizes = sizes

    async def visit(self, player: Player, now: datetime) -> None:
        """The own packet, then the friend's."""
        size = 0 if player.chance("small", 7_000) else player.pick("size", self._sizes)
        await open_own(player, tier=size)
        await help_friends(player)


class FlashSale:
    """Gather friends, then order in a session."""

    async def visit(self, player: Player, now: datetime) -> None:
        """The own right, the friend's, and an order where the right is there."""
        await open_own(player)
        await help_friends(player)
        if player.unit:
            await player.move("reserve", player.unit)


class GroupBuy:
    """Join the friend's group, else open one."""

    async def visit(self, player: Player, now: datetime) -> None:
        """One group for each person; those who find theirs full open another."""
        if player.memory.get("bought"):
            return
        unit = player.friends_unit
        if unit and player.chance("joins", _JOINS_BPS):
            reply = await player.help(unit, "join")
            if reply.done:
                player.memory["bought"] = True
                return
        if not player.unit and player.chance("opens", _OPENS_BPS):
            player.memory["bought"] = (await player.open("open")).done


class Mutual:
    """Put up a packet of gifts, take the friend's."""

    async def visit(self, player: Player, now: datetime) -> None:
        """The friend's gift first: it is why people came."""
        reply = await help_friends(player, "take")
        if reply is not None and reply.done:
            player.memory["gift"] = player.friends_unit
        await open_own(player)
