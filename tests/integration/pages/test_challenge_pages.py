"""The question over HTTP: who was too fast answers it, small and without a script, and what was held counts."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from tests.integration.pages.conftest import CAMPAIGN, PHONE, WORKSPACE, Stage
from tests.integration.pages.test_play_moves import begin, move

from qunflow.features.campaigns.plays import acts as plays
from qunflow.features.campaigns.risk.challenge import chinese
from qunflow.features.campaigns.risk.reading import read_risk
from qunflow.storage.clock import SharedClock

VOTING = {"kind": "voting", "entry_review": False, "prizes": [100], "max_per_minute": 1}
NUMBERS = {chinese(number): number for number in range(100)}


def solved(page: str) -> int:
    """What somebody who reads the question answers."""
    found = re.search(r"<strong>(\w+?)([加减])(\w+)等于几", page)
    assert found is not None, page
    left, right = NUMBERS[found[1]], NUMBERS[found[3]]
    return left + right if found[2] == "加" else left - right


def ticket(page: str) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', page)
    assert found is not None
    return found[1]


async def score(stage: Stage, unit: str) -> int:
    await stage.settle()
    shown = await plays.show(stage.application.door, WORKSPACE, CAMPAIGN, unit)
    return int(shown["score"])


async def test_a_vote_that_came_too_fast_counts_once_its_question_is_answered(stage: Stage) -> None:
    links = await begin(stage, VOTING, "x", "a", "b")
    unit = (await move(stage, links["x"], "enter", work="picture")).json()["unit"]
    assert (await move(stage, links["a"], "vote", unit)).status_code == 200
    form = {"move": "vote", "unit": unit, "nonce": "formnonce1"}
    refused = await stage.http.post(f"/p/{links['b']}/move", data=form, headers=PHONE)
    assert refused.status_code == 409 and 'data-reason="risk_challenge"' in refused.text
    path = f"/p/{links['b']}/challenge?unit={unit}"
    assert f'href="{path}"' in refused.text
    told = await move(stage, links["b"], "vote", unit)
    assert (told.status_code, told.json()["code"], told.json()["detail"]) == (
        409,
        "risk_challenge",
        {"challenge": path},
    )

    early = await stage.http.get(path, headers=PHONE)
    assert 'data-challenge="' in early.text
    assert await score(stage, unit) == 1
    page = await stage.http.get(path, headers=PHONE)
    assert page.status_code == 200 and 'data-challenge="asks"' in page.text
    assert len(page.content) < 20_000 and "<script" not in page.text and "http://" not in page.text
    assert 'for="answer"' in page.text and 'inputmode="numeric"' in page.text
    assert "vote_rush" not in page.text

    async def send(answer: str, token: str, link: str = links["b"]) -> httpx.Response:
        body = {"unit": unit, "ticket": token, "answer": answer}
        return await stage.http.post(f"/p/{link}/challenge", data=body, headers=PHONE)

    right, first = str(solved(page.text)), ticket(page.text)
    assert (await send(right, first, links["a"])).status_code == 400, "a question belongs to one person"
    assert (await send(right, first[:-1] + ("A" if first[-1] != "A" else "B"))).status_code == 400
    wrong = await send("1", first)
    assert wrong.status_code == 422 and "答案不对" in wrong.text
    again = await send(right, first)
    assert again.status_code == 422 and "已经答过" in again.text, "a question is answered once"
    assert await score(stage, unit) == 1
    english = await stage.http.get(f"{path}&lang=en", headers=PHONE)
    assert re.search(r"How much is [a-z-]+ (plus|minus) [a-z-]+\?", english.text)
    done = await send(str(solved(again.text)), ticket(again.text))
    assert (done.status_code, done.headers["location"]) == (303, f"/p/{links['b']}/play")
    assert await score(stage, unit) == 2
    assert 'data-challenge="over"' in (await stage.http.get(path, headers=PHONE)).text


async def test_where_nothing_was_held_there_is_no_question(stage: Stage) -> None:
    links = await begin(stage, VOTING, "x", "a")
    unit = (await move(stage, links["x"], "enter", work="picture")).json()["unit"]
    assert (await stage.http.get(f"/p/{links['a']}/challenge?unit={unit}", headers=PHONE)).status_code == 404
    assert (await stage.http.get(f"/p/{links['a']}/challenge", headers=PHONE)).status_code == 404
    assert (await stage.http.get(f"/p/{links['a']}/challenge?unit=..%2Fx", headers=PHONE)).status_code == 404


async def test_an_invited_friend_in_a_rush_finds_the_question_on_the_progress_page(stage: Stage) -> None:
    code = await stage.draft(risk=read_risk("risk", {"rules": {"velocity": {"most": 1}}}))
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    owner = await stage.add_contact("owner", code)
    await stage.join("g1", "owner")
    await stage.http.get(f"/p/{owner}/poster.jpg")
    await stage.settle()
    own = await stage.own_code(owner)
    links = [await stage.add_contact(name, own) for name in ("ann", "bob")]
    await stage.join("g1", "owner", "ann", "bob")
    pages = [await stage.http.get(f"/p/{link}", headers=PHONE) for link in links]
    asked = [link for link, page in zip(links, pages, strict=True) if f"/p/{link}/challenge" in page.text]
    assert len(asked) == 1
    path = f"/p/{asked[0]}/challenge"
    assert path in (await stage.http.get(f"/p/{asked[0]}/appeal", headers=PHONE)).text
    page = (await stage.http.get(path, headers=PHONE)).text
    body = {"unit": "", "ticket": ticket(page), "answer": str(solved(page))}
    done = await stage.http.post(path, data=body, headers=PHONE)
    assert (done.status_code, done.headers["location"]) == (303, f"/p/{asked[0]}")
    assert path not in (await stage.http.get(f"/p/{asked[0]}", headers=PHONE)).text
    checks = (await stage.http.get(f"/p/{asked[0]}/appeal", headers=PHONE)).text
    assert 'data-status="passed"' in checks and path not in checks


async def test_a_question_is_too_old_after_ten_minutes_and_costs_no_try(stage: Stage, clock: SharedClock) -> None:
    links = await begin(stage, VOTING, "x", "a", "b")
    unit = (await move(stage, links["x"], "enter", work="picture")).json()["unit"]
    for name in "ab":
        await move(stage, links[name], "vote", unit)
    await stage.settle()
    path = f"/p/{links['b']}/challenge"
    page = (await stage.http.get(f"{path}?unit={unit}", headers=PHONE)).text
    body = {"unit": unit, "ticket": ticket(page), "answer": str(solved(page))}
    clock.advance_to(clock.now() + timedelta(minutes=10))
    late = await stage.http.post(path, data=body, headers=PHONE)
    assert late.status_code == 422 and "过期" in late.text
    body = {"unit": unit, "ticket": ticket(late.text), "answer": str(solved(late.text))}
    assert (await stage.http.post(path, data=body, headers=PHONE)).status_code == 303
