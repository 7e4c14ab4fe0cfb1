"""What a channel leaves to people: one card, closed by what the platform shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.features.conftest import CAMPAIGN, CHANNEL, Stage, plan_at

from qunflow.domain.errors import Conflict, InvalidInput
from qunflow.features.campaigns.model import DraftCampaign
from qunflow.features.campaigns.report import campaign_report, report_lines
from qunflow.features.todos import acts


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


async def test_a_group_that_nobody_makes_is_reminded_of_and_then_asked_of_the_next(stage: Stage) -> None:
    plan = plan_at(stage.now, staff=("amy", "lin"))
    await stage.application.door.ask("main", DraftCampaign(plan), campaign=CAMPAIGN, channel=CHANNEL)
    await stage.settle()
    (first,) = stage.platform.cards
    assert first.staff == "amy" and "/t/" in first.url
    await stage.wait(timedelta(minutes=31))
    await stage.wait(timedelta(hours=2))
    assert [card.staff for card in stage.platform.cards] == ["amy", "amy", "lin"]
    await stage.make_group("g1", "福利群1")
    (state,) = await acts.list_todos(stage.application.door, "main")
    assert (state.outcome, state.staff, state.campaign) == ("late", "lin", "winter")
    assert await stage.rows("SELECT name FROM timers WHERE stream LIKE 'todo:%'") == []
    await stage.check()


async def test_the_report_counts_to_dos_by_outcome(stage: Stage) -> None:
    code = await stage.launch()
    stage.platform.groups["g1"] += [f"m{number}" for number in range(131)]
    await stage.add("b", code)
    await stage.join("b")
    report = await campaign_report(stage.application.door, "main", "winter")
    assert report["todos"] == {"open": 1, "done": 1, "late": 0, "given_up": 0, "median_minutes": 0.0}
    assert "to-dos: open 1, done 1, late 0, given up 0" in "\n".join(report_lines(report))
    (waiting,) = await acts.list_todos(stage.application.door, "main", "open", "winter")
    await acts.mark_todo(stage.application.door, "main", waiting.todo, "given_up", "boss")
    assert (await campaign_report(stage.application.door, "main", "winter"))["todos"]["given_up"] == 1
    with pytest.raises(Conflict):
        await acts.mark_todo(stage.application.door, "main", waiting.todo, "done", "boss")
    await stage.check()


async def test_a_removal_names_group_and_person_and_closes_with_the_leave(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code)
    await stage.join("b")
    data = {"chat": "g1", "external": "b", "reason": "发广告", "evidence": "三条链接"}
    state = await acts.ask_todo(stage.application.door, "main", "wx", "remove_member", data)
    await stage.settle()
    card = stage.platform.cards[-1]
    assert card.staff == "amy"
    for part in ("群：福利群1", "成员：name of b (b)", "发广告", "三条链接"):
        assert part in card.text
    await stage.leave("b", removed=True)
    assert (await acts.find_todo(stage.application.door, "main", state.todo)).outcome == "done"
    await stage.check()


@pytest.mark.parametrize(
    ("action", "data", "field"),
    [("paint", {}, "action"), ("rename_group", {"name": "n"}, "chat"), ("create_group", {}, "name")],
)
async def test_what_cannot_be_asked_is_refused(stage: Stage, action: str, data: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await acts.ask_todo(stage.application.door, "main", "wx", action, data)
    assert caught.value.field == field
