"""A unit as it will be after events that are not recorded yet, so that a decision can look at its own effect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from qunflow.domain.events import Event
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.plays.model import evolve_unit


def fold(unit: Unit, stream: str, campaign: str, at: datetime, bodies: Iterable[object]) -> Unit:
    """The unit after these bodies, as the engine will fold them; only ``body``, ``at`` and ``campaign`` may matter."""
    for body in bodies:
        event = Event("", "", stream, 0, body, at, at.date(), "UTC", at, campaign=campaign)
        unit = evolve_unit(unit, event)
    return unit
