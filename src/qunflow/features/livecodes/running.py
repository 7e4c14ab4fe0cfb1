"""What an operator may do to a pool while people come: ask for one more group now, raise the soft limit. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from qunflow.domain.decisions import Chance, Decision, NewEvent, reject
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.livecodes.arrange import MAX_REQUESTS, place_limits, requested
from qunflow.features.livecodes.model import ArrangePool, PoolMade, PoolState, pool_stream
from qunflow.features.livecodes.pools import PoolFacts


@dataclass(frozen=True, slots=True)
class AskGroup:
    """A command: ask for one more group now, however many places are free."""

    KIND: ClassVar[str] = "ask_group"
    pool: str


@dataclass(frozen=True, slots=True)
class RaiseSoftLimit:
    """A command: hand out places up to ``limit`` members a group."""

    KIND: ClassVar[str] = "raise_soft_limit"
    pool: str
    limit: int


def decide_ask_group(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """One more group: made where the channel can, else on a card. Not while ten are asked for and not yet there."""
    body: AskGroup = message.body
    if facts.pool is None:
        return reject(Reason.UNKNOWN_GROUP, pool=body.pool)
    pool: PoolState = view.state(pool_stream(body.pool))
    if pool.settings.refill == "auto_create" and pool.groups:
        return reject(Reason.WRONG_STATE, refill="the join way makes groups by itself")
    if len(pool.requests) >= MAX_REQUESTS:
        return reject(Reason.QUOTA, waiting=len(pool.requests))
    return requested(pool)


def decide_raise(message: Message, facts: PoolFacts, view: View, chance: Chance) -> Decision:
    """A higher soft limit, up to the platform's own: places that are kept are never taken away again."""
    body: RaiseSoftLimit = message.body
    if facts.pool is None:
        return reject(Reason.UNKNOWN_GROUP, pool=body.pool)
    pool: PoolState = view.state(pool_stream(body.pool))
    settings, stream = pool.settings, pool_stream(body.pool)
    if body.limit <= settings.soft_limit:
        return reject(Reason.WORSE_FOR_PEOPLE, soft_limit=settings.soft_limit)
    if body.limit > settings.hard_limit:
        return reject(Reason.QUOTA, hard_limit=settings.hard_limit)
    raised = replace(settings, soft_limit=body.limit)
    changed = NewEvent(stream, PoolMade(pool.pool, raised), channel=settings.channel)
    return Decision(
        events=(changed,),
        counters=place_limits(replace(pool, settings=raised)),
        commands=((stream, ArrangePool(pool.pool)),),
        answer=body.limit,
    )
