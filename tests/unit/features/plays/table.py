"""A table on which models are played on paper: every handler of the product, no database, and all events go round.

The view is strict: what a rule's needs did not name cannot be looked at, as in the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tests.unit.features.campaigns.plans import END, START, make_plan
from tests.unit.features.paper import Paper, as_message

from qunflow.domain.decisions import Chance, Claim, Counter, Decision, Needs, NewEvent, Rejection
from qunflow.domain.events import SHARED_EVENTS, CampaignLaunched, Departed, Joined, Participating
from qunflow.domain.inbound import INBOUND_BODIES, Message
from qunflow.domain.payments import RequestPayout
from qunflow.engine.feature import Registry
from qunflow.features.campaigns.mechanics.mechanic import Unit
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.model import (
    CampaignState,
    CampaignStatusSet,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.plan_model import frame_of, read_model
from qunflow.features.campaigns.plays.model import Play, PlayerState, SettleUnit, player_stream, thawed, unit_stream
from qunflow.features.campaigns.plays.workflow import PLAYS
from qunflow.features.campaigns.risk.workflow import RISK
from qunflow.features.campaigns.workflow import CAMPAIGNS
from qunflow.features.payouts.workflow import PAYOUTS
from qunflow.ledger.settle import Amounts

NAME = "winter"
HOUR = timedelta(hours=1)
HOLD = timedelta(hours=24)
REGISTRY = Registry((CAMPAIGNS, PLAYS, RISK, PAYOUTS), SHARED_EVENTS, INBOUND_BODIES)


def plan_with(model: Mapping[str, Any], **changes: Any) -> Plan:
    """A running week with a model and nothing else that pays."""
    settings = {"ladder": None, "task": None, "ends_at": END, "model": read_model("model", dict(model))}
    return make_plan(**{**settings, "reward_per_user_max_fen": 7_300_000, **changes})


@dataclass
class Strict:
    """What the needs named, and nothing else."""

    paper: Paper
    needs: Needs

    def state(self, stream: str) -> Any:
        assert stream in self.needs.streams, stream
        return self.paper.state(stream)

    def claim(self, scope: str, key: str) -> Claim | None:
        assert (scope, key) in self.needs.claims, (scope, key)
        return self.paper.claim(scope, key)

    def counter(self, name: str) -> Counter:
        assert name in self.needs.counters, name
        return self.paper.counter(name)

    def balance(self, account: str) -> int:
        assert account in self.needs.accounts, account
        return self.paper.balance(account)


@dataclass
class PaperReader:
    """Reading ahead on paper: everything is there at once."""

    paper: Paper
    workspace: str = "main"

    async def state(self, stream: str, *, stale_ok: bool = False) -> Any:
        return self.paper.states.get(stream)

    async def states(self, kind: str, prefix: str) -> Mapping[str, Any]:
        return {name: state for name, state in self.paper.states.items() if name.startswith(prefix)}

    async def expired_claims(self, scope: str, at: datetime) -> tuple[str, ...]:
        claims = [claim for claim in self.paper.claims.values() if claim.scope == scope]
        held = sorted((claim.until, claim.key) for claim in claims if claim.until is not None and claim.until <= at)
        return tuple(key for _, key in held)

    async def externals(self, person: str) -> Mapping[str, str]:
        return {}

    async def ask(self, question: type[Any], key: str) -> Any:
        answerer = REGISTRY.answers.get(question)
        return await answerer(self, key) if answerer is not None else None  # type: ignore[arg-type]


def now_of(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The value of a coroutine that never really waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


@dataclass
class Table:
    """One campaign with a model; ``now`` moves only forward."""

    plan: Plan
    budget: int = 10_000_000
    paper: Paper = field(init=False)
    now: datetime = START
    queue: list[Message] = field(default_factory=list)
    slow: bool = False  # what goes round waits until it is handed on
    sent: int = 0

    def __post_init__(self) -> None:
        self.paper = Paper.of((*CAMPAIGNS.streams, *PLAYS.streams, *RISK.streams, *PAYOUTS.streams))
        self.paper.balances = {f"budget:{NAME}": self.budget, f"external:{NAME}": -self.budget}
        self.paper.states[campaign_stream(NAME)] = CampaignState(NAME, "running", 1, self.plan, NAME, "code0")
        self.record(campaign_stream(NAME), CampaignLaunched(1))

    # --- what happens -------------------------------------------------------------------------------------------------

    def play(self, who: str, move: str, unit: str = "", key: str = "", **params: Any) -> Any:
        """A person's move; the answer, or the rejection. ``key`` repeats a command."""
        return self.send(Play(move, unit, params), who, key)

    def system(self, move: str, unit: str = "", actor: str = "", by: str = "system", **params: Any) -> Any:
        """A move of another part, or of staff."""
        return self.send(Play(move, unit, params, by, actor), "")

    def withdraw(self, who: str, fen: int) -> Any:
        """A person asks for money; the payout's number, or the rejection."""
        return self.send(RequestPayout(f"w{self.sent}", fen), who)

    def send(self, body: Any, person: str, key: str = "") -> Any:
        self.sent += 1
        message = Message("main", key or f"m{self.sent}", self.now, body, "wx", "", person=person, campaign=NAME)
        return self.decide(message)

    def enter(self, who: str, parent: str = "", new: bool = True, join: bool = True, test: bool = False) -> str:
        """Somebody takes part, and joins a group."""
        entered = Participating(who, "code", parent, 1, new, NAME, test)
        self.record(participation_stream(NAME, who), entered, who)
        return self.join(who) if join else who

    def join(self, who: str) -> str:
        again = self.person(who).joined_at is not None
        if not self.person(who).groups:
            self.record(participation_stream(NAME, who), Joined("", again), who, "group:wx:g1")
        return who

    def leave(self, who: str, reason: str = "left") -> None:
        if self.person(who).groups:
            self.record(participation_stream(NAME, who), Departed("", reason), who, "group:wx:g1")

    def back_to_draft(self) -> None:
        """As before the launch, when staff try the path themselves (M14)."""
        state: CampaignState = self.paper.state(campaign_stream(NAME))
        self.paper.states[campaign_stream(NAME)] = replace(state, status="draft")

    def set_status(self, status: str) -> None:
        self.record(campaign_stream(NAME), CampaignStatusSet(status))

    def record(self, stream: str, body: Any, person: str = "", group: str = "") -> None:
        """An event that the campaigns feature made; it goes round."""
        self.sent += 1
        message = Message("main", f"m{self.sent}", self.now, body, "wx", "", person=person, campaign=NAME)
        decision = Decision(events=(NewEvent(stream, body, person, group, NAME, "wx"),))
        self._take(message, decision)
        if not self.slow:
            self.settle()

    # --- the engine on paper ------------------------------------------------------------------------------------------

    def decide(self, message: Message) -> Any:
        """All handlers of one message; what follows waits in the queue."""
        answer: Any = None
        seed = hashlib.blake2b(message.message_id.encode(), digest_size=32).digest()
        for handler in REGISTRY.handlers.get(message.kind, []):
            facts = now_of(handler.facts(PaperReader(self.paper), message))  # type: ignore[arg-type]
            view = Strict(self.paper, handler.needs(message, facts))
            decision = handler.decide(message, facts, view, Chance(seed))
            self._take(message, decision)
            found = decision.rejection or decision.answer
            answer = answer if found is None else found
        return answer

    def _take(self, message: Message, decision: Decision) -> None:
        assert not decision.postings or decision.events, "a posting needs an event"
        for event in self.paper.take(message, decision):
            self.paper.lanes.pop(event.stream, None)
            if event.body.KIND in REGISTRY.handlers:
                self.queue.append(as_message(event))
        for number, (lane, body) in enumerate(decision.commands):
            self.queue.append(
                Message(
                    "main",
                    f"{message.message_id}/{number}",
                    message.at,
                    body,
                    message.channel,
                    lane,
                    person=message.person,
                    campaign=NAME,
                )
            )

    def settle(self) -> None:
        """What went round is decided."""
        while self.queue:
            self.decide(self.queue.pop(0))

    def deliver(self, choice: int) -> None:
        """Hand on one message that goes round: the oldest of any lane, since only lanes keep their order."""
        heads = list({message.lane_key: message for message in reversed(self.queue)}.values())
        if heads:
            message = heads[choice % len(heads)]
            self.queue.remove(message)
            self.decide(message)

    def wait(self, time: timedelta) -> None:
        """Time passes; timers fire in their order."""
        until = self.now + time
        while due := [timer for timer in self.paper.timers.values() if timer.due_at <= until]:
            timer = min(due, key=lambda item: (item.due_at, item.stream, item.name))
            del self.paper.timers[(timer.stream, timer.name)]
            self.now = max(self.now, timer.due_at)
            name = f"timer:{timer.stream}:{timer.name}:{timer.due_at.isoformat()}"
            self.decide(
                Message("main", name, timer.due_at, timer.body, "", timer.stream, person=timer.person, campaign=NAME)
            )
            if not self.slow:
                self.settle()
        self.now = until

    # --- what is ------------------------------------------------------------------------------------------------------

    def unit(self, unit: str) -> Unit:
        return thawed(self.paper.state(unit_stream(NAME, unit)))

    def units(self) -> list[Unit]:
        return [thawed(state) for name, state in self.paper.states.items() if name.startswith("unit:") and state.unit]

    def person(self, who: str) -> ParticipationState:
        state: ParticipationState = self.paper.state(participation_stream(NAME, who))
        return state

    def player(self, who: str) -> PlayerState:
        state: PlayerState = self.paper.state(player_stream(NAME, who))
        return state

    def balance(self, account: str) -> int:
        return self.paper.balance(account)

    def check(self) -> None:
        """I1, I2, I3, I8, I10: what must hold after every move of every model."""
        self.check_money()
        replayed = self.paper.replayed()
        for name, state in replayed.items():
            if not name.startswith("campaign:"):
                assert state == self.paper.states[name], name

    def check_money(self) -> None:
        """Postings sum to nothing, nothing is overdrawn, and all that left the budget is somebody's."""
        assert sum(self.paper.balances.values()) == 0
        for account, balance in self.paper.balances.items():
            assert balance >= 0 or account.partition(":")[0] in ("external", "debt"), account
        posted = {"available": 0, "pending": 0}
        for name, state in self.paper.states.items():
            if name.startswith("participation:"):
                posted["available"] += sum(amounts.available for amounts in state.posted.values())
                posted["pending"] += sum(amounts.pending for amounts in state.posted.values())
        reserves = sum(unit.reserve for unit in self.units())
        held = self.budget - self.balance(f"budget:{NAME}")
        assert held == posted["available"] + posted["pending"] + reserves
        self.check_models()

    def check_models(self) -> None:
        """What the ledger was told is what the models say is due, for everybody and every unit."""
        coming = {(item.body.unit, item.body.person) for item in self.queue if isinstance(item.body, SettleUnit)}
        for unit in self.units():
            model = MODELS[unit.model]
            if unit.test or self.plan.model is None:
                continue
            due = {} if unit.reversed else model.due(unit, frame_of(self.plan).settings)
            for (person, rule), amounts in due.items():
                if person and (unit.unit, person) not in coming:
                    contest = self.person(person).contest
                    plays = contest.plays if contest is not None else {}
                    assert plays.get(f"{rule}@{unit.unit}", Amounts()) == amounts


def refused(found: Any) -> str:
    """The reason of a rejection, empty when it was none."""
    return str(found.reason) if isinstance(found, Rejection) else ""
