"""Voting 投票 (M22, campaigns.md §1.4b): entries, votes under daily quotas, a rank that is frozen after the holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import InvalidInput
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics import voting_state
from qunflow.features.campaigns.mechanics.mechanic import (
    Command,
    Context,
    Count,
    Frame,
    Guards,
    Mechanic,
    MoveRule,
    Moves,
    Scheduled,
    Tell,
    Unit,
)
from qunflow.features.campaigns.mechanics.ranking import check_prizes
from qunflow.features.campaigns.mechanics.settings import amounts, fen, flag, name, rows, whole
from qunflow.features.campaigns.mechanics.voting_state import (
    Entry,
    EntryJudged,
    EntryMade,
    EntryRanked,
    Place,
    RankFrozen,
    Voted,
    VoteVoided,
)
from qunflow.ledger.settle import Amounts

RULE = "vote"
BOARD = "board"
#: The risk rule under which a vote waits that comes too fast.
RUSH = "vote_rush"


@dataclass(frozen=True, slots=True)
class Threshold:
    """So much for every entry with so many valid votes."""

    votes: int = whole("the number of valid votes", 1, 10_000_000)
    amount_fen: int = fen("what the entry wins then", low=1)


@dataclass(frozen=True, slots=True)
class Voting:
    """Who may vote how often, and what is won."""

    votes_per_day: int = whole("votes of one person on one day", 1, 10, 1)
    votes_per_entry_per_day: int = whole("votes of one person for one entry on one day", 1, 10, 1)
    self_vote: bool = flag("whether one may vote for the own entry", False)
    entry_review: bool = flag("whether staff approve an entry before it can be voted for", True)
    show_rank: bool = flag("whether the rank is shown while votes are cast", True)
    freeze_rank_minutes: int = whole("the rank is hidden for the last minutes", 0, 24 * 60, 30)
    max_per_minute: int = whole("more votes a minute for one entry wait for a person who looks at them", 1, 100_000, 20)
    vote_requires_join: bool = flag("whether who votes has to be in a group of the campaign", True)
    max_entries: int = whole("how many entries there may be", 2, 5000, 500)
    min_votes: int = whole("a place wins only from so many valid votes", 1, 10_000_000, 1)
    prizes: tuple[int, ...] = amounts("prizes by rank, first place first", 100, ())
    thresholds: tuple[Threshold, ...] = rows("prizes by number of votes", Threshold, 10, ())


@dataclass(frozen=True, slots=True)
class Work:
    """What somebody hands in."""

    work: str = name("the address of the work")


def decide(unit: Unit, command: Command, context: Context) -> Moves | Rejection:
    """Enter, judge, vote, revoke, freeze, award."""
    settings: Voting = context.frame.settings
    match command.move:
        case "enter":
            return _enter(command, context, settings)
        case "approve" | "refuse":
            if unit.play.status != "pending":
                return Rejection(Reason.WRONG_STATE, {"status": unit.play.status})
            if command.move == "approve":
                return Moves((EntryJudged(True),))
            return Moves((EntryJudged(False),), (Count("entries", -1, settings.max_entries),), close="refused")
        case "vote":
            return _vote(unit, command, context, settings)
        case "revoke":
            key = str(command.params.get("key", "")).partition("/")[2]
            return Moves((VoteVoided(command.actor.person, key, str(command.params.get("reason", ""))),))
        case "freeze":
            return _freeze(context, settings)
        case "award":
            ranked = EntryRanked(int(command.params.get("place", 0)), int(command.params.get("fen", 0)))
            return Moves((ranked,), close="ranked")
        case "expire":
            reason = str(command.params.get("reason", "expired"))
            return Moves() if reason == "expired" else Moves(close=reason)
    return Moves()


def _enter(command: Command, context: Context, settings: Voting) -> Moves | Rejection:
    if context.used("entries") >= settings.max_entries:
        return Rejection(Reason.QUOTA, {"most": settings.max_entries})
    made = EntryMade(str(command.params["work"]), not settings.entry_review)
    return Moves(
        (made,),
        (Count("entries", 1, settings.max_entries),),
        expires_at=context.frame.ends_at + timedelta(hours=context.frame.hold_hours),
    )


def _vote(unit: Unit, command: Command, context: Context, settings: Voting) -> Moves | Rejection:
    voter, entry = command.actor.person, unit.play
    if entry.status != "approved":
        return Rejection(Reason.WRONG_STATE, {"status": entry.status})
    looked_at = command.by != "person"  # a vote that waited for a person, and counts after all
    if command.at >= context.frame.ends_at and not looked_at:
        return Rejection(Reason.NOT_RUNNING)
    if settings.vote_requires_join and not command.actor.in_group:
        return Rejection(Reason.NOT_IN_GROUP)
    if voter == unit.owner and not settings.self_vote:
        return Rejection(Reason.SELF_HELP)
    free = [claim for claim in _claims(unit, command, settings) if not context.taken(*claim)]
    if not free:
        return Rejection(Reason.ALREADY_HELPED, {"most": settings.votes_per_entry_per_day})
    daily, minute = _counters(unit, command)
    if context.used(daily) >= settings.votes_per_day:
        return Rejection(Reason.HELPER_DAILY_QUOTA, {"most": settings.votes_per_day})
    if context.used(minute) >= settings.max_per_minute and not looked_at:
        return Rejection(Reason.RISK_HOLD, {"rule": RUSH, "seen": context.used(minute) + 1})
    key = "/".join(free[0][1].split(":")[-2:])
    counts = [Count(daily, 1, settings.votes_per_day)]
    if not looked_at:
        counts.append(Count(minute, 1, settings.max_per_minute))
    return Moves((Voted(voter, key),), tuple(counts), claims=(free[0],), helped=key, answer=entry.score + 1)


def guards(unit: Unit, command: Command, frame: Frame) -> Guards:
    """The voter's votes of this day for this entry and for all, and the entry's votes of this minute."""
    if command.move in ("enter", "refuse"):
        return Guards(("entries",))
    if command.move != "vote":
        return Guards()
    return Guards(_counters(unit, command), _claims(unit, command, frame.settings))


def _claims(unit: Unit, command: Command, settings: Voting) -> tuple[tuple[str, str], ...]:
    day, voter = _day(command).isoformat(), command.actor.person
    return tuple(("vote", f"{voter}:{unit.unit}:{day}:{number}") for number in range(settings.votes_per_entry_per_day))


def _counters(unit: Unit, command: Command) -> tuple[str, str]:
    minute = command.at.strftime("%Y%m%d%H%M")
    return (f"votes:{command.actor.person}:{_day(command).isoformat()}", f"minute:{unit.unit}:{minute}")


def _day(command: Command) -> date:
    """The day whose votes are spent: for one that waited, the day on which it was cast."""
    cast = str(command.params.get("cast", ""))
    return date.fromisoformat(cast) if cast and command.by != "person" else command.day


# --- the rank ---------------------------------------------------------------------------------------------------------


def rank(units: Iterable[Unit]) -> list[Unit]:
    """Entries that can win, best first: more votes, then who reached the number first, then the id."""
    late = datetime.max.replace(tzinfo=UTC)
    entries = [unit for unit in units if unit.play.status == "approved" and unit.status != "closed" and not unit.test]
    return sorted(
        entries,
        key=lambda unit: (
            -unit.play.score,
            unit.play.reached_at or late,
            unit.unit,
        ),
    )


def hidden(settings: Voting, frame: Frame, at: datetime) -> bool:
    """Whether the rank is not to be shown at ``at``."""
    last = frame.ends_at - timedelta(minutes=settings.freeze_rank_minutes)
    return not settings.show_rank or last <= at < frame.ends_at


def _freeze(context: Context, settings: Voting) -> Moves:
    places, tells = [], []
    for number, unit in enumerate(rank(context.units), 1):
        score = unit.play.score
        wins = number <= len(settings.prizes) and score >= settings.min_votes
        won = settings.prizes[number - 1] if wins else 0
        won += sum(step.amount_fen for step in settings.thresholds if score >= step.votes)
        if won or number <= 100:
            places.append(Place(number, unit.unit, score, won))
        tells.append(Tell(unit.unit, "award", {"place": number, "fen": won}))
    return Moves((RankFrozen(len(tells), tuple(places)),), tell=tuple(tells), close="frozen")


def due(unit: Unit, settings: Voting) -> Mapping[tuple[str, str], Amounts]:
    """What the frozen rank gave the entry."""
    return {(unit.owner, RULE): Amounts(unit.play.fen)} if unit.play.fen else {}


def check(frame: Frame) -> None:
    """Refuse prizes that rise with the rank, and a contest without a prize or honour to win. Raises InvalidInput."""
    settings: Voting = frame.settings
    check_prizes(settings.prizes, "model.prizes")
    if settings.votes_per_entry_per_day > settings.votes_per_day:
        raise InvalidInput(
            "voting_quota",
            "nobody has more votes for one entry than in all",
            field="model.votes_per_entry_per_day",
            way_out="Lower it, or raise votes_per_day.",
        )


def liability(frame: Frame) -> int:
    """All prizes by rank, and every threshold for every entry."""
    settings: Voting = frame.settings
    return sum(settings.prizes) + settings.max_entries * sum(step.amount_fen for step in settings.thresholds)


def each(frame: Frame) -> int:
    """The first prizes and every threshold, for as many entries as one person may have."""
    settings: Voting = frame.settings
    steps = sum(step.amount_fen for step in settings.thresholds)
    return sum(settings.prizes[: frame.rules.open_units]) + frame.rules.open_units * steps


def show(unit: Unit, settings: Voting) -> Mapping[str, Any]:
    """The entry and its votes; the place once it is frozen."""
    entry: Entry = unit.play
    return {"status": entry.status, "work": entry.work, "score": entry.score, "place": entry.place, "fen": entry.fen}


MODEL = Mechanic(
    name="voting",
    settings=Voting,
    state=Entry,
    initial=Entry(),
    moves={
        "enter": MoveRule(opens=True, pays=False, params=Work),
        "approve": MoveRule(who="staff", pays=False),
        "refuse": MoveRule(who="staff", pays=False),
        "vote": MoveRule(helps="counted", pays=False, in_group=False),
        "freeze": MoveRule(who="system", opens=True, pays=False, surveys=True),
        "award": MoveRule(who="system"),
    },
    decide=decide,
    evolve=voting_state.evolve,
    events=voting_state.EVENTS,
    due=due,
    guards=guards,
    show=show,
    rules=("open_units",),
    schedule=lambda frame: (Scheduled(BOARD, "freeze"),),
    check=check,
    liability=liability,
    each=each,
)
