"""One move while it is decided: the unit as it is by now, and what follows so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from qunflow.domain.decisions import NOTHING, Chance, Decision, NewEvent, Timer
from qunflow.domain.inbound import Message
from qunflow.engine.feature import View
from qunflow.features.campaigns.mechanics.mechanic import (
    MoveRule,
    Unit,
)
from qunflow.features.campaigns.plays.facts import (
    PlayFacts,
)
from qunflow.features.campaigns.plays.folding import fold
from qunflow.features.campaigns.plays.model import (
    player_stream,
    unit_stream,
)


@dataclass
class Turn:
    """One move while it is decided: the unit as it is by now, and what follows so far."""

    message: Message
    facts: PlayFacts
    rule: MoveRule
    view: View
    chance: Chance
    unit: Unit
    bodies: list[object] = field(default_factory=list)
    more: Decision = NOTHING
    noted: Decision = NOTHING  # what the risk rules record beside an accepted help
    ask_model: bool = True

    @property
    def stream(self) -> str:
        """The unit's stream."""
        return unit_stream(self.facts.frame.campaign, self.facts.job.unit)

    def add(self, *bodies: object) -> None:
        """Events of the unit; the unit is as after them."""
        self.bodies += bodies
        self.unit = fold(self.unit, self.stream, self.facts.frame.campaign, self.message.at, bodies)

    def follow(self, decision: Decision) -> None:
        """What else follows."""
        self.more += decision

    def tell_player(self, person: str, body: object) -> None:
        """An event of a player's stream."""
        if person:
            stream = player_stream(self.facts.frame.campaign, person)
            self.follow(Decision(events=(self.event(stream, body, person),)))

    def event(self, stream: str, body: object, person: str) -> NewEvent:
        """An event in this campaign."""
        plan = self.facts.campaign.plan
        channel = plan.channel if plan is not None else ""
        return NewEvent(stream, body, person, "", self.facts.frame.campaign, channel)

    def timer(self, name: str, due_at: datetime, body: object) -> None:
        """A timer of the unit."""
        campaign = self.facts.frame.campaign
        self.follow(Decision(timers=(Timer(self.stream, name, due_at, body, campaign=campaign),)))

    def timer_off(self, name: str) -> None:
        """A timer of the unit is not needed any more."""
        self.follow(Decision(timers_off=((self.stream, name),)))
