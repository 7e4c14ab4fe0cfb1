"""One message about one grant: what is known, what was decided so far, and the moves that every rule uses. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from qunflow.domain.decisions import Claim, CounterMove, Decision, Needs, NewEvent, Posting, Timer
from qunflow.domain.events import Event
from qunflow.domain.inbound import Message
from qunflow.domain.units import POINTS_UNIT
from qunflow.engine.feature import View
from qunflow.features.rewards.items import (
    MONEY,
    POINTS,
    PumpQueue,
    RewardItem,
    item_stream,
    queue_scope,
    stock_counter,
)
from qunflow.features.rewards.model import (
    NEXT,
    GrantFreed,
    GrantMoved,
    GrantState,
    TryGrant,
    evolve,
    grant_stream,
    owner_of,
)
from qunflow.ledger.accounts import available, debt, external
from qunflow.ledger.points import points, points_debt, points_outside

TRY, ADDRESS, EXPIRE = "try", "address", "expire"
PARCEL_SCOPE = "parcel_address"
_NO_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class GrantFacts:
    """The grant's id, the item that was asked for with its substitutes, and where draws may go.

    ``units`` are the person's open units of the campaign's model.
    """

    grant: str = ""
    items: tuple[RewardItem, ...] = ()
    units: tuple[str, ...] = ()


def prizes(campaign: str) -> str:
    """Fen of the budget that things cost which are set aside or given."""
    return f"prizes:{campaign}"


def sponsored(campaign: str) -> str:
    """Fen that things cost their sponsors: beside the budget (M128)."""
    return f"sponsored:{campaign}"


def sponsors(campaign: str) -> str:
    """Where sponsors' fen come from."""
    return external(f"sponsors.{campaign}")


def paid_by_hand() -> str:
    """Where fen go that staff paid outside of the product."""
    return external("manual")


def cap_counter(grant: str) -> str:
    """How many of one prize of a campaign were given out; what it bounds is the plan's ``limit``."""
    campaign, _ = owner_of(grant)
    prize = grant.split(":", 2)[-1].rpartition(":")[0].partition("@")[0]
    return f"prize:{campaign}:{prize}"


def needs_of(facts: GrantFacts) -> Needs:
    """Everything that a rule about a grant may look at."""
    campaign, person = owner_of(facts.grant)
    if not person:
        return Needs()
    accounts = [f"budget:{campaign}", prizes(campaign), debt(person)]
    if any(item.sponsor for item in facts.items):
        accounts += [sponsored(campaign), sponsors(campaign)]
    if any(item.kind in MONEY for item in facts.items):
        accounts += [available(person), paid_by_hand()]
    if any(item.kind == POINTS for item in facts.items):
        accounts += [points(person), points_debt(person), points_outside(campaign)]
    return Needs(
        streams=(grant_stream(facts.grant), *(item_stream(item.name) for item in facts.items)),
        claims=tuple((queue_scope(item.name), facts.grant) for item in facts.items[:1]),
        counters=(cap_counter(facts.grant), *(stock_counter(item.name) for item in facts.items)),
        accounts=tuple(accounts),
    )


@dataclass
class Turn:
    """A grant while it is decided about; events are folded as they are added."""

    message: Message
    facts: GrantFacts
    view: View
    state: GrantState = field(init=False)
    decision: Decision = field(default_factory=Decision)
    moved: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = self.view.state(grant_stream(self.facts.grant))
        self.campaign, self.person = owner_of(self.facts.grant)

    @property
    def items(self) -> tuple[RewardItem, ...]:
        """The item that was asked for and its substitutes, as they are now."""
        return tuple(self.view.state(item_stream(item.name)) for item in self.facts.items)

    @property
    def item(self) -> RewardItem:
        """The item that is given."""
        found: RewardItem = self.view.state(item_stream(self.state.item))
        return found

    def add(self, body: Any) -> None:
        """An event of the grant's stream."""
        stream = grant_stream(self.facts.grant)
        self.decision += Decision(events=(NewEvent(stream, body, self.person, "", self.campaign),))
        self.state = evolve(self.state, _as_event(stream, body, self.message.at, self.person, self.campaign))

    def move(self, status: str, reason: str = "", until: datetime | None = None, tries: int = 0, by: str = "") -> None:
        """Another status, or another reason to wait. Raises ValueError for a way that does not exist."""
        if status != self.state.status and status not in NEXT[self.state.status]:
            raise ValueError(f"no grant goes from {self.state.status} to {status}")
        self.add(GrantMoved(status, reason, until, tries, by))

    def follow(self, decision: Decision) -> None:
        """More that follows."""
        self.decision += decision

    def claim(self, claim: Claim) -> None:
        """Take a claim."""
        self.follow(Decision(claims=(claim,)))

    def balance(self, account: str) -> int:
        """A balance after what was posted so far."""
        return self.view.balance(account) + self.moved.get(account, 0)

    def post(self, leg: str, source: str, target: str, amount: int, unit: str = "fen") -> None:
        """Move an amount; nothing for 0."""
        if amount <= 0:
            return
        self.follow(Decision(postings=(Posting(f"grant:{self.facts.grant}:{leg}", source, target, amount, unit),)))
        self.moved[source] = self.moved.get(source, 0) - amount
        self.moved[target] = self.moved.get(target, 0) + amount

    def post_points(self, leg: str, source: str, target: str, amount: int) -> None:
        """Move points."""
        self.post(leg, source, target, amount, POINTS_UNIT)

    def timer(self, name: str, due_at: datetime, body: Any) -> None:
        """A message to oneself."""
        stream = grant_stream(self.facts.grant)
        timer = Timer(stream, name, due_at, body, self.person, self.campaign)
        self.follow(Decision(timers=(timer,)))

    def later(self, due_at: datetime) -> None:
        """Look again then."""
        self.timer(TRY, due_at, TryGrant(self.facts.grant))

    def quiet(self, *names: str) -> None:
        """No timers of these names any more."""
        stream = grant_stream(self.facts.grant)
        self.follow(Decision(timers_off=tuple((stream, name) for name in names)))

    def free(self) -> None:
        """Give back the piece of stock and what was set aside for it; who waits for one is looked at again."""
        if not self.state.reserved:
            return
        name, cost = self.state.item, self.state.cost - self.state.repaid
        self.follow(Decision(counters=(CounterMove(stock_counter(name), -1),)))
        if self.state.sponsor:
            self.post("cost_back", sponsored(self.campaign), sponsors(self.campaign), cost)
        else:
            self.post("cost_back", prizes(self.campaign), f"budget:{self.campaign}", cost)
        self.add(GrantFreed(name))
        self.follow(Decision(commands=((item_stream(name), PumpQueue(name)),)))

    def leave_queue(self) -> None:
        """Wait for stock no more."""
        key = (queue_scope(self.state.asked), self.facts.grant)
        if self.view.claim(*key) is not None:
            self.follow(Decision(releases=(key,)))

    def answer(self) -> Decision:
        """All that was decided, answered by the status."""
        return self.decision + Decision(answer=self.state.status)


def _as_event(stream: str, body: Any, at: datetime, person: str, campaign: str) -> Event:
    """An event for folding ahead: only body, time, person and campaign are looked at."""
    at = at.astimezone(UTC)
    return Event("", "", stream, 0, body, at, _NO_DAY, "", at, person=person, campaign=campaign)


def wait_claim(state: GrantState, at: datetime) -> Claim:
    """A place in the queue of an item: the earlier the promise, the sooner."""
    return Claim(queue_scope(state.asked), state.grant, state.person, state.made_at or at)
