"""To-dos on the console: a card with everything, closed by an event before the eyes of whoever looks, or by a word."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
import pytest_asyncio
from tests.console.console_process import ConsoleProcess
from tests.console.pictures import shot
from tests.integration.features.conftest import WORKSPACE, Stage
from tests.integration.features.platform import ScriptedPlatform

from qunflow.domain.inbound import ContactRead
from qunflow.domain.rights import Role
from qunflow.features.todos import acts
from qunflow.features.todos.model import TodoState

pytestmark = pytest.mark.journey


@pytest_asyncio.fixture(loop_scope="session")
async def stage(console: ConsoleProcess) -> Stage:
    """The engine behind the console, with a platform in memory."""
    return Stage(console.application, ScriptedPlatform(console.application.home.clock))


async def removal(stage: Stage) -> TodoState:
    """Somebody is to be taken out of a group by hand."""
    await stage.launch()
    await stage.add("b", (await stage.campaign()).code)
    await stage.tell(ContactRead("b", "小北"))
    await stage.join("b")
    data = {
        "chat": "g1",
        "external": "b",
        "reason": "多次发广告",
        "evidence": "12-01 09:12 发了 3 个链接",
        "staff": "amy",
    }
    found = await acts.ask_todo(stage.application.door, WORKSPACE, "wx", "remove_member", data)
    await stage.settle()
    return found


async def test_a_card_closes_by_the_event_that_proves_it_without_a_reload(seen: ConsoleProcess, stage: Stage) -> None:
    todo = await removal(stage)
    page = await seen.page(await seen.account("群管家小周", Role.GROUP_STAFF), "/todos")
    await page.click("td a:has-text('移出')")
    await page.wait_for_selector("text=多次发广告")
    words = await page.inner_text("main")
    assert "小北" in words and "12-01 09:12 发了 3 个链接" in words and "amy" in words
    await page.wait_for_selector("[data-outcome=open]")
    await shot(page, "todo-card")
    await stage.leave("b", removed=True)
    await page.wait_for_selector("[data-outcome=done]", timeout=6_000)
    await page.wait_for_selector("[data-end=event]:has-text('小北 已不在群里')")
    assert await page.locator("button:has-text('已做完')").count() == 0
    await shot(page, "todo-closed")
    assert (await acts.find_todo(stage.application.door, WORKSPACE, todo.todo)).closed_by == "event"
    await stage.check()


async def test_staff_say_done_or_drop_it_and_are_asked_first(seen: ConsoleProcess, stage: Stage) -> None:
    first = await removal(stage)
    door = stage.application.door
    second = await acts.ask_todo(door, WORKSPACE, "wx", "set_topic", {"chat": "g1", "topic": "群规", "staff": "amy"})
    staff = await seen.account("小周", Role.GROUP_STAFF)
    page = await seen.page(staff, f"/todos/card?todo={quote(first.todo)}")
    await page.click("button:has-text('放弃')")
    await page.click(".q-dialog button:has-text('取消')")
    assert (await acts.find_todo(door, WORKSPACE, first.todo)).status == "open"
    await page.click("button:has-text('放弃')")
    await page.click(".q-dialog button:has-text('放弃')")
    await page.wait_for_selector("[data-outcome=given_up]")
    await page.wait_for_selector("text=小周 在")
    await page.goto(f"{seen.url}/todos/card?todo={quote(second.todo)}")
    await page.click("button:has-text('已做完')")
    await page.click(".q-dialog button:has-text('已做完')")
    await page.wait_for_selector("[data-outcome=done]")
    assert (await acts.find_todo(door, WORKSPACE, second.todo)).closed_by == staff.account
    answer = await page.goto(f"{seen.url}/todos/card?todo=nothing")
    assert answer is not None and answer.status == 404


async def test_the_list_filters_by_state_and_shows_what_is_late(seen: ConsoleProcess, stage: Stage) -> None:
    await removal(stage)
    door = stage.application.door
    await acts.ask_todo(door, WORKSPACE, "wx", "send_text", {"chat": "g1", "text": "今晚八点开奖", "staff": "lin"})
    await stage.wait(timedelta(hours=3))
    page = await seen.page(await seen.account("店长", Role.OWNER), "/todos?f.outcome=overdue&f.staff=amy")
    await page.wait_for_selector("td >> text=已超时")  # lin did not get to hers: amy was asked
    await page.wait_for_selector("text=共 2 条")
    await page.goto(f"{seen.url}/todos?f.outcome=overdue&q=今晚")
    await page.wait_for_selector("text=没有符合条件的记录")
    await page.goto(f"{seen.url}/todos")
    await page.wait_for_selector("td >> text=小北")
    await shot(page, "todos-light")
    answer = await page.request.get(f"{seen.url}/todos.csv")
    assert answer.status == 200 and "小北" in (await answer.body()).decode("utf-8-sig")
    owner = await seen.account("店长", Role.OWNER)
    await seen.speak(owner, "en", "dark")
    await page.goto(f"{seen.url}/todos")
    await page.wait_for_selector("td >> text=overdue")
    await shot(page, "todos-dark")
