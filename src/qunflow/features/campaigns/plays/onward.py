"""Moves that are tried on units of a list before their own: which units, found before anything is locked.

A place on a list is a claim whose end is the time of coming, so the claims of a list in the order of their ends are
the list, first come first. It may be read late: the unit that is tried decides, under its own lock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader
from qunflow.features.campaigns.mechanics.mechanic import Actor, Unit
from qunflow.features.campaigns.model import ParticipationState, participation_stream
from qunflow.features.campaigns.plays.model import thawed, unit_stream

if TYPE_CHECKING:
    from qunflow.features.campaigns.plays.facts import PlayFacts

#: So many units are tried (and locked) at most.
MOST_TRIED = 8
#: Of a spread list: so many from its front, and so many from anywhere.
FRONT, ANYWHERE = 2, 2
#: A message that is decided late looks at the list as it is by then.
EVER = timedelta(days=3650)


def list_scope(campaign: str, name: str) -> str:
    """The scope of the claims that make up a list."""
    return f"list:{name}:{campaign}"


def tried(keys: Sequence[str], message_id: str, spread: bool) -> tuple[str, ...]:
    """Which units of a list are tried, in order: its first ones; when ``spread``, two of those and two of the rest."""
    if not spread:
        return tuple(keys[:MOST_TRIED])
    rest = keys[FRONT:]
    seed = int.from_bytes(hashlib.blake2b(message_id.encode(), digest_size=8).digest(), "big")
    picked = [rest[(seed + number * (len(rest) // ANYWHERE + 1)) % len(rest)] for number in range(ANYWHERE) if rest]
    return tuple(dict.fromkeys((*keys[:FRONT], *picked)))


async def load_onward(reader: Reader, message: Message, facts: PlayFacts) -> tuple[PlayFacts, ...]:
    """The same message as moves on units of a list; none for a move that is made on its own unit only."""
    lists, campaign = facts.model.lists, facts.frame.campaign
    if lists is None or facts.rule is None:
        return ()
    person: ParticipationState | None = None
    if facts.job.actor:
        person = await reader.state(participation_stream(campaign, facts.job.actor), stale_ok=True)
    actor = Actor(person.person, new_user=person.new_user) if person is not None else Actor()
    passing = lists.passes(facts.job.move, actor, facts.frame.settings)
    if passing is None or (person is not None and person.test):
        return ()
    keys = await reader.expired_claims(list_scope(campaign, passing.list), message.at + EVER)
    found = []
    for name in tried(keys, message.message_id, passing.spread):
        state: Unit | None = await reader.state(unit_stream(campaign, name), stale_ok=True)
        params = {**facts.job.params, "passed": True}
        job = replace(facts.job, unit=name, move=passing.move, params=params)
        unit = thawed(state) if state is not None else Unit()
        found.append(replace(facts, job=job, rule=facts.model.moves[passing.move], unit=unit))
    return tuple(found)
