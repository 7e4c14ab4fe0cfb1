"""What campaigns tell: people come and go, campaigns start and end; each becomes moves on the units it touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from qunflow.domain.decisions import NOTHING, Chance, Decision, Needs, Timer
from qunflow.domain.events import CampaignLaunched, Completed, Confirmed, Departed, Joined
from qunflow.domain.facts import OpenUnits
from qunflow.domain.inbound import Message
from qunflow.domain.payments import OrderPaid, OrderRefunded
from qunflow.domain.prizes import DrawsGranted
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.mechanics.mechanic import REVOKED, Unit
from qunflow.features.campaigns.merged import HelpVoided
from qunflow.features.campaigns.model import CampaignState, CampaignStatusSet, campaign_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.leaving import revocable
from qunflow.features.campaigns.plays.model import Play, PlayerState, UnitTick, player_stream, unit_stream
from qunflow.features.campaigns.plays.onward import EVER, list_scope
from qunflow.features.campaigns.running import StockRaised
from qunflow.features.campaigns.stock import DRAWS_MOVE

#: After the end's holds, and their late timers, are over.
SETTLING = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class ComingFacts:
    """The campaign, when it plays a model, and the units and helps of the person."""

    campaign: CampaignState | None = None
    player: PlayerState | None = None
    units: tuple[str, ...] = ()
    host: PlayerState | None = None  # who invited the person


async def load_coming(reader: Reader, message: Message) -> ComingFacts:
    """Read the person's units and helps; nothing for campaigns without a model."""
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    if campaign is None or model_of(campaign.plan) is None:
        return ComingFacts()
    player: PlayerState | None = await reader.state(player_stream(message.campaign, message.person))
    host: PlayerState | None = None
    model, parent = model_of(campaign.plan), str(getattr(message.body, "parent", ""))
    if model is not None and model.invited and parent:
        host = await reader.state(player_stream(message.campaign, parent))
    return ComingFacts(campaign, player, host=host)


async def load_all(reader: Reader, message: Message) -> ComingFacts:
    """Every open unit, when the campaign was stopped: a whole look, as rare as that."""
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    if campaign is None or model_of(campaign.plan) is None:
        return ComingFacts()
    if not isinstance(message.body, CampaignStatusSet) or message.body.status != "stopped":
        return ComingFacts(campaign)
    found: dict[str, Unit] = dict(await reader.states("unit", unit_stream(message.campaign, "")))
    return ComingFacts(campaign, units=tuple(unit.unit for unit in found.values() if unit.status != "closed"))


def need_nothing(message: Message, facts: object) -> Needs:
    """These rules only send commands on, and set timers."""
    return Needs()


def decide_left(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """Out of the last group: what the policy takes back of the person's helps, and every unit of theirs."""
    body: Departed = message.body
    if facts.campaign is None:
        return NOTHING
    player = facts.player or PlayerState()
    helps = [
        Play("revoke", key.partition("/")[0], {"key": key, "reason": body.reason}, "system", message.person)
        for key, help in sorted(player.helps.items())
        if revocable(facts.campaign, help, body.reason, message.at)
    ]
    owned = player.units if _freezes(facts) else ()
    units = [Play("owner_left", unit, {"reason": body.reason}, "system") for unit in owned]
    return _send(message, [*helps, *units, *_invited(facts, message, body.parent if body.help else "", False)])


def decide_voided(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """An invited friend turned out to be somebody who counts already: as if the friend had left."""
    body: HelpVoided = message.body
    return _send(message, _invited(facts, message, body.parent, False)) if facts.campaign is not None else NOTHING


def decide_joined(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """Back in a group: helps that leaving revoked return with a new hold, and units go on."""
    body: Joined = message.body
    if facts.player is None or not body.again:
        return NOTHING
    helps = [
        Play("return", key, {}, "system", message.person)
        for key, help in sorted(facts.player.helps.items())
        if help.state == REVOKED and "/" not in key and key not in facts.player.barred
    ]
    owned = facts.player.units if _freezes(facts) else ()
    return _send(message, [*helps, *(Play("owner_back", unit, {}, "system") for unit in owned)])


def decide_confirmed(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """An invited friend stayed: units of who invited them may make something of it."""
    body: Confirmed = message.body
    return _send(message, _invited(facts, message, body.parent, True))


def decide_completed(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """The person's proof was approved: units that they have open may make something of it."""
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    if model is None or not model.completed or facts.player is None:
        return NOTHING
    return _send(message, [Play(model.completed, unit, {}, "system", message.person) for unit in facts.player.units])


def _freezes(facts: ComingFacts) -> bool:
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    return model is not None and model.freezes


def _invited(facts: ComingFacts, message: Message, parent: str, confirmed: bool) -> list[Play]:
    """The move that tells the open units of ``parent`` about the message's person, where the model has one."""
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    if model is None or not model.invited or not parent or facts.host is None:
        return []
    params = {"invitee": message.person, "confirmed": confirmed}
    return [Play(model.invited, unit, params, "system", parent) for unit in facts.host.units]


def decide_launched(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """The moves that the clock makes by itself get their timers; what lies in the past is left out."""
    plan = _plan(facts)
    if plan is None:
        return NOTHING
    model = model_of(plan)
    entries = model.schedule(frame_of(plan)) if model is not None else ()
    timers = [
        Timer(
            unit_stream(plan.campaign, entry.unit),
            entry.move,
            entry.at,
            UnitTick(entry.unit, entry.move, entry.params),
            campaign=plan.campaign,
        )
        for entry in entries
        if entry.at is not None and entry.at >= message.at
    ]
    return Decision(timers=tuple(timers))


def decide_status(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """At the end the final moves get their time; a stop ends every open unit at once (§7)."""
    body: CampaignStatusSet = message.body
    plan = _plan(facts)
    if plan is None or body.status not in ("ended", "stopped"):
        return NOTHING
    model = model_of(plan)
    due = message.at + timedelta(hours=plan.hold_hours) + SETTLING
    timers = [
        Timer(
            unit_stream(plan.campaign, entry.unit),
            entry.move,
            due,
            UnitTick(entry.unit, entry.move, entry.params),
            campaign=plan.campaign,
        )
        for entry in (model.schedule(frame_of(plan)) if model is not None else ())
        if entry.at is None
    ]
    stops = [Play("expire", unit, {"reason": "stopped"}, "system") for unit in facts.units]
    return Decision(timers=tuple(timers)) + _send(message, stops)


def decide_paid(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """An order was paid, or its refund arrived: the unit that made it hears of it."""
    body: OrderPaid | OrderRefunded = message.body
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    move = "pay" if isinstance(body, OrderPaid) else "refund_done"
    if model is None or move not in model.moves:
        return NOTHING
    paid = {"order": body.order, "fen": body.fen}
    params = paid if isinstance(body, OrderPaid) else {"refund": body.refund}
    return _send(message, [Play(move, body.unit, params, "system")])


def decide_draws(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """A prize of draws: the unit gets them, where the model has such a move."""
    body: DrawsGranted = message.body
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    if model is None or DRAWS_MOVE not in model.moves:
        return NOTHING
    return _send(message, [Play(DRAWS_MOVE, body.unit, {"draws": body.draws}, "system", message.person)])


async def load_restocked(reader: Reader, message: Message) -> ComingFacts:
    """The first unit of the list that waits for stock, where the model has one."""
    body: StockRaised = message.body
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign), stale_ok=True)
    model = model_of(campaign.plan) if campaign is not None else None
    if campaign is None or model is None or model.restocked is None or body.field != model.stock:
        return ComingFacts()
    keys = await reader.expired_claims(list_scope(message.campaign, model.restocked.list), message.at + EVER)
    return ComingFacts(campaign, units=keys[:1])


def decide_restocked(message: Message, facts: ComingFacts, view: View, chance: Chance) -> Decision:
    """There is more to sell: who waits first hears of it first."""
    model = model_of(facts.campaign.plan) if facts.campaign is not None else None
    if model is None or model.restocked is None:
        return NOTHING
    return _send(message, [Play(model.restocked.move, unit, {}, "system") for unit in facts.units])


async def answer_units(reader: Reader, key: str) -> OpenUnits:
    """The open units of ``campaign:person`` that take draws now: none while the campaign does not run."""
    name, _, person = key.partition(":")
    campaign: CampaignState | None = await reader.state(campaign_stream(name), stale_ok=True)
    model = model_of(campaign.plan) if campaign is not None else None
    if campaign is None or campaign.status != "running" or model is None or DRAWS_MOVE not in model.moves:
        return OpenUnits(())
    player: PlayerState | None = await reader.state(player_stream(name, person), stale_ok=True)
    found = []
    for unit in player.units if player is not None else ():
        state: Unit | None = await reader.state(unit_stream(name, unit), stale_ok=True)
        if state is not None and state.status == "open":
            found.append(unit)
    return OpenUnits(tuple(found))


def _plan(facts: ComingFacts) -> Plan | None:
    return facts.campaign.plan if facts.campaign is not None else None


def _send(message: Message, plays: list[Play]) -> Decision:
    return Decision(commands=tuple((unit_stream(message.campaign, play.unit), play) for play in plays))


LISTENS = (
    (Joined, decide_joined, load_coming),
    (Departed, decide_left, load_coming),
    (Confirmed, decide_confirmed, load_coming),
    (Completed, decide_completed, load_coming),
    (HelpVoided, decide_voided, load_coming),
)
CAMPAIGN_LISTENS = (
    (CampaignLaunched, decide_launched, load_all),
    (CampaignStatusSet, decide_status, load_all),
    (OrderPaid, decide_paid, load_all),
    (OrderRefunded, decide_paid, load_all),
    (DrawsGranted, decide_draws, load_all),
    (StockRaised, decide_restocked, load_restocked),
)
