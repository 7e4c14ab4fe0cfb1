"""For an owner who reached the goal when nothing was left (campaigns.md §1.2 ``sold_out``): once, bounded. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.mechanics.boost import Offer
from qunflow.features.campaigns.mechanics.boost_state import BoostComforted
from qunflow.features.campaigns.mechanics.mechanic import Command, Context, Count, Guards, MoveRule, Moves, Unit
from qunflow.ledger.settle import Amounts

#: The rule under which it is due; ``prizes`` of a plan may name it to give a coupon with it.
RULE = "sold-out"
COUNTER = "comforts"
MOVE = "comfort"
MOVES: Mapping[str, MoveRule] = {MOVE: MoveRule(who="system", anytime=True, closed=True)}


def comfort(unit: Unit, command: Command, context: Context, offer: Offer) -> Moves | Rejection:
    """The alternative, once for each owner, while there is any."""
    claim = _claim(unit)
    given = unit.outcome == "sold_out" and not unit.play.comfort and offer.comfort and not unit.test
    if not given or context.taken(*claim) or context.used(COUNTER) >= offer.comforts:
        return Moves()
    return Moves((BoostComforted(offer.comfort),), (Count(COUNTER, 1, offer.comforts),), claims=(claim,))


def guards(unit: Unit, command: Command) -> Guards:
    """How many had it, and that the owner has it once."""
    return Guards((COUNTER,), (_claim(unit),)) if command.move == MOVE else Guards()


def due(unit: Unit) -> Mapping[tuple[str, str], Amounts]:
    """The alternative, earned at once."""
    return {(unit.owner, RULE): Amounts(unit.play.comfort)} if unit.play.comfort else {}


def check(offer: Offer) -> None:
    """Refuse an alternative that nobody can get. Raises InvalidInput."""
    if bool(offer.comfort) != bool(offer.comforts):
        missing = "sold_out_limit" if offer.comfort else "sold_out_fen"
        raise InvalidInput(
            "sold_out_pair",
            "an alternative says how much it is and for how many",
            field=f"model.{missing}",
            way_out=f"Give {missing}, or set both to 0.",
        )
    if offer.comfort and offer.reserve_at != "reached":
        raise InvalidInput(
            "sold_out_never",
            "nobody reaches the goal in vain when a piece is set aside from the start or only with the order",
            field="model.sold_out_fen",
            way_out="Set pieces aside at the floor or target, or set sold_out_fen to 0.",
        )


def _claim(unit: Unit) -> tuple[str, str]:
    return (MOVE, unit.owner)
