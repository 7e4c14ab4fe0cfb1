"""Check-ins with a picture over HTTP on the real engine: the upload, its bounds, two who send the same, a strike."""

from __future__ import annotations

import asyncio
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw
from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage
from tests.integration.pages.test_play_pages import Page, Phone, phones, wait

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.features.campaigns.mechanics.check_in_photos import ONCE
from qunflow.features.campaigns.photo_preview import SMALL, reduced
from qunflow.features.campaigns.photo_rows import PhotoQuestion, count_photos, read_photos
from qunflow.features.campaigns.photos import photo_campaign, read_photo, strike_photo
from qunflow.features.campaigns.plays.facts import model_claim

DAY = timedelta(days=1)
LADDER = [{"days": 1, "amount_fen": 100}, {"days": 2, "amount_fen": 300}]
PHOTOS: dict[str, Any] = {"kind": "check-in", "ladder": LADDER, "people": 50, "make_ups": 1, "proof": "photo"}


def photo(number: int, side: int = 320) -> bytes:
    picture = Image.new("RGB", (side, side), (number * 37 % 256, number * 91 % 256, 120))
    ImageDraw.Draw(picture).ellipse((number % 50, 20, 100 + number * 13 % 150, 220), fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


async def send(phone: Phone, image: bytes, page: Page | None = None, nonce: str = "", **more: str) -> Page:
    """Choose a picture in the form of a page, and send it."""
    fields = (page or await phone.open()).form("hand_in")
    values = {"nonce": nonce or fields["nonce"], **{f"params.{name}": value for name, value in more.items()}}
    files = {"proof": ("photo.jpg", image, "image/jpeg")}
    return Page(await phone.http.post(fields[""], data=values, files=files, follow_redirects=True))


async def post(phone: Phone, image: bytes, nonce: str) -> httpx.Response:
    """The same as a script sends it."""
    asks = {"accept": "application/json"}
    files = {"proof": ("photo.jpg", image, "image/jpeg")}
    return await phone.http.post(f"/p/{phone.link}/photo", data={"nonce": nonce}, files=files, headers=asks)


async def stored(stage: Stage) -> int:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        return int(await unit.value("SELECT count(*) FROM blobs WHERE workspace_id = $1", unit.workspace))


async def fen(stage: Stage, phone: Phone) -> int:
    person = stage.application.home.links.open(phone.link).person
    async with stage.application.home.database.read(WORKSPACE) as unit:
        account = f"available:{person}"
        found = "SELECT balance FROM accounts WHERE workspace_id = $1 AND account = $2 AND unit = 'fen'"
        return int(await unit.value(found, unit.workspace, account) or 0)


async def listed(stage: Stage, **asked: Any) -> list[Any]:
    async with stage.application.home.database.read(WORKSPACE) as unit:
        rows, total = await read_photos(unit, CAMPAIGN, PhotoQuestion(**asked))
    assert total == len(rows)
    return rows


async def test_a_picture_begins_and_counts_and_is_looked_at_and_erased_with_its_person(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    page = await one.open()
    assert page.moves == ["hand_in"] and 'type="file"' in page.text and "最多交 3 张" in page.text
    done = await send(one, photo(1), page)
    assert "打卡成功，累计 1 天" in done.text and "hand_in" not in done.moves and await fen(stage, one) == 100
    (row,) = await listed(stage, day="2026-12-01", state="counts", search="One")
    home = stage.application.home
    content = await read_photo(stage.application.door, home.blobs, WORKSPACE, CAMPAIGN, row.photo)
    assert content == photo(1)
    with Image.open(io.BytesIO(reduced(content, SMALL // 2))) as small:
        assert small.size == (180, 180) and small.format == "JPEG"
    async with home.database.unit(WORKSPACE) as unit:
        assert await home.blobs.erase_person(unit, row.person) == 1
    with pytest.raises(NotFound):
        await read_photo(stage.application.door, home.blobs, WORKSPACE, CAMPAIGN, row.photo)


async def test_the_same_form_sent_three_times_at_once_is_one_day_and_one_answer(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    answers = await asyncio.gather(*(post(one, photo(1), "samephoto1") for _ in range(3)))
    later = await post(one, photo(1), "samephoto1")
    assert {(answer.status_code, answer.text) for answer in (*answers, later)} == {(200, answers[0].text)}
    assert answers[0].json()["answer"] == 1 and await stage.events("photo_shown") == 1
    again = await post(one, photo(2), "otherphoto")
    assert (again.status_code, again.json()["code"]) == (409, "already_done") and await stored(stage) == 1


async def test_one_picture_that_many_send_at_once_counts_for_one_of_them(stage: Stage) -> None:
    people = await phones(stage, PHOTOS, *(f"p{number}" for number in range(6)))
    answers = await asyncio.gather(*(post(phone, photo(1), f"racing{place:03}") for place, phone in enumerate(people)))
    codes = sorted(answer.json().get("code", "") for answer in answers)
    assert codes == ["", *["duplicate_image"] * 5], codes
    scope, key = model_claim(CAMPAIGN, (ONCE, (await listed(stage))[0].photo))
    async with stage.application.home.database.read(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM claims WHERE scope = $1 AND key = $2", scope, key) == 1
        counts = await count_photos(unit, CAMPAIGN, "2026-12-01")
    assert (counts.shown, dict(counts.refused)) == (1, {"duplicate_image": 5})


async def test_what_is_no_picture_is_told_why_counts_as_one_of_the_days_and_fills_no_disk(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    for image, code in ((b"no picture at all" * 9, "unreadable"), (photo(1, 200), "too_small")):
        told = await send(one, image)
        assert told.answer.status_code == 409 and f'data-reason="{code}"' in told.text and "hand_in" in told.moves
    form = await one.open()
    assert (await send(one, photo(1), form)).answer.status_code == 200
    assert await stored(stage) == 1
    await wait(stage, DAY)
    form = await one.open()
    for number in range(3):
        await send(one, b"none" * number + b"x", form, nonce=f"brokenone{number}")
    spent = await send(one, photo(2), form, nonce="fourthonetoday")
    assert 'data-reason="too_many_attempts"' in spent.text and "hand_in" not in spent.moves
    assert await stored(stage) == 1 and await stage.events("photo_refused") == 5


async def test_no_move_names_a_picture_that_nobody_took_in(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    await send(one, photo(1))
    await wait(stage, DAY)
    unit = (await listed(stage))[0].sheet
    asks = {"accept": "application/json"}
    for number, (move, params) in enumerate(
        (("check_in", {}), ("hand_in", {"photo": "abc"}), ("make_up", {"day": "2026-12-01"}))
    ):
        body = {"move": move, "unit": unit, "params": params, "nonce": f"nonce{number:06}"}
        answer = await one.http.post(f"/p/{one.link}/move", json=body, headers=asks)
        assert answer.json()["code"] in ("proof_needed", "move_unknown"), answer.text
    assert (await one.http.post("/p/abcd/photo", headers=asks)).status_code == 404
    empty = await one.http.post(f"/p/{one.link}/photo", data={"nonce": "nonce999999"}, headers=asks)
    assert (empty.status_code, empty.json()["code"]) == (400, "proof_missing")


async def test_a_struck_picture_is_told_and_taken_back_and_another_one_counts_that_day(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    door = stage.application.door
    await send(one, photo(1))
    (row,) = await listed(stage)
    with pytest.raises(InvalidInput):
        await strike_photo(door, WORKSPACE, CAMPAIGN, row.photo, "because")
    with pytest.raises(NotFound):
        await strike_photo(door, WORKSPACE, CAMPAIGN, "0" * 40, "edited")
    found = await strike_photo(door, WORKSPACE, CAMPAIGN, row.photo, "edited")
    again = await strike_photo(door, WORKSPACE, CAMPAIGN, row.photo, "fraud")
    assert (found.days, found.known, again.known, again.reason) == (0, False, True, "edited")
    assert await fen(stage, one) == 0 and await stage.events("photo_struck") == 1
    page = await one.open()
    assert 'data-struck="2026-12-01"' in page.text and "图片修改过" in page.text
    assert 'data-reason="duplicate_image"' in (await send(one, photo(1), page)).text, "the same one does not do"
    done = await send(one, photo(2))
    assert "累计 1 天" in done.text and "data-struck" not in done.text and await fen(stage, one) == 100
    assert [(one.photo == row.photo, one.reason) for one in await listed(stage)] == [(False, ""), (True, "edited")]
    assert [one.reason for one in await listed(stage, state="struck")] == ["edited"]


async def test_a_missed_day_is_made_up_with_a_picture(stage: Stage) -> None:
    (one,) = await phones(stage, PHOTOS, "one")
    await send(one, photo(1))
    await wait(stage, 2 * DAY)
    await send(one, photo(2))
    page = await one.open()
    assert page.moves == ["hand_in"] and "交图补卡" in page.text
    done = await send(one, photo(3), page, day=page.form("hand_in")["params.day"])
    assert "累计 3 天" in done.text and await fen(stage, one) == 400
    assert [(row.day, row.on) for row in await listed(stage)][0] == ("2026-12-02", "2026-12-03")


async def test_a_check_in_by_tap_takes_no_pictures(stage: Stage) -> None:
    (one,) = await phones(stage, {**PHOTOS, "proof": "none"}, "one")
    answer = await post(one, photo(1), "nonce000001")
    assert (answer.status_code, answer.json()["code"]) == (404, "photo_none")
    with pytest.raises(Conflict):
        await photo_campaign(stage.application.door, WORKSPACE, CAMPAIGN)
