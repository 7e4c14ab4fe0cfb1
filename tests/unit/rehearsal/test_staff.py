"""The staff's desk against a real sandbox's doors, and the reading of cards."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.rehearsal.conftest import StartSandbox
from tests.unit.rehearsal.paper_product import AGENT, STAFF, PaperProduct

from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.http import HttpClient
from qunflow.rehearsal.pictures import read_code
from qunflow.rehearsal.staff import StaffDesk, asked_groups


@pytest.mark.parametrize(
    ("card", "names"),
    [
        ({"msgtype": "text", "text": {"content": "请新建一个客户群\n群名：冬日群 3\n群名照抄上一行"}}, ["冬日群 3"]),
        ({"msgtype": "textcard", "textcard": {"title": "t", "description": "群名：冬日群3\n请新建"}}, ["冬日群3"]),
        ({"msgtype": "text", "text": {"content": "group: Winter 4"}}, ["Winter 4"]),
        ({"msgtype": "textcard", "textcard": {"description": '<div class="g">群名: 甲</div><div>x</div>'}}, ["甲"]),
        ({"msgtype": "text", "text": {"content": "this group: is full"}}, []),
        ({"msgtype": "text", "text": {"content": "群名：\n"}}, []),
        ({"msgid": "1", "at": 5}, []),
    ],
)
def test_a_card_names_the_group_it_asks_for(card: dict[str, Any], names: list[str]) -> None:
    assert asked_groups(card) == names


async def test_staff_press_send_once_make_a_group_once_and_review(start_sandbox: StartSandbox) -> None:
    sandbox, _ = start_sandbox()
    client = HttpClient()
    product, browser = PaperProduct(client, sandbox), Browser(client, Tally())
    for userid in (STAFF, "zhou"):
        await browser.call(f"{sandbox}/staff/new", {"userid": userid, "name": userid})
    _, made = await browser.call(f"{sandbox}/phone/new", {"phone": "p1", "name": "客"})
    await product.make_code("code")
    picture = await browser.get(product.contacts["code"])
    await browser.call(f"{sandbox}/phone/scan", {"phone": "p1", "qr": read_code(picture.body)})
    send = {"chat_type": "single", "external_userid": [made["external_userid"]], "sender": STAFF}
    await product.api("externalcontact/add_msg_template", {**send, "text": {"content": "有新进展"}})
    text = {"content": "群名：试演群1"}
    card = {"touser": f"{STAFF}|zhou", "msgtype": "text", "agentid": AGENT, "text": text}
    await product.api("message/send", card)
    waiting = [2, 0, 0]

    async def review() -> int:
        return waiting.pop(0)

    desk = StaffDesk(sandbox, (STAFF, "zhou"), browser, review)
    assert await desk.act() == 4
    assert await desk.act() == 0
    counts = {name: desk.counts[name] for name in ("sends_confirmed", "mass_sent", "groups_made", "reviewed", "cards")}
    assert counts == {"sends_confirmed": 1, "mass_sent": 1, "groups_made": 1, "reviewed": 2, "cards": 2}
    _, found = await browser.call(f"{sandbox}/phone/inbox?phone=p1")
    assert [message["kind"] for message in found["messages"]] == ["mass"]

    another = StaffDesk(sandbox, (STAFF, "zhou"), browser, review)
    assert await another.act() == 0
    client.close()
