"""How the client behaves towards a WeCom that refuses, tires and pages (wecom-api.md §0, §1)."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from tests.connectors.wecom.conftest import PNG, Naps
from tests.connectors.wecom.scripted import DROP, NOON, OK, HandClock, ScriptedServer, account

from qunflow.connectors.wecom.client import MAX_PAGES, WecomClient
from qunflow.connectors.wecom.errors import Cause, WecomError
from qunflow.connectors.wecom.rate_limit import RateLimit
from qunflow.domain.errors import InvalidInput

GET = "externalcontact/groupchat/get"
FOLLOW = "externalcontact/get_follow_user_list"


def refusal(errcode: int, **empty: object) -> dict[str, object]:
    return {"errcode": errcode, "errmsg": f"said {errcode}, hint: [1_2_3], from ip: 1.2.3.4", **empty}


async def test_one_token_serves_many_calls_at_once(client: WecomClient, server: ScriptedServer) -> None:
    server.script(FOLLOW, {**OK, "follow_user": ["lisi"]})
    found = await asyncio.gather(*(client.follow_user_list() for _ in range(20)))
    assert found == [("lisi",)] * 20
    assert server.tokens == 1
    assert {call.query["access_token"] for call in server.calls(FOLLOW)} == {"t1"}


@pytest.mark.parametrize("errcode", [42001, 40014])
async def test_a_token_that_ended_is_renewed_once_for_all(
    client: WecomClient, server: ScriptedServer, errcode: int
) -> None:
    def answer(request: object) -> dict[str, object]:
        good = request.query["access_token"] == "t2"  # type: ignore[attr-defined]
        return {**OK, "follow_user": ["lisi"]} if good else refusal(errcode, follow_user=[])

    server.script(FOLLOW, answer)
    found = await asyncio.gather(*(client.follow_user_list() for _ in range(10)))
    assert found == [("lisi",)] * 10
    assert server.tokens == 2


async def test_a_token_refused_twice_ends_the_call(client: WecomClient, server: ScriptedServer) -> None:
    server.script(FOLLOW, refusal(42001))
    with pytest.raises(WecomError) as caught:
        await client.follow_user_list()
    assert caught.value.cause is Cause.TOKEN and caught.value.retryable
    assert len(server.calls(FOLLOW)) == 2


async def test_the_token_is_renewed_before_its_end(server: ScriptedServer, clock: HandClock) -> None:
    wall = 0.0
    client = WecomClient(account(server.address), clock, jitter=lambda: 0.5, monotonic=lambda: wall)
    server.script(FOLLOW, {**OK, "follow_user": []})
    for moment, tokens in ((0.0, 1), (6_800.0, 1), (6_950.0, 2)):
        wall = moment
        await client.follow_user_list()
        assert server.tokens == tokens
    await client.close()


async def test_a_wrong_secret_is_not_asked_again_and_again(client: WecomClient, server: ScriptedServer) -> None:
    server.script("gettoken", refusal(40001))
    for _ in range(3):
        with pytest.raises(WecomError) as caught:
            await client.follow_user_list()
        assert caught.value.cause is Cause.SETUP and caught.value.wait >= 60
    assert len(server.calls("gettoken")) == 1


async def test_the_errcode_is_looked_at_before_empty_lists(client: WecomClient, server: ScriptedServer) -> None:
    server.script(FOLLOW, refusal(48002, follow_user=[]))
    with pytest.raises(WecomError) as caught:
        await client.follow_user_list()
    assert caught.value.errcode == 48002
    assert "可调用接口的应用" in caught.value.way_out


async def test_busy_is_tried_again_three_times_with_jitter(
    client: WecomClient, server: ScriptedServer, naps: Naps
) -> None:
    server.script(FOLLOW, refusal(-1), refusal(-1), refusal(-1), {**OK, "follow_user": ["lisi"]})
    assert await client.follow_user_list() == ("lisi",)
    assert naps.taken == [0.2, 0.4, 0.8]
    server.script(FOLLOW, refusal(-1))
    server.seen.clear()
    with pytest.raises(WecomError) as caught:
        await client.follow_user_list()
    assert caught.value.cause is Cause.BUSY and caught.value.retryable
    assert len(server.calls(FOLLOW)) == 4


async def test_over_the_limit_closes_the_api_for_a_minute(client: WecomClient, server: ScriptedServer) -> None:
    server.script(FOLLOW, refusal(45009))
    for _ in range(3):
        with pytest.raises(WecomError) as caught:
            await client.follow_user_list()
        assert caught.value.cause is Cause.RATE_LIMITED and 55 < caught.value.wait <= 60
    assert len(server.calls(FOLLOW)) == 1
    server.script(GET, {**OK, "group_chat": {"name": "a"}})
    assert await client.groupchat_get("wr1") == {"name": "a"}


async def test_our_own_limit_lets_a_tenth_go_at_once_then_waits(server: ScriptedServer, clock: HandClock) -> None:
    naps = Naps()
    settings = account(server.address, calls_per_minute=100)
    client = WecomClient(settings, clock, jitter=lambda: 0.5, sleep=naps, monotonic=lambda: 0.0)
    server.script(FOLLOW, {**OK, "follow_user": []})
    for _ in range(12):
        await client.follow_user_list()
    assert naps.taken == pytest.approx([1 / 1.5, 2 / 1.5])
    with pytest.raises(WecomError) as caught:
        for _ in range(10):
            await client.follow_user_list()
    assert caught.value.cause is Cause.RATE_LIMITED and caught.value.wait > 3
    await client.close()


def test_idle_hours_save_up_no_more_than_a_tenth() -> None:
    wall = 0.0
    limit = RateLimit(100, 10_000, lambda: wall)
    limit.take("api")
    wall = 7_200.0
    waits = [limit.take("api") for _ in range(11)]
    assert waits[:10] == [0.0] * 10 and waits[10] > 0


async def test_pages_are_followed_to_the_end(client: WecomClient, server: ScriptedServer) -> None:
    api = "externalcontact/groupchat/list"
    server.script(
        api,
        {**OK, "group_chat_list": [{"chat_id": "wr1"}], "next_cursor": "c1"},
        {**OK, "group_chat_list": None, "next_cursor": "c2"},
        {**OK, "group_chat_list": [{"chat_id": "wr2"}, {"chat_id": "wr1"}]},
    )
    assert await client.groupchat_list(["lisi"]) == ("wr1", "wr2")
    assert [call.data["cursor"] for call in server.calls(api)] == ["", "c1", "c2"]


async def test_pages_without_end_are_given_up(server: ScriptedServer, clock: HandClock) -> None:
    api = "externalcontact/groupchat/list"
    server.script(api, {**OK, "group_chat_list": [], "next_cursor": "again"})
    client = WecomClient(account(server.address), clock, jitter=lambda: 0.5, sleep=Naps())
    with pytest.raises(WecomError, match="pages"):
        await client.groupchat_list()
    assert len(server.calls(api)) == MAX_PAGES
    await client.close()


async def test_owners_go_in_hundreds(client: WecomClient, server: ScriptedServer) -> None:
    api = "externalcontact/groupchat/list"
    server.script(api, {**OK, "group_chat_list": []})
    await client.groupchat_list([f"u{index}" for index in range(250)])
    assert [len(call.data["owner_filter"]["userid_list"]) for call in server.calls(api)] == [100, 100, 50]


async def test_followers_of_a_contact_are_read_over_all_pages(client: WecomClient, server: ScriptedServer) -> None:
    server.script(
        "externalcontact/get",
        {**OK, "external_contact": {"name": "a"}, "follow_user": [{"userid": "u1"}], "next_cursor": "c1"},
        {**OK, "external_contact": {"name": "b"}, "follow_user": [{"userid": "u2"}], "next_cursor": ""},
    )
    answer = await client.contact_get("wm1")
    assert answer["external_contact"] == {"name": "a"}
    assert [row["userid"] for row in answer["follow_user"]] == ["u1", "u2"]


async def test_no_answer_is_unknown_but_no_connection_is_not(
    client: WecomClient, server: ScriptedServer, clock: HandClock
) -> None:
    for answer in (DROP, (502, b"<html>"), (200, b"not json"), (200, b"[]"), (200, b'{"errcode":"x"}')):
        server.script(FOLLOW, answer)
        with pytest.raises(WecomError) as caught:
            await client.follow_user_list()
        assert caught.value.unknown and caught.value.cause is Cause.NO_ANSWER
    away = WecomClient(account("http://127.0.0.1:9"), clock, jitter=lambda: 0.5)
    with pytest.raises(WecomError) as caught:
        await away.follow_user_list()
    assert not caught.value.unknown and caught.value.cause is Cause.UNREACHABLE
    await away.close()


async def test_a_wrong_address_is_a_fault_of_the_setup(client: WecomClient) -> None:
    with pytest.raises(WecomError) as caught:
        await client.groupchat_get("wr1")
    assert caught.value.cause is Cause.SETUP and "404" in str(caught.value)


async def test_what_is_not_in_the_table_says_what_wecom_said(client: WecomClient, server: ScriptedServer) -> None:
    server.script(FOLLOW, refusal(99999))
    with pytest.raises(WecomError) as caught:
        await client.follow_user_list()
    assert "said 99999" in str(caught.value) and "hint" not in str(caught.value)
    assert not caught.value.retryable


async def test_an_image_is_uploaded_once_until_it_ends(
    client: WecomClient, server: ScriptedServer, clock: HandClock
) -> None:
    api = "media/upload"
    server.script(api, {**OK, "media_id": "m1"}, {**OK, "media_id": "m2"}, {**OK, "media_id": "m3"})
    assert [await client.media_upload(PNG) for _ in range(2)] == ["m1", "m1"]
    clock.forward(days=2, hours=17)
    assert await client.media_upload(PNG) == "m1"
    clock.forward(hours=2)
    assert await client.media_upload(PNG) == "m2"
    client.forget_media("m2")
    assert await client.media_upload(PNG) == "m3"
    first = server.calls(api)[0]
    assert first.query["type"] == "image" and b'name="media"' in first.body and PNG in first.body


@pytest.mark.parametrize("content", [b"", b"GIF89a" + b"0" * 40, b"\xff\xd8\xff", b"\xff\xd8\xff" * 4_000_000])
async def test_what_is_no_small_image_is_not_uploaded(
    client: WecomClient, server: ScriptedServer, content: bytes
) -> None:
    with pytest.raises(WecomError, match="JPG and PNG"):
        await client.media_upload(content)
    assert server.seen == []


async def test_contact_ways_of_a_time_are_listed(client: WecomClient, server: ScriptedServer) -> None:
    api = "externalcontact/list_contact_way"
    server.script(api, {**OK, "contact_way": [{"config_id": "c1"}, {"config_id": "c2"}]})
    assert await client.list_contact_way(NOON - timedelta(days=1), NOON) == ("c1", "c2")
    assert server.calls(api)[0].data["end_time"] == int(NOON.timestamp())


async def test_secrets_and_tokens_stay_out_of_the_log(
    client: WecomClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(FOLLOW, {**OK, "follow_user": []})
    with caplog.at_level(logging.DEBUG):
        await client.follow_user_list()
    assert server.calls(FOLLOW)
    assert "s3cret-of-app" not in caplog.text and "access_token=t1" not in caplog.text


def test_settings_hide_secrets_and_name_the_field_at_fault() -> None:
    assert "s3cret" not in repr(account()) and account().token not in repr(account())
    wrong = {
        "corp_id": "",
        "secret": "two words",
        "agent_id": 0,
        "token": "x" * 33,
        "aes_key": "short",
        "base_url": "http://example.org",
        "staff": ("lisi", "lisi"),
        "group_limit": 501,
        "timeout_seconds": 0.0,
        "proxy": "socks5://x",
    }
    for name, value in wrong.items():
        with pytest.raises(InvalidInput) as caught:
            account(**{name: value})
        assert caught.value.field == name
    assert account(base_url="http://sandbox:8790", plain_http=True).group_limit == 200
