"""Units and players: states, events, commands and folds. What belongs to one model alone is in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar

from qunflow.domain.codec import decode
from qunflow.domain.events import Event
from qunflow.domain.ids import stream_id
from qunflow.features.campaigns.mechanics.mechanic import CONFIRMED, PENDING, REVOKED, Help, Unit
from qunflow.features.campaigns.mechanics.models import MODELS


@dataclass(frozen=True, slots=True)
class PlayerState:
    """One person in one campaign: the units they opened, and the helps they gave, by unit or ``unit/day/number``.

    ``entered_at`` and the bond (``bound_to``, ``bound_at``) are kept for models with bonds only.
    """

    units: tuple[str, ...] = ()
    helps: Mapping[str, Help] = field(default_factory=dict)
    entered_at: datetime | None = None
    bound_to: str = ""
    bound_at: datetime | None = None
    barred: tuple[str, ...] = ()  # helps that a merge took back: they never return


# --- events of a unit -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitOpened:
    """A unit of a model begins; ``seed`` is what its chances are drawn from."""

    KIND: ClassVar[str] = "unit_opened"
    SCHEMA: ClassVar[int] = 1
    model: str
    owner: str
    seed: str
    expires_at: datetime
    test: bool = False


@dataclass(frozen=True, slots=True)
class UnitHelped:
    """Somebody helped, or came back to help again: pending until the hold is over."""

    KIND: ClassVar[str] = "unit_helped"
    SCHEMA: ClassVar[int] = 1
    helper: str
    until: datetime


@dataclass(frozen=True, slots=True)
class UnitHelpConfirmed:
    """The helper stayed through the hold."""

    KIND: ClassVar[str] = "unit_help_confirmed"
    SCHEMA: ClassVar[int] = 1
    helper: str


@dataclass(frozen=True, slots=True)
class UnitHelpRevoked:
    """A help counts no more: left, kicked, fraud."""

    KIND: ClassVar[str] = "unit_help_revoked"
    SCHEMA: ClassVar[int] = 1
    helper: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnitFrozen:
    """The owner left: nothing moves until they come back, at most until ``until``."""

    KIND: ClassVar[str] = "unit_frozen"
    SCHEMA: ClassVar[int] = 1
    until: datetime


@dataclass(frozen=True, slots=True)
class UnitThawed:
    """The owner is back in time."""

    KIND: ClassVar[str] = "unit_thawed"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class UnitExtended:
    """The unit has until ``expires_at``."""

    KIND: ClassVar[str] = "unit_extended"
    SCHEMA: ClassVar[int] = 1
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UnitReserved:
    """The ledger keeps ``fen`` for the unit itself from now on."""

    KIND: ClassVar[str] = "unit_reserved"
    SCHEMA: ClassVar[int] = 1
    fen: int
    revision: int


@dataclass(frozen=True, slots=True)
class UnitClosed:
    """The unit is over; what comes later can only be compensated (I9)."""

    KIND: ClassVar[str] = "unit_closed"
    SCHEMA: ClassVar[int] = 1
    outcome: str


@dataclass(frozen=True, slots=True)
class UnitReversed:
    """Staff took back what the unit earned: found to be fraud."""

    KIND: ClassVar[str] = "unit_reversed"
    SCHEMA: ClassVar[int] = 1
    reason: str


# --- events of a player -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitOwned:
    """The person opened a unit; ``over`` once it is closed."""

    KIND: ClassVar[str] = "unit_owned"
    SCHEMA: ClassVar[int] = 1
    unit: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class HelpGiven:
    """The person's help ``key`` is pending until ``until``, confirmed or revoked."""

    KIND: ClassVar[str] = "help_given"
    SCHEMA: ClassVar[int] = 1
    key: str
    state: str
    until: datetime


@dataclass(frozen=True, slots=True)
class HelpsBarred:
    """These helps are double, because their person is somebody else, too; they are revoked and never return."""

    KIND: ClassVar[str] = "helps_barred"
    SCHEMA: ClassVar[int] = 1
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Entered:
    """The person entered a campaign whose model keeps bonds; ``bound_to`` is empty for who is bound to nobody."""

    KIND: ClassVar[str] = "player_entered"
    SCHEMA: ClassVar[int] = 1
    bound_to: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """From now on the person is bound to somebody else; sales that were paid before stay as they are."""

    KIND: ClassVar[str] = "player_bound"
    SCHEMA: ClassVar[int] = 1
    bound_to: str


@dataclass(frozen=True, slots=True)
class CameThrough:
    """The person, who took part already, came through the live code of who has this unit (models with bonds)."""

    KIND: ClassVar[str] = "player_came_through"
    SCHEMA: ClassVar[int] = 1
    unit: str


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """One move of the message's person (``by`` person), of staff, or of another part of the product (system).

    Without a ``unit`` the move opens one. ``actor`` is whom a system move is about.
    """

    KIND: ClassVar[str] = "play"
    move: str
    unit: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    by: str = "person"
    actor: str = ""


@dataclass(frozen=True, slots=True)
class UnitTick:
    """A timer of a unit: the clock makes a move."""

    KIND: ClassVar[str] = "unit_tick"
    unit: str
    move: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HelpHeld:
    """A timer: the hold of a help is over."""

    KIND: ClassVar[str] = "help_held"
    unit: str
    helper: str
    until: datetime


@dataclass(frozen=True, slots=True)
class SettleUnit:
    """Bring what a unit owes ``person`` to the ledger: for those whom the move itself did not load."""

    KIND: ClassVar[str] = "settle_unit"
    unit: str
    person: str


def unit_stream(campaign: str, unit: str) -> str:
    """The stream of a unit."""
    return stream_id("unit", campaign, unit)


def player_stream(campaign: str, person: str) -> str:
    """The stream of one person's units and helps in a campaign."""
    return stream_id("player", campaign, person)


# --- folds ------------------------------------------------------------------------------------------------------------


def thawed(unit: Unit) -> Unit:
    """A unit whose model's state is typed: as it comes from the database it is plain data."""
    model = MODELS.get(unit.model)
    if model is None or isinstance(unit.play, model.state):
        return unit
    return replace(unit, play=decode(model.state, unit.play) if unit.play is not None else model.initial)


def evolve_unit(state: Unit, event: Event) -> Unit:
    """Fold one event of a unit: the host's part, then the model's."""
    state = _evolve_host(state, event)
    model = MODELS.get(state.model)
    if model is None:
        return state
    state = thawed(state)
    return replace(state, play=model.evolve(state.play, event))


def _evolve_host(state: Unit, event: Event) -> Unit:
    body = event.body
    if isinstance(body, UnitOpened):
        return Unit(
            unit=event.stream.split(":", 2)[2],
            campaign=event.campaign,
            model=body.model,
            owner=body.owner,
            status="open",
            test=body.test,
            seed=body.seed,
            opened_at=event.at,
            expires_at=body.expires_at,
        )
    if isinstance(body, UnitHelped | UnitHelpConfirmed | UnitHelpRevoked):
        return replace(state, helps=_evolve_helps(state.helps, body))
    if isinstance(body, UnitFrozen):
        return replace(state, status="frozen", frozen_until=body.until)
    if isinstance(body, UnitThawed):
        return replace(state, status="open", frozen_until=None)
    if isinstance(body, UnitExtended):
        return replace(state, expires_at=body.expires_at)
    if isinstance(body, UnitReserved):
        return replace(state, reserve=body.fen, revision=body.revision)
    if isinstance(body, UnitClosed):
        return replace(state, status="closed", outcome=body.outcome)
    return replace(state, reversed=True) if isinstance(body, UnitReversed) else state


def _evolve_helps(
    helps: Mapping[str, Help], body: UnitHelped | UnitHelpConfirmed | UnitHelpRevoked
) -> Mapping[str, Help]:
    if isinstance(body, UnitHelped):
        return {**helps, body.helper: Help(PENDING, body.until)}
    known = helps.get(body.helper)
    if known is None:
        return helps
    return {**helps, body.helper: replace(known, state=CONFIRMED if isinstance(body, UnitHelpConfirmed) else REVOKED)}


def evolve_player(state: PlayerState, event: Event) -> PlayerState:
    """Fold one event of a player."""
    body = event.body
    if isinstance(body, UnitOwned):
        rest = tuple(unit for unit in state.units if unit != body.unit)
        return replace(state, units=rest if body.over else (*rest, body.unit))
    if isinstance(body, HelpGiven):
        return replace(state, helps={**state.helps, body.key: Help(body.state, body.until)})
    if isinstance(body, HelpsBarred):
        return replace(state, barred=tuple(dict.fromkeys((*state.barred, *body.keys))))
    if isinstance(body, Entered):
        return replace(state, entered_at=event.at, bound_to=body.bound_to, bound_at=event.at if body.bound_to else None)
    if isinstance(body, Bound):
        return replace(state, bound_to=body.bound_to, bound_at=event.at)
    return state


EVENTS: tuple[type, ...] = (
    UnitOpened,
    UnitHelped,
    UnitHelpConfirmed,
    UnitHelpRevoked,
    UnitFrozen,
    UnitThawed,
    UnitExtended,
    UnitReserved,
    UnitClosed,
    UnitReversed,
    UnitOwned,
    HelpGiven,
    HelpsBarred,
    Entered,
    Bound,
    CameThrough,
    *dict.fromkeys(event for model in MODELS.values() for event in model.events),
)
BODIES = (Play, UnitTick, HelpHeld, SettleUnit)
