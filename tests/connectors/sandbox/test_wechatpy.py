"""An outside client drives the sandbox: wechatpy's enterprise module over real HTTP, its base URL set to ours.

What its calls lack is listed in docs/decisions/0012-an-outside-client-checks-the-sandbox.md.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.connectors.sandbox.driver import AGENT, CORP, SECRET, Driver
from tests.connectors.sandbox.listener import AES_KEY, TOKEN
from wechatpy.enterprise import WeChatClient
from wechatpy.enterprise.crypto import WeChatCrypto
from wechatpy.exceptions import APILimitedException, WeChatClientException


class Client(WeChatClient):
    """wechatpy with another host; the address of gettoken stands in its code and has to be overridden too."""

    def fetch_access_token(self) -> Any:
        params = {"corpid": self.corp_id, "corpsecret": self.secret}
        return self._fetch_access_token(url=self.API_BASE_URL + "gettoken", params=params)


@pytest.fixture
def wechat(driver: Driver) -> Iterator[Any]:
    made: Any = Client(CORP, SECRET, timeout=10)
    made.API_BASE_URL = f"{str(driver.client.base_url).rstrip('/')}/cgi-bin/"
    made._http.trust_env = False
    yield made
    made._http.close()


def picture() -> io.BytesIO:
    data = io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"0" * 64)
    data.name = "a.png"
    return data


def test_it_gets_a_token_and_a_new_one_after_an_early_end(driver: Driver, wechat: Any) -> None:
    assert wechat.misc.get_wechat_ips() == ["127.0.0.1"]
    driver.limits(force_token_expiry=True)
    assert wechat.external_contact.get_follow_user_list()["errcode"] == 0


def test_its_wrong_secret_is_refused_as_40001(driver: Driver, wechat: Any) -> None:
    wechat.secret = "another"
    with pytest.raises(WeChatClientException) as refused:
        wechat.external_contact.get_follow_user_list()
    assert refused.value.errcode == 40001


def test_it_manages_a_contact_way_from_making_to_deleting(driver: Driver, wechat: Any) -> None:
    staff, contacts = driver.new_staff(), wechat.external_contact
    made = contacts.add_contact_way(type=1, scene=2, remark="r", state="s", user=[staff])
    phone, external = driver.new_phone()
    assert driver.scan(phone, made["qr_code"])["kind"] == "contact_added"
    assert contacts.list(staff)["external_userid"] == [external]
    assert contacts.get(external)["follow_user"][0]["state"] == "s"
    contacts.update_contact_way(made["config_id"], remark="q", state="t", user=[staff])
    shown = contacts.get_contact_way(made["config_id"])["contact_way"]
    assert (shown["remark"], shown["state"], shown["user"]) == ("q", "t", [staff])
    contacts.del_contact_way(made["config_id"])
    with pytest.raises(WeChatClientException) as gone:
        contacts.get_contact_way(made["config_id"])
    assert gone.value.errcode == 41044


def test_it_keeps_tags_and_marks_customers(driver: Driver, wechat: Any) -> None:
    staff, contacts = driver.new_staff(), wechat.external_contact
    _, external = driver.befriend(staff)
    name = f"level {staff}"
    made = contacts.add_corp_tag(None, name, 1, [{"name": "gold", "order": 2}, {"name": "silver", "order": 1}])
    gold, silver = (tag["id"] for tag in made["tag_group"]["tag"])
    contacts.mark_tag(staff, external, add_tag=[gold, silver])
    contacts.mark_tag(staff, external, remove_tag=[silver])
    (follow,) = contacts.get(external)["follow_user"]
    assert [(tag["group_name"], tag["tag_name"], tag["type"]) for tag in follow["tags"]] == [(name, "gold", 1)]
    contacts.edit_corp_tag(gold, "platinum", 5)
    (group,) = contacts.get_corp_tag_list([gold])["tag_group"]
    assert [tag["name"] for tag in group["tag"]] == ["platinum"]
    contacts.del_corp_tag(tag_id=[gold, silver])
    listed = contacts.get_corp_tag_list()["tag_group"]
    assert name not in [group["group_name"] for group in listed]


def test_its_welcome_and_its_mass_send_arrive(driver: Driver, wechat: Any) -> None:
    staff, contacts = driver.new_staff(), wechat.external_contact
    phone, external = driver.befriend(staff)
    (event,) = driver.events()
    media = wechat.media.upload("image", picture())["media_id"]
    card = {"msgtype": "image", "image": {"media_id": media}}
    contacts.send_welcome_msg(
        {"welcome_code": event.findtext("WelcomeCode"), "text": {"content": "hi"}, "attachments": [card]}
    )
    task = contacts.add_msg_template({"external_userid": [external], "sender": staff, "text": {"content": "sale"}})
    assert task["fail_list"] == []
    driver.act("/staff/confirm", userid=staff, msgid=task["msgid"])
    messages = driver.see("/phone/inbox", phone=phone)["messages"]
    assert [(entry["kind"], entry["text"]) for entry in messages] == [("welcome", "hi"), ("mass", "sale")]


def test_it_lists_and_reads_groups_and_their_statistics(driver: Driver, wechat: Any) -> None:
    staff, groups = driver.new_staff(), wechat.external_contact_group_chat
    phone, external = driver.befriend(staff)
    chats = [driver.new_group(staff, phone) for _ in range(3)]
    assert [row["chat_id"] for row in groups.list_all(owner_userid_list=[staff], limit=2)] == chats
    shown = groups.get(chats[0])["group_chat"]
    assert [member["userid"] for member in shown["member_list"]] == [staff, external]
    yesterday = int(driver.clock.now().timestamp())
    driver.clock.advance_to(driver.clock.now() + timedelta(days=1))
    (item,) = groups.statistic(yesterday, owner_userid_list=[staff])["items"]
    assert (item["owner"], item["data"]["new_chat_cnt"], item["data"]["member_total"]) == (staff, 3, 6)
    days = wechat.external_contact.get_user_behavior_data([staff], yesterday, yesterday)
    assert days["behavior_data"][0]["new_contact_cnt"] == 1


def test_it_sees_the_customers_of_who_resigned(driver: Driver, wechat: Any) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    driver.act("/staff/resign", userid=staff)
    rows = wechat.external_contact.get_unassigned_list(0, 1000)["info"]
    assert (staff, external) in [(row["handover_userid"], row["external_userid"]) for row in rows]


def test_it_sends_every_message_type_it_knows_to_staff(driver: Driver, wechat: Any) -> None:
    staff, messages = driver.new_staff(), wechat.message
    media = wechat.media.upload("image", picture())["media_id"]
    article = {"title": "t", "description": "d", "url": "https://a.example/", "image": ""}
    paper = {"thumb_media_id": media, "author": "a", "title": "t", "content": "<p>c</p>"}
    paper |= {"content_source_url": "", "digest": "", "show_cover_pic": 0}
    messages.send_text(AGENT, [staff, "nobody"], "one")
    messages.send_text_card(AGENT, staff, "t", "d", "https://a.example/")
    messages.send_image(AGENT, staff, media)
    messages.send_articles(AGENT, staff, [article])
    messages.send_mp_articles(AGENT, staff, [paper])
    messages.send_markdown(AGENT, staff, "**two**")
    inbox = driver.see("/staff/inbox", userid=staff)["messages"]
    assert [entry["msgtype"] for entry in inbox] == ["text", "textcard", "image", "news", "mpnews", "markdown"]
    assert wechat.media.upload_img(picture())["url"].startswith("http")


def test_it_signs_pages_and_learns_who_looks(driver: Driver, wechat: Any) -> None:
    staff = driver.new_staff()
    ticket = wechat.jsapi.get_agent_jsapi_ticket()
    assert ticket != wechat.jsapi.get_jsapi_ticket()
    phone, external = driver.befriend(staff)
    url = "https://pages.example/todo?x=1"
    signed = wechat.jsapi.get_jsapi_signature("n0nce", ticket, 1_700_000_000, url)
    opened = driver.act(
        "/staff/sdk",
        **{"userid": staff, "url": url + "#top", "noncestr": "n0nce", "timestamp": 1_700_000_000},
        **{"signature": signed, "call": "openEnterpriseChat", "externalUserIds": external, "groupName": "群"},
    )
    assert opened["err_msg"] == "openEnterpriseChat:ok"
    assert [m["userid"] for m in driver.group(opened["chatId"])["member_list"]] == [staff, external]
    page = wechat.oauth.authorize_url("https://pages.example/me", "st8")
    path = page.removeprefix("https://open.weixin.qq.com")
    assert "Who is looking?" in driver.client.get(path.partition("#")[0]).text
    answer = driver.client.get(path.partition("#")[0] + f"&as={staff}")
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert wechat.oauth.get_user_info(code)["UserId"] == staff
    assert wechat.user.convert_to_openid(staff)["openid"].startswith("o")


def test_it_opens_the_sandboxs_callbacks(driver: Driver, wechat: Any) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    driver.events()
    envelope = driver.listener.envelopes[-1]
    crypto = WeChatCrypto(TOKEN, AES_KEY, CORP)
    query = driver.listener.queries[-1]
    body = f"<xml><Encrypt><![CDATA[{envelope.findtext('Encrypt')}]]></Encrypt></xml>"
    plain = crypto.decrypt_message(body, query["msg_signature"][0], query["timestamp"][0], query["nonce"][0])
    assert external in str(plain)


def test_it_tells_the_frequency_limit_from_other_errors(driver: Driver, wechat: Any) -> None:
    path = "/cgi-bin/externalcontact/get_follow_user_list"
    driver.act("/admin/call_faults", rules=[{"path": path, "errcode": 45009, "times": 1}])
    with pytest.raises(APILimitedException):
        wechat.external_contact.get_follow_user_list()
    assert wechat.external_contact.get_follow_user_list()["errcode"] == 0
