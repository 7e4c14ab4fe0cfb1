"""The calls that campaigns do not make, together with the sandbox, both over real HTTP."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from tests.connectors.wecom.conftest import PNG
from tests.connectors.wecom.scripted import HandClock
from tests.connectors.wecom.test_against_sandbox import Town, town  # noqa: F401 - a fixture

from qunflow.connectors.wecom import staff_messages as tell
from qunflow.connectors.wecom.albums import Product
from qunflow.connectors.wecom.contact_ways import ContactWayPlan
from qunflow.connectors.wecom.contacts import Remark
from qunflow.connectors.wecom.content import link
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.inheritance import TransferStatus
from qunflow.connectors.wecom.intercept import InterceptRule
from qunflow.connectors.wecom.mass_sends import MassSendPlan
from qunflow.connectors.wecom.media import ALBUM
from qunflow.connectors.wecom.moments import MomentPlan


@pytest.fixture
async def customer(town: Town) -> str:  # noqa: F811
    """p1, whom lisi knows; wang works here too."""
    external = await town.person("p1")
    await town.befriend("p1")
    await town.act("/staff/new", userid="wang", name="王五")
    return external


async def test_contacts_and_remarks(town: Town, customer: str) -> None:  # noqa: F811
    contacts = town.client.contacts
    assert set(await contacts.follow_users()) == {"lisi", "wang"}
    assert (await contacts.of_staff("lisi"), await contacts.of_staff("wang")) == ((customer,), ())
    (found,) = await contacts.batch(["lisi", "wang"])
    assert (found.external, found.staff, found.state, found.name) == (customer, "lisi", "tok", "p1")
    await contacts.remark("lisi", customer, Remark("安妮", "d"))
    assert (await contacts.batch(["lisi"]))[0].remark == "安妮"
    assert await contacts.to_openid(customer)


async def test_tags(town: Town, customer: str) -> None:  # noqa: F811
    tags = town.client.tags
    made = await tags.add(["老客", "新客"], group_name="等级")
    old, new = (tag.tag for tag in made.tags)
    with pytest.raises(WecomError) as caught:
        await tags.add(["老客"], group=made.group)
    assert caught.value.errcode == 40071
    await tags.mark("lisi", customer, [old])
    assert (await town.client.contacts.batch(["lisi"]))[0].tags == (old,)
    await tags.edit(new, "熟客")
    (group,) = await tags.list()
    assert {tag.name for tag in group.tags} == {"老客", "熟客"}
    await tags.delete([old])
    assert (await town.client.contacts.batch(["lisi"]))[0].tags == ()


async def test_contact_codes_of_many_staff(town: Town, customer: str) -> None:  # noqa: F811
    ways = town.client.contact_ways
    made = await ways.add(ContactWayPlan(("lisi", "wang"), state="s1", remark="r", skip_verify=False))
    read = await ways.get(made.config_id)
    assert (read["type"], set(read["user"]), read["state"], read["skip_verify"]) == (2, {"lisi", "wang"}, "s1", False)
    await ways.update(made.config_id, staff=["wang"], state="s2")
    assert (await ways.get(made.config_id))["state"] == "s2"
    await ways.delete(made.config_id)
    with pytest.raises(WecomError):
        await ways.get(made.config_id)


async def test_acquisition_links(town: Town, customer: str) -> None:  # noqa: F811
    links = town.client.links
    made = await links.create("秋", ["lisi"])
    assert made.url.startswith("http") and await links.list() == (made.link,)
    read = await links.get(made.link)
    assert (read.name, read.staff, read.skip_verify) == ("秋", ("lisi",), True)
    await links.update(made.link, "冬", ["lisi", "wang"])
    assert set((await links.get(made.link)).staff) == {"lisi", "wang"}
    assert await links.customers(made.link) == ()
    assert (await links.quota()).balance > 0
    await links.delete(made.link)
    assert await links.list() == ()


async def test_hand_overs(town: Town, customer: str, clock: HandClock) -> None:  # noqa: F811
    inheritance = town.client.inheritance
    assert await inheritance.transfer_customers("lisi", "wang", [customer], message="您好") == ()
    (waiting,) = await inheritance.transfer_results("lisi", "wang")
    assert (waiting.external, waiting.status) == (customer, TransferStatus.WAITING)
    clock.forward(hours=25)
    (done,) = await inheritance.transfer_results("lisi", "wang")
    assert done.status is TransferStatus.DONE and done.taken_at is not None
    assert await town.client.contacts.of_staff("wang") == (customer,)
    chat = (await town.act("/staff/create_group", userid="lisi", name="群", members=[]))["chat_id"]
    assert await inheritance.transfer_groups([chat], "wang") == ()
    assert (await town.client.groupchat_get(chat))["owner"] == "wang"
    (refused,) = await inheritance.transfer_groups([chat], "lisi", resigned=True)
    assert (refused.subject, refused.errcode) == (chat, 90500)


async def test_numbers(town: Town, customer: str, clock: HandClock) -> None:  # noqa: F811
    numbers, day = town.client.statistics, date(2026, 11, 21)
    clock.forward(days=1)
    await town.client.contacts.follow_users()
    (staff,) = await numbers.staff_by_day(day, day, ["lisi"])
    assert (staff.day, staff.numbers["new_contact_cnt"]) == (day, 1)
    assert len(await numbers.groups_by_day(day - timedelta(days=39), day, ["lisi"])) == 40
    assert [row.owner for row in await numbers.groups_by_owner(day, day, ["lisi"])] in ([], ["lisi"])


async def test_group_welcomes(town: Town) -> None:  # noqa: F811
    welcomes = town.client.welcomes
    made = await welcomes.add("欢迎 %NICKNAME%", link("https://x.example", "题"))
    read = await welcomes.get(made)
    assert read["text"]["content"] == "欢迎 %NICKNAME%" and read["link"]["url"] == "https://x.example"
    await welcomes.edit(made, "好")
    assert (await welcomes.get(made))["text"]["content"] == "好"
    await welcomes.delete(made)
    with pytest.raises(WecomError):
        await welcomes.get(made)


async def test_mass_sends_to_customers_and_groups(town: Town, customer: str) -> None:  # noqa: F811
    sends = town.client.mass_sends
    filed = await sends.add(MassSendPlan("hi", (link("https://x.example", "题"),), (customer,), sender="lisi"))
    assert [part.sent for part in await sends.parts(filed.task)] == [False]
    for _ in range(3):
        await sends.remind(filed.task)
    with pytest.raises(WecomError) as caught:
        await sends.remind(filed.task)
    assert caught.value.errcode == 41094
    await sends.cancel(filed.task)
    with pytest.raises(WecomError) as caught:
        await sends.cancel(filed.task)
    assert caught.value.errcode == 41093
    chat = (await town.act("/staff/create_group", userid="lisi", name="群", members=[]))["chat_id"]
    to_group = await sends.add(MassSendPlan("hi", chats=(chat,), sender="lisi"))
    await town.act("/staff/confirm", userid="lisi", msgid=to_group.task)
    assert [(row.chat, row.status) for row in await sends.results(to_group.task, "lisi")] == [(chat, 1)]


async def test_rules_about_words(town: Town) -> None:  # noqa: F811
    words = town.client.words
    rule = InterceptRule("无", ("骗",), ("phone",), True, ("lisi",))
    made = await words.add(rule)
    read = await words.get(made)
    assert (read.name, read.words, read.semantics, read.block, read.staff) == (
        "无",
        ("骗",),
        ("phone",),
        True,
        ("lisi",),
    )
    await words.update(read, InterceptRule("有", ("骗", "赌"), (), False, ("lisi",)))
    changed = await words.get(made)
    assert (changed.name, set(changed.words), changed.block, changed.semantics) == ("有", {"骗", "赌"}, False, ())
    assert [row.rule for row in await words.list()] == [made]
    await words.delete(made)
    assert await words.list() == ()


async def test_moments(town: Town, customer: str, clock: HandClock) -> None:  # noqa: F811
    moments = town.client.moments
    media = await town.client.uploads.attachment(PNG)
    job = await moments.add(MomentPlan("新", (media,), staff=("lisi",)))
    clock.forward(minutes=5)
    made = await moments.job(job)
    assert made.status == 3 and made.moment
    assert [(part.staff, part.published) for part in await moments.parts(made.moment)] == [("lisi", False)]
    listed = await moments.list(clock.now() - timedelta(days=1), clock.now() + timedelta(minutes=1))
    assert [row["moment_id"] for row in listed] == [made.moment]
    await moments.cancel(made.moment)


async def test_the_product_album(town: Town) -> None:  # noqa: F811
    album = town.client.album
    media = await town.client.uploads.attachment(PNG, ALBUM)
    made = await album.add(Product("杯", 1990, (media,), "sn1"))
    read = await album.get(made)
    assert (read.description, read.price, read.number) == ("杯", 1990, "sn1")
    assert len(await album.list()) == 1
    await album.delete(made)
    assert await album.list() == ()


async def test_messages_to_staff(town: Town, customer: str) -> None:  # noqa: F811
    messages = town.client.staff_messages
    sent = await messages.send(tell.text("hi"), ["lisi", "nobody"])
    assert sent.message and sent.unreached == ("nobody",)
    await messages.send(tell.markdown("**a**"), ["lisi"])
    await messages.send(tell.textcard("t", "d", "https://x.example", "开"), ["lisi"])
    file = await town.client.uploads.upload(b"some bytes", "file", "a.pdf")
    await messages.send(tell.media("file", file), ["lisi"])
    seen = len((await town.see("/staff/inbox", userid="lisi"))["messages"])
    await messages.recall(sent.message)
    left = (await town.see("/staff/inbox", userid="lisi"))["messages"]
    assert len(left) < seen or any(message.get("recalled") for message in left)
    with pytest.raises(WecomError):
        await messages.recall("unknown")


async def test_pages_are_signed_by_both_tickets(town: Town) -> None:  # noqa: F811
    page = "https://shop.example/t/x"
    signed = await town.client.jssdk.configs(page)
    again = await town.client.jssdk.configs(page)
    assert len(signed["corp"]["signature"]) == len(signed["agent"]["signature"]) == 40
    assert signed["corp"]["nonceStr"] != again["corp"]["nonceStr"]
