"""The life of a campaign (campaigns.md §0.2): draft → running ⇄ paused → ended → settling → closed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from qunflow.domain.decisions import Chance, Decision, Needs, NewEvent, Posting, Timer, reject
from qunflow.domain.events import CampaignClosed, CampaignLaunched, CodeWanted, PoolWanted
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import View
from qunflow.features.campaigns.boards import freeze_timer
from qunflow.features.campaigns.closing import MoneyLeft, codes_timer, refuse_closing
from qunflow.features.campaigns.contest import RANKING
from qunflow.features.campaigns.model import (
    LIVE,
    BudgetRaised,
    CampaignDrafted,
    CampaignState,
    CampaignStatusSet,
    DraftCampaign,
    LaunchCampaign,
    RaiseBudget,
    SetStatus,
    campaign_stream,
)
from qunflow.features.campaigns.plan_model import model_liability, stock_of, with_setting
from qunflow.features.campaigns.races import open_timer
from qunflow.features.campaigns.running import CampaignExtended, ExtendEnd, RaiseStock, StockRaised

MAX_EXTENSION = timedelta(days=366)
MAX_STOCK = 1_000_000

#: From a status, the ones that may follow.
NEXT = {
    "running": ("paused", "ended", "stopped"),
    "paused": ("running", "ended", "stopped"),
    "ended": ("settling",),
    "stopped": ("settling",),
    "settling": ("closed",),
    "draft": ("cancelled",),
}


def need_campaign(message: Message, facts: Any) -> Needs:
    """The campaign's stream and, for money, its accounts."""
    name = message.body.plan.campaign if isinstance(message.body, DraftCampaign) else message.campaign
    return Needs(streams=(campaign_stream(name),), accounts=(f"budget:{name}", f"external:{name}"))


def decide_draft(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Store a plan. Before launch it may be replaced whole; after it only raised (§0.2)."""
    body: DraftCampaign = message.body
    plan = body.plan
    stream = campaign_stream(plan.campaign)
    state: CampaignState = view.state(stream)
    if state.status not in ("", "draft"):
        return reject(Reason.WRONG_STATE, status=state.status)
    if state.plan is not None and (state.plan.channel != plan.channel or state.plan.staff != plan.staff):
        return reject(Reason.WRONG_STATE, status="channel and staff stay as they were drafted")
    name, pool = plan.campaign, plan.pool
    wanted = PoolWanted(
        name,
        pool.base_name,
        plan.staff,
        pool.soft_limit,
        body.hard_limit,
        pool.low_at,
        pool.refill,
        body.contact,
    )
    bodies = [CampaignDrafted(plan, name, body.contact), wanted, CodeWanted(name, body.contact, bool(state.version))]
    events = tuple(NewEvent(stream, item, campaign=name, channel=plan.channel) for item in bodies)
    return Decision(events=events, answer=name)


def decide_launch(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Launch: only when the gate passed. The budget is funded and the end has its timer."""
    body: LaunchCampaign = message.body
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    if state.status != "draft" or state.plan is None:
        return reject(Reason.WRONG_STATE, status=state.status)
    if not body.passed:
        return reject(Reason.WRONG_STATE, failed=list(body.failed))
    name, plan = message.campaign, state.plan
    launched = NewEvent(stream, CampaignLaunched(state.version), campaign=name, channel=plan.channel)
    fund = Posting(f"{name}:fund:1", f"external:{name}", f"budget:{name}", plan.budget_total_fen)
    end = Timer(stream, "end", plan.ends_at, SetStatus("ended"), campaign=name)
    timers = (end, *open_timer(plan, message.at))
    return Decision(events=(launched,), postings=(fund,), timers=timers, answer="running")


def decide_status(message: Message, facts: MoneyLeft | None, view: View, chance: Chance) -> Decision:
    """Move along the states; the end asks for settling when every hold can be over."""
    body: SetStatus = message.body
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    if state.status == body.status:
        return Decision(answer=state.status)
    if state.plan is None or body.status not in NEXT.get(state.status, ()):
        return reject(Reason.WRONG_STATE, status=state.status, wanted=body.status)
    common = {"campaign": message.campaign, "channel": state.plan.channel}
    if body.status == "closed" and state.plan.ranked and state.frozen_at is None:
        return reject(Reason.WRONG_STATE, status=state.status, wanted="closed", ranking="not frozen yet")
    refused = refuse_closing(facts) if body.status == "closed" else None
    if refused is not None:
        return refused
    if body.status == "closed":
        closed = NewEvent(stream, CampaignClosed(), **common)
        return Decision(events=(closed,), timers=(codes_timer(message.campaign, message.at),), answer="closed")
    events = (NewEvent(stream, CampaignStatusSet(body.status), **common),)
    if body.status not in ("ended", "stopped"):
        return Decision(events=events, answer=body.status)
    due = message.at + timedelta(hours=state.plan.hold_hours + 1)
    timers = [Timer(stream, "settle", due, SetStatus("settling"), campaign=message.campaign)]
    if state.plan.ranked:
        timers.append(freeze_timer(message.campaign, RANKING, due))
    return Decision(events=events, timers=tuple(timers), timers_off=((stream, "end"),), answer=body.status)


def decide_raise(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Add money to a campaign that is not closed: in the participants' favour, so it is allowed."""
    body: RaiseBudget = message.body
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    if state.status not in ("running", "paused", "ended", "stopped", "settling") or body.amount_fen <= 0:
        return reject(Reason.WRONG_STATE, status=state.status)
    name = message.campaign
    raised = NewEvent(stream, BudgetRaised(body.amount_fen), campaign=name)
    key = f"{name}:fund:{message.message_id}"
    fund = Posting(key, f"external:{name}", f"budget:{name}", body.amount_fen)
    return Decision(events=(raised,), postings=(fund,), answer=state.budget + body.amount_fen)


def decide_raise_stock(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Add pieces while people can still get them; never fewer, and never more than the budget can pay for (§0.2)."""
    body: RaiseStock = message.body
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    if state.status not in LIVE or state.plan is None:
        return reject(Reason.WRONG_STATE, status=state.status)
    known = stock_of(state.plan, body.tier)
    if known is None:
        return reject(Reason.WRONG_STATE, stock="the campaign's model has no such stock")
    field, total = known[0], known[1] + body.by
    if body.by < 1:
        return reject(Reason.WORSE_FOR_PEOPLE, stock=known[1])
    if total > MAX_STOCK:
        return reject(Reason.ABOVE_MAXIMUM, most=MAX_STOCK)
    costs = model_liability(with_setting(state.plan, field, total))
    if costs > max(state.budget, model_liability(state.plan)):
        return reject(Reason.BUDGET_SPENT, wanted=costs, budget=state.budget)
    raised = NewEvent(stream, StockRaised(field, total), campaign=message.campaign, channel=state.plan.channel)
    return Decision(events=(raised,), answer=total)


def decide_extend(message: Message, facts: Any, view: View, chance: Chance) -> Decision:
    """Let a campaign that is not over run longer, at most a year from now; an earlier end is refused (§0.2)."""
    body: ExtendEnd = message.body
    stream = campaign_stream(message.campaign)
    state: CampaignState = view.state(stream)
    if state.status not in ("running", "paused") or state.plan is None:
        return reject(Reason.WRONG_STATE, status=state.status)
    if body.ends_at < state.plan.ends_at:
        return reject(Reason.WORSE_FOR_PEOPLE, ends_at=state.plan.ends_at.isoformat())
    if body.ends_at > message.at + MAX_EXTENSION:
        return reject(Reason.OUT_OF_WINDOW, at_most=(message.at + MAX_EXTENSION).isoformat())
    if body.ends_at == state.plan.ends_at:
        return Decision(answer=body.ends_at.isoformat())
    extended = NewEvent(stream, CampaignExtended(body.ends_at), campaign=message.campaign, channel=state.plan.channel)
    end = Timer(stream, "end", body.ends_at, SetStatus("ended"), campaign=message.campaign)
    return Decision(events=(extended,), timers=(end,), answer=body.ends_at.isoformat())
