"""A participant's pages over HTTP on the real engine: progress, poster, entry, proof."""

from __future__ import annotations

import io
import re

import httpx
import pytest
from PIL import Image
from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage, element, state_of

from qunflow.domain.events import Approved
from qunflow.features.posters.check import read_qr
from qunflow.features.scripts.model import scripts_stream
from qunflow.features.tasks import acts
from qunflow.features.tasks.model import submission_stream

MOST = 5 * 1024 * 1024


def screenshot(poster: bytes) -> bytes:
    """A phone's screen that shows a poster."""
    screen = Image.new("RGB", (1080, 2340), "#ededed")
    screen.paste(Image.open(io.BytesIO(poster)).resize((720, 1280)), (180, 400))
    out = io.BytesIO()
    screen.save(out, "JPEG", quality=85)
    return out.getvalue()


async def hand_in(stage: Stage, sealed: str, image: bytes, **fields: str) -> httpx.Response:
    return await stage.http.post(f"/p/{sealed}/submit", files={"proof": ("a.jpg", image, "image/jpeg")}, data=fields)


@pytest.fixture
async def sealed(stage: Stage) -> str:
    """The link of Mei, who came to a running campaign and is in its group."""
    code = await stage.draft()
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    assert await stage.status() == "running"
    link = await stage.add_contact("mei", code, "小美")
    await stage.join("g1", "mei")
    return link


async def test_the_page_shows_title_deadline_in_the_campaigns_zone_and_the_way_to_the_next_band(
    stage: Stage, sealed: str
) -> None:
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert "<h1>春季护肤礼盒免费领</h1>" in page
    assert element(page, "deadline") == "截止 2026-12-08 09:00（北京时间）"
    assert (element(page, "confirmed"), element(page, "pending"), element(page, "earned")) == ("0", "0", "0.00")
    assert "还差" in element(page, "need")
    assert "每人限参加一次。" in page


def need_of(page: str) -> str:
    found = re.search(r'data-need="(\d+)"', page)
    return found.group(1) if found else ""


async def test_invites_count_as_progress_while_they_are_pending(stage: Stage, sealed: str) -> None:
    own = await stage.own_code(sealed)
    before = (await stage.http.get(f"/p/{sealed}")).text
    await stage.add_contact("lan", own)
    await stage.join("g1", "mei", "lan")
    after = (await stage.http.get(f"/p/{sealed}")).text
    assert (element(after, "confirmed"), element(after, "pending"), element(after, "earned")) == ("0", "1", "0.00")
    assert "5.00" in element(after, "hoped")
    assert (need_of(before), need_of(after)) == ("1", "3")


async def test_the_poster_is_pending_until_its_code_is_there_and_then_carries_it(stage: Stage, sealed: str) -> None:
    early = await stage.http.get(f"/p/{sealed}/poster.jpg")
    assert early.status_code == 503
    assert early.headers["retry-after"] == "3"
    assert 'http-equiv="refresh" content="5"' in (await stage.http.get(f"/p/{sealed}")).text
    own = await stage.own_code(sealed)
    poster = await stage.http.get(f"/p/{sealed}/poster.jpg")
    assert poster.headers["content-type"] == "image/jpeg"
    assert read_qr(poster.content) == (stage.application.home.links.code(own),)
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert f"/p/{sealed}/poster.jpg?v={own}" in page
    assert "refresh" not in page


async def test_a_known_poster_is_not_sent_again_and_opening_it_counts_once(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    poster = await stage.http.get(f"/p/{sealed}/poster.jpg")
    again = await stage.http.get(f"/p/{sealed}/poster.jpg", headers={"if-none-match": poster.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await stage.settle()
    assert await stage.events("spreading") == 1


async def test_a_preview_of_the_poster_makes_no_launcher(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    await stage.http.get(f"/p/{sealed}/poster.jpg", headers={"user-agent": "WhatsApp/2.2"})
    await stage.http.head(f"/p/{sealed}/poster.jpg")
    assert await stage.events("spreading") == 0


async def test_the_entry_page_shows_the_groups_code(stage: Stage, sealed: str) -> None:
    page = (await stage.http.get(f"/p/{sealed}/entry")).text
    assert state_of(page) == "group"
    assert '<img id="group-qr" src="https://platform.example/g1.png"' in page


async def test_a_proof_goes_from_the_form_to_approved(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    poster = (await stage.http.get(f"/p/{sealed}/poster.jpg")).content
    answer = await hand_in(stage, sealed, screenshot(poster))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/p/{sealed}")
    checking = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="proof" data-status="checking"' in checking
    assert "<form" not in checking
    await stage.settle()
    await stage.examine()
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="proof" data-status="approved"' in page
    assert element(page, "earned") == "3.00"
    assert await stage.events(Approved.KIND) == 1


async def test_waiting_messages_are_shown_and_then_ended_as_shown(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    await hand_in(stage, sealed, screenshot((await stage.http.get(f"/p/{sealed}/poster.jpg")).content))
    await stage.settle()
    person = stage.application.home.links.open(sealed).person
    look = stage.application.door.look
    assert (await look.state(WORKSPACE, scripts_stream(CAMPAIGN, person))).open_on_page()
    robot = await stage.http.get(f"/p/{sealed}", headers={"user-agent": "Googlebot/2.1"})
    assert state_of(robot.text) == ""
    assert (await look.state(WORKSPACE, scripts_stream(CAMPAIGN, person))).open_on_page()
    first = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="messages"' in first
    assert "截图已收到" in first
    state = await look.state(WORKSPACE, scripts_stream(CAMPAIGN, person))
    assert state.open_on_page() == ()
    assert {wish.outcome for wish in state.wishes.values() if wish.way == "page"} == {"shown_on_page"}
    assert 'id="messages"' not in (await stage.http.get(f"/p/{sealed}")).text


async def test_a_rejected_proof_says_why_and_how_often_one_may_try_again(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    await hand_in(stage, sealed, b"no picture at all")
    await stage.settle()
    await stage.examine()
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert 'id="proof-reason" data-reason="unreadable"' in page
    assert "图片打不开" in page
    assert element(page, "attempts-left") == "还可提交 1 次。"


async def test_who_is_rejected_for_another_reason_reads_the_reviewers_words(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    out = io.BytesIO()
    Image.new("RGB", (1080, 2340), "#ededed").save(out, "JPEG")
    await hand_in(stage, sealed, out.getvalue())
    await stage.settle()
    await stage.examine()
    link, home, door = stage.application.home.links.open(sealed), stage.application.home, stage.application.door
    name = submission_stream(CAMPAIGN, link.person)
    words = await acts.keep_words(door, home.blobs, WORKSPACE, name, "海报被 <遮住> 了，请重拍")
    await acts.review(door, WORKSPACE, name, False, "amy", "other", words)
    await stage.settle()
    page = (await stage.http.get(f"/p/{sealed}")).text
    assert 'data-reason="other"' in page and "审核说明：海报被 &lt;遮住&gt; 了，请重拍" in page


async def test_the_same_form_sent_twice_is_one_attempt(stage: Stage, sealed: str) -> None:
    await stage.own_code(sealed)
    page = (await stage.http.get(f"/p/{sealed}")).text
    nonce = page.partition('name="nonce" value="')[2].partition('"')[0]
    image = screenshot((await stage.http.get(f"/p/{sealed}/poster.jpg")).content)
    answers = [await hand_in(stage, sealed, image, nonce=nonce) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert await stage.events("submitted") == 1


async def test_a_refused_proof_shows_the_reason_on_the_page_and_stores_nothing(stage: Stage, sealed: str) -> None:
    await stage.join("g1")
    answer = await hand_in(stage, sealed, b"\xff\xd8\xff some image")
    assert answer.status_code == 403
    assert state_of(answer.text) == "progress"
    assert 'data-reason="not_in_group"' in answer.text
    assert element(answer.text, "notice") == "请先进入活动群，再来操作。"
    async with stage.application.home.database.unit(WORKSPACE) as unit:
        assert await unit.value("SELECT count(*) FROM blobs") == 0


async def test_an_image_over_five_megabytes_is_refused_with_a_clear_page(stage: Stage, sealed: str) -> None:
    for size in (MOST + 1, 2 * MOST):
        answer = await hand_in(stage, sealed, b"\xff\xd8\xff" + b"x" * (size - 3))
        assert answer.status_code == 413
        assert "5 MB" in element(answer.text, "notice")
    whole = await hand_in(stage, sealed, b"\xff\xd8\xff" + b"x" * (MOST - 3))
    assert whole.status_code == 303


async def test_forms_without_an_image_are_refused(stage: Stage, sealed: str) -> None:
    empty = await hand_in(stage, sealed, b"")
    plain = await stage.http.post(f"/p/{sealed}/submit", data={"proof": "x"})
    broken = await stage.http.post(
        f"/p/{sealed}/submit", content=b"--x\r\nbroken", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    nameless = await stage.http.post(
        f"/p/{sealed}/submit", content=b"x", headers={"content-type": "multipart/form-data"}
    )
    assert [answer.status_code for answer in (empty, plain, broken, nameless)] == [400] * 4
    assert all('role="alert"' in answer.text for answer in (empty, plain, broken, nameless))


@pytest.mark.parametrize("page", ["", "/entry", "/poster.jpg"])
@pytest.mark.parametrize("link", ["nothing", "AAAA", "x" * 300, "%E4%BD%A0"])
async def test_a_link_that_we_did_not_sign_opens_nothing(stage: Stage, link: str, page: str) -> None:
    answer = await stage.http.get(f"/p/{link}{page}")
    assert answer.status_code == 404
    assert 'data-code="link_unknown"' in answer.text


async def test_the_first_view_is_light(stage: Stage, sealed: str) -> None:
    page = await stage.http.get(f"/p/{sealed}")
    sheet = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert len(page.content) + len((await stage.http.get(sheet)).content) < 60 * 1024


async def test_a_name_or_rule_is_never_markup(stage: Stage) -> None:
    code = await stage.draft(rules="<script>alert(1)</script>", title="<b>活动</b>")
    await stage.open_group()
    await stage.open_contact(code)
    link = await stage.add_contact("eve", code)
    page = (await stage.http.get(f"/p/{link}")).text
    assert "<script" not in page
    assert "&lt;b&gt;活动" in page
