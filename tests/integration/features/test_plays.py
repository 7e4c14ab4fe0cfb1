"""Models on the real engine and database: a story of each, holds and clocks, and a log that gives the same again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of

from qunflow.engine.commands import Answer
from qunflow.features.campaigns.model import SetStatus
from qunflow.features.campaigns.plan_model import read_model
from qunflow.features.campaigns.plays import acts
from qunflow.features.campaigns.plays.model import Play

HOLD = timedelta(hours=24)
BARGAIN = {"kind": "bargain", "item": "mug", "original_fen": 9900, "floor_fen": 990, "stock_total": 1, "helpers": 2}
PACKETS = {"kind": "red-packet", "unit_ttl_hours": 48, "tiers": [{"target_fen": 800, "helpers": 2, "total": 5}]}
LUCKY = {"kind": "lucky-packet", "total_fen": 1000, "shares": 3, "packets": 2}
RAIN = {"kind": "rain", "at": "10:30", "total_fen": 1000, "shares": 3, "times": 1, "minutes": 10}
VOTING = {"kind": "voting", "entry_review": True, "prizes": [700, 300]}


async def begin(stage: Stage, model: dict[str, Any], *names: str) -> None:
    """A running campaign with a model; these people are in its group."""
    plan = {"ladder": None, "reward_per_user_max_fen": 50_000, "model": read_model("model", model)}
    code = await stage.launch(**plan)
    for name in names:
        await stage.add(name, code)
        await stage.join(name)


async def play(stage: Stage, who: str, move: str, unit: str = "", **params: Any) -> Answer:
    door = stage.application.door
    return await acts.play(door, WORKSPACE, CAMPAIGN, person_of(who), move, unit, params)


async def opened(stage: Stage, who: str, move: str = "open", **params: Any) -> str:
    answer = await play(stage, who, move, **params)
    assert answer.rejection is None, answer
    return str(answer.value)


async def system(stage: Stage, move: str, unit: str = "", by: str = "system", **params: Any) -> Answer:
    return await stage.application.door.ask(WORKSPACE, Play(move, unit, params, by), campaign=CAMPAIGN)


async def shown(stage: Stage, unit: str) -> Any:
    return await acts.show(stage.application.door, WORKSPACE, CAMPAIGN, unit)


async def fen(stage: Stage, who: str, account: str = "available") -> int:
    return await stage.balance(f"{account}:{person_of(who)}")


async def test_a_bargain_from_its_first_cut_to_the_paid_order(stage: Stage) -> None:
    await begin(stage, BARGAIN, "owner", "a", "b")
    unit = await opened(stage, "owner")
    assert (await shown(stage, unit))["price_fen"] == 1881
    for name in ("a", "b"):
        assert (await play(stage, name, "help", unit)).rejection is None
    assert (await shown(stage, unit))["price_fen"] == 990
    order = str((await play(stage, "owner", "order", unit)).value)
    assert (await system(stage, "pay", unit, order=order, fen=990)).rejection is None
    assert (await shown(stage, unit))["status"] == "paid"
    await stage.wait(HOLD + HOUR)
    assert (await shown(stage, unit))["status"] == "done"
    assert await acts.units_of(stage.application.door, WORKSPACE, CAMPAIGN, person_of("owner")) == ()
    await stage.check()


async def test_a_friend_who_leaves_the_group_frees_the_cut_and_returns_with_it(stage: Stage) -> None:
    await begin(stage, {**BARGAIN, "unit_ttl_hours": 72}, "owner", "a")
    unit = await opened(stage, "owner")
    await play(stage, "a", "help", unit)
    assert (await shown(stage, unit))["missing"] == 1
    await stage.leave("a")
    assert (await shown(stage, unit))["missing"] == 2
    await stage.join("a")
    assert (await shown(stage, unit))["missing"] == 1
    await stage.check()


async def test_a_red_packet_is_paid_after_the_holds_and_not_before(stage: Stage) -> None:
    await begin(stage, PACKETS, "owner", "a", "b", "c")
    unit = await opened(stage, "owner")
    await play(stage, "a", "help", unit)
    await play(stage, "b", "help", unit)
    assert (await fen(stage, "owner"), await fen(stage, "owner", "pending")) == (0, 800)
    await stage.leave("b")
    assert await fen(stage, "owner", "pending") == 0
    await play(stage, "c", "help", unit)
    await stage.wait(HOLD + HOUR)
    assert (await fen(stage, "owner"), await fen(stage, "owner", "pending")) == (800, 0)
    assert (await shown(stage, unit))["status"] == "done"
    await stage.check()


async def test_units_expire_by_the_clock_and_the_owner_may_open_another(stage: Stage) -> None:
    await begin(stage, BARGAIN, "owner")
    unit = await opened(stage, "owner")
    assert (await play(stage, "owner", "open")).rejection is not None
    await stage.wait(HOLD + HOUR)
    assert (await shown(stage, unit))["status"] == "expired"
    assert await opened(stage, "owner") != unit
    await stage.check()


async def test_a_lucky_packet_is_set_aside_shared_and_returned(stage: Stage) -> None:
    await begin(stage, LUCKY, "a", "b")
    unit = str((await system(stage, "create", by="staff")).value)
    assert await stage.balance(f"pending:unit:{unit}") == 1000
    taken = [(await play(stage, name, "take", unit)).value for name in ("a", "b")]
    assert [await fen(stage, name) for name in ("a", "b")] == taken
    await stage.wait(HOLD + HOUR)
    assert await stage.balance(f"pending:unit:{unit}") == 0
    assert await stage.balance(f"budget:{CAMPAIGN}") == 100_000 - sum(taken)
    await stage.check()


async def test_it_rains_at_its_time(stage: Stage) -> None:
    await begin(stage, RAIN, "a")
    await stage.wait(90 * timedelta(minutes=1))
    share = (await play(stage, "a", "catch", "rain-1")).value
    assert share >= 1 and await fen(stage, "a") == share
    await stage.wait(HOUR)
    assert (await shown(stage, "rain-1"))["status"] == "expired"
    assert await stage.balance(f"budget:{CAMPAIGN}") == 100_000 - share
    await stage.check()


async def test_a_vote_is_frozen_after_the_end_and_pays_its_places(stage: Stage) -> None:
    await begin(stage, VOTING, "x", "y", "v", "w")
    one = await opened(stage, "x", "enter", work="picture-one")
    two = await opened(stage, "y", "enter", work="picture-two")
    for unit in (one, two):
        assert (await system(stage, "approve", unit, by="staff")).rejection is None
    assert (await play(stage, "v", "vote", one)).rejection is None
    assert (await play(stage, "w", "vote", two)).rejection is None
    await stage.leave("w")
    assert [(await shown(stage, unit))["score"] for unit in (one, two)] == [1, 0]
    await stage.application.door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
    await stage.settle()
    await stage.wait(HOLD + HOUR / 2)
    assert [(await shown(stage, unit))["place"] for unit in (one, two)] == [1, 2]
    assert (await fen(stage, "x"), await fen(stage, "y")) == (700, 0)
    await stage.check()


async def test_what_is_received_before_the_stop_is_kept_and_every_open_unit_ends(stage: Stage) -> None:
    await begin(stage, BARGAIN, "owner", "other")
    units = [await opened(stage, "owner"), await opened(stage, "other")]
    await stage.application.door.ask(WORKSPACE, SetStatus("stopped"), campaign=CAMPAIGN)
    await stage.settle()
    assert [(await shown(stage, unit))["status"] for unit in units] == ["stopped", "stopped"]
    await stage.check()
