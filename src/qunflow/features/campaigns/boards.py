"""Standings and boards: who has how many valid invites, and the one moment at which a board is frozen (M31, M32, M109).

Pure. A board is frozen by a timer when every hold can be over. What is then still on its way (a late timer, a message
in the queue) makes the freeze wait: the table is taken only when all standings say what the participations say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer
from qunflow.domain.events import Confirmed, Departed
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.announcing import announce, load_rooms
from qunflow.features.campaigns.contest import (
    RANKING,
    AwardPrize,
    BoardFrozen,
    BoardsFrozen,
    FreezeBoard,
    RaceJoined,
    StandingMoved,
    StandingState,
    board_stream,
    race_board,
    standing_stream,
)
from qunflow.features.campaigns.mechanics import race, ranking
from qunflow.features.campaigns.mechanics.ranking import Entrant, Place
from qunflow.features.campaigns.merged import HelpVoided
from qunflow.features.campaigns.model import (
    CampaignState,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.screening import Screened

#: How long a freeze waits for what is still on its way: doubling from the first to the longest, so often at most.
WAIT, LONGEST_WAIT, MAX_TRIES = timedelta(minutes=5), timedelta(hours=4), 40


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """The campaign, who invited, and who came. ``inviter`` and the invitee's race never change once they are there."""

    campaign: CampaignState
    inviter: ParticipationState
    race: int


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """A campaign with every participation and every standing of one board; ``rooms`` hear of it."""

    campaign: CampaignState | None = None
    people: Mapping[str, ParticipationState] = field(default_factory=dict)
    standings: tuple[StandingState, ...] = ()
    rooms: tuple[str, ...] = ()


async def load_standing(reader: Reader, message: Message) -> StandingFacts | None:
    """What decides on which boards an invitee counts; None where there is no board."""
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    body: RaceJoined | Confirmed | Departed | Screened | HelpVoided = message.body
    if campaign is None or campaign.plan is None or not body.parent:
        return None
    if not campaign.plan.ranked and campaign.plan.race is None:
        return None
    inviter = await reader.state(participation_stream(message.campaign, body.parent), stale_ok=True)
    invitee = await reader.state(participation_stream(message.campaign, message.person), stale_ok=True)
    if inviter is None or inviter.test:
        return None
    contest = invitee.contest if invitee is not None else None
    return StandingFacts(campaign, inviter, abs(contest.race) if contest is not None else 0)


def need_standing(message: Message, facts: StandingFacts | None) -> Needs:
    """The inviter's standings on the boards that the message can move."""
    if facts is None:
        return Needs()
    inviter = facts.inviter.person
    return Needs(streams=tuple(standing_stream(message.campaign, board, inviter) for board in _boards(message, facts)))


def _boards(message: Message, facts: StandingFacts) -> list[str]:
    plan = facts.campaign.plan
    ranked = [RANKING] if plan is not None and plan.ranked and not isinstance(message.body, RaceJoined) else []
    return [*ranked, race_board(facts.race)] if facts.race else ranked


def decide_standing(message: Message, facts: StandingFacts | None, view: View, chance: Chance) -> Decision:
    """An invitee came into a race, stayed through the hold, or left: the inviter's standings follow."""
    if facts is None:
        return NOTHING
    events = []
    for board in _boards(message, facts):
        stream = standing_stream(message.campaign, board, facts.inviter.person)
        moved = _moved(message, board, view.state(stream))
        if moved is not None:
            events.append(NewEvent(stream, moved, facts.inviter.person, "", message.campaign, facts.inviter.channel))
    return Decision(events=tuple(events))


def _moved(message: Message, board: str, state: StandingState) -> StandingMoved | None:
    body, invitee = message.body, message.person
    known = state.entries.get(invitee)
    rest = [entry.at for name, entry in state.entries.items() if name != invitee]
    if isinstance(body, Departed | Screened | HelpVoided):
        if known is None or body.help != "revoked":
            return None
        return StandingMoved(board, invitee, "gone", known.at, len(rest), max(rest, default=None))
    if isinstance(body, RaceJoined):
        change, at = "came", body.joined_at
    else:
        change, at = "sure", known.at if known is not None else message.at
    if known is not None and (known.sure or change == "came"):
        return None
    if known is None and isinstance(body, Confirmed) and board != RANKING:
        return None  # they left the race once and came back later
    return StandingMoved(board, invitee, change, at, len(rest) + 1, max([*rest, at]))


# --- the freeze -------------------------------------------------------------------------------------------------------


async def load_board(reader: Reader, message: Message) -> BoardFacts:
    """The whole board: a rare look, once for each board and try."""
    body: FreezeBoard = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign))
    if campaign is None or campaign.plan is None:
        return BoardFacts()
    people = await reader.states("participation", participation_stream(message.campaign, ""))
    standings = await reader.states("standing", standing_stream(message.campaign, body.board, ""))
    rooms = await load_rooms(reader, campaign) if body.board != RANKING else ()
    return BoardFacts(
        campaign, {state.person: state for state in people.values()}, tuple(standings.values()), tuple(rooms)
    )


def need_board(message: Message, facts: BoardFacts) -> Needs:
    """The board and, for the ranking, the campaign."""
    body: FreezeBoard = message.body
    streams = (board_stream(message.campaign, body.board), campaign_stream(message.campaign))
    return Needs(streams=streams) if facts.campaign is not None else Needs()


def decide_freeze(message: Message, facts: BoardFacts, view: View, chance: Chance) -> Decision:
    """Freeze a board exactly once; its places are paid by commands of their own."""
    body: FreezeBoard = message.body
    campaign = facts.campaign
    stream = board_stream(message.campaign, body.board)
    if campaign is None or campaign.plan is None or view.state(stream).frozen_at is not None:
        return NOTHING
    if body.tries < MAX_TRIES and not is_settled(body.board, facts.people, facts.standings):
        again = message.at + min(WAIT * 2 ** min(body.tries, 10), LONGEST_WAIT)
        later = FreezeBoard(body.board, body.tries + 1)
        return Decision(timers=(Timer(stream, "freeze", again, later, campaign=message.campaign),))
    entrants = [one for state in facts.standings if (one := sure_entrant(state)) is not None]
    places = frozen_places(campaign.plan, body.board, entrants)
    common = {"campaign": message.campaign, "channel": campaign.plan.channel}
    events = [NewEvent(stream, BoardFrozen(body.board, len(entrants), places), **common)]
    if body.board == RANKING:
        events.append(NewEvent(campaign_stream(message.campaign), BoardsFrozen(), **common))
    else:
        events.extend(announce("race_result", campaign, body.board, facts.rooms, _results(places)))
    awards = tuple(
        (
            participation_stream(message.campaign, place.person),
            AwardPrize(place.person, body.board, place.place, place.fen),
        )
        for place in places
    )
    return Decision(events=tuple(events), commands=awards)


def is_settled(board: str, people: Mapping[str, ParticipationState], standings: Iterable[StandingState]) -> bool:
    """Whether no help of this board is pending and the standings hold exactly those that are confirmed."""
    expected = set()
    for state in people.values():
        inviter = people.get(state.parent)
        number = state.contest.race if state.contest is not None else 0
        if inviter is None or inviter.test or (board != RANKING and board != race_board(number)):
            continue
        if state.help == "pending":
            return False
        if state.help == "confirmed":
            expected.add((state.parent, state.person))
    there = {(state.person, invitee) for state in standings for invitee, entry in state.entries.items() if entry.sure}
    return expected == there


def sure_entrant(state: StandingState) -> Entrant | None:
    """The line of one person, of those who stayed only; None with none."""
    times = [entry.at for entry in state.entries.values() if entry.sure]
    return Entrant(state.person, len(times), max(times)) if times else None


def frozen_places(plan: Plan, board: str, entrants: Iterable[Entrant]) -> tuple[Place, ...]:
    """Who wins what on a board by the plan."""
    if board == RANKING:
        return ranking.freeze(entrants, plan.ranking.prizes, plan.ranking.min_count) if plan.ranking else ()
    if plan.race is None:
        return ()
    one = plan.race
    return race.awards(entrants, one.per_head_fen, one.max_heads_each, one.max_heads, one.prizes, one.min_count)


def _results(places: tuple[Place, ...]) -> dict[str, object]:
    return {
        "count": sum(place.count for place in places),
        "top": [[place.person, place.count, place.fen] for place in places[:3]],
    }


def freeze_timer(campaign: str, board: str, due_at: datetime) -> Timer:
    """The timer that freezes a board."""
    return Timer(board_stream(campaign, board), "freeze", due_at, FreezeBoard(board), campaign=campaign)
