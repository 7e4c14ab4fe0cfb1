"""Things of the inventory beside fen: they count below one person's cap and in one day's budget."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.unit.features.campaigns.plans import make_plan
from tests.unit.features.paper import NOW, Paper

from qunflow.domain.decisions import Counter, Decision
from qunflow.features.campaigns.contest import Contest
from qunflow.features.campaigns.model import CampaignState, ParticipationState
from qunflow.features.campaigns.owing import GOODS, day_counters, owed, settled
from qunflow.features.campaigns.plan import Ladder, PrizePlan
from qunflow.features.campaigns.prizes import Good
from qunflow.features.campaigns.workflow import CAMPAIGNS

CUP = PrizePlan("invites", "cup", at=2, cost_fen=2_000)
AMY = ParticipationState(person="amy", campaign="winter", channel="wx", groups=("g",))


def campaign(**changes: Any) -> CampaignState:
    plan = make_plan(ladder=Ladder("marginal", ((1, 50, 500),)), task=None, prizes=(CUP,), **changes)
    return CampaignState(campaign="winter", status="running", plan=plan, budget=plan.budget_total_fen)


def with_friends(count: int, **changes: Any) -> ParticipationState:
    return replace(AMY, invitees={f"f{number}": "confirmed" for number in range(count)}, **changes)


def settle_on(state: CampaignState, after: ParticipationState, used: int = 0) -> Decision:
    paper = Paper.of(CAMPAIGNS.streams)
    paper.balances["budget:winter"] = 7_300_000
    for name in day_counters(state, NOW):
        paper.counters[name] = Counter(used, 10_000)
    return settled(state, replace(AMY, contest=after.contest, posted=after.posted), after, (), paper, NOW)


def told(decision: Decision) -> list[str]:
    return [event.body.item for event in decision.events if event.body.KIND == "prize_due"]


def held(decision: Decision) -> dict[str, int]:
    return {event.body.rule: event.body.amount for event in decision.events if event.body.KIND == "reward_held"}


def test_a_prize_that_would_take_a_person_above_their_cap_is_not_promised() -> None:
    assert told(settle_on(campaign(reward_per_user_max_fen=3_000), with_friends(2))) == ["cup"]
    assert told(settle_on(campaign(reward_per_user_max_fen=2_999), with_friends(2))) == []


def test_fen_that_come_after_a_prize_was_promised_are_cut_at_the_cap() -> None:
    promised = Contest(goods={"invites:2": Good("due", 1)})
    tight = campaign(reward_per_user_max_fen=3_200)
    assert sum(amounts.total for amounts in owed(tight, with_friends(9, contest=promised)).values()) == 1_200
    gone = Contest(goods={"invites:2": Good("gone", 1)})
    assert sum(amounts.total for amounts in owed(tight, with_friends(9, contest=gone)).values()) == 3_200


def test_a_prize_counts_in_the_days_budget_and_waits_for_the_next_day_when_it_is_used_up() -> None:
    daily = campaign(budget_daily_fen=8_000)
    name = day_counters(daily, NOW)[0]
    roomy = settle_on(daily, with_friends(2), used=5_000)
    assert told(roomy) == ["cup"] and held(roomy) == {}
    assert [(move.name, move.delta) for move in roomy.counters] == [(name, 3_000)]
    late = settle_on(daily, with_friends(2), used=5_001)
    assert told(late) == [] and held(late) == {GOODS: 2_000}
    assert [move.delta for move in late.counters] == [1_000]
    assert [timer.due_at - NOW for timer in late.timers] == [timedelta(hours=15)]  # midnight in Shanghai
    waiting = with_friends(2, contest=Contest(held={GOODS: 2_000}))
    next_day = settle_on(daily, waiting)
    assert told(next_day) == ["cup"] and held(next_day) == {GOODS: 0}
