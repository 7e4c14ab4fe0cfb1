"""What a unit owes people and keeps for itself, brought to the ledger: due less posted, in the same decision. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from qunflow.domain.decisions import NOTHING, Chance, Claim, Counter, Decision, Needs, NewEvent, Posting, Rejection
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.feature import Reader, View
from qunflow.features.campaigns.contest import Contest, PlayOwed
from qunflow.features.campaigns.mechanics.mechanic import RESERVE, Unit
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.features.campaigns.owing import day_counters, own, settled
from qunflow.features.campaigns.plan_model import frame_of, model_of
from qunflow.features.campaigns.plays.facts import PlayFacts, reserve_holder
from qunflow.features.campaigns.plays.model import SettleUnit, UnitReserved, thawed, unit_stream
from qunflow.ledger.settle import Amounts, account_names, settle

Due = Mapping[tuple[str, str], Amounts]


@dataclass
class Purse:
    """A view whose balances and counters are those after what was decided so far."""

    view: View
    moved: dict[str, int]
    counted: dict[str, int] = field(default_factory=dict)

    def state(self, stream: str) -> Any:
        """The state of a needed stream."""
        return self.view.state(stream)

    def claim(self, scope: str, key: str) -> Claim | None:
        """The claim on a needed key."""
        return self.view.claim(scope, key)

    def counter(self, name: str) -> Counter:
        """A needed counter, moved."""
        known = self.view.counter(name)
        return replace(known, used=known.used + self.counted.get(name, 0))

    def balance(self, account: str) -> int:
        """A needed balance, moved."""
        return self.view.balance(account) + self.moved.get(account, 0)

    def post(self, postings: tuple[Posting, ...]) -> None:
        """Take postings in."""
        for posting in postings:
            self.moved[posting.debit] = self.moved.get(posting.debit, 0) - posting.amount
            self.moved[posting.credit] = self.moved.get(posting.credit, 0) + posting.amount

    def take(self, decision: Decision) -> None:
        """Take a decision's money in."""
        self.post(decision.postings)
        for move in decision.counters:
            self.counted[move.name] = self.counted.get(move.name, 0) + move.delta


def owing(
    facts: PlayFacts, before: Unit, after: Unit, view: View, at: datetime, posted: tuple[Posting, ...] = ()
) -> Decision:
    """Post the difference for the unit itself, its owner and the actor; for others send a command that does it.

    ``posted`` is what the model itself moved before.

    A rejection when the budget cannot carry what the unit is to reserve.
    """
    if after.test:
        return NOTHING
    was, now = due_of(facts.campaign, before), due_of(facts.campaign, after)
    purse = Purse(view, {})
    purse.post(posted)
    decision = _reserve(facts, after, now, purse)
    if decision.rejection is not None:
        return decision
    purse.post(decision.postings)
    here = [person for person in dict.fromkeys((after.owner, facts.job.actor)) if person]
    for person in here:
        found = owe_person(facts.campaign, after, now, person, purse, at)
        purse.take(found)
        decision += found
    elsewhere = sorted({person for person, _ in {*was, *now}} - {*here, RESERVE})
    stream = unit_stream(facts.frame.campaign, after.unit)
    moved = [person for person in elsewhere if _of(was, person) != _of(now, person)]
    return decision + Decision(commands=tuple((stream, SettleUnit(after.unit, person)) for person in moved))


def due_of(campaign: CampaignState, unit: Unit) -> Due:
    """What a unit owes by (person, rule); nothing before it is opened, and nothing once it was reversed."""
    model = model_of(campaign.plan)
    if model is None or campaign.plan is None or not unit.status or unit.reversed:
        return {}
    return model.due(unit, frame_of(campaign.plan).settings)


def owe_person(campaign: CampaignState, unit: Unit, due: Due, person: str, view: View, at: datetime) -> Decision:
    """Bring what a unit owes one participant to the participation and the ledger."""
    state: ParticipationState = view.state(participation_stream(campaign.campaign, person))
    if not state.person or state.test:
        return NOTHING
    contest = state.contest or Contest()
    owed = {f"{rule}@{unit.unit}": amounts for rule, amounts in _of(due, person).items()}
    known = {key: amounts for key, amounts in contest.plays.items() if key.endswith(f"@{unit.unit}")}
    changed = sorted(key for key in {*owed, *known} if owed.get(key, Amounts()) != known.get(key, Amounts()))
    if not changed:
        return NOTHING
    plays = dict(contest.plays)
    events: list[NewEvent] = []
    for key in changed:
        amounts = plays[key] = owed.get(key, Amounts())
        events.append(own(state, PlayOwed(key, amounts.available, amounts.pending)))
    return settled(campaign, state, replace(state, contest=replace(contest, plays=plays)), events, view, at)


def _reserve(facts: PlayFacts, unit: Unit, due: Due, view: View) -> Decision:
    """Bring the unit's own reserve to what it should be."""
    wanted = sum(amounts.total for amounts in _of(due, RESERVE).values())
    if wanted == unit.reserve:
        return NOTHING
    holder = reserve_holder(unit.unit)
    balances = {name: view.balance(name) for name in account_names(facts.frame.campaign, holder)}
    have, want = {"reserve": Amounts(0, unit.reserve)}, {"reserve": Amounts(0, wanted)}
    revision = unit.revision + 1
    settlement = settle(facts.frame.campaign, holder, want, have, balances, revision)
    if any(change.held for change in settlement.changes):
        return Decision(rejection=Rejection(Reason.BUDGET_SPENT, {"wanted": wanted}))
    stream = unit_stream(facts.frame.campaign, unit.unit)
    event = NewEvent(stream, UnitReserved(wanted, revision), unit.owner, "", facts.frame.campaign)
    return Decision(events=(event,), postings=settlement.postings)


def _of(due: Due, person: str) -> dict[str, Amounts]:
    return {rule: amounts for (who, rule), amounts in due.items() if who == person}


# --- for those whom a move did not load -------------------------------------------------------------------------------


async def load_campaign(reader: Reader, message: Message) -> CampaignState | None:
    """The message's campaign."""
    found: CampaignState | None = await reader.state(f"campaign:{message.campaign}") if message.campaign else None
    return found


def need_settle(message: Message, facts: CampaignState | None) -> Needs:
    """The unit, and the person's participation and accounts."""
    if facts is None:
        return Needs()
    body: SettleUnit = message.body
    streams = (unit_stream(message.campaign, body.unit), participation_stream(message.campaign, body.person))
    counters = day_counters(facts, message.at)
    return Needs(streams, counters=counters, accounts=account_names(message.campaign, body.person))


def decide_settle(message: Message, facts: CampaignState | None, view: View, chance: Chance) -> Decision:
    """Bring what a unit owes a person to the ledger."""
    if facts is None:
        return NOTHING
    body: SettleUnit = message.body
    unit = thawed(view.state(unit_stream(message.campaign, body.unit)))
    if unit.test:
        return NOTHING
    return owe_person(facts, unit, due_of(facts, unit), body.person, view, message.at)
