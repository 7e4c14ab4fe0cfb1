"""The feature's door: what is read ahead, and the handlers."""

from __future__ import annotations

from qunflow.domain.facts import CampaignVoice, GrantsOpen, OpenUnits, PrizeCosts, RewardItemFact
from qunflow.domain.inbound import Message
from qunflow.domain.payments import PayoutTold
from qunflow.domain.prizes import PrizeDue
from qunflow.engine.feature import Feature, Handler, Reader, StreamType
from qunflow.features.rewards import decide, items, model, parcels, paying, stocking
from qunflow.features.rewards.costing import costs_of
from qunflow.features.rewards.items import DRAW, MAX_SUBSTITUTES, RewardItem, item_stream
from qunflow.features.rewards.turn import GrantFacts


async def load_grant(reader: Reader, message: Message) -> GrantFacts:
    """The item with its substitutes, to find what to lock: kinds and substitutes never change."""
    body = message.body
    if isinstance(body, PrizeDue):
        rule = (body.rule, body.milestone, body.revision)
        grant, asked = model.grant_id(message.campaign, message.person, *rule), body.item
    else:
        grant = body.grant
        known: model.GrantState | None = await reader.state(model.grant_stream(grant), stale_ok=True)
        if known is None:
            return GrantFacts()
        asked = known.asked
    chain = await _chain(reader, asked)
    units: tuple[str, ...] = ()
    if any(item.kind == DRAW for item in chain):
        campaign, person = model.owner_of(grant)
        found: OpenUnits | None = await reader.ask(OpenUnits, f"{campaign}:{person}")
        units = found.units if found is not None else ()
    return GrantFacts(grant, chain, units)


async def _chain(reader: Reader, name: str) -> tuple[RewardItem, ...]:
    found: dict[str, RewardItem] = {}
    while name and name not in found and len(found) <= MAX_SUBSTITUTES:
        item: RewardItem | None = await reader.state(item_stream(name), stale_ok=True)
        found[name] = item if item is not None else RewardItem(name=name)
        name = found[name].substitute
    return tuple(found.values())


async def load_waiting(reader: Reader, message: Message) -> tuple[str, ...]:
    """Who waits for an item, the longest first."""
    return await reader.expired_claims(items.queue_scope(message.body.item), message.at)


async def load_voice(reader: Reader, message: Message) -> CampaignVoice | None:
    """The campaign that took the last of an item: its channel and staff."""
    found: CampaignVoice | None = await reader.ask(CampaignVoice, message.campaign) if message.campaign else None
    return found


async def answer_item(reader: Reader, key: str) -> RewardItemFact | None:
    """An item for the launch gate."""
    item: RewardItem | None = await reader.state(item_stream(key))
    if item is None:
        return None
    return RewardItemFact(item.name, item.kind, item.cost, item.sponsor, item.expires_at, not item.closed, item.title)


async def answer_open(reader: Reader, campaign: str) -> GrantsOpen:
    """Grants and parcels of a campaign that are under way; a whole look, once in its life."""
    found = (await reader.states("grant", model.grant_stream(f"{campaign}:"))).values()
    return GrantsOpen(campaign, sum(grant.status in model.OPEN or grant.parcel in model.TO_SEND for grant in found))


async def answer_costs(reader: Reader, campaign: str) -> PrizeCosts:
    """What a campaign's things cost, its own money and each sponsor's apart; a whole look, for reports."""
    return costs_of(campaign, (await reader.states("grant", model.grant_stream(f"{campaign}:"))).values())


_GRANTS = (
    Handler("rewards.prize", PrizeDue, decide.need_grant, decide.decide_prize, load_grant),
    Handler("rewards.try", model.TryGrant, decide.need_grant, decide.decide_try, load_grant),
    Handler("rewards.act", model.DecideGrant, decide.need_grant, decide.decide_act, load_grant),
    Handler("rewards.redeem", model.RedeemGrant, decide.need_grant, decide.decide_redeem, load_grant),
    Handler("rewards.payout", PayoutTold, decide.need_grant, paying.decide_told, load_grant),
    Handler("rewards.expire", model.ExpireGrant, decide.need_grant, decide.decide_expire, load_grant),
    Handler("rewards.address", model.GiveAddress, parcels.need_address, parcels.decide_address, load_grant),
    Handler("rewards.parcel", model.MoveParcel, decide.need_grant, parcels.decide_parcel, load_grant),
    Handler("rewards.forfeit", model.ForfeitParcel, decide.need_grant, parcels.decide_forfeit, load_grant),
)

REWARDS = Feature(
    name="rewards",
    handlers=(
        Handler("rewards.add_item", items.AddItem, stocking.need_item, stocking.decide_add),
        Handler("rewards.add_stock", items.AddStock, stocking.need_item, stocking.decide_stock),
        Handler("rewards.close_item", items.CloseItem, stocking.need_item, stocking.decide_close),
        Handler("rewards.pump", items.PumpQueue, stocking.need_item, stocking.decide_pump, load_waiting),
        Handler("rewards.low", items.StockLow, stocking.need_item, stocking.decide_low, load_voice),
        Handler("rewards.refill", items.RefillAsked, stocking.need_item, stocking.decide_ask),
        *_GRANTS,
    ),
    streams=(
        StreamType("reward_item", RewardItem, RewardItem(), items.evolve_item),
        StreamType("grant", model.GrantState, model.GrantState(), model.evolve),
    ),
    events=(*items.ITEM_EVENTS, *model.EVENTS),
    bodies=(*items.ITEM_COMMANDS, *model.COMMANDS),
    answers={RewardItemFact: answer_item, GrantsOpen: answer_open, PrizeCosts: answer_costs},
)
