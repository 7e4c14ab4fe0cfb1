"""What the phone pages read: a participant's scene, their units, and units that anybody may look at. Few reads."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

from qunflow.domain.codec import decode
from qunflow.domain.errors import NotFound
from qunflow.engine.door import Door
from qunflow.features.campaigns.mechanics.group_alone import is_alone
from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, Unit
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream, participation_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.facts import limits_wins, wins_counter
from qunflow.features.campaigns.plays.model import PlayerState, player_stream, thawed, unit_stream
from qunflow.ledger.accounts import available
from qunflow.storage.json_text import from_json
from qunflow.web.links import PersonLink

#: A person's units on their page, the newest first; of a friend, only what is open.
MOST_OWN = 6
#: Units of others in a list: packets, entries, groups.
MOST_LISTED = 30
_FRESH_SECONDS = 3.0
_MOST_KEPT = 64
#: Models whose units of others stand in a list, and what comes first in it.
_LISTED = {
    "lucky-packet": "state->>'opened_at' DESC",
    "rain": "state->>'opened_at' DESC",
    "group-buy": "state->>'expires_at'",
    "voting": "coalesce((state->'play'->>'score')::bigint, 0) DESC, stream",
}
_UNRANKED = "stream"


@dataclass(frozen=True, slots=True)
class Scene:
    """A campaign that plays a model, and who looks at it; an empty ``state`` for somebody who takes no part."""

    link: PersonLink
    campaign: CampaignState
    plan: Plan
    model: Mechanic
    frame: Frame
    state: ParticipationState
    player: PlayerState


async def load_scene(door: Door, link: PersonLink) -> Scene:
    """The scene of a person. Raises NotFound for a campaign that is gone or plays no model."""
    names = [
        campaign_stream(link.campaign),
        participation_stream(link.campaign, link.person),
        player_stream(link.campaign, link.person),
    ]
    campaign, state, player = await door.look.states(link.workspace, names)
    model = model_of(campaign.plan) if campaign is not None else None
    if campaign is None or campaign.plan is None or model is None:
        raise NotFound("campaign_no_model", "there is no campaign of this name that plays a model", field="campaign")
    frame = frame_of(campaign.plan)
    found = state or ParticipationState()
    return Scene(link, campaign, campaign.plan, model, frame, found, player or PlayerState())


async def load_own(door: Door, scene: Scene) -> list[Unit]:
    """A person's units, the open ones first and then those that are over, the newest first."""
    stream = player_stream(scene.link.campaign, scene.link.person)
    async with door.database.read(scene.link.workspace) as unit:
        rows = await unit.fetch(
            "SELECT data->>'unit' FROM events WHERE workspace_id = $1 AND stream = $2 AND type = 'unit_owned' "
            "ORDER BY version DESC LIMIT 24",
            unit.workspace,
            stream,
        )
    recent = dict.fromkeys((*reversed(scene.player.units), *(row[0] for row in rows)))
    return await load_units(door, scene, list(recent)[:MOST_OWN])


async def load_friends(door: Door, scene: Scene, named: str) -> list[Unit]:
    """Open units of who invited the person, after the one that a link named."""
    names = [named] if named else []
    if scene.state.parent:
        parent: PlayerState | None
        parent = await door.look.state(scene.link.workspace, player_stream(scene.link.campaign, scene.state.parent))
        names += parent.units if parent is not None else ()
    found = await load_units(door, scene, list(dict.fromkeys(names))[:MOST_OWN])
    return [unit for unit in found if unit.owner != scene.link.person and not is_alone(unit)]


async def load_units(door: Door, scene: Scene, names: list[str]) -> list[Unit]:
    """Units by their ids, without those that are not there."""
    states = await door.look.states(scene.link.workspace, [unit_stream(scene.link.campaign, name) for name in names])
    return [thawed(state) for state in states if state is not None and state.status]


async def may_win(door: Door, scene: Scene) -> bool:
    """Whether the person has not succeeded as often as the plan lets one person."""
    if not limits_wins(scene.model):
        return True
    async with door.database.read(scene.link.workspace) as unit:
        won = await unit.value(
            "SELECT used FROM counters WHERE workspace_id = $1 AND name = $2",
            unit.workspace,
            wins_counter(scene.link.campaign, scene.link.person),
        )
    return int(won or 0) < scene.frame.rules.wins_per_person


async def load_balance(door: Door, scene: Scene) -> int:
    """Fen that the person may withdraw now, over all campaigns."""
    async with door.database.read(scene.link.workspace) as unit:
        found = await unit.value(
            "SELECT sum(balance) FROM accounts WHERE workspace_id = $1 AND account = ANY($2) AND unit = 'fen'",
            unit.workspace,
            [available(person) for person in (scene.link.person, *scene.state.faces)],
        )
    return max(0, int(found or 0))


class UnitLists:
    """Open units of a campaign that anybody may look at, read at most every three seconds for all who look."""

    def __init__(self, door: Door, fresh_seconds: float = _FRESH_SECONDS) -> None:
        self._door = door
        self._fresh = fresh_seconds
        self._known: OrderedDict[tuple[str, str, bool], tuple[float, list[Unit]]] = OrderedDict()
        self._reading = asyncio.Lock()

    async def view(self, scene: Scene, ranked: bool = True) -> list[Unit]:
        """Up to thirty open units; none for models whose units are shown to friends only."""
        if scene.model.name not in _LISTED:
            return []
        key = (scene.link.workspace, scene.link.campaign, ranked)
        async with self._reading:  # those who come together wait for one reading
            known = self._known.get(key)
            if known is None or time.monotonic() - known[0] >= self._fresh:
                known = self._known[key] = (time.monotonic(), await self._read(scene, ranked))
                self._known.move_to_end(key)
                while len(self._known) > _MOST_KEPT:
                    self._known.popitem(last=False)
        return [unit for unit in known[1] if unit.test == scene.state.test]

    async def _read(self, scene: Scene, ranked: bool) -> list[Unit]:
        order = _LISTED[scene.model.name] if ranked else _UNRANKED
        async with self._door.database.read(scene.link.workspace) as unit:
            rows = await unit.fetch(
                "SELECT state FROM streams WHERE workspace_id = $1 AND kind = 'unit' AND version > 0 "
                "AND starts_with(stream, $2) AND state->>'status' = 'open' AND state->'play'->>'alone' IS NULL "
                f"ORDER BY {order} LIMIT $3",
                unit.workspace,
                unit_stream(scene.link.campaign, ""),
                MOST_LISTED,
            )
        return [thawed(decode(Unit, from_json(row[0]))) for row in rows]
