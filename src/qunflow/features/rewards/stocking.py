"""The inventory itself: adding items and stock, closing, and serving those who wait. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from qunflow.domain.decisions import NOTHING, Chance, Claim, CounterMove, Decision, Needs, NewEvent, Timer, reject
from qunflow.domain.facts import CampaignVoice
from qunflow.domain.inbound import Message, TodoNeeded
from qunflow.domain.prizes import RefillEnded
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.rewards.items import (
    CODE,
    MAX_TOTAL,
    AddItem,
    AddStock,
    CloseItem,
    ItemAdded,
    ItemClosed,
    PumpQueue,
    RefillAsked,
    RewardItem,
    StockAdded,
    StockLow,
    item_stream,
    stock_counter,
)
from qunflow.features.rewards.model import TryGrant, grant_stream

#: So many who wait are served at once; the rest a second later.
PUMPED = 200
BATCH_SCOPE = "reward_batch"
#: The to-do that asks staff for more of an item.
REFILL = "refill_reward"


def name_of(message: Message) -> str:
    """The item that a message is about."""
    body = message.body
    return body.item.name if isinstance(body, AddItem) else str(body.item)


def need_item(message: Message, facts: object) -> Needs:
    """The item, its counter and, for codes, the claim that a file counts once."""
    name = name_of(message)
    batch = getattr(message.body, "batch", "")
    claims = ((BATCH_SCOPE, f"{name}:{batch}"),) if batch else ()
    return Needs((item_stream(name),), claims, (stock_counter(name),))


def decide_add(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """A new item; an old one is not changed by this."""
    body: AddItem = message.body
    name = body.item.name
    known: RewardItem = view.state(item_stream(name))
    wanted = replace(body.item, low=False, closed=False, empty=False, asked="")
    if known.name:
        same = replace(known, low=False, empty=False, asked="", total=wanted.total) == wanted
        return Decision(answer="same") if same else reject(Reason.ALREADY_DONE, item=name)
    counters = (CounterMove(stock_counter(name), 0, wanted.total),)
    return Decision(events=(NewEvent(item_stream(name), ItemAdded(wanted)),), counters=counters, answer="added")


def decide_stock(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """More of an item, and who waited for it is looked at again."""
    body: AddStock = message.body
    known: RewardItem = view.state(item_stream(body.item))
    if not known.name or bool(body.batch) != (known.kind == CODE):
        return reject(Reason.ITEM_UNKNOWN, item=body.item)
    claims: tuple[Claim, ...] = ()
    if body.batch:
        key = (BATCH_SCOPE, f"{body.item}:{body.batch}")
        if view.claim(*key) is not None:
            return Decision(answer=known.total)
        claims = (Claim(*key, holder=body.item),)
    total = view.counter(stock_counter(body.item)).limit + body.count
    if body.count < 1 or total > MAX_TOTAL:
        return reject(Reason.ABOVE_MAXIMUM, most=MAX_TOTAL)
    added = NewEvent(item_stream(body.item), StockAdded(body.item, body.count, total, body.batch))
    pump = (item_stream(body.item), PumpQueue(body.item))
    return Decision(
        events=(added, *_refilled(known)),
        claims=claims,
        counters=(CounterMove(stock_counter(body.item), 0, total),),
        commands=(pump,),
        answer=total,
    )


def decide_close(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """Nothing more is promised of it."""
    body: CloseItem = message.body
    known: RewardItem = view.state(item_stream(body.item))
    if not known.name:
        return reject(Reason.ITEM_UNKNOWN, item=body.item)
    if known.closed:
        return Decision(answer="closed")
    closed = NewEvent(item_stream(body.item), ItemClosed(body.item))
    return Decision(events=(closed, *_refilled(known)), answer="closed")


def _refilled(known: RewardItem) -> tuple[NewEvent, ...]:
    """Staff who were asked for more need do nothing any more."""
    if not known.asked:
        return ()
    return (NewEvent(item_stream(known.name), RefillEnded(known.name), channel=known.asked),)


def decide_low(message: Message, facts: CampaignVoice | None, view: View, chance: Chance) -> Decision:
    """Little or nothing is left: staff of the campaign that took the last are asked for more, where it has a channel.

    An item that runs out after it was low is asked for anew: the newer card takes the older one's place.
    """
    body: StockLow = message.body
    known: RewardItem = view.state(item_stream(body.item))
    if facts is None or not known.name or known.closed or not known.low:
        return NOTHING
    asked = RefillAsked(body.item, body.free, body.total)
    return Decision(events=(NewEvent(item_stream(body.item), asked, "", "", message.campaign, facts.channel),))


def decide_ask(message: Message, facts: object, view: View, chance: Chance) -> Decision:
    """The card for staff: what is short, and how much is left."""
    body: RefillAsked = message.body
    known: RewardItem = view.state(item_stream(body.item))
    if not known.asked:  # more came meanwhile
        return NOTHING
    data = {"item": body.item, "text": f"{known.title} ({body.item}): {body.free} / {body.total}"}
    wanted = TodoNeeded(f"refill:{message.message_id}", REFILL, data)
    return Decision(commands=((item_stream(body.item), wanted),))


def decide_pump(message: Message, facts: tuple[str, ...], view: View, chance: Chance) -> Decision:
    """As many of those who wait as there is stock for, the longest first; each is decided for itself."""
    body: PumpQueue = message.body
    free = view.counter(stock_counter(body.item)).free
    served = facts[: max(0, min(free, PUMPED))]
    commands = tuple((grant_stream(grant), TryGrant(grant)) for grant in served)
    timers: tuple[Timer, ...] = ()
    if free > len(served) and len(facts) > len(served):
        timers = (Timer(item_stream(body.item), "pump", message.at + timedelta(seconds=1), body),)
    return Decision(commands=commands, timers=timers)
