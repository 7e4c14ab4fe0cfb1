"""How people play models that bring them back: packets and rain, votes, cards, check-in, distribution."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from qunflow.features.campaigns.mechanics.race import Window
from qunflow.rehearsal.photos import draw_photo
from qunflow.rehearsal.player import Player

_ENTERS_BPS = 1_500
_ENROLS_BPS = 5_000
_GIVES_BPS = 4_000
_OLD_PHOTO_BPS = 1_000
_DRAWS_MOST = 12
_NEWEST = 3


class LuckyPacket:
    """Take a share of what staff put into the groups."""

    async def visit(self, player: Player, now: datetime) -> None:
        """The newest packets that this person has not tried."""
        tried = player.memory.setdefault("tried", set())
        for unit in player.board.packets[-_NEWEST:]:
            if unit not in tried:
                tried.add(unit)
                await player.move("take", unit)


class Rain:
    """Catch a share while it rains."""

    def __init__(self, windows: Sequence[Window]) -> None:
        self._windows = windows

    async def visit(self, player: Player, now: datetime) -> None:
        """What falls at this moment."""
        for window in self._windows:
            if window.start <= now < window.end:
                await player.move("catch", f"rain-{window.number}")


class Voting:
    """Enter with a work, vote for the friend's and others."""

    def __init__(self, votes: int) -> None:
        self._votes = votes

    async def visit(self, player: Player, now: datetime) -> None:
        """The own entry first, then the votes of the day."""
        if not player.unit and player.visits == 1 and player.chance("enters", _ENTERS_BPS):
            reply = await player.open("enter", work=f"photo-{player.number}")
            if reply.done:
                player.board.to_approve.append(reply.unit)
        voted: set[str] = set()
        wishes = [player.friends_unit] if player.friends_unit in player.board.entries else []
        for number in range(self._votes - len(wishes)):
            if player.board.entries:
                wishes.append(player.board.entries[player.pick(f"vote:{number}", len(player.board.entries))])
        for unit in wishes:
            if unit not in voted and unit != player.unit:
                voted.add(unit)
                await player.help(unit, "vote")


class Cards:
    """Draw, give a card twice on the hand to the friend who lacks it, compose."""

    def __init__(self, kinds: Sequence[str], giftable: Sequence[str]) -> None:
        self._kinds = tuple(kinds)
        self._giftable = frozenset(giftable)

    async def visit(self, player: Player, now: datetime) -> None:
        """What was offered, the draws of the day, a gift, a complete set."""
        if not player.unit and not (await player.open("open")).done:
            return
        hand: Counter[str] = player.memory.setdefault("hand", Counter())
        await self._accept(player, hand)
        for _ in range(_DRAWS_MOST):
            reply = await player.move("draw", player.unit)
            if not reply.done:
                break
            hand.update(reply.value)
        await self._give(player, hand)
        if all(hand[kind] for kind in self._kinds) and (await player.move("compose", player.unit)).done:
            hand.subtract(self._kinds)
            player.memory["done"] = True

    async def _accept(self, player: Player, hand: Counter[str]) -> None:
        for unit, offer, card in player.board.offers.pop(player.number, []):
            if not hand[card] and (await player.move("accept", unit, offer=offer)).done:
                hand[card] += 1

    async def _give(self, player: Player, hand: Counter[str]) -> None:
        inviter = player.plan.inviter
        spare = [kind for kind in self._kinds if hand[kind] > 1 and kind in self._giftable]
        if inviter is None or inviter not in player.board.units or not spare or not player.chance("gives", _GIVES_BPS):
            return
        reply = await player.move("offer", player.unit, card=spare[0])
        if reply.done:
            hand[spare[0]] -= 1
            player.board.offers.setdefault(inviter, []).append((player.unit, str(reply.value), spare[0]))


class CheckIn:
    """Check in on each day somebody comes; with a picture where the plan asks for one."""

    def __init__(self, photos: bool = False) -> None:
        self._photos = photos

    async def visit(self, player: Player, now: datetime) -> None:
        """The sheet, then today."""
        if self._photos:
            await self._show(player, now)
            return
        if not player.unit:
            await player.open("open")
        if player.unit:
            await player.move("check_in", player.unit)

    async def _show(self, player: Player, now: datetime) -> None:
        """A picture of today; some first try the one of another day again, and are refused."""
        old = player.memory.get("photo")
        if old is not None and player.chance("old", _OLD_PHOTO_BPS):
            await player.hand_in("photo", old)
        picture = draw_photo(player.table.dice, player.number, f"photo:{now:%Y%m%d}")
        if (await player.hand_in("photo", picture)).done:
            player.memory["photo"] = picture


class Distribution:
    """Enrol as a promoter; the friends buy in the shop."""

    async def visit(self, player: Player, now: datetime) -> None:
        """Once."""
        if not player.unit and player.visits == 1 and player.chance("enrols", _ENROLS_BPS):
            reply = await player.open("enrol")
            if reply.done:
                player.board.to_appoint.append(reply.unit)


class NoGame:
    """A campaign without a model: nothing to play, only to buy."""

    async def visit(self, player: Player, now: datetime) -> None:
        """Nothing."""
