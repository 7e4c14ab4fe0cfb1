"""What a campaign model is made of: data and plain functions (campaigns.md §12). The host plays any of them.

A model is one pure file that exports a :class:`Mechanic`. Its state lives in **units** (one bargain, one packet, one
entry of a contest); what people and clocks do to a unit are **moves**. The host checks what is the same for all models
(who may move and when, one help each, quotas, holds, leaving, expiry), asks the model, and commits what it answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from qunflow.domain.decisions import Counter, Rejection
from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics import settings as schema
from qunflow.features.campaigns.mechanics.lists import Lists, Passing
from qunflow.ledger.settle import Amounts

PENDING, CONFIRMED, REVOKED = "pending", "confirmed", "revoked"
#: Stands for the unit itself in :attr:`Mechanic.due`: fen that it keeps reserved in the budget for nobody yet.
RESERVE = ""
#: Who was received before a deadline is served even when processed after it: timers wait this long (§7, §13.3 case 3).
LATE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class PlayRules:
    """What plans may set for every model that names it in :attr:`Mechanic.rules` (campaigns.md §0.3)."""

    unit_ttl_hours: int = schema.whole("the time to finish one unit, in hours", 1, 24 * 30, 24)
    grace_hours: int = schema.whole("how long open units may run on after the campaign's end, in hours", 0, 240, 24)
    open_units: int = schema.whole("how many units one person may have open at a time", 1, 5, 1)
    wins_per_person: int = schema.whole("how often one person may succeed", 1, 100, 1)
    helps_per_helper: int = schema.whole("how often one person may help in this campaign", 1, 100, 1)
    helps_per_day: int = schema.whole("how often one person may help on one day, over all campaigns", 1, 100, 3)


@dataclass(frozen=True, slots=True)
class Help:
    """One person's help on a unit: its state, and when its hold is over."""

    state: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit as the host keeps it; ``play`` is the model's own state.

    ``status``: '' (not there) | open | frozen | closed. ``helps`` are by helper, for models that list them.
    ``reserve`` is what the ledger holds for the unit itself.
    """

    unit: str = ""
    campaign: str = ""
    model: str = ""
    owner: str = ""
    status: str = ""
    outcome: str = ""
    test: bool = False
    seed: str = ""
    opened_at: datetime | None = None
    expires_at: datetime | None = None
    frozen_until: datetime | None = None
    helps: Mapping[str, Help] = field(default_factory=dict)
    reserve: int = 0
    revision: int = 0
    reversed: bool = False
    play: Any = None

    @property
    def friends(self) -> int:
        """How many helps count now: pending and confirmed (what progress shows, §0.4)."""
        return sum(help.state != REVOKED for help in self.helps.values())

    @property
    def settled(self) -> bool:
        """Whether every help that counts is confirmed."""
        return all(help.state != PENDING for help in self.helps.values())


@dataclass(frozen=True, slots=True)
class Actor:
    """Who moves: a participant as the campaign knows them. Empty ``person``: the clock, staff or another part."""

    person: str = ""
    in_group: bool = False
    new_user: bool = False
    parent: str = ""
    units: tuple[str, ...] = ()  # those that they have open
    since: datetime | None = None  # when they first joined a group of the campaign
    task_done: bool = False  # whether their proof was approved
    device: str = ""  # a handle of the device they were seen at last; for moves that ask for it
    shares_device: bool = False  # whether the unit's owner was seen at it, too
    entered_at: datetime | None = None  # when they entered it, where the model keeps bonds
    bound_to: str = ""  # on whom their bond is now, and since when
    bound_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Kin:
    """The actor, who brought them, or who brought that one: the person, and the first unit that they have open.

    ``bound_at`` is since when the person is bound to the next one, None where that is not kept.
    """

    person: str
    unit: Unit | None = None
    bound_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Command:
    """One move on a unit. ``at`` is when it was received; ``params`` were read by the move's ``params`` record.

    ``unit`` is its name, also before it is there. ``by`` is who sent it: person, staff or system.
    """

    move: str
    at: datetime
    day: date
    actor: Actor = Actor()
    params: Mapping[str, Any] = field(default_factory=dict)
    unit: str = ""
    by: str = "person"


@dataclass(frozen=True, slots=True)
class Frame:
    """The campaign around the units: its name, the settings of the model, and the plan's times."""

    campaign: str
    settings: Any
    rules: PlayRules
    starts_at: datetime
    ends_at: datetime
    tz: str
    hold_hours: int
    expected: int  # joins that the plan reckons with
    has_task: bool = False  # whether participants hand in a proof


@dataclass(frozen=True, slots=True)
class Guards:
    """Counters, claims and accounts that a move may touch, named before anything is locked.

    Names of counters and claims are the campaign's own, those of accounts are the ledger's (``ledger/accounts.py``).
    """

    counters: tuple[str, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    accounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside the unit: the frame, the dice, the guards that it named, a survey of units.

    ``status`` is the campaign's; ``kin`` is for moves that ask for it: the actor, then the nearest above. ``host`` is
    the unit's owner, where the model keeps bonds.
    """

    frame: Frame
    seed: bytes
    counters: Mapping[str, Counter] = field(default_factory=dict)
    claims: Mapping[tuple[str, str], str] = field(default_factory=dict)  # held ones → who holds them
    units: tuple[Unit, ...] = ()
    balances: Mapping[str, int] = field(default_factory=dict)
    kin: tuple[Kin, ...] = ()
    status: str = "running"
    host: Actor = Actor()

    def used(self, counter: str) -> int:
        """How much of a named counter is taken."""
        return self.counters[counter].used

    def taken(self, scope: str, key: str) -> bool:
        """Whether a named claim is held."""
        return (scope, key) in self.claims


@dataclass(frozen=True, slots=True)
class Count:
    """Move a counter of the campaign by ``delta``; ``limit`` is its bound as the plan now sets it."""

    counter: str
    delta: int
    limit: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Fen from one account that was named to another. ``leg`` is its own in the unit for ever, so it counts once."""

    leg: str
    debit: str
    credit: str
    fen: int


@dataclass(frozen=True, slots=True)
class Tell:
    """A move that this one causes on another unit of the campaign (or on this one), decided by itself."""

    unit: str
    move: str
    params: Mapping[str, Any] = field(default_factory=dict)
    actor: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """What the unit's owner is told of a move, once, in the words of a script of the plan. ``until`` is a deadline."""

    script: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Moves:
    """What follows from a move. ``close`` ends the unit with an outcome, ``won`` counts as the owner's success.

    ``helped`` is the key under which a counted help is kept with the helper; ``binds`` is the person to whom the actor
    is bound from now on.
    """

    events: tuple[Any, ...] = ()
    counts: tuple[Count, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    releases: tuple[tuple[str, str], ...] = ()
    timers: tuple[tuple[str, datetime], ...] = ()  # (move, when): the clock makes that move then
    timers_off: tuple[str, ...] = ()
    tell: tuple[Tell, ...] = ()
    postings: tuple[Transfer, ...] = ()
    news: tuple[News, ...] = ()
    expires_at: datetime | None = None  # a new deadline of the unit
    helped: str = ""
    binds: str = ""
    close: str = ""
    won: bool = False
    answer: Any = None


@dataclass(frozen=True, slots=True)
class MoveRule:
    """Who may make a move, and what the host does about it before and after the model is asked.

    ``who``: owner | other (a participant, not the owner) | anyone (a participant) | staff | system (clock, payment).
    ``opens`` makes the unit. ``helps``: '' | listed (one each, kept on the unit, held, revoked on leaving) | counted
    (kept with the helper only, for units that thousands help). ``pays`` is off for moves that change nobody's due.
    ``surveys`` hands all units of the campaign to the decision: for rare, final moves. ``grace``: people may still make
    it between the campaign's end and its settling. ``kin``: how many of those who brought the actor it looks at, at
    most two. ``device``: it looks at the device that the actor was seen at. ``owned`` is off for units that belong to
    nobody. ``anytime``: it may be made between launch and closing,
    whatever the status is; ``closed``: also on units that are over (compensating entries, I9), with ``anytime`` even in
    a campaign that is over. ``apart``: the unit that it opens stands beside the others and takes none of the owner's
    ``open_units``. ``payout``: it is no move at all but asks the payout part for ``params.fen``.
    """

    who: str = "anyone"
    opens: bool = False
    helps: str = ""
    pays: bool = True
    surveys: bool = False
    in_group: bool = True
    grace: bool = False
    kin: int = 0
    device: bool = False
    owned: bool = True
    anytime: bool = False
    closed: bool = False
    params: type | None = None
    apart: bool = False
    payout: bool = False


#: (unit, command, frame) → the guards it may touch. The unit may be older than the one that is decided on.
NameGuards = Callable[[Unit, Command, Frame], Guards]
Decide = Callable[[Unit, Command, Context], Moves | Rejection]
Evolve = Callable[[Any, Event], Any]
Due = Callable[[Unit, Any], Mapping[tuple[str, str], Amounts]]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A move that the clock makes by itself: at an instant, or (``None``) once the end's holds are over."""

    unit: str
    move: str
    at: datetime | None = None
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The state of a model that needs none: the host's part of the unit says all."""


def unchanged(state: Any, event: Event) -> Any:
    """The fold of a model without a state."""
    return state


def no_guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """For models whose moves touch nothing but their unit."""
    return Guards()


def no_due(unit: Unit, settings: Any) -> Mapping[tuple[str, str], Amounts]:
    """For models that pay nobody."""
    return {}


def nothing_scheduled(frame: Frame) -> tuple[Scheduled, ...]:
    """For models whose units are all opened by people."""
    return ()


def always_fine(frame: Frame) -> None:
    """For models whose settings cannot contradict each other."""


def costs_nothing(frame: Frame) -> int:
    """For models that pay nobody."""
    return 0


def nothing_paid(unit: Unit) -> int:
    """For models that people pay nothing for."""
    return 0


@dataclass(frozen=True, slots=True)
class Mechanic:
    """A campaign model. ``moves`` names what can be done to a unit and by whom; the functions are pure.

    ``decide`` is asked for its own moves and for what the host does: ``expire`` (params: reason), ``revoke``,
    ``confirm`` and ``return`` of a help. ``due`` says what should have been granted now, by (person, rule);
    ``check`` refuses a plan (InvalidInput), ``liability`` is the most fen that the campaign can cost,
    ``each`` the most that one person can be due. ``freezes``: units wait for an owner who left the group, so many
    ``frozen_hours`` and then end; 0 for as long as it takes.
    ``invited`` names the move that a participant's open units get when a friend they invited is confirmed, or lost
    again (params: invitee, confirmed), ``completed`` the one when the participant's own proof is approved.
    ``in_escrow``: fen that people paid for the unit and that are neither the shop's
    nor back; the campaign is not closed while there are any. ``stock`` is the setting that says how many there are, and
    that may be raised while the campaign runs (``tiers.*.total`` for one in each row); ``restocked`` is the move that
    the first unit of a list gets then. ``enters`` says whom a new participant is bound to, for models that keep bonds:
    (settings, who brought them, seconds since the person was first met) → the person, empty for nobody; ``arrives`` is
    the move that who takes part already makes on a unit by coming through its owner's live code.
    """

    name: str
    settings: type
    moves: Mapping[str, MoveRule]
    decide: Decide
    state: type = Nothing
    initial: Any = Nothing()
    evolve: Evolve = unchanged
    events: tuple[type, ...] = ()
    due: Due = no_due
    guards: NameGuards = no_guards
    show: Callable[[Unit, Any], Mapping[str, Any]] = lambda unit, settings: {}
    rules: tuple[str, ...] = ()
    schedule: Callable[[Frame], tuple[Scheduled, ...]] = nothing_scheduled
    check: Callable[[Frame], None] = always_fine
    liability: Callable[[Frame], int] = costs_nothing
    each: Callable[[Frame], int] = costs_nothing
    freezes: bool = True
    frozen_hours: int = 24
    invited: str = ""
    completed: str = ""
    in_escrow: Callable[[Unit], int] = nothing_paid
    stock: str = ""
    lists: Lists | None = None
    restocked: Passing | None = None
    enters: Callable[[Any, str, float], str] | None = None
    arrives: str = ""
