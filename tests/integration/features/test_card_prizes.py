"""Cards and stages on a real PostgreSQL: the last wild cards, draws that were won, pity, terms, the same log again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import begin, opened, play, shown
from tests.integration.features.test_plays_races import CROWD, outcomes, race

from qunflow.features.campaigns.plan import PrizePlan, StagePlan
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.staging import RecordStage
from qunflow.features.rewards import acts as rewards
from qunflow.features.rewards.items import RewardItem

HOLD = timedelta(hours=24)
CARDS: dict[str, Any] = {
    "kind": "cards",
    "kinds": [
        {"card": "fu", "weight": 100, "cap": 5},
        {"card": "shou", "weight": 50, "cap": 5},
        {"card": "wan", "weight": 9850, "cap": 5, "wild_card": True},
    ],
    "pool_fen": 1000,
    "new_user_double": False,
}


async def test_the_last_wild_cards_go_to_as_many_as_there_are(stage: Stage) -> None:
    await begin(stage, CARDS, *CROWD)
    units = [await opened(stage, name) for name in CROWD]
    answers = await race(stage, [(name, "draw", unit) for name, unit in zip(CROWD, units, strict=True)])
    drawn = Counter(card for one in answers if one.rejection is None for card in one.value)
    assert drawn == {"wan": 5, "fu": 5, "shou": 5}, "every card up to its cap, and not one more"
    assert outcomes(answers) == {"": 15, "stock_out": 9}
    for card in ("wan", "fu", "shou"):
        name = f"play:{CAMPAIGN}:minted:{card}"
        assert await stage.rows("SELECT used FROM counters WHERE name = $1", name) == [(5,)]
    await stage.check()


async def test_draws_that_were_won_are_drawn_from_a_real_hand(stage: Stage) -> None:
    door = stage.application.door
    await rewards.add_item(door, WORKSPACE, RewardItem("three-draws", "draw", "三次抽卡", amount=3, total=5))
    model = {**CARDS, "kinds": [{"card": "fu", "weight": 9000}, {"card": "shou", "weight": 1000, "cap": 500}],
             "daily_draws": 0, "draws_per_invite": 1}  # fmt: skip
    plan = {
        "ladder": None,
        "reward_per_user_max_fen": 50_000,
        "model": read_model("model", model),
        "prizes": (PrizePlan("invites", "three-draws", at=1),),
    }
    code = await stage.launch(**plan)
    await stage.add("a", code)
    await stage.join("a")
    unit = await opened(stage, "a")
    assert (await play(stage, "a", "draw", unit)).rejection is not None, "none is free"
    await stage.add("b", await stage.own_code("a"))
    await stage.join("b")
    await stage.wait(HOLD)
    await stage.wait(HOUR)
    assert (await shown(stage, unit))["extra_draws"] == 4, "three that were won and one for the friend"
    answers = [await play(stage, "a", "draw", unit) for _ in range(5)]
    assert [one.rejection is None for one in answers] == [True] * 4 + [False]
    assert sum((await shown(stage, unit))["cards"].values()) == 4
    grants = await stage.rows("SELECT data->>'item' FROM events WHERE type = 'draws_granted' OR type = 'grant_issued'")
    assert len(grants) == 2
    await stage.check()


async def test_pity_gives_the_rare_card_after_so_many_draws_on_the_real_engine(stage: Stage) -> None:
    kinds = [{"card": "fu", "weight": 9999}, {"card": "shou", "weight": 1, "cap": 1}]
    await begin(stage, {**CARDS, "kinds": kinds, "daily_draws": 6, "pity_after": 2}, "a", "b")
    units = [await opened(stage, name) for name in ("a", "b")]
    found = [(await play(stage, "a", "draw", units[0])).value for _ in range(6)]
    assert found == [["fu"], ["fu"], ["shou"], ["fu"], ["fu"], ["fu"]]
    assert [(await play(stage, "b", "draw", units[1])).value for _ in range(3)] == [["fu"]] * 3, "there is no more"
    await stage.check()


async def test_stages_have_their_time_their_least_order_and_may_be_skipped_where_the_plan_says(stage: Stage) -> None:
    stages = (
        StagePlan("register", 500),
        StagePlan("first-order", 1500, ttl_days=2, min_order_fen=1000),
        StagePlan("repurchase", 1000, skip_ok=True),
    )
    plan = {"ladder": None, "stages": stages, "headline_fen": 3000, "reward_per_user_max_fen": 30_000}
    code = await stage.launch(**plan)
    await stage.add("a", code)
    for name in ("b", "c"):
        await stage.add(name, await stage.own_code("a"))
        await stage.join(name)
    a = person_of("a")

    async def reach(who: str, name: str, fen: int = 0, holds: bool = True) -> object:
        body = RecordStage(person_of(who), name, holds, fen)
        answer = await stage.application.door.ask(WORKSPACE, body, person=a, campaign=CAMPAIGN)
        return str(answer.rejection.reason) if answer.rejection is not None else answer.value

    await stage.wait(HOLD)
    assert await reach("b", "first-order", 999) == "below_minimum"
    assert await reach("b", "first-order", 1000) == ["register", "first-order"]
    assert await stage.balance(f"available:{a}") == 500 + 2000
    assert await reach("c", "repurchase") == ["register", "repurchase"]
    assert await stage.balance(f"available:{a}") == 2500 + 1000
    await stage.wait(2 * HOLD)
    assert await reach("c", "first-order", 5000) == "expired"
    await reach("b", "first-order", holds=False)
    assert await stage.balance(f"available:{a}") == 500 + 500 + 1000
    await stage.check()


async def test_nobody_brings_a_circle_about(stage: Stage) -> None:
    """A brings B, B brings C; that C's code is opened by A changes nothing."""
    code = await stage.launch()
    await stage.add("a", code)
    await stage.add("b", await stage.own_code("a"))
    await stage.add("c", await stage.own_code("b"))
    await stage.add("a", await stage.own_code("c"))
    await stage.add("b", await stage.own_code("c"))
    parents = {name: (await stage.of(name)).parent for name in "abc"}
    assert parents == {"a": "", "b": person_of("a"), "c": person_of("b")}
    await stage.check()


async def test_the_units_of_the_page_tell_what_the_rules_are(stage: Stage) -> None:
    await begin(stage, {**CARDS, "pity_after": 9}, "a")
    found = await acts.show(stage.application.door, WORKSPACE, CAMPAIGN, await opened(stage, "a"))
    assert (found["wild_card"], found["pity_card"], found["pity_left"]) == ("wan", "shou", 9)
    assert found["odds_bps"] == {"fu": 100, "shou": 50, "wan": 9850}
