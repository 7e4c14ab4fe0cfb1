"""A campaign on paper: people who enter, join, leave and stay, in any order and with late timers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.unit.features.campaigns.plans import START, make_plan
from tests.unit.features.paper import CHANCE, Paper, as_message, message

from qunflow.community.model import PersonState
from qunflow.domain.events import Approved, Confirmed, Departed, Event, Joined, MemberJoined, MemberLeft
from qunflow.domain.facts import CodeFact
from qunflow.domain.inbound import ContactAdded
from qunflow.features.campaigns import earning, entering
from qunflow.features.campaigns.entering import EntryFacts, MembershipFacts
from qunflow.features.campaigns.model import CampaignState, HoldOver, ParticipationState, participation_stream
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.workflow import CAMPAIGNS

HOLD = timedelta(hours=24)


class Cast:
    """The rules of campaigns on one sheet of paper; ``now`` moves only forward."""

    def __init__(self, plan: Plan | None = None, budget: int = 1_000_000, status: str = "running") -> None:
        self.plan = plan or make_plan()
        self.campaign = CampaignState("winter", status, 1, self.plan, "winter", "code0")
        self.paper = Paper.of(CAMPAIGNS.streams)
        self.paper.balances = {"budget:winter": budget, "external:winter": -budget}
        self.now = START

    def of(self, person: str) -> ParticipationState:
        state: ParticipationState = self.paper.state(participation_stream("winter", person))
        return state

    def enter(self, person: str, owner: str = "", met_at: datetime | None = None) -> list[Event]:
        """Add the contact through the code of ``owner``."""
        facts = EntryFacts(CodeFact("code", "winter", "winter", owner, "wx", ""), self.campaign, PersonState(met_at))
        body = ContactAdded(person, "amy", "code", "welcome")
        cause = message(body, self.now, person=person)
        return self.paper.take(cause, entering.decide_contact(cause, facts, self.paper, CHANCE))

    def join(self, person: str, group: str = "g1") -> list[Event]:
        body = MemberJoined(person, 2, True, self.now)
        cause = message(body, self.now, person=person, group=f"group:wx:{group}")
        return self.paper.take(cause, entering.decide_joined(cause, self._inside(person), self.paper, CHANCE))

    def leave(self, person: str, group: str = "g1", removed: bool = False) -> list[Event]:
        cause = message(MemberLeft(person, 1, removed), self.now, person=person, group=f"group:wx:{group}")
        return self.paper.take(cause, entering.decide_left(cause, self._inside(person), self.paper, CHANCE))

    def approve(self, person: str) -> list[Event]:
        """The person's proof was approved."""
        cause = message(Approved("submission", 1, "auto"), self.now, person=person, campaign="winter")
        return self.paper.take(cause, earning.decide_approved(cause, self.campaign, self.paper, CHANCE))

    def wait(self, time: timedelta, fire: bool = True) -> None:
        """Time passes; with ``fire`` off the timers run late."""
        self.now += time
        if fire:
            self.fire()

    def fire(self) -> None:
        """Every timer that is due, dated by its due time."""
        for key, timer in sorted(self.paper.timers.items(), key=lambda item: item[1].due_at):
            if timer.due_at <= self.now:
                del self.paper.timers[key]
                if isinstance(timer.body, HoldOver):
                    self.hold_over(timer.person, timer.body, timer.due_at)

    def hold_over(self, person: str, body: HoldOver, at: datetime) -> list[Event]:
        cause = message(body, at, person=person, campaign="winter")
        return self.paper.take(cause, entering.decide_hold_over(cause, self.campaign, self.paper, CHANCE))

    def deliver(self, stream: str) -> bool:
        """Hand the oldest event of a stream round; answers whether there was one."""
        lane = self.paper.lanes.get(stream)
        if not lane:
            return False
        event = lane.popleft()
        if isinstance(event.body, Joined | Departed | Confirmed):
            cause = as_message(event)
            decision = earning.decide_help_changed(cause, self.campaign, self.paper, CHANCE)
            self.paper.take(cause, decision)
        return True

    def deliver_all(self) -> None:
        while any(self.paper.lanes.values()):
            for stream in sorted(self.paper.lanes):
                self.deliver(stream)

    def _inside(self, person: str) -> MembershipFacts:
        return MembershipFacts((self.campaign,) if self.of(person).person else ())


def bodies(events: list[Event]) -> list[Any]:
    """What happened, without the envelopes."""
    return [event.body for event in events]
