"""Staff take back votes that were fraud 作废 (campaigns.md §1.4), until the rank is frozen and prizes are given."""

from __future__ import annotations

from dataclasses import dataclass

from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.reasons import Reason
from qunflow.engine.door import Door
from qunflow.features.campaigns.acts import rejected
from qunflow.features.campaigns.mechanics.mechanic import REVOKED
from qunflow.features.campaigns.mechanics.voting import BOARD
from qunflow.features.campaigns.model import CampaignState
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import PlayerState, player_stream, unit_stream
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.campaigns.whom import find_participants

MODEL = "voting"


@dataclass(frozen=True, slots=True)
class VoidReport:
    """How many votes of ``voter`` are void now, and of which entries."""

    voter: str
    votes: int
    entries: tuple[str, ...]


async def void_votes(door: Door, workspace: str, name: str, voter: str, entry: str = "", vote: str = "") -> VoidReport:
    """Void the votes of a person, those for one ``entry``, or one ``vote`` by its key ``entry/day/number``.

    The rank follows at once; the voter's quota of that day stays spent. Raises NotFound for nobody, no entry and no
    valid vote, and Conflict without a vote in the campaign, or once its rank is frozen (``votes_frozen``).
    """
    campaign = await voting_campaign(door, workspace, name)
    if await is_frozen(door, workspace, name):
        way_out = "What an entry won by fraud is taken back with its payout or prize, by hand."
        rule = "the rank is frozen and its prizes are given: no vote changes it any more"
        raise Conflict("votes_frozen", rule, field=name, way_out=way_out)
    found = await find_participants(door, workspace, campaign, [voter])
    if voter not in found:
        way_out = "Give the platform's id of somebody who takes part."
        raise NotFound("participant_unknown", "nobody of this id takes part", field="voter", way_out=way_out)
    if entry:
        await acts.find_unit(door, workspace, name, entry)
    person = found[voter].person
    keys = [key for key in await _valid(door, workspace, name, person) if _meant(key, entry, vote)]
    if not keys:
        raise NotFound("votes_none", "this person has no valid vote here", field="voter")
    for key in keys:
        answer = await acts.revoke(door, workspace, name, person, key, str(Reason.FRAUD))
        if answer.rejection is not None and answer.rejection.reason != Reason.UNIT_CLOSED:
            raise rejected(answer.rejection)
    left = await _valid(door, workspace, name, person)
    void = [key for key in keys if key not in left]
    if not void:  # every entry of theirs is over
        raise Conflict("votes_over", "these entries are over, their votes count no more", field="voter")
    return VoidReport(person, len(void), tuple(sorted({key.partition("/")[0] for key in void})))


async def voting_campaign(door: Door, workspace: str, name: str) -> CampaignState:
    """A campaign that people vote in. Raises NotFound, Conflict."""
    state = await find_campaign(door, workspace, name)
    if state.plan is None or state.plan.model is None or state.plan.model.kind != MODEL:
        raise Conflict("campaign_no_votes", "nobody votes in this campaign", field=name)
    return state


async def is_frozen(door: Door, workspace: str, name: str) -> bool:
    """Whether the rank is final."""
    return await door.look.state(workspace, unit_stream(name, BOARD)) is not None


def _meant(key: str, entry: str, vote: str) -> bool:
    return (not entry or key.partition("/")[0] == entry) and (not vote or key == vote)


async def _valid(door: Door, workspace: str, name: str, person: str) -> tuple[str, ...]:
    """The keys of a person's votes that count."""
    player: PlayerState | None = await door.look.state(workspace, player_stream(name, person))
    helps = player.helps if player is not None else {}
    return tuple(sorted(key for key, help in helps.items() if help.state != REVOKED and "/" in key))
