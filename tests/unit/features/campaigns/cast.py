"""A campaign on paper: people who enter, join, leave and stay, in any order and with late timers."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.unit.features.campaigns.plans import START, make_plan
from tests.unit.features.paper import CHANCE, Paper, as_message, message

from qunflow.community.model import PersonState
from qunflow.domain.events import Approved, Confirmed, Departed, Event, Joined, MemberJoined, MemberLeft
from qunflow.domain.facts import CodeFact
from qunflow.domain.inbound import ContactAdded
from qunflow.features.campaigns import boards, earning, entering
from qunflow.features.campaigns.boards import MAX_TRIES, BoardFacts, StandingFacts
from qunflow.features.campaigns.contest import RANKING, AwardPrize, FreezeBoard, PostHeld, RaceJoined
from qunflow.features.campaigns.entering import EntryFacts, MembershipFacts
from qunflow.features.campaigns.model import (
    CampaignState,
    HoldOver,
    ParticipationState,
    campaign_stream,
    participation_stream,
)
from qunflow.features.campaigns.plan import Plan
from qunflow.features.campaigns.workflow import CAMPAIGNS

HOLD = timedelta(hours=24)


class Cast:
    """The rules of campaigns on one sheet of paper; ``now`` moves only forward."""

    def __init__(self, plan: Plan | None = None, budget: int = 1_000_000, status: str = "running") -> None:
        self.plan = plan or make_plan()
        self.campaign = CampaignState("winter", status, 1, self.plan, "winter", "code0", launched_at=START)
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
        if isinstance(event.body, RaceJoined | Departed | Confirmed):
            self._stand(event)
        return True

    def _stand(self, event: Event) -> None:
        """What the board's loader would read, then its rule."""
        inviter, invitee = self.of(event.body.parent), self.of(event.person)
        if not event.body.parent or not (self.plan.ranked or self.plan.race) or inviter.test:
            return
        facts = StandingFacts(self.campaign, inviter, abs(invitee.contest.race) if invitee.contest else 0)
        cause = as_message(event)
        self.paper.take(cause, boards.decide_standing(cause, facts, self.paper, CHANCE))

    def board_facts(self, board: str) -> BoardFacts:
        """The whole board as the freeze reads it."""
        states = self.paper.states.items()
        people = {state.person: state for name, state in states if name.startswith("participation:")}
        standings = [state for name, state in states if name.startswith(f"standing:winter:{board}:")]
        return BoardFacts(self.campaign, people, tuple(standings), ("g1",))

    def freeze(self, board: str = RANKING, tries: int = MAX_TRIES) -> list[Event]:
        """Freeze a board and hand out what it gives."""
        cause = message(FreezeBoard(board, tries), self.now, campaign="winter")
        decision = boards.decide_freeze(cause, self.board_facts(board), self.paper, CHANCE)
        events = self.paper.take(cause, decision)
        frozen: CampaignState = self.paper.state(campaign_stream("winter"))
        self.campaign = replace(self.campaign, frozen_at=frozen.frozen_at)
        for _, body in decision.commands:
            events += self.award(body)
        return events

    def award(self, body: AwardPrize) -> list[Event]:
        cause = message(body, self.now, campaign="winter")
        return self.paper.take(cause, earning.decide_award(cause, self.campaign, self.paper, CHANCE))

    def post_held(self, person: str) -> list[Event]:
        cause = message(PostHeld(person), self.now, campaign="winter")
        return self.paper.take(cause, earning.decide_post_held(cause, self.campaign, self.paper, CHANCE))

    def deliver_all(self) -> None:
        while any(self.paper.lanes.values()):
            for stream in sorted(self.paper.lanes):
                self.deliver(stream)

    def _inside(self, person: str) -> MembershipFacts:
        return MembershipFacts((self.campaign,) if self.of(person).person else ())


def bodies(events: list[Event]) -> list[Any]:
    """What happened, without the envelopes."""
    return [event.body for event in events]
