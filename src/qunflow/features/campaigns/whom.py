"""Whom a line of a file or an option names: our id of a person, or the platform's."""

from __future__ import annotations

from collections.abc import Iterable

from qunflow.engine.door import Door
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.storage.people import find_persons

MAX_NAME = 255


async def find_participants(
    door: Door, workspace: str, campaign: CampaignState, named: Iterable[str]
) -> dict[str, ParticipationState]:
    """Name → who takes part in the campaign under it; whoever does not is left out."""
    names = sorted({name for name in named if 0 < len(name) <= MAX_NAME})
    channel = campaign.plan.channel if campaign.plan is not None else ""
    async with door.database.read(workspace) as unit:
        known = await find_persons(unit, [(channel, name) for name in names])
    streams = [participation_stream(campaign.campaign, known.get((channel, name), name)) for name in names]
    states: list[ParticipationState | None] = await door.look.states(workspace, streams)
    return {name: state for name, state in zip(names, states, strict=True) if state is not None and state.person}
