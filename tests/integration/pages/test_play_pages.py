"""The phone pages of every model over HTTP on the real engine: what is offered, what is done, how it ends."""

from __future__ import annotations

import asyncio
import html
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.integration.pages.conftest import CAMPAIGN, WORKSPACE, Stage, element, state_of
from tests.integration.pages.test_play_moves import BARGAIN, begin, move

from qunflow.features.campaigns.plays.model import Play
from qunflow.web.links import UnitLink

HOUR = timedelta(hours=1)
TIERS = [{"target_fen": 800, "helpers": 1, "total": 5}, {"target_fen": 8800, "helpers": 9, "total": 1}]
RED = {"kind": "red-packet", "tiers": TIERS}
LUCKY = {"kind": "lucky-packet", "total_fen": 1000, "shares": 3, "packets": 2}
RAIN = {"kind": "rain", "at": "10:30", "total_fen": 1000, "shares": 3, "times": 1, "minutes": 10}
VOTING = {"kind": "voting", "entry_review": False, "prizes": [700, 300]}
GROUP = {"kind": "group-buy", "item": "tea", "price_fen": 990, "solo_price_fen": 1990, "stock_total": 9, "size": 3}
FLASH = {"kind": "flash-sale", "item": "tea", "price_fen": 100, "stock_total": 5, "friends": 0, "shipping_fen": 800}
SELL = {"kind": "distribution", "sales_fen": 100_000}
KINDS = [{"card": "fu", "weight": 9000}, {"card": "gold", "weight": 1000, "cap": 5}]
CARDS = {"kind": "cards", "kinds": KINDS, "gift_keep_one": False, "daily_draws": 3, "pool_fen": 1000}
MUTUAL = {"kind": "mutual", "helper_reward_fen": 300, "sharer_reward_fen": 200, "packets": 10, "gifts": 2}
CHECK_IN = {"kind": "check-in", "ladder": [{"days": 2, "amount_fen": 100}], "people": 50, "make_ups": 1}


@dataclass
class Page:
    """A page as a person reads it: its forms by the move that they make."""

    answer: httpx.Response

    @property
    def text(self) -> str:
        return self.answer.text

    def form(self, name: str, unit: str = "") -> dict[str, str]:
        """The hidden and chosen fields of a form; with the address it goes to under an empty name."""
        for found in re.finditer(
            r'<form method="post" action="([^"]+)"[^>]*data-move="(\w+)">(.*?)</form>', self.text, re.S
        ):
            action, move_name, body = found.groups()
            fields = {key: html.unescape(value) for key, value in re.findall(r'name="([^"]+)" value="([^"]*)"', body)}
            for select, options in re.findall(r'<select[^>]*name="([^"]+)">(.*?)</select>', body, re.S):
                fields[select] = re.findall(r'<option value="([^"]*)"', options)[0]
            if move_name == name and unit in ("", fields.get("unit", "")):
                return {**fields, "": action}
        raise AssertionError(f"no form {name}: {[*self.moves]}")

    @property
    def moves(self) -> list[str]:
        return re.findall(r'data-move="(\w+)"', self.text)

    def part(self, unit: str) -> str:
        """What the page says of one unit."""
        return self.text.split(f'id="unit-{unit}"')[1].split("</section>")[0]


@dataclass
class Phone:
    """One person's browser, and the signed part of their own links."""

    http: httpx.AsyncClient
    link: str

    async def open(self, path: str = "") -> Page:
        answer = await self.http.get(path or f"/p/{self.link}/play")
        assert answer.status_code == 200, answer.text
        return Page(answer)

    async def tap(self, page: Page, name: str, unit: str = "", **changes: str) -> Page:
        """Press a button of a page, and follow where it leads."""
        fields = {**page.form(name, unit), **changes}
        return Page(await self.http.post(fields.pop(""), data=fields, follow_redirects=True))


async def phones(stage: Stage, model: dict[str, Any], *names: str) -> list[Phone]:
    links = await begin(stage, model, *names)
    base, headers = stage.http.base_url, stage.http.headers
    transport = stage.http._transport  # the very same app; only the cookies are each browser's own
    return [
        Phone(httpx.AsyncClient(transport=transport, base_url=base, headers=headers), links[name]) for name in names
    ]


def shared(page: Page) -> str:
    """The address that the owner shares."""
    return re.findall(r'href="(https?://[^"]*/u/[^"]+)"', page.text)[0]


async def by_staff(stage: Stage, move: str, unit: str = "", by: str = "staff", **params: Any) -> Any:
    answer = await stage.application.door.ask(WORKSPACE, Play(move, unit, params, by), campaign=CAMPAIGN)
    assert answer.rejection is None, answer
    await stage.settle()
    return answer.value


async def wait(stage: Stage, time: timedelta) -> None:
    clock = stage.application.home.clock
    clock.advance_to(clock.now() + time)  # type: ignore[attr-defined]
    await stage.settle()


async def test_a_bargain_shows_its_exact_price_and_what_is_missing_and_a_friend_cuts(stage: Stage) -> None:
    owner, friend = await phones(stage, BARGAIN, "owner", "friend")
    page = await owner.tap(await owner.open(), "open")
    assert state_of(page.text) == "play" and "砍价" in page.text
    assert "18.81" in page.text and "还差 2 人" in page.text and element(page.text, "percent") == "90.00 %"
    assert "open" not in page.moves, "one at a time"
    await friend.open()
    view = await friend.open(shared(page))
    assert state_of(view.text) == "unit" and 'data-known="yes"' in view.text and "O**" in view.text
    done = await friend.tap(view, "help")
    assert "助力成功" in element(done.text, "did") and "help" not in (await friend.open(shared(page))).moves
    again = await owner.open()
    assert "还差 1 人" in again.text and 90 < float(element(again.text, "percent").split()[0]) < 100


async def test_a_stranger_with_a_shared_address_is_led_to_the_owners_own_code(stage: Stage) -> None:
    owner, _ = await phones(stage, BARGAIN, "owner", "friend")
    code = await stage.own_code(owner.link)
    page = await owner.tap(await owner.open(), "open")
    view = Page(await stage.http.get(shared(page)))
    assert 'data-known="no"' in view.text and f'href="/c/{code}"' in view.text and not view.moves
    new = await stage.add_contact("new", code, "New")
    await stage.join("g1", "owner", "friend", "new")
    stage.http.cookies.clear()
    seen = Page(await stage.http.get(f"/p/{new}/play"))
    assert "help" in seen.moves, "the page of a guest offers the unit of who invited them"
    assert (await stage.http.get("/u/abcd")).status_code == 404


async def test_a_red_packet_is_chosen_by_its_size_filled_and_paid_after_the_holds(stage: Stage) -> None:
    owner, friend = await phones(stage, RED, "owner", "friend")
    page = await owner.open()
    assert "8.00 元 · 需要 1 位好友" in page.text and "88.00 元 · 需要 9 位好友" in page.text
    page = await owner.tap(page, "open")
    await friend.open()
    await friend.tap(await friend.open(shared(page)), "help")
    full = await owner.open()
    assert "已装满" in full.text and "100.00 %" in full.text
    await wait(stage, 25 * HOUR)
    over = await owner.open()
    assert "奖励已到账" in over.text and "open" not in over.moves


async def test_a_lucky_packet_is_taken_once_and_says_how_much_it_was(stage: Stage) -> None:
    (one,) = await phones(stage, LUCKY, "one")
    assert 'id="nothing"' in (await one.open()).text
    unit = await by_staff(stage, "create")
    page = await one.open()
    assert "剩 3 个" in page.text
    got = await one.tap(page, "take")
    found = re.search(r"抢到 (\d+\.\d\d) 元", got.text)
    assert found and found[1] in got.part(unit) and "take" not in got.moves
    again = await move(stage, one.link, "take", unit)
    assert (again.status_code, again.json()["code"]) == (409, "already_done")


async def test_the_rain_says_when_it_falls_and_is_caught_while_it_does(stage: Stage) -> None:
    (one,) = await phones(stage, RAIN, "one")
    assert "2026-12-01 10:30" in (await one.open()).text
    await wait(stage, timedelta(minutes=91))
    got = await one.tap(await one.open(), "catch")
    assert re.search(r"接到 \d+\.\d\d 元", got.text) and "catch" not in got.moves


def picture() -> bytes:
    return b"\xff\xd8\xff\xe0" + b"picture" * 40


async def test_a_work_is_handed_in_as_a_picture_and_voted_for(stage: Stage) -> None:
    author, voter = await phones(stage, VOTING, "author", "voter")
    page = await author.open()
    fields = page.form("enter")
    answer = await author.http.post(
        fields[""], data={"nonce": fields["nonce"]}, files={"proof": ("a.jpg", picture())}, follow_redirects=True
    )
    assert "作品已提交" in answer.text
    (address,) = set(re.findall(r'<img class="work" src="([^"]+)"', answer.text))
    shown = await voter.http.get(address)
    assert shown.content == picture() and shown.headers["content-type"] == "image/jpeg"
    page = await voter.open()
    voted = await voter.tap(page, "vote")
    assert "1 票" in voted.text and "vote" not in voted.moves, "today's vote is given"
    second = await voter.tap(page, "vote", nonce="asecondvote")
    assert second.answer.status_code == 409 and 'data-reason="already_helped"' in second.text
    assert "vote" not in (await author.open()).moves


async def test_a_group_shows_its_seats_and_the_platforms_by_their_name(stage: Stage) -> None:
    leader, buyer = await phones(stage, GROUP, "leader", "buyer")
    page = await leader.tap(await leader.open(), "open")
    assert "应付 9.90 元" in page.text and "店家会联系你" in page.text and "待付款" in page.text
    unit = re.findall(r'data-unit="([^"]+)"', page.text)[0]
    await by_staff(stage, "pay", unit, "system", order=f"{unit}-0", fen=990)
    joined = await buyer.tap(await buyer.open(), "join")
    assert "已为你保留名额" in joined.text and "待付款" in joined.part(unit) and "还差 2 人" in joined.part(unit)
    await wait(stage, 25 * HOUR)
    over = await leader.open()
    assert "拼团成功" in over.part(unit) and over.part(unit).count("平台补位") == 2


async def test_a_sale_shows_the_order_that_is_to_be_paid_and_then_that_it_was(stage: Stage) -> None:
    (one,) = await phones(stage, FLASH, "one")
    page = await one.tap(await one.open(), "open")
    unit = re.findall(r'data-unit="([^"]+)"', page.text)[0]
    ordered = await one.tap(page, "reserve")
    assert "应付 9.00 元" in ordered.text and 'data-status="by_hand"' in ordered.text
    await by_staff(stage, "pay", unit, "system", order=f"{unit}-0", fen=900)
    assert "购买成功" in (await one.open()).text and 'data-status="paid"' in (await one.open()).text


async def test_a_promoter_sees_rank_and_balance_and_is_told_why_a_withdrawal_is_refused(stage: Stage) -> None:
    (one,) = await phones(stage, SELL, "one")
    page = await one.tap(await one.open(), "enrol")
    assert "初级" in page.text and "可提现 0.00 元" in page.text


async def test_cards_are_drawn_offered_and_taken_by_a_friend(stage: Stage) -> None:
    giver, taker = await phones(stage, CARDS, "giver", "taker")
    page = await giver.tap(await giver.open(), "open")
    assert "90.00 %" in page.text and "10.00 %" in page.text
    drawn = await giver.tap(page, "draw")
    assert "抽到了" in drawn.text
    offered = await giver.tap(drawn, "offer")
    assert "cancel" in offered.moves
    await taker.tap(await taker.open(), "open")
    taken = await taker.tap(await taker.open(shared(offered)), "accept")
    assert "卡片是你的了" in taken.text
    late = await move(stage, giver.link, "cancel", offered.form("cancel")["unit"], offer="0")
    assert (late.status_code, late.json()["code"]) == (409, "already_done")


async def test_a_gift_of_a_packet_is_taken_once_by_each_friend(stage: Stage) -> None:
    owner, friend = await phones(stage, MUTUAL, "owner", "friend")
    page = await owner.tap(await owner.open(), "open")
    await friend.open()
    taken = await friend.tap(await friend.open(shared(page)), "take")
    assert "领取成功" in taken.text and "take" not in taken.moves
    own = await move(stage, owner.link, "take", re.findall(r'data-unit="([^"]+)"', page.text)[0])
    assert (own.status_code, own.json()["code"]) == (403, "self_help")


async def test_one_checks_in_and_makes_up_a_missed_day(stage: Stage) -> None:
    (one,) = await phones(stage, CHECK_IN, "one")
    page = await one.tap(await one.open(), "open")
    assert "第 1 天" in page.text and "check_in" not in page.moves, "the first day counts with the beginning"
    await wait(stage, 24 * HOUR)
    page = await one.tap(await one.open(), "check_in")
    assert "累计 2 天" in page.text and "check_in" not in page.moves
    await wait(stage, 48 * HOUR)
    made_up = await one.tap(await one.open(), "make_up")
    assert "累计 3 天" in made_up.text and "还有 0 次补卡机会" in made_up.text


async def test_a_refused_form_shows_the_page_with_its_reason_in_both_languages(stage: Stage) -> None:
    owner, friend = await phones(stage, {**BARGAIN, "helpers": 1}, "owner", "friend")
    page = await owner.tap(await owner.open(), "open")
    await friend.open()
    view = await friend.open(shared(page))
    fields = view.form("help")
    await friend.tap(view, "help")
    again = await friend.http.post(fields[""] + "?lang=en", data={**fields, "nonce": "anothernonce"})
    assert (
        again.status_code == 409
        and 'data-reason="unit_full"' in again.text
        or 'data-reason="already_helped"' in again.text
    )
    assert "You have helped here already." in again.text or "All places are taken" in again.text
    repeated = await friend.http.post(fields.pop(""), data=fields)
    assert repeated.status_code == 303, "the same form sent again is answered as before"


async def test_a_robot_is_shown_nobodys_units_and_campaigns_without_a_model_lead_to_progress(stage: Stage) -> None:
    (one,) = await phones(stage, BARGAIN, "one")
    page = await one.tap(await one.open(), "open")
    for path in (f"/p/{one.link}/play", shared(page)):
        answer = await one.http.get(path, headers={"user-agent": "Googlebot/2.1"})
        assert "unit" not in answer.text


async def test_a_campaign_without_a_model_leads_to_its_progress_page(stage: Stage) -> None:
    code = await stage.draft()
    await stage.open_group()
    await stage.open_contact(code)
    await stage.launch()
    link = await stage.add_contact("mei", code)
    answer = await stage.http.get(f"/p/{link}/play?lang=en")
    assert answer.status_code == 303 and answer.headers["location"] == f"/p/{link}?lang=en"
    assert 'id="play"' not in (await stage.http.get(f"/p/{link}")).text


async def test_three_taps_at_once_on_one_form_open_one_unit(stage: Stage) -> None:
    (one,) = await phones(stage, BARGAIN, "one")
    fields = (await one.open()).form("open")
    action = fields.pop("")
    answers = await asyncio.gather(*(one.http.post(action, data=fields) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert (await one.open()).text.count('data-unit="') == 1


@pytest.mark.parametrize("model", [BARGAIN, GROUP, CARDS], ids=lambda one: one["kind"])
async def test_the_first_view_is_light(stage: Stage, model: dict[str, Any]) -> None:
    (one,) = await phones(stage, model, "one")
    page = await one.open()
    size = len(page.answer.content)
    for address in set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)):
        size += len((await one.http.get(address)).content)
    assert size < 60_000


async def test_the_address_of_a_unit_names_no_person(stage: Stage) -> None:
    (one,) = await phones(stage, BARGAIN, "one")
    page = await one.tap(await one.open(), "open")
    links = stage.application.home.links
    unit = re.findall(r'data-unit="([^"]+)"', page.text)[0]
    assert links.open_unit(shared(page).rpartition("/")[2]) == UnitLink(WORKSPACE, CAMPAIGN, unit)
    assert links.open(one.link).person not in page.text
