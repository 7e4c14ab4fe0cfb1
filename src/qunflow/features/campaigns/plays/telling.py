"""What a model has to say to a unit's owner becomes a script of the campaign, told once to them alone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qunflow.domain.decisions import NOTHING, Decision
from qunflow.domain.events import ScriptDue
from qunflow.features.campaigns.mechanics.mechanic import News
from qunflow.features.campaigns.model import ParticipationState, participation_stream
from qunflow.features.campaigns.owing import own
from qunflow.features.campaigns.plays.facts import unit_id
from qunflow.features.campaigns.plays.turn import Turn


def told(turn: Turn, news: Sequence[News]) -> Decision:
    """The scripts of a move. Their keys are made of its message's id: decided again it says the same, once."""
    owner = turn.unit.owner
    if not news or not owner or turn.unit.test:
        return NOTHING
    state: ParticipationState = turn.view.state(participation_stream(turn.facts.frame.campaign, owner))
    direct = {} if turn.facts.campaign.contact else {"direct": True}
    found = []
    for one in news:
        params: dict[str, Any] = {"until": one.until.isoformat(), **direct}
        key = f"{one.script}@{turn.facts.job.unit}:{unit_id(turn.message)}"
        found.append(own(state, ScriptDue(one.script, key, state.external, params)))
    return Decision(events=tuple(found))
