"""``qunflow wecom …`` against a scripted WeCom: what is asked, what operators read, what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.wecom.conftest import PNG
from tests.connectors.wecom.scripted import AES_KEY, CORP, OK, TOKEN, ScriptedServer, scripted_server
from typer.testing import CliRunner

from qunflow.bootstrap import Home, add_channel
from qunflow.cli.app import app
from qunflow.domain.errors import QunflowError

EXT = "externalcontact/"
SECRETS = {"secret": "s3cret", "token": TOKEN, "aes_key": AES_KEY}


class Desk:
    """An operator before the command line; the scripted WeCom is on the other end."""

    def __init__(self, home: Home, server: ScriptedServer) -> None:
        self.home, self.server = home, server

    async def add(self, name: str) -> None:
        settings = {"corp_id": CORP, "agent_id": 2, "staff": ["lisi"], "base_url": self.server.address}
        await add_channel(self.home, "wecom", name, settings, SECRETS)

    async def say(self, *words: str) -> Any:
        """The JSON that a command prints; raises what ended it."""
        found = await asyncio.to_thread(CliRunner().invoke, app, ["wecom", *words, "--json"])
        if found.exception is not None:
            raise found.exception
        return json.loads(found.stdout)

    async def read(self, *words: str) -> str:
        """What people read."""
        found = await asyncio.to_thread(CliRunner().invoke, app, ["wecom", *words])
        assert found.exit_code == 0, found.output
        return found.stdout

    def data(self, api: str) -> Any:
        return self.server.calls(api)[-1].data


@pytest.fixture
async def desk(home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Desk]:
    monkeypatch.setenv("QUNFLOW_DATA", str(home.settings.data))
    monkeypatch.setenv("QUNFLOW_DATABASE_URL", str(home.settings.database_url))
    monkeypatch.setenv("QUNFLOW_CLOCK", str(tmp_path / "clock"))
    async with scripted_server() as server:
        made = Desk(home, server)
        await made.add("wx")
        yield made


async def test_staff_and_customers_are_listed(desk: Desk) -> None:
    desk.server.script(EXT + "get_follow_user_list", {**OK, "follow_user": ["lisi", "wang"]})
    row = {
        "external_contact": {"external_userid": "wm1", "name": "安"},
        "follow_info": {"userid": "lisi", "state": "s", "createtime": 1_793_491_200, "tag_id": ["et1"]},
    }
    desk.server.script(EXT + "batch/get_by_user", {**OK, "external_contact_list": [row]})
    assert await desk.say("staff") == ["lisi", "wang"]
    (found,) = await desk.say("contacts")
    assert (found["external"], found["staff"], found["tags"]) == ("wm1", "lisi", ["et1"])
    assert found["added_at"].startswith("2026-11-01")
    assert desk.data(EXT + "batch/get_by_user")["userid_list"] == ["lisi", "wang"]
    assert "wm1  lisi  安" in await desk.read("contacts", "--staff", "lisi")
    assert desk.data(EXT + "batch/get_by_user")["userid_list"] == ["lisi"]


async def test_tags_are_made_given_and_deleted(desk: Desk) -> None:
    group = {"group_id": "eg1", "group_name": "等级", "tag": [{"id": "et1", "name": "老客"}]}
    desk.server.script(EXT + "add_corp_tag", {**OK, "tag_group": group})
    desk.server.script(EXT + "get_corp_tag_list", {**OK, "tag_group": [group]})
    desk.server.script(EXT + "mark_tag", OK)
    desk.server.script(EXT + "del_corp_tag", OK)
    assert (await desk.say("tags", "add", "老客", "--group-name", "等级"))["tags"][0]["tag"] == "et1"
    assert "老客 (et1)" in await desk.read("tags", "list")
    await desk.say("tags", "mark", "wm1", "--staff", "lisi", "--add", "et1")
    assert desk.data(EXT + "mark_tag")["add_tag"] == ["et1"]
    await desk.say("tags", "delete", "--tag", "et1")
    assert desk.data(EXT + "del_corp_tag")["tag_id"] == ["et1"]


async def test_links_are_made_and_their_quota_read(desk: Desk) -> None:
    api = EXT + "customer_acquisition/"
    link = {"link_id": "caw1", "link_name": "秋", "url": "https://work.weixin.qq.com/ca/x"}
    desk.server.script(api + "create_link", {**OK, "link": link})
    desk.server.script(api + "list_link", {**OK, "link_id_list": ["caw1"]})
    desk.server.script(api + "get", {**OK, "link": link, "range": {"user_list": ["lisi"]}})
    desk.server.script(api + "delete_link", OK)
    desk.server.script(EXT + "customer_acquisition_quota", {**OK, "total": 9, "balance": 5})
    made = await desk.say("links", "new", "秋", "--staff", "lisi", "--source", "web", "--verify")
    assert made["url"].endswith("?customer_channel=web") and made["link"] == "caw1"
    assert desk.data(api + "create_link")["skip_verify"] is False
    assert (await desk.say("links", "list"))[0]["staff"] == ["lisi"]
    assert (await desk.say("links", "quota"))["balance"] == 5
    assert await desk.say("links", "delete", "caw1") == {"deleted": ["caw1"]}


async def test_customers_and_groups_are_handed_over(desk: Desk) -> None:
    desk.server.script(EXT + "transfer_customer", {**OK, "customer": [{"external_userid": "wm2", "errcode": 40128}]})
    desk.server.script(EXT + "groupchat/transfer", {**OK, "failed_chat_list": []})
    desk.server.script(EXT + "transfer_result", {**OK, "customer": [{"external_userid": "wm1", "status": 2}]})
    found = await desk.say("transfer", "customers", "lisi", "wang", "wm1", "wm2", "--message", "hi")
    assert found["asked"] == 2 and found["refused"][0]["subject"] == "wm2"
    assert (await desk.say("transfer", "groups", "wang", "wr1", "--resigned"))["refused"] == []
    assert "wm1  waiting" in await desk.read("transfer", "results", "lisi", "wang")


async def test_numbers_are_read_for_the_days_asked_for(desk: Desk) -> None:
    begin = 1_795_449_600  # 2026-11-24 in China
    desk.server.script(
        EXT + "get_user_behavior_data", {**OK, "behavior_data": [{"stat_time": begin, "new_contact_cnt": 4}]}
    )
    desk.server.script(EXT + "groupchat/statistic", {**OK, "total": 1, "items": [{"owner": "lisi", "data": {"a": 1}}]})
    desk.server.script(EXT + "groupchat/statistic_group_by_day", {**OK, "items": [{"stat_time": begin, "data": {}}]})
    (row,) = await desk.say("stats", "staff", "--staff", "lisi")
    assert row == {"staff": "lisi", "day": "2026-11-24", "numbers": {"new_contact_cnt": 4}}
    sent = desk.data(EXT + "get_user_behavior_data")
    assert (sent["start_time"], sent["end_time"]) == (begin, begin + 6 * 86_400)  # the week up to 30 November
    days = ("--from", "2026-11-24", "--to", "2026-11-25")
    assert (await desk.say("stats", "groups", *days))[0]["owner"] == "lisi"
    assert (await desk.say("stats", "groups", "--by", "day", *days))[0]["day"] == "2026-11-24"
    with pytest.raises(QunflowError, match="up to yesterday"):
        await desk.say("stats", "groups", "--from", "2026-11-24", "--to", "2026-12-01")


async def test_group_welcomes_are_listed_though_wecom_has_no_list(desk: Desk) -> None:
    api = EXT + "group_welcome_template/"
    desk.server.script(api + "add", {**OK, "template_id": "t1"})
    desk.server.script(api + "get", {**OK, "text": {"content": "欢迎"}})
    desk.server.script(api + "del", OK)
    assert await desk.say("welcome", "new", "欢迎", "--url", "https://x", "--title", "题") == {"template": "t1"}
    assert desk.data(api + "add")["link"] == {"title": "题", "url": "https://x"}
    assert await desk.say("welcome", "list") == [{"template": "t1", "text": {"content": "欢迎"}}]
    await desk.say("welcome", "delete", "t1")
    assert await desk.say("welcome", "list") == []


async def test_rules_about_words_are_made(desk: Desk) -> None:
    desk.server.script(EXT + "add_intercept_rule", {**OK, "rule_id": "r1"})
    desk.server.script(EXT + "get_intercept_rule_list", {**OK, "rule_list": [{"rule_id": "r1", "rule_name": "无"}]})
    desk.server.script(EXT + "get_intercept_rule", {**OK, "rule": {"rule_name": "无", "word_list": ["骗"]}})
    desk.server.script(EXT + "del_intercept_rule", OK)
    words = ("--word", "骗", "--pattern", "phone", "--staff", "lisi", "--department", "2", "--block")
    assert await desk.say("words", "new", "无", *words) == {"rule": "r1"}
    assert desk.data(EXT + "add_intercept_rule")["applicable_range"] == {"user_list": ["lisi"], "department_list": [2]}
    assert (await desk.say("words", "list"))[0]["words"] == ["骗"]
    assert await desk.say("words", "delete", "r1") == {"deleted": ["r1"]}


async def test_a_moment_is_filed_and_watched(desk: Desk, tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(PNG)
    desk.server.script("media/upload_attachment", {**OK, "media_id": "m1"})
    desk.server.script(EXT + "add_moment_task", {**OK, "jobid": "j1"})
    desk.server.script(EXT + "get_moment_task_result", {**OK, "status": 3, "result": {"moment_id": "mo1"}})
    parts = [{"userid": "lisi", "publish_status": 1}, {"userid": "wang", "publish_status": 0}]
    desk.server.script(EXT + "get_moment_task", {**OK, "task_list": parts})
    desk.server.script(EXT + "get_moment_send_result", {**OK, "customer_list": [{"external_userid": "wm1"}]})
    desk.server.script(EXT + "get_moment_comments", {**OK, "comment_list": [{}], "like_list": [{}, {}]})
    assert await desk.say("moments", "new", "新", "--image", str(picture), "--tag", "et1") == {"job": "j1"}
    found = await desk.say("moments", "results", "--job", "j1")
    assert found["moment"] == "mo1"
    assert found["staff"][0] == {"staff": "lisi", "published": True, "reached": 1, "comments": 1, "likes": 2}
    assert found["staff"][1]["published"] is False
    with pytest.raises(QunflowError, match="moment or a job"):
        await desk.say("moments", "results")


async def test_reminders_are_counted_here_too(desk: Desk) -> None:
    api = EXT + "remind_groupmsg_send"
    desk.server.script(api, {"errcode": 41063, "errmsg": "later"}, OK)
    with pytest.raises(QunflowError, match="41063"):
        await desk.say("broadcast", "remind", "mg1")
    for _ in range(3):
        assert await desk.say("broadcast", "remind", "mg1") == {"reminded": "mg1"}
    with pytest.raises(QunflowError) as caught:
        await desk.say("broadcast", "remind", "mg1")
    assert caught.value.code == "wecom_reminders" and len(desk.server.calls(api)) == 4


async def test_a_mass_send_is_watched_and_cancelled(desk: Desk) -> None:
    parts = [{"userid": "lisi", "status": 2, "send_time": 1_795_449_600}, {"userid": "wang", "status": 0}]
    desk.server.script(EXT + "get_groupmsg_task", {**OK, "task_list": parts})
    rows = [{"external_userid": "wm1", "status": 1}, {"chat_id": "wr1", "status": 3}]
    desk.server.script(EXT + "get_groupmsg_send_result", {**OK, "send_list": rows}, {**OK, "send_list": []})
    desk.server.script(EXT + "cancel_groupmsg_send", OK)
    found = await desk.say("broadcast", "results", "mg1")
    assert [part["sent"] for part in found["staff"]] == [True, False]
    assert found["results"] == [
        {"to": "wm1", "staff": "lisi", "status": "sent"},
        {"to": "wr1", "staff": "lisi", "status": "quota"},
    ]
    assert await desk.say("broadcast", "cancel", "mg1") == {"cancelled": "mg1"}


async def test_a_refusal_ends_the_command_with_its_way_out(desk: Desk) -> None:
    desk.server.script(EXT + "get_follow_user_list", {"errcode": 60020, "errmsg": "not allow to access from your ip"})
    with pytest.raises(QunflowError, match="企业可信IP"):
        await desk.say("staff")


async def test_with_several_accounts_one_must_be_named(desk: Desk) -> None:
    desk.server.script(EXT + "get_follow_user_list", {**OK, "follow_user": ["lisi"]})
    await desk.add("second")
    with pytest.raises(QunflowError) as caught:
        await desk.say("staff")
    assert caught.value.code == "channel_ambiguous"
    assert await desk.say("staff", "--channel", "second") == ["lisi"]
    with pytest.raises(QunflowError, match="no WeCom channel third"):
        await desk.say("staff", "--channel", "third")
