"""The appeal of a rejected proof: once, in words that can be erased, before another reviewer, answered on the page."""

from __future__ import annotations

import asyncio
import io

import httpx
import pytest
from PIL import Image
from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage, element
from tests.integration.pages.test_participant import hand_in, screenshot, sealed

from qunflow.domain.errors import Conflict
from qunflow.features.tasks import acts
from qunflow.features.tasks.model import SubmissionState, submission_stream
from qunflow.features.tasks.store import read_reviewers

__all__ = ["sealed"]
WORDS = "海报是我自己的，只是滤镜颜色不同"


def name_of(stage: Stage, sealed: str) -> str:
    return submission_stream(CAMPAIGN, stage.application.home.links.open(sealed).person)


async def state_of(stage: Stage, sealed: str) -> SubmissionState:
    state: SubmissionState = await stage.application.door.look.state(WORKSPACE, name_of(stage, sealed))
    return state


async def rejected(stage: Stage, sealed: str) -> None:
    """Mei handed in a picture without her code, and amy rejected it."""

    plain = io.BytesIO()
    Image.new("RGB", (1080, 2340), "#ededed").save(plain, "JPEG")
    await stage.own_code(sealed)
    assert (await hand_in(stage, sealed, plain.getvalue())).status_code == 303
    await stage.examine()
    name = name_of(stage, sealed)
    await acts.review(stage.application.door, WORKSPACE, name, False, "amy", "edited")
    await stage.settle()


async def appeal(stage: Stage, sealed: str, words: str = WORDS, attempt: int = 1) -> httpx.Response:
    return await stage.http.post(f"/p/{sealed}/proof/appeal", data={"attempt": str(attempt), "words": words})


async def test_an_appeal_goes_to_another_reviewer_and_its_answer_stands_on_the_page(stage: Stage, sealed: str) -> None:
    await rejected(stage, sealed)
    assert 'id="proof-appeal"' in (await stage.http.get(f"/p/{sealed}")).text
    assert (await appeal(stage, sealed)).status_code == 303
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="proof-appealed"' in page and 'id="proof-appeal"' not in page and 'id="proof-reason"' not in page
    state = await state_of(stage, sealed)
    assert (state.status, state.attempt, state.findings[0]) == ("queued", 1, "appeal")
    blobs, door, name = stage.application.home.blobs, stage.application.door, name_of(stage, sealed)
    assert (await blobs.read(WORKSPACE, state.plea)).decode() == WORDS
    for act in (acts.review(door, WORKSPACE, name, True, "amy"), acts.open_proof(door, WORKSPACE, (name, 1), "amy")):
        with pytest.raises(Conflict) as told:
            await act
        assert told.value.code == "same_reviewer"
    await acts.review(door, WORKSPACE, name, True, "lin")
    await stage.settle()
    assert 'data-status="approved"' in (await stage.http.get(f"/p/{sealed}")).text
    assert await stage.events("completed") == 1
    async with stage.application.home.database.read(WORKSPACE) as unit:
        figures = {one.by: one.overturned for one in await read_reviewers(unit, state.queued_at)}  # type: ignore[arg-type]
    assert figures["lin"] == 0
    async with stage.application.home.database.read(WORKSPACE) as unit:
        figures = {one.by: one.overturned for one in await read_reviewers(unit, state.submitted_at)}  # type: ignore[arg-type]
    assert figures == {"amy": 1, "lin": 0}
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        assert WORDS not in str(await unit.fetch("SELECT data FROM events"))


async def test_a_rejection_is_appealed_once_whoever_sends_it_how_often(stage: Stage, sealed: str) -> None:
    await rejected(stage, sealed)
    sent = await asyncio.gather(*(appeal(stage, sealed) for _ in range(8)))
    assert {answer.status_code for answer in sent} <= {303, 409}
    assert await stage.events("proof_appealed") == 1
    await acts.review(stage.application.door, WORKSPACE, name_of(stage, sealed), False, "lin", "edited")
    await stage.settle()
    again = await appeal(stage, sealed)
    assert again.status_code == 409 and "已经申诉过" in element(again.text, "notice")
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="proof-appealed"' in page and 'id="file"' in page  # attempts are left: a new picture may come


@pytest.mark.parametrize(("words", "status"), [("", 400), ("长" * 501, 400), ("长" * 9_000, 413)])
async def test_words_are_one_to_five_hundred(stage: Stage, sealed: str, words: str, status: int) -> None:
    await rejected(stage, sealed)
    assert (await appeal(stage, sealed, words)).status_code == status
    assert (await state_of(stage, sealed)).status == "rejected"


async def test_what_is_not_rejected_cannot_be_appealed(stage: Stage, sealed: str) -> None:
    assert (await appeal(stage, sealed)).status_code == 409
    await rejected(stage, sealed)
    assert (await appeal(stage, sealed, attempt=2)).status_code == 409
    poster = (await stage.http.get(f"/p/{sealed}/poster.jpg")).content
    await hand_in(stage, sealed, screenshot(poster))
    assert (await appeal(stage, sealed)).status_code == 409
    await stage.examine()
    assert (await state_of(stage, sealed)).status == "approved"
