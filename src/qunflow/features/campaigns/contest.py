"""Bonus, ranking and races: states and events, frozen, and their folds.

A **standing** is one person's valid invites on one board; a **board** is the campaign's ranking or one race. A board is
frozen exactly once, and what it froze is an event.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

from qunflow.domain.events import Departed, Event, Rewarded
from qunflow.domain.ids import stream_id
from qunflow.domain.prizes import PrizeDue
from qunflow.features.campaigns.mechanics.ranking import Place
from qunflow.features.campaigns.merged import HelpVoided
from qunflow.features.campaigns.prizes import Good
from qunflow.ledger.settle import Amounts

RANKING = "ranking"


@dataclass(frozen=True, slots=True)
class Contest:
    """What one participant won by rule, what is held for want of budget by rule, and the race they were brought in.

    ``race`` is the number of that race, negative once they left before the hold was over: they count in it no more.
    ``plays`` is what units of the campaign's model owe them, by ``rule@unit``; ``goods`` what was told of their prizes.
    """

    prizes: Mapping[str, int] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    race: int = 0
    plays: Mapping[str, Amounts] = field(default_factory=dict)
    goods: Mapping[str, Good] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One invitee on a board: when they came, and whether the hold is passed."""

    at: datetime
    sure: bool


@dataclass(frozen=True, slots=True)
class StandingState:
    """One person's invitees that count on one board."""

    person: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)

    @property
    def reached_at(self) -> datetime | None:
        """When the present count was reached: the latest of those that count. None with none."""
        return max((entry.at for entry in self.entries.values()), default=None)


@dataclass(frozen=True, slots=True)
class BoardState:
    """The ranking of a campaign, or one race of it."""

    board: str = ""
    opened_at: datetime | None = None
    over_at: datetime | None = None
    frozen_at: datetime | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class StandingMoved:
    """An invitee ``came`` to a board, is ``sure`` now, or is ``gone``; ``count`` and ``reached_at`` are those after."""

    KIND: ClassVar[str] = "standing_moved"
    SCHEMA: ClassVar[int] = 1
    board: str
    invitee: str
    change: str
    entered_at: datetime
    count: int
    reached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RaceJoined:
    """A friend joined inside the window of a race; ``joined_at`` is the platform's time."""

    KIND: ClassVar[str] = "race_joined"
    SCHEMA: ClassVar[int] = 1
    parent: str
    race: int
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class RaceOpened:
    """A race runs until ``ends_at``."""

    KIND: ClassVar[str] = "race_opened"
    SCHEMA: ClassVar[int] = 1
    race: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class RaceOver:
    """The window of a race is closed; the holds of those who came run on."""

    KIND: ClassVar[str] = "race_over"
    SCHEMA: ClassVar[int] = 1
    race: int


@dataclass(frozen=True, slots=True)
class BoardFrozen:
    """The final table of a board; ``entrants`` had at least one invite."""

    KIND: ClassVar[str] = "board_frozen"
    SCHEMA: ClassVar[int] = 1
    board: str
    entrants: int
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class BoardsFrozen:
    """Ranking and bonus of a campaign are fixed: what leaves later takes nothing back."""

    KIND: ClassVar[str] = "boards_frozen"
    SCHEMA: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class PrizeWon:
    """A place of a frozen board became due to a participant."""

    KIND: ClassVar[str] = "prize_won"
    SCHEMA: ClassVar[int] = 1
    rule: str
    place: int
    fen: int


@dataclass(frozen=True, slots=True)
class RewardHeld:
    """The budget could not carry this rise; nothing of it was posted and the operator is warned (§13.3, case 11).

    An ``amount`` of 0 says that nothing is held any more.
    """

    KIND: ClassVar[str] = "reward_held"
    SCHEMA: ClassVar[int] = 1
    rule: str
    amount: int


@dataclass(frozen=True, slots=True)
class PlayOwed:
    """What a unit of the model owes this participant now, by ``rule@unit``: earned, and waiting for holds. In fen."""

    KIND: ClassVar[str] = "play_owed"
    SCHEMA: ClassVar[int] = 1
    rule: str
    amount: int
    pending: int = 0


# --- commands and timers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenRace:
    """A timer: the window of a race begins."""

    KIND: ClassVar[str] = "open_race"
    race: int


@dataclass(frozen=True, slots=True)
class CloseRace:
    """A timer: the window of a race ends."""

    KIND: ClassVar[str] = "close_race"
    race: int


@dataclass(frozen=True, slots=True)
class FreezeBoard:
    """A timer: every hold can be over, so the table is made; ``tries`` counts how often it had to wait."""

    KIND: ClassVar[str] = "freeze_board"
    board: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class AwardPrize:
    """Give ``person`` what a place of a frozen board earns; once for each rule."""

    KIND: ClassVar[str] = "award_prize"
    person: str
    rule: str
    place: int
    fen: int


@dataclass(frozen=True, slots=True)
class PostHeld:
    """The budget was raised: post what was held for ``person``."""

    KIND: ClassVar[str] = "post_held"
    person: str


def race_board(number: int) -> str:
    """The board of a race; also the rule under which its rewards stand in the ledger."""
    return f"race-{number}"


def board_stream(campaign: str, board: str) -> str:
    """The stream of a board."""
    return stream_id("board", campaign, board)


def standing_stream(campaign: str, board: str, person: str) -> str:
    """The stream of one person on one board."""
    return stream_id("standing", campaign, board, person)


# --- folds ------------------------------------------------------------------------------------------------------------


def evolve_contest(state: Contest | None, event: Event) -> Contest | None:
    """Fold one event of a participation; the same object comes back when nothing changed."""
    body, known = event.body, state or Contest()
    if isinstance(body, RaceJoined):
        return replace(known, race=body.race)
    if isinstance(body, Departed | HelpVoided) and body.help and known.race > 0:
        return replace(known, race=-known.race)
    if isinstance(body, PrizeWon):
        return replace(known, prizes={**known.prizes, body.rule: body.fen})
    if isinstance(body, PlayOwed):
        return replace(known, plays={**known.plays, body.rule: Amounts(body.amount, body.pending)})
    if isinstance(body, PrizeDue):
        good = Good(body.state, body.revision)
        return replace(known, goods={**known.goods, f"{body.rule}:{body.milestone}": good})
    if isinstance(body, RewardHeld) and body.amount:
        return replace(known, held={**known.held, body.rule: body.amount})
    if isinstance(body, RewardHeld | Rewarded) and body.rule in known.held:
        return replace(known, held={rule: fen for rule, fen in known.held.items() if rule != body.rule})
    return state


def evolve_standing(state: StandingState, event: Event) -> StandingState:
    """Fold one event of a standing."""
    body = event.body
    if not isinstance(body, StandingMoved):
        return state
    rest = {invitee: entry for invitee, entry in state.entries.items() if invitee != body.invitee}
    if body.change != "gone":
        rest[body.invitee] = Entry(body.entered_at, body.change == "sure")
    return StandingState(event.person, rest)


def evolve_board(state: BoardState, event: Event) -> BoardState:
    """Fold one event of a board."""
    body = event.body
    if isinstance(body, RaceOpened):
        return replace(state, board=race_board(body.race), opened_at=event.at)
    if isinstance(body, RaceOver):
        return replace(state, over_at=event.at)
    if isinstance(body, BoardFrozen):
        return replace(state, board=body.board, frozen_at=event.at, places=body.places)
    return state


CONTEST_EVENTS = (
    StandingMoved,
    RaceJoined,
    RaceOpened,
    RaceOver,
    BoardFrozen,
    BoardsFrozen,
    PrizeWon,
    RewardHeld,
    PlayOwed,
)
CONTEST_BODIES = (OpenRace, CloseRace, FreezeBoard, AwardPrize, PostHeld)
