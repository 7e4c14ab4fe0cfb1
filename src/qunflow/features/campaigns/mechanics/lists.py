"""Lists of units that wait for somebody: groups with a free seat, people who wait for a piece. The host keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qunflow.features.campaigns.mechanics.mechanic import Actor, Unit


@dataclass(frozen=True, slots=True)
class Passing:
    """A move is made on the first unit of a list that takes it, as ``move`` with the parameter ``passed``.

    ``spread``: beside the first ones some others are tried, so that a crowd does not stand before the same few.
    """

    list: str
    move: str
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of units that the host keeps, first come first; units of test runs stand on none.

    ``names``: settings → the lists there are, and whether the host counts who stands on one (under the counter of the
    same name); ``on``: the list a unit stands on now, empty for none; ``passes``: (move, actor, settings) → whether the
    move is tried on units of a list before its own. It says nothing of what they answer: the unit decides, locked.
    """

    names: Callable[[Any], Mapping[str, bool]]
    on: Callable[[Unit, Any], str]
    passes: Callable[[str, Actor, Any], Passing | None]
