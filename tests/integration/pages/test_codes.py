"""What a phone sees behind a live code, over HTTP on the real engine."""

from __future__ import annotations

import pytest
from tests.integration.pages.conftest import Stage, state_of


async def scans(stage: Stage) -> int:
    return await stage.events("scanned")


async def test_a_code_waits_while_no_group_has_room(stage: Stage) -> None:
    code = await stage.draft()
    answer = await stage.http.get(f"/c/{code}")
    assert answer.status_code == 200
    assert state_of(answer.text) == "waiting"
    assert '<meta http-equiv="refresh" content="20">' in answer.text


async def test_a_code_prepares_until_the_contact_code_is_there_and_then_shows_it(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    answer = await stage.http.get(f"/c/{code}")
    assert state_of(answer.text) == "preparing"
    assert '<meta http-equiv="refresh" content="2">' in answer.text
    await stage.open_contact(code)
    answer = await stage.http.get(f"/c/{code}")
    assert state_of(answer.text) == "contact"
    assert f'<img id="contact-qr" src="https://platform.example/{code}.png"' in answer.text
    assert "refresh" not in answer.text


async def test_the_same_browser_keeps_its_place_and_another_one_takes_another(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    first = await stage.http.get(f"/c/{code}")
    assert "HttpOnly" in first.headers["set-cookie"]
    again = await stage.http.get(f"/c/{code}")
    assert "set-cookie" not in again.headers
    stage.http.cookies.clear()
    await stage.http.get(f"/c/{code}")
    async with stage.application.home.database.unit("main") as unit:
        assert await unit.value("SELECT count(*) FROM claims WHERE scope LIKE 'place:%'") == 2
    assert await scans(stage) == 3


async def test_head_requests_and_robots_neither_count_nor_take_a_place(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    head = await stage.http.head(f"/c/{code}")
    robot = await stage.http.get(f"/c/{code}", headers={"user-agent": "Googlebot/2.1"})
    assert head.status_code == robot.status_code == 200
    assert state_of(robot.text) == ""
    assert "set-cookie" not in robot.headers
    assert await scans(stage) == 0


@pytest.mark.parametrize("code", ["bcdfghjkmnpq", "no", "BCDFGHJKMNPQ", "x" * 40, "%00", "é"])
async def test_an_unknown_code_has_a_friendly_end(stage: Stage, code: str) -> None:
    answer = await stage.http.get(f"/c/{code}")
    assert answer.status_code == 404
    assert state_of(answer.text) == "problem"
    assert 'data-code="unknown_code"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_pages_are_chinese_unless_english_is_asked_for(stage: Stage) -> None:
    code = await stage.draft()
    chinese = await stage.http.get(f"/c/{code}")
    asked = await stage.http.get(f"/c/{code}?lang=en")
    accepted = await stage.http.get(f"/c/{code}", headers={"accept-language": "en-GB,en;q=0.8"})
    assert "正在为你准备新群" in chinese.text
    assert '<html lang="zh-CN">' in chinese.text
    assert "A new group is being prepared" in asked.text
    assert asked.headers["content-language"] == accepted.headers["content-language"] == "en"


async def test_errors_are_json_for_those_who_ask_for_it(stage: Stage) -> None:
    answer = await stage.http.get("/c/bcdfghjkmnpq", headers={"accept": "application/json"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_code"


async def test_every_page_forbids_scripts_and_frames_and_leaks_no_address(stage: Stage) -> None:
    for path in ("/c/bcdfghjkmnpq", f"/c/{await stage.draft()}", "/p/nothing"):
        headers = (await stage.http.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


async def test_static_files_are_kept_for_ever_under_names_that_change_with_them(stage: Stage) -> None:
    page = (await stage.http.get("/c/bcdfghjkmnpq")).text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    packed = await stage.http.get(address)
    plain = await stage.http.get(address, headers={"accept-encoding": "identity"})
    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert plain.headers["content-type"].startswith("text/css")
    assert (await stage.http.get("/static/phone.000000000000.css")).status_code == 404


async def test_a_room_is_entered_by_invitation(stage: Stage) -> None:
    code = await stage.draft(contact=False)
    await stage.open_group("!room:example.org", qr_image="", address="#room:example.org")
    form = await stage.http.get(f"/c/{code}")
    assert state_of(form.text) == "invite"
    wrong = await stage.http.post(f"/c/{code}/invite", data={"mxid": "<b>somebody"})
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    right = await stage.http.post(f"/c/{code}/invite", data={"mxid": " @mei:example.org "})
    assert right.status_code == 200
    assert state_of(right.text) == "invited"
    assert "@mei:example.org" in right.text
    assert [wish["external"] for wish in await stage.wishes("invite_member")] == ["@mei:example.org"]


async def test_an_endless_form_is_refused(stage: Stage) -> None:
    code = await stage.draft(contact=False)
    answer = await stage.http.post(f"/c/{code}/invite", data={"mxid": "@a:" + "x" * 5000})
    assert answer.status_code == 413
