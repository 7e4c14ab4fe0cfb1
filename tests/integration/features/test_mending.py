"""What failed is tried again only where that is safe: nothing is sent twice, nothing is told twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.integration.features.conftest import HOUR, WORKSPACE, Stage

from qunflow.domain.actions import ReadGroup
from qunflow.domain.errors import Conflict, NotFound
from qunflow.domain.reasons import Reason
from qunflow.domain.receipts import Receipt, Result
from qunflow.storage.inbox import mark_dead
from qunflow.storage.mending import (
    FailedAction,
    FailedFilter,
    count_dead,
    count_failed,
    list_dead,
    list_failed,
    retry_action,
    revive_letter,
)

REFUSED = Receipt(Result.REFUSED, reason=Reason.PLATFORM_ERROR, detail="errcode 45009")


async def failures(stage: Stage, **wanted: str) -> list[FailedAction]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        asked = FailedFilter(stage.now - timedelta(days=3), stage.now, **wanted)
        found, total = await list_failed(unit, asked, limit=50)
        assert sum(await count_failed(unit, stage.now - timedelta(days=3))) >= total == len(found)
        past, same = await list_failed(unit, asked, limit=1, offset=50)
        assert (past, same) == ([], total)
    return found


async def retry(stage: Stage, seq: int) -> str:
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        return await retry_action(unit, seq, stage.now)


async def test_a_refused_action_without_a_wish_is_sent_once_more_and_its_answer_counts(stage: Stage) -> None:
    code = await stage.launch()
    stage.platform.faults = [REFUSED] * 3
    await stage.add("b", code)
    stage.platform.faults = []
    refused = [item for item in await failures(stage) if item.kind == "open_contact_code"]
    assert [(item.state, item.reason, item.may_retry) for item in refused] == [("refused", "platform_error", True)]
    before = stage.platform.asked["open_contact_code"]
    await retry(stage, refused[0].seq)
    await stage.settle()
    assert stage.platform.asked["open_contact_code"] == before + 1
    assert not [item for item in await failures(stage) if item.kind == "open_contact_code"]
    with pytest.raises(Conflict) as told:
        await retry(stage, refused[0].seq)
    assert told.value.code == "action_under_way"
    await stage.check()


async def test_an_action_whose_end_was_told_is_not_sent_again(stage: Stage) -> None:
    code = await stage.launch()
    stage.platform.faults = [REFUSED] * 3
    await stage.add("b", code)
    stage.platform.faults = []
    (welcome,) = [item for item in await failures(stage) if item.kind == "send_welcome"]
    assert (welcome.settled, welcome.may_retry) == (True, False)
    with pytest.raises(Conflict) as told:
        await retry(stage, welcome.seq)
    assert told.value.code == "action_settled"
    assert await failures(stage, search="45009", kind="send_welcome", state="refused") == [welcome]
    assert await failures(stage, state="failed") == [] and await failures(stage, search="nothing of this") == []
    with pytest.raises(NotFound):
        await retry(stage, 10**9)


async def test_an_action_that_may_have_happened_goes_the_way_of_an_unknown_result(stage: Stage) -> None:
    await stage.launch()
    rows = await stage.rows("SELECT seq FROM outbox WHERE kind = $1 AND state = 'done' LIMIT 1", ReadGroup.KIND)
    await stage.rows(
        "UPDATE outbox SET state = 'failed', tries = 8, reason = 'platform_error' WHERE seq = $1", *rows[0]
    )
    unknown = stage.sender.counts.copy()
    await retry(stage, rows[0][0])
    await stage.settle()
    told = stage.sender.counts - unknown
    assert [key for key in told if key[1].startswith("unknown_")] != []
    assert await failures(stage) == []


async def test_what_would_come_too_late_is_left_alone(stage: Stage) -> None:
    await stage.launch()
    rows = await stage.rows("SELECT seq FROM outbox WHERE kind = $1 LIMIT 1", ReadGroup.KIND)
    await stage.rows("UPDATE outbox SET state = 'refused', expires_at = $2 WHERE seq = $1", *rows[0], stage.now + HOUR)
    assert [item.may_retry for item in await failures(stage)] == [True]
    await stage.wait(2 * HOUR)
    assert [item.late for item in await failures(stage)] == [True]
    with pytest.raises(Conflict) as told:
        await retry(stage, rows[0][0])
    assert told.value.code == "action_late"


async def test_a_dead_letter_is_decided_once_more(stage: Stage) -> None:
    code = await stage.launch()
    await stage.add("b", code, settled=False)
    (row,) = await stage.rows("SELECT seq FROM inbox WHERE state = 'new' AND kind = 'contact_added'")
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await mark_dead(unit, row[0], "KeyError: 'x'")
        assert await count_dead(unit) == 1
        (letter,) = await list_dead(unit, 10)
    assert (letter.kind, letter.channel, letter.reason) == ("contact_added", "wx", "KeyError: 'x'")
    await stage.settle()
    assert (await stage.of("b")).person == ""
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        await revive_letter(unit, letter.seq)
        with pytest.raises(NotFound):
            await revive_letter(unit, letter.seq)
    await stage.settle()
    assert (await stage.of("b")).person != ""
    await stage.check()
