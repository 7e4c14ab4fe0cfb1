"""Holds, leaves and rewards through the whole engine: the ledger shows what is due, never more, never half."""

from __future__ import annotations

from datetime import timedelta

from tests.integration.features.conftest import HOUR, Stage, person_of

from qunflow.features.campaigns.contest import Contest
from qunflow.features.campaigns.model import RaiseBudget, SetStatus
from qunflow.features.campaigns.plan import StagePlan
from qunflow.features.campaigns.risk.rules import RiskPlan
from qunflow.features.campaigns.staging import RecordStage
from qunflow.ledger.settle import Amounts

HOLD = timedelta(hours=24)
STAGES = (StagePlan("register", 500), StagePlan("first-order", 1500), StagePlan("repurchase", 1000))


async def invite(stage: Stage, *names: str, **plan: object) -> None:
    """``a`` takes part and brings these people, who join at once."""
    code = await stage.launch(**plan)
    await stage.add("a", code)
    for name in names:
        await stage.add(name, await stage.own_code("a"))
        await stage.join(name)


async def test_a_friend_who_stays_is_reserved_first_and_earned_after_the_hold(stage: Stage) -> None:
    await invite(stage, "b")
    a = person_of("a")
    assert (await stage.of("a")).posted["ladder"] == Amounts(0, 500)
    assert (await stage.balance(f"pending:{a}"), await stage.balance("budget:winter")) == (500, 99_500)
    await stage.wait(HOLD)
    assert (await stage.of("a")).invitees == {person_of("b"): "confirmed"}
    assert (await stage.balance(f"available:{a}"), await stage.balance(f"pending:{a}")) == (500, 0)
    await stage.check()


async def test_a_friend_who_leaves_before_the_hold_takes_the_reward_along(stage: Stage) -> None:
    await invite(stage, "b")
    await stage.wait(HOLD - timedelta(seconds=1))
    await stage.leave("b")
    await stage.wait(timedelta(hours=2))
    assert (await stage.of("b")).help == "revoked"
    assert (await stage.of("a")).posted["ladder"] == Amounts(0, 0)
    assert await stage.balance("budget:winter") == 100_000
    await stage.check()


async def test_a_friend_who_comes_back_holds_anew_and_counts_once(stage: Stage) -> None:
    await invite(stage, "b")
    await stage.wait(HOLD - HOUR)
    await stage.leave("b")
    await stage.join("b")
    await stage.wait(2 * HOUR)  # the first hold would be over
    assert (await stage.of("b")).help == "pending"
    await stage.wait(HOLD)
    assert (await stage.of("a")).invitees == {person_of("b"): "confirmed"}
    assert (await stage.of("a")).posted["ladder"] == Amounts(500, 0)
    await stage.check()


async def test_a_friend_who_leaves_after_the_hold_keeps_counting_and_one_who_is_removed_does_not(stage: Stage) -> None:
    await invite(stage, "b", "c")
    await stage.wait(HOLD)
    await stage.leave("b")
    assert (await stage.of("a")).posted["ladder"] == Amounts(1000, 0)
    await stage.leave("c", removed=True)
    assert (await stage.of("a")).posted["ladder"] == Amounts(500, 0)
    assert await stage.balance("budget:winter") == 99_500
    await stage.check()


async def test_the_ladder_pays_ten_friends_as_promised(stage: Stage) -> None:
    await invite(stage, *(f"b{number}" for number in range(11)))
    await stage.wait(HOLD)
    assert (await stage.of("a")).posted["ladder"] == Amounts(7100, 0)
    assert await stage.balance(f"available:{person_of('a')}") == 7100
    await stage.check()


async def test_everybody_who_joined_at_once_is_confirmed_at_once_and_paid_once(stage: Stage) -> None:
    code = await stage.launch(risk=RiskPlan("off"))
    await stage.add("a", code)
    own = await stage.own_code("a")
    for number in range(60):
        await stage.add(f"b{number}", own, settled=False)
    await stage.settle()
    stage.platform.groups["g1"] += [f"b{number}" for number in range(60)]
    await stage.join("b-last")
    await stage.wait(HOLD)
    state = await stage.of("a")
    assert list(state.invitees.values()) == ["confirmed"] * 60
    assert state.posted["ladder"] == Amounts(7100, 0)
    await stage.check()


async def test_one_person_never_gets_more_than_the_cap(stage: Stage) -> None:
    await invite(stage, "b", "c", reward_per_user_max_fen=700)
    await stage.wait(HOLD)
    assert await stage.balance(f"available:{person_of('a')}") == 700
    await stage.check()


async def test_a_reward_that_the_budget_cannot_carry_is_held_whole_and_posted_as_soon_as_the_budget_is_raised(
    stage: Stage,
) -> None:
    await invite(stage, "b", "c", budget_total_fen=999, reward_per_user_max_fen=999)
    await stage.add("d", await stage.own_code("b"))
    await stage.join("d")
    a, b = person_of("a"), person_of("b")
    assert (await stage.balance(f"pending:{a}"), await stage.balance(f"pending:{b}")) == (999, 0)
    held = await stage.rows("SELECT data->>'rule', (data->>'amount')::int FROM events WHERE type = 'reward_held'")
    assert held == [("ladder", 500)]
    door = stage.application.door
    await door.ask("main", RaiseBudget(5000), campaign="winter")
    await stage.settle()
    assert await stage.balance(f"pending:{b}") == 500
    assert (await stage.of("b")).contest == Contest()
    await stage.wait(HOLD)
    assert await stage.balance(f"available:{b}") == 500
    assert (await stage.of("b")).posted["ladder"] == Amounts(500, 0)
    await stage.check()


async def test_nested_stages_pay_in_order_and_a_refund_takes_back_what_follows(stage: Stage) -> None:
    plan = {"ladder": None, "stages": STAGES, "headline_fen": 3000, "reward_per_user_max_fen": 30_000}
    await invite(stage, "b", **plan)
    a, b = person_of("a"), person_of("b")

    async def reach(name: str, holds: bool = True) -> object:
        answer = await stage.application.door.ask("main", RecordStage(b, name, holds), person=a, campaign="winter")
        return answer.rejection.reason if answer.rejection is not None else answer.value

    assert await reach("first-order") == "stage_order"
    await stage.wait(HOLD)
    assert await stage.balance(f"available:{a}") == 500
    assert await reach("first-order") == ["register", "first-order"]
    assert await reach("repurchase") == ["register", "first-order", "repurchase"]
    assert await stage.balance(f"available:{a}") == 3000
    await reach("first-order", False)
    assert await stage.balance(f"available:{a}") == 500
    await stage.check()


async def test_holds_that_begin_before_the_end_are_confirmed_after_it_and_then_it_settles(stage: Stage) -> None:
    await invite(stage, "b")
    await stage.application.door.ask("main", SetStatus("ended"), campaign="winter")
    await stage.wait(HOLD)
    assert (await stage.of("a")).posted["ladder"] == Amounts(500, 0)
    await stage.wait(2 * HOUR)
    assert (await stage.campaign()).status == "settling"
    await stage.check()


async def test_the_campaign_ends_by_itself_and_lets_nobody_in_afterwards(stage: Stage) -> None:
    code = await stage.launch()
    await stage.wait(timedelta(days=7))
    assert (await stage.campaign()).status == "ended"
    await stage.add("late", code)
    assert (await stage.of("late")).person == ""
    await stage.check()
