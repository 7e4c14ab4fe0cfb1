"""Stages that staff tell, on a real PostgreSQL: one fact, a file with its result line by line, the same file again."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from typer.testing import CliRunner

from qunflow.cli.app import app
from qunflow.domain.errors import Conflict, InvalidInput, NotFound, QunflowError
from qunflow.domain.inbound import ContactRead
from qunflow.features.campaigns import stage_acts
from qunflow.features.campaigns.model import SetStatus
from qunflow.features.campaigns.plan import StagePlan
from qunflow.features.campaigns.stage_acts import StageResult
from qunflow.features.campaigns.stage_files import StageLine
from qunflow.features.campaigns.stage_rows import StageQuestion, read_stage_rows

HOLD = timedelta(hours=24)
STAGES = (
    StagePlan("register", 500),
    StagePlan("first-order", 1500, ttl_days=30, min_order_fen=1000),
    StagePlan("repurchase", 1000),
)
PLAN = {"ladder": None, "stages": STAGES, "headline_fen": 3000, "reward_per_user_max_fen": 30_000}


async def started(stage: Stage, *friends: str) -> None:
    """A brought these friends, and they stayed."""
    await stage.add("a", await stage.launch(**PLAN))
    for name in friends:
        await stage.add(name, await stage.own_code("a"))
        await stage.join(name)
    await stage.wait(HOLD)


async def tell(stage: Stage, who: str, name: str, fen: int = 0, order: str = "", reverse: bool = False) -> str:
    """What became of one fact: its outcome, or the code of the refusal."""
    told = StageLine(0, who, name, fen, order, reverse)
    try:
        return (await stage_acts.record_stage(stage.application.door, WORKSPACE, CAMPAIGN, told)).outcome
    except QunflowError as error:
        return error.code


async def take(stage: Stage, *lines: str) -> list[str]:
    """What became of every line of a file."""
    content = "\n".join(("person,stage,fen,order,reverse", *lines)).encode()
    heard: list[tuple[int, int]] = []
    results = await stage_acts.import_stages(
        stage.application.door, WORKSPACE, CAMPAIGN, content, lambda done, of: heard.append((done, of))
    )
    assert heard[-1] == (len(lines), len(lines))
    return [said(result) for result in results]


def said(result: StageResult) -> str:
    return f"{result.outcome} {result.reason}".strip()


async def test_a_fact_pays_the_inviter_and_a_refund_takes_it_back(stage: Stage) -> None:
    await started(stage, "b")
    paid = f"available:{person_of('a')}"
    assert await tell(stage, "b", "repurchase", 5000, "A2") == "stage_order"
    assert await tell(stage, "b", "first-order", 999, "A1") == "stage_below_minimum"
    assert await tell(stage, "b", "first-order", 1000, "A1") == "taken"
    assert await tell(stage, person_of("b"), "first-order", 1000, "A1") == "known"
    assert await tell(stage, "b", "repurchase", 5000, "A2") == "taken"
    assert await stage.balance(paid) == 3000
    assert await tell(stage, "b", "first-order", order="A1", reverse=True) == "taken"
    assert await stage.balance(paid) == 500
    assert await tell(stage, "b", "first-order", 1000, "A1") == "known", "a refunded order never counts again"
    assert await stage.balance(paid) == 500
    assert await tell(stage, "b", "first-order", 1000, "A3") == "taken"
    assert await stage.balance(paid) == 3000
    await stage.check()


async def test_what_cannot_be_told_is_refused_in_words(stage: Stage) -> None:
    await started(stage, "b")
    door = stage.application.door
    assert await tell(stage, "nobody", "first-order") == "participant_unknown"
    assert await tell(stage, "a", "first-order") == "no_inviter"
    assert await tell(stage, "b", "register") == "stage_first"
    assert await tell(stage, "b", "wedding") == "stage_unknown"
    assert await tell(stage, "b", "first-order", -1) == "line_fen"
    with pytest.raises(NotFound):
        await stage_acts.import_stages(door, WORKSPACE, "summer", b"person,stage,order\n")
    with pytest.raises(InvalidInput):
        await stage_acts.import_stages(door, WORKSPACE, CAMPAIGN, b"nothing")
    await stage.wait(timedelta(days=31))
    assert await tell(stage, "b", "first-order", 1000) == "stage_expired"
    await door.ask(WORKSPACE, SetStatus("closed"), campaign=CAMPAIGN)
    assert (await stage.campaign()).status == "closed"
    assert await tell(stage, "b", "repurchase", 1000) == "stage_not_running"
    await stage.check()


async def test_a_campaign_without_stages_says_so(stage: Stage) -> None:
    await stage.launch()
    with pytest.raises(Conflict) as told:
        await stage_acts.import_stages(stage.application.door, WORKSPACE, CAMPAIGN, b"person,stage,order\n")
    assert told.value.code == "campaign_no_stages"


async def test_a_file_is_told_line_by_line_and_again_changes_nothing(stage: Stage) -> None:
    await started(stage, "b", "c", "d")
    file = (
        "b,first-order,1000,A1,",
        "b,repurchase,500,A2,",
        "c,first-order,999,A3,",
        "c,first-order,2000,A4,",
        "c,first-order,2000,A4,",
        "nobody,first-order,2000,A5,",
        "d,repurchase,2000,A6,",
        "d,first-order,2000,,",
        "c,first-order,0,A4,yes",
    )
    first = await take(stage, *file)
    assert first == [
        "taken", "taken", "refused below_minimum", "taken", "known", "unknown", "refused stage_order",
        "refused line_order", "taken",
    ]  # fmt: skip
    paid = f"available:{person_of('a')}"
    assert await stage.balance(paid) == 3000 + 500 + 500
    events = await stage.rows("SELECT count(*) FROM events")
    again = await take(stage, *file)
    assert [word.replace("taken", "known") for word in first] == again
    assert await stage.rows("SELECT count(*) FROM events") == events
    assert await take(stage, "d,first-order,2000,A7,", file[6]) == ["taken", "taken"], "a refused line may be told anew"
    assert await stage.balance(paid) == 3000 + 500 + 3000
    await stage.check()


async def test_the_list_is_filtered_sorted_and_cut_in_the_database(stage: Stage) -> None:
    await started(stage, "b", "c", "d")
    await stage.tell(ContactRead("b", "小北"), ContactRead("a", "阿安"))
    await stage.settle()
    assert (
        await take(stage, "b,first-order,1000,A1,", "c,first-order,1000,A2,", "c,first-order,1000,A2,yes")
        == ["taken"] * 3
    )
    door = stage.application.door

    async def ask(question: StageQuestion) -> tuple[list[tuple[str, list[str]]], int]:
        async with door.database.read(WORKSPACE) as unit:
            rows, total = await read_stage_rows(unit, CAMPAIGN, question)
        return [(row["friend"], list(row["stages"])) for row in rows], total

    b, c = person_of("b"), person_of("c")
    rows, total = await ask(StageQuestion(sort="reached", limit=1))
    assert (rows, total) == ([(b, ["register", "first-order"])], 3)
    assert await ask(StageQuestion(reached="first-order")) == ([(b, ["register", "first-order"])], 1)
    assert await ask(StageQuestion(search="小北")) == ([(b, ["register", "first-order"])], 1)
    assert (await ask(StageQuestion(search="阿安")))[1] == 3, "by the name of who brought them"
    assert await ask(StageQuestion(search=c)) == ([(c, ["register"])], 1)
    assert await ask(StageQuestion(offset=50)) == ([], 3)


def at_the_terminal(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that follow work on the data folder of the test."""
    settings = stage.application.home.settings
    for name, value in (("DATA", settings.data), ("DATABASE_URL", settings.database_url), ("CLOCK", settings.clock)):
        monkeypatch.setenv(f"QUNFLOW_{name}", str(value))


async def command(*words: str) -> Any:
    """The JSON that a command prints; raises what ended it."""
    found = await asyncio.to_thread(CliRunner().invoke, app, ["campaign", *words, "--json"])
    if found.exception is not None:
        raise found.exception
    return json.loads(found.stdout)


async def test_the_command_line_tells_one_fact_and_a_file(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_terminal(stage, monkeypatch)
    await started(stage, "b", "c")
    told = ("stage", CAMPAIGN, "b", "first-order", "--fen", "1000", "--order", "A1")
    assert [(await command(*told))["outcome"] for _ in range(2)] == ["taken", "known"]
    (tmp_path / "orders.csv").write_text(
        "person,stage,fen,order\nb,repurchase,1,A2\nc,repurchase,1,A3\nz,repurchase,1,A4\n"
    )
    found = await command("stage-import", CAMPAIGN, str(tmp_path / "orders.csv"))
    assert [found[part] for part in ("taken", "known", "refused", "unknown")] == [1, 0, 1, 1]
    assert [(line["line"], line["reason"]) for line in found["lines"]] == [(2, ""), (3, "stage_order"), (4, "")]
    assert (await command(*told, "--reverse"))["outcome"] == "taken"
    assert await stage.balance(f"available:{person_of('a')}") == 500 + 500
    with pytest.raises(NotFound):
        await command("stage", CAMPAIGN, "z", "first-order")
    with pytest.raises(Conflict) as refused:
        await command("void-votes", CAMPAIGN, "--voter", "b", "--entry", "e1")
    assert refused.value.code == "campaign_no_votes"
