"""What a move is and what must be loaded for it: names only, found before anything is locked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from qunflow.domain.clock import local_date
from qunflow.domain.decisions import Needs
from qunflow.domain.ids import short_code
from qunflow.domain.inbound import Message
from qunflow.engine.feature import Reader
from qunflow.features.campaigns.mechanics.mechanic import (
    Actor,
    Command,
    Frame,
    Guards,
    Kin,
    Mechanic,
    MoveRule,
    Unit,
    no_due,
)
from qunflow.features.campaigns.model import (
    CampaignState,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.owing import day_counters
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.bonds import bond_claim, bond_of
from qunflow.features.campaigns.plays.model import (
    HelpHeld,
    Play,
    PlayerState,
    UnitTick,
    player_stream,
    thawed,
    unit_stream,
)
from qunflow.features.campaigns.plays.onward import list_scope, load_onward
from qunflow.features.campaigns.risk.helping import HelpRisk, load_risk, need_risk
from qunflow.features.campaigns.risk.model import TraceState, WatchState, trace_stream, watch_stream
from qunflow.ledger.settle import account_names

#: No rule looks further up than so many people; a constant on purpose (M24, I7).
MAX_KIN = 2

#: What the host itself understands beside a model's own moves.
HOST_MOVES: Mapping[str, MoveRule] = {
    "expire": MoveRule(who="system"),
    "confirm": MoveRule(who="system"),
    "revoke": MoveRule(who="system"),
    "return": MoveRule(who="system"),
    "owner_left": MoveRule(who="system"),
    "owner_back": MoveRule(who="system"),
    "reverse": MoveRule(who="staff"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """One move as a message asks for it."""

    unit: str
    move: str
    by: str
    actor: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlayFacts:
    """The campaign, its model and frame, the move's rule, and the unit as it was read ahead. None: nothing to play."""

    job: Job
    campaign: CampaignState
    model: Mechanic
    frame: Frame
    rule: MoveRule | None
    unit: Unit
    units: tuple[Unit, ...] = ()
    kin: tuple[Kin, ...] = ()
    risk: HelpRisk | None = None  # None for moves that the risk rules do not look at
    device: str = ""
    shares_device: bool = False
    onward: tuple[PlayFacts, ...] = ()  # the same move on units of a list, tried before its own unit

    @property
    def owner(self) -> str:
        """Whose unit it is, or is about to be; nobody's when its rule says so."""
        opens = self.rule is not None and self.rule.opens and self.rule.owned
        return self.unit.owner or (self.job.actor if opens else "")

    @property
    def pays(self) -> bool:
        """Whether the move may change what somebody is due."""
        return self.model.due is not no_due and self.rule is not None and self.rule.pays


def job_of(message: Message) -> Job:
    """The move of a message: a person's, the clock's, the end of a hold."""
    body = message.body
    if isinstance(body, UnitTick):
        return Job(body.unit, body.move, "system", "", body.params)
    if isinstance(body, HelpHeld):
        return Job(body.unit, "confirm", "system", body.helper, {"until": body.until})
    play: Play = body
    actor = message.person if play.by == "person" else play.actor
    return Job(play.unit or unit_id(message), play.move, play.by, actor, play.params)


def unit_id(message: Message) -> str:
    """The id of the unit that a message opens: the same each time it is decided."""
    return short_code(hashlib.blake2b(message.message_id.encode(), digest_size=16).digest())


async def load_play(reader: Reader, message: Message) -> PlayFacts | None:
    """Read the campaign, the unit and, for a final move, all units."""
    campaign: CampaignState | None = await reader.state(campaign_stream(message.campaign))
    model = model_of(campaign.plan) if campaign is not None else None
    if campaign is None or campaign.plan is None or model is None:
        return None
    job = job_of(message)
    rule = model.moves.get(job.move) or HOST_MOVES.get(job.move)
    # Its owner never changes and its guards are named generously, so an older reading is good enough.
    found: Unit | None = await reader.state(unit_stream(message.campaign, job.unit), stale_ok=True)
    units: tuple[Unit, ...] = ()
    if rule is not None and rule.surveys:
        states = await reader.states("unit", unit_stream(message.campaign, ""))
        units = tuple(thawed(state) for state in states.values())
    unit = thawed(found) if found is not None else Unit()
    kin = await _kin(reader, message.campaign, job.actor, rule.kin) if rule is not None and rule.kin else ()
    risk = await _risk(reader, campaign.plan, job, rule, unit, message.at)
    seen = await _device(reader, job.actor, unit.owner) if rule is not None and rule.device else ("", False)
    facts = PlayFacts(job, campaign, model, frame_of(campaign.plan), rule, unit, units, kin, risk, *seen)
    return replace(facts, onward=await load_onward(reader, message, facts)) if model.lists is not None else facts


async def _risk(
    reader: Reader, plan: Plan, job: Job, rule: MoveRule | None, unit: Unit, at: datetime
) -> HelpRisk | None:
    """What the risk rules look at: people's helps and votes, and the confirmation and return of such."""
    watched = rule is not None and bool(rule.helps) and job.by == "person"
    if not watched and job.move not in ("confirm", "return"):
        return None
    listed = rule is None or rule.helps != "counted"
    known = unit if unit.unit else replace(unit, unit=job.unit)
    return await load_risk(reader, plan, job.actor, known, at, listed=listed, watched=watched)


async def _device(reader: Reader, person: str, owner: str) -> tuple[str, bool]:
    """Where a person was seen last, and whether the unit's owner was seen there, too. Older readings do."""
    watch: WatchState | None = await reader.state(watch_stream(person), stale_ok=True) if person else None
    if watch is None or not watch.device:
        return "", False
    if not owner or owner == person:
        return watch.device, False
    other: WatchState | None = await reader.state(watch_stream(owner), stale_ok=True)
    trace: TraceState | None = await reader.state(trace_stream(watch.device), stale_ok=True)
    there = trace is not None and any(spot.person == owner for spot in trace.spots)
    return watch.device, there or (other is not None and other.device == watch.device)


async def _kin(reader: Reader, campaign: str, person: str, most: int) -> tuple[Kin, ...]:
    """A person, then up to ``most`` of those above, by their bonds; the actor's own is looked at again once locked."""
    found: list[Kin] = []
    while person and len(found) <= min(most, MAX_KIN):
        player: PlayerState | None = await reader.state(player_stream(campaign, person))
        units = player.units if player is not None else ()
        unit: Unit | None = await reader.state(unit_stream(campaign, units[0])) if units else None
        child: ParticipationState | None = await reader.state(participation_stream(campaign, person), stale_ok=True)
        above, since = bond_of(player, child)
        found.append(Kin(person, thawed(unit) if unit is not None else None, since))
        person = above
    return tuple(found)


def command_of(message: Message, facts: PlayFacts, actor: Actor) -> Command:
    """The move as the model sees it."""
    job, day = facts.job, local_date(message.at, facts.frame.tz)
    seen = replace(actor, device=facts.device, shares_device=facts.shares_device)
    return Command(job.move, message.at, day, seen, job.params, job.unit, job.by)


def need_play(message: Message, facts: PlayFacts | None) -> Needs:
    """The unit, or all that are tried; owner and actor with what they are due; the guards of the host and the model."""
    if facts is None:
        return Needs()
    found = _needs(message, facts)
    for other in facts.onward:
        more = _needs(message, other)
        found = Needs(
            found.streams + more.streams,
            found.claims + more.claims,
            found.counters + more.counters,
            found.accounts + more.accounts,
        )
    return found


def _needs(message: Message, facts: PlayFacts) -> Needs:
    if facts.rule is None:
        return Needs()
    name, unit = facts.frame.campaign, facts.job.unit
    people = [person for person in dict.fromkeys((facts.owner, facts.job.actor)) if person]
    streams = [unit_stream(name, unit)]
    for person in people:
        streams += [participation_stream(name, person), player_stream(name, person)]
    accounts: list[str] = []
    if facts.pays:
        for holder in (*people, reserve_holder(unit)):
            accounts += account_names(name, holder)
    guards = own_guards(facts, command_of(message, facts, Actor(facts.job.actor)))
    accounts += guards.accounts
    risk = need_risk(facts.risk)
    streams += risk.streams
    claims = [*open_claims(facts), *risk.claims, *(model_claim(name, claim) for claim in guards.claims)]
    counters = [model_counter(name, counter) for counter in guards.counters]
    counters += day_counters(facts.campaign, message.at) if facts.pays else ()
    if facts.kin:
        claims.append(bond_claim(name, facts.job.actor, facts.kin[1].person if len(facts.kin) > 1 else ""))
    names = facts.model.lists.names(facts.frame.settings) if facts.model.lists is not None else {}
    claims += [(list_scope(name, listed), unit) for listed in names]
    counters += [model_counter(name, listed) for listed in names if names[listed]]
    if facts.owner:
        counters.append(wins_counter(name, facts.owner))
    if facts.rule.helps == "listed":
        claims.append(help_claim(facts))
        counters += help_counters(message, facts)
    return Needs(tuple(streams), tuple(claims), tuple(counters), tuple(accounts))


def own_guards(facts: PlayFacts, command: Command) -> Guards:
    """What the model names."""
    return facts.model.guards(facts.unit, command, facts.frame)


def reserve_holder(unit: str) -> str:
    """In whose name the ledger keeps what a unit reserves for nobody yet."""
    return f"unit:{unit}"


def open_claims(facts: PlayFacts) -> list[tuple[str, str]]:
    """One claim for each unit that the owner may have open at a time (campaigns.md §13.1)."""
    if not facts.owner:
        return []
    return [("open", f"{facts.frame.campaign}:{facts.owner}:{n}") for n in range(facts.frame.rules.open_units)]


def wins_counter(campaign: str, person: str) -> str:
    """How often a person succeeded."""
    return f"success:{campaign}:{person}"


def limits_wins(model: Mechanic) -> bool:
    """Whether a person may succeed only so often: where the model lets plans say how often."""
    return "wins_per_person" in model.rules


def help_claim(facts: PlayFacts) -> tuple[str, str]:
    """One help of one person on one unit."""
    return ("help", f"{facts.frame.campaign}:{facts.job.unit}:{facts.job.actor}")


def help_counters(message: Message, facts: PlayFacts) -> tuple[str, str]:
    """A helper's count in the campaign, and on the local day over all campaigns."""
    day = local_date(message.at, facts.frame.tz)
    return (f"helper:{facts.frame.campaign}:{facts.job.actor}", f"helper_day:{facts.job.actor}:{day.isoformat()}")


def model_counter(campaign: str, counter: str) -> str:
    """A model's counter under its full name."""
    return f"play:{campaign}:{counter}"


def model_claim(campaign: str, claim: tuple[str, str]) -> tuple[str, str]:
    """A model's claim under its full name."""
    return (f"play:{claim[0]}", f"{campaign}:{claim[1]}")
