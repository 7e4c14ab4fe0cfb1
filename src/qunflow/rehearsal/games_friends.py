"""How people play models in which friends help: bargain, red packet, flash sale, group-buy, mutual benefit."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.rehearsal.habits import RING
from qunflow.rehearsal.player import Player, Reply

_OPENS_BPS = 7_000
_AGAIN_BPS = 2_500
_JOINS_BPS = 7_500
_ALONE_BPS = 2_000
#: So often somebody in a waiting line looks whether it is their turn; afterwards only when they come anyway.
_LOOKS_MOST = 12
#: What their page says meanwhile.
_WAITS, _OFFERED = 'data-move="stop_waiting"', 'data-offered="yes"'


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
    """Gather friends, then order in a session; where the plan has a waiting line, stand in it and take an offer.

    ``offer`` is how long a piece is offered, None without a line.
    """

    def __init__(self, offer: timedelta | None = None) -> None:
        self._offer = offer

    async def visit(self, player: Player, now: datetime) -> None:
        """The own right, the friend's, and an order where the right is there."""
        if player.memory.get("looks") is None:
            await open_own(player)
            await help_friends(player)
        if player.unit and await self._is_on(player, now):
            await self._order(player, now)

    async def _is_on(self, player: Player, now: datetime) -> bool:
        """Whether there is something to order; who stands in the line reads on the page whether it is their turn."""
        if player.memory.get("looks") is None:
            return True
        page = await player.read_page()
        if _WAITS in page and _OFFERED not in page:
            self._wait(player, now)
            return False
        del player.memory["looks"]
        return True

    async def _order(self, player: Player, now: datetime) -> None:
        reply = await player.move("reserve", player.unit)
        if self._offer is None or reply.reason != "stock_out":
            return
        if (await player.move("wait", player.unit)).reason in ("", "already_done"):
            player.memory["looks"] = 0
            self._wait(player, now)

    def _wait(self, player: Player, now: datetime) -> None:
        """Look again before an offer of now would be over."""
        assert self._offer is not None
        if player.memory["looks"] < _LOOKS_MOST and player.look_again(now + self._offer / 2):
            player.memory["looks"] += 1


class GroupBuy:
    """Join the friend's group, else open one; some buy alone where the plan has a price for that."""

    def __init__(self, alone: bool = False) -> None:
        self._alone = alone

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
        elif self._alone and player.chance("alone", _ALONE_BPS):
            player.memory["bought"] = (await player.move("alone")).done


class Mutual:
    """Put up a packet of gifts, take the friend's."""

    async def visit(self, player: Player, now: datetime) -> None:
        """The friend's gift first: it is why people came."""
        reply = await help_friends(player, "take")
        if reply is not None and reply.done:
            player.memory["gift"] = player.friends_unit
        await open_own(player)
