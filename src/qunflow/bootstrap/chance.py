"""Seeded chance for rehearsals: what a rule draws follows from the seed and the message, whenever it is decided.

Chance that can be known beforehand is for virtual clocks only: who knows the seed knows every card.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from qunflow.domain.decisions import Chance, Decision
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Facts, Feature, Handler, View


def seeded(feature: Feature, seed: str) -> Feature:
    """The feature with handlers whose dice follow from ``seed`` and the message's id."""
    key = hashlib.blake2b(seed.encode(), digest_size=32).digest()
    return replace(feature, handlers=tuple(_seeded(handler, key) for handler in feature.handlers))


def _seeded(handler: Handler, key: bytes) -> Handler:
    decide = handler.decide

    def decide_seeded(message: Message, facts: Facts, view: View, chance: Chance) -> Decision:
        seed = hashlib.blake2b(message.message_id.encode(), key=key, digest_size=32).digest()
        return decide(message, facts, view, Chance(seed))

    return replace(handler, decide=decide_seeded)
