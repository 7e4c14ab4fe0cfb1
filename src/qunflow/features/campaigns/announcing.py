"""What a whole group is told: said in the rooms where the channel can write, else on a card to staff who post it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qunflow.domain.decisions import NewEvent
from qunflow.domain.events import ScriptDue
from qunflow.domain.facts import PoolRoom
from qunflow.engine.feature import Reader
from qunflow.features.campaigns.contest import board_stream
from qunflow.features.campaigns.model import CampaignState

#: Stands where a script names its person, when it is said to a group.
EVERYBODY = "everybody"


async def load_rooms(reader: Reader, campaign: CampaignState) -> tuple[str, ...]:
    """The groups that a race is held in: the chosen one, else all of the pool."""
    plan = campaign.plan
    if plan is None or plan.race is None:
        return ()
    if plan.race.group:
        return (plan.race.group,)
    room: PoolRoom | None = await reader.ask(PoolRoom, campaign.pool)
    return tuple(chat for chat, _ in room.sizes) if room is not None else ()


def announce(
    script: str, campaign: CampaignState, board: str, rooms: Sequence[str], params: Mapping[str, object]
) -> list[NewEvent]:
    """A script for the groups of a race, once for each; where staff post it, one card names the chosen group."""
    plan = campaign.plan
    if plan is None:
        return []
    if campaign.contact:
        chosen = plan.race.group if plan.race is not None else ""
        wheres: list[dict[str, object]] = [{"card": plan.staff[0], "room": chosen}]
    else:
        wheres = [{"chat": chat} for chat in rooms]
    stream = board_stream(campaign.campaign, board)
    return [
        NewEvent(
            stream,
            ScriptDue(script, f"{script}@{board}:{number}", "", {**params, **where}),
            EVERYBODY,
            "",
            campaign.campaign,
            plan.channel,
        )
        for number, where in enumerate(wheres)
    ]
