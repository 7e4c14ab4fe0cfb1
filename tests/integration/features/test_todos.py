"""What a channel leaves to people: one card, closed by what the platform shows."""

from __future__ import annotations

from tests.integration.features.conftest import Stage


async def statuses(stage: Stage) -> list[tuple[str, str]]:
    return await stage.rows(  # type: ignore[return-value]
        "SELECT state->'data'->>'name', state->>'status' FROM streams WHERE kind = 'todo' ORDER BY 1"
    )


async def test_a_group_that_is_needed_is_a_card_and_the_group_of_that_name_closes_it(stage: Stage) -> None:
    await stage.launch()
    assert await statuses(stage) == [("福利群1", "done")]
    (card,) = stage.platform.cards
    assert card.staff == "amy" and "福利群1" in card.text
    await stage.check()


async def test_a_group_of_another_name_leaves_it_open(stage: Stage) -> None:
    code = await stage.launch()
    for number in range(131):  # fewer than twenty places are left
        stage.platform.groups["g1"].append(f"m{number}")
    await stage.add("b", code)
    await stage.join("b")
    assert await statuses(stage) == [("福利群1", "done"), ("福利群2", "open")]
    await stage.make_group("g7", "別的群")
    assert (await statuses(stage))[1] == ("福利群2", "open")
    await stage.make_group("g2", "福利群2")
    assert (await statuses(stage))[1] == ("福利群2", "done")
    assert len(stage.platform.cards) == 2
    await stage.check()


async def test_the_pool_waits_for_no_group_any_more_once_the_one_it_asked_for_is_there(stage: Stage) -> None:
    code = await stage.launch()
    stage.platform.groups["g1"] += [f"m{number}" for number in range(140)]
    await stage.add("b", code)
    await stage.join("b")
    await stage.make_group("g2", "福利群2")
    room = await stage.rows("SELECT state->'requests' FROM streams WHERE stream = 'pool:winter'")
    assert room == [("{}",)]
    await stage.check()
