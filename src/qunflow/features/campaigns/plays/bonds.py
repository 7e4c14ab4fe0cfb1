"""Bonds: on whose friends' sales somebody earns, kept with the player beside the invite edge (docs/decisions/0020).

The invite edge of a participation is never rewritten. A bond may be, where the plan says so, and only towards somebody
who entered the campaign earlier: so there is no circle, whatever happens at once. Pure but for reading ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from qunflow.community.model import PersonState, person_stream
from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, NewEvent
from qunflow.domain.events import Participating
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.mechanic import Actor, Mechanic
from qunflow.features.campaigns.model import CampaignState, ParticipationState, campaign_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.model import Entered, PlayerState, player_stream


@dataclass(frozen=True, slots=True)
class EnteringFacts:
    """A campaign whose model keeps bonds, and when the person was first met."""

    plan: Plan
    model: Mechanic
    met_at: datetime | None = None


def bond_of(player: PlayerState | None, person: ParticipationState | None) -> tuple[str, datetime | None]:
    """To whom a person is bound, and since when; who entered before bonds were kept is bound to who invited them."""
    if player is not None and player.entered_at is not None:
        return player.bound_to, player.bound_at
    return (person.parent, person.joined_at) if person is not None else ("", None)


def bonded(actor: Actor, player: PlayerState | None, person: ParticipationState | None) -> Actor:
    """An actor with their bond."""
    to, since = bond_of(player, person)
    return replace(actor, entered_at=player.entered_at if player is not None else None, bound_to=to, bound_at=since)


def bond_claim(campaign: str, person: str, to: str) -> tuple[str, str]:
    """A key that nobody ever holds: needs name it by the bond that was read, decisions look at it by the locked one."""
    return ("bond", f"{campaign}:{person}:{to}")


async def load_entering(reader: Reader, message: Message) -> EnteringFacts | None:
    """Read the campaign, and when the person was first met; None for models without bonds."""
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    model = model_of(campaign.plan) if campaign is not None else None
    if campaign is None or campaign.plan is None or model is None or model.enters is None:
        return None
    person: PersonState | None = await reader.state(person_stream(message.person), stale_ok=True)
    return EnteringFacts(campaign.plan, model, person.met_at if person is not None else None)


def need_entering(message: Message, facts: EnteringFacts | None) -> Needs:
    """The player."""
    return Needs(streams=(player_stream(message.campaign, message.person),)) if facts is not None else Needs()


def decide_entering(message: Message, facts: EnteringFacts | None, view: View, chance: Chance) -> Decision:
    """Somebody entered: the model says whether they are bound to who brought them."""
    if facts is None or facts.model.enters is None:
        return NOTHING
    body: Participating = message.body
    stream = player_stream(message.campaign, message.person)
    if view.state(stream).entered_at is not None:
        return NOTHING
    known = (message.at - facts.met_at).total_seconds() if facts.met_at is not None else 0.0
    to = facts.model.enters(frame_of(facts.plan).settings, body.parent, known) if body.parent else ""
    event = NewEvent(stream, Entered(to), message.person, "", message.campaign, message.channel)
    return Decision(events=(event,))
