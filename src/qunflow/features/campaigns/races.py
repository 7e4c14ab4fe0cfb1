"""The life of timed invite races 争分夺秒 (M109): opened, closed and frozen by timers, each announced. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from qunflow.community.model import group_stream
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent, Timer
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.announcing import announce, load_rooms
from qunflow.features.campaigns.boards import BoardFacts, freeze_timer
from qunflow.features.campaigns.contest import (
    BoardState,
    CloseRace,
    OpenRace,
    RaceJoined,
    RaceOpened,
    RaceOver,
    board_stream,
    race_board,
    standing_stream,
)
from qunflow.features.campaigns.mechanics.race import Window, next_window, window_at
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream
from qunflow.features.campaigns.plan import Plan

#: After the last hold of a race; what is then still under way makes the freeze wait.
MARGIN = timedelta(minutes=10)


def open_timer(plan: Plan, after: datetime) -> tuple[Timer, ...]:
    """The timer of the next race that begins at or after an instant."""
    window = next_window(plan.windows, after)
    if window is None:
        return ()
    stream = board_stream(plan.campaign, race_board(window.number))
    return (Timer(stream, "open", window.start, OpenRace(window.number), campaign=plan.campaign),)


async def load_race(reader: Reader, message: Message) -> BoardFacts:
    """The campaign, the groups of the race and, at its end, the standings."""
    body: OpenRace | CloseRace = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign))
    if campaign is None or campaign.plan is None:
        return BoardFacts()
    rooms = await load_rooms(reader, campaign)
    if isinstance(body, OpenRace):
        return BoardFacts(campaign, rooms=rooms)
    prefix = standing_stream(message.campaign, race_board(body.race), "")
    return BoardFacts(campaign, {}, tuple((await reader.states("standing", prefix)).values()), rooms)


def need_race(message: Message, facts: BoardFacts) -> Needs:
    """The board of the race."""
    stream = board_stream(message.campaign, race_board(message.body.race))
    return Needs(streams=(stream,)) if facts.campaign is not None else Needs()


def decide_open_race(message: Message, facts: BoardFacts, view: View, chance: Chance) -> Decision:
    """A race begins, unless the campaign is over; its end and the next race have their timers."""
    body: OpenRace = message.body
    campaign = facts.campaign
    window = _window(campaign, body.race)
    if campaign is None or campaign.plan is None or window is None or campaign.status not in ("running", "paused"):
        return NOTHING
    board = race_board(body.race)
    stream = board_stream(message.campaign, board)
    if view.state(stream).opened_at is not None:
        return NOTHING
    plan = campaign.plan
    opened = NewEvent(stream, RaceOpened(body.race, window.end), "", "", message.campaign, campaign_channel(campaign))
    close = Timer(stream, "close", window.end, CloseRace(body.race), campaign=message.campaign)
    told = announce("race_start", campaign, board, facts.rooms, _terms(plan, window))
    return Decision(events=(opened, *told), timers=(close, *open_timer(plan, window.end)))


def decide_close_race(message: Message, facts: BoardFacts, view: View, chance: Chance) -> Decision:
    """The window is over; the table is made when the holds of those who came are over too."""
    body: CloseRace = message.body
    campaign = facts.campaign
    board = race_board(body.race)
    stream = board_stream(message.campaign, board)
    if campaign is None or campaign.plan is None:
        return NOTHING
    state: BoardState = view.state(stream)
    if state.opened_at is None or state.over_at is not None:
        return NOTHING
    over = NewEvent(stream, RaceOver(body.race), "", "", message.campaign, campaign_channel(campaign))
    due = message.at + timedelta(hours=campaign.plan.hold_hours) + MARGIN
    came = sum(len(standing.entries) for standing in facts.standings)
    told = announce("race_over", campaign, board, facts.rooms, {"count": came, "hours": campaign.plan.hold_hours})
    return Decision(events=(over, *told), timers=(freeze_timer(message.campaign, board, due),))


def entered_race(
    campaign: CampaignState, state: ParticipationState, group: str, joined_at: datetime
) -> RaceJoined | None:
    """The race that a first join counts in: by the platform's time of the join, and in the chosen group."""
    plan = campaign.plan
    if plan is None or plan.race is None or state.joined_at is not None:
        return None
    if plan.race.group and group != group_stream(plan.channel, plan.race.group):
        return None
    window = window_at(plan.windows, joined_at, campaign.launched_at)
    return RaceJoined(state.parent, window.number, joined_at) if window is not None else None


def _window(campaign: CampaignState | None, number: int) -> Window | None:
    plan = campaign.plan if campaign is not None else None
    return next((window for window in plan.windows if window.number == number), None) if plan is not None else None


def _terms(plan: Plan, window: Window) -> dict[str, object]:
    found = plan.race
    return {
        "minutes": found.minutes if found is not None else 0,
        "until": window.end.isoformat(),
        "amount": found.per_head_fen if found is not None else 0,
        "prizes": list(found.prizes) if found is not None else [],
    }


def campaign_channel(campaign: CampaignState) -> str:
    """The channel that a campaign runs on."""
    return campaign.plan.channel if campaign.plan is not None else ""
