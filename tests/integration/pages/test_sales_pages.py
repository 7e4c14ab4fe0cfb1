"""What came to the phone pages of models that sell: put into a group, waiting in line, buying through a friend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from tests.integration.pages.conftest import Stage, element
from tests.integration.pages.test_play_pages import FLASH, GROUP, SELL, Phone, by_staff, phones, shared, wait


async def test_who_opens_is_put_into_an_open_group_told_so_and_finds_the_seat_again(stage: Stage) -> None:
    leader, buyer = await phones(stage, {**GROUP, "limit_per_order": 2}, "leader", "buyer")
    begin = await leader.open()
    assert "拼进去" in element(begin.text, "match")
    mine = await leader.tap(begin, "open", **{"params.pieces": "2"})
    unit = mine.text.split('data-unit="')[1].split('"')[0]
    assert "19.80" in mine.part(unit)
    await by_staff(stage, "pay", unit, "system", order=f"{unit}-0", fen=1980)
    done = await buyer.tap(await buyer.open(), "open")
    assert "已为你拼入" in element(done.text, "did")
    assert 'data-matched="yes"' in done.part(unit) and "9.90" in done.part(unit)
    later = await buyer.open()
    assert 'data-matched="yes"' in later.part(unit) and "leave" in later.moves
    assert 'data-matched="yes"' not in (await leader.open()).part(unit)


async def test_when_all_is_gone_one_waits_in_line_and_is_offered_what_others_give_up(stage: Stage) -> None:
    model: dict[str, Any] = {**FLASH, "stock_total": 1, "waitlist": True}
    first, second = await phones(stage, model, "first", "second")
    for phone in (first, second):
        await phone.tap(await phone.open(), "open")
    page = await second.open()
    assert "wait" in page.moves
    early = await second.tap(page, "wait")
    assert "还有货" in element(early.text, "notice")
    taken = await first.tap(await first.open(), "reserve")
    assert "release" in taken.moves
    refused = await second.tap(await second.open(), "reserve")
    assert "wait" in refused.moves
    waiting = await second.tap(refused, "wait")
    assert "已经排上队" in element(waiting.text, "did") and "stop_waiting" in waiting.moves
    await first.tap(await first.open(), "release")
    await stage.settle()
    offered = await second.open()
    assert 'data-offered="yes"' in offered.text and "轮到你" in offered.text and "reserve" in offered.moves
    ordered = await second.tap(offered, "reserve")
    assert "9.00" in ordered.text and "release" in ordered.moves


async def test_a_participant_chooses_through_whom_they_buy_on_the_promoters_page(stage: Stage) -> None:
    first, second = await phones(stage, {**SELL, "bind_mode": "override"}, "first", "second")
    for phone in (first, second):
        await phone.tap(await phone.open(), "enrol")
    address = shared(await second.open())
    await wait(stage, timedelta(minutes=1))
    link = await stage.add_contact("buyer", await stage.own_code(first.link), "Buyer")
    await stage.join("g1", "buyer")
    http = httpx.AsyncClient(transport=stage.http._transport, base_url=stage.http.base_url, headers=stage.http.headers)
    buyer = Phone(http, link)
    await buyer.open()
    page = await buyer.open(address)
    assert "bind" in page.moves
    done = await buyer.tap(page, "bind")
    assert "以后你的订单记在 TA 名下" in element(done.text, "did")
    assert "bind" not in (await buyer.open(address)).moves, "it is so already"
    assert "bind" not in (await second.open()).moves, "nobody buys through themselves"
