"""Callbacks: the envelope, verification, retries, faults (wecom-api.md §2)."""

from __future__ import annotations

import time

from tests.connectors.sandbox.conftest import free_port
from tests.connectors.sandbox.driver import AGENT, CORP, Driver
from tests.connectors.sandbox.listener import Listener, ListeningServer


def _raise_events(driver: Driver, count: int) -> None:
    """``count`` notices in a group whose own ``create`` lies before the mark."""
    staff = driver.new_staff()
    chat_id = driver.new_group(staff)
    driver.mark()
    for number in range(count):
        driver.act("/staff/notice", userid=staff, chat_id=chat_id, notice=str(number))


def test_the_outer_envelope_names_corp_and_agent(driver: Driver) -> None:
    _raise_events(driver, 1)
    (event,) = driver.events()
    assert (event.findtext("ToUserName"), event.findtext("FromUserName")) == (CORP, "sys")
    assert event.findtext("CreateTime") == str(int(driver.clock.now().timestamp()))
    envelope = driver.listener.envelopes[-1]
    assert [child.tag for child in envelope] == ["ToUserName", "Encrypt", "AgentID"]
    assert (envelope.findtext("ToUserName"), envelope.findtext("AgentID")) == (CORP, str(AGENT))


def test_a_500_is_tried_again_after_the_wait_with_the_same_message(driver: Driver) -> None:
    driver.limits(retry_wait=0.2)
    driver.listener.answers[:] = [500, 204]
    driver.listener.tries.clear()
    before = driver.status()
    _raise_events(driver, 0)
    first, second, third = driver.listener.tries[:3]
    assert second - first >= 0.19 and third - second >= 0.19
    after = driver.status()
    assert after["retried_callbacks"] - before["retried_callbacks"] == 2
    assert after["lost_callbacks"] == before["lost_callbacks"]
    assert driver.listener.events[-1].findtext("ChangeType") == "create"


def test_after_three_retries_an_event_is_lost_and_counted(driver: Driver) -> None:
    driver.mark()
    driver.listener.tries.clear()
    driver.listener.answers[:] = [500] * 4
    before = driver.status()["lost_callbacks"]
    driver.new_group(driver.new_staff())
    assert driver.events() == []
    assert len(driver.listener.tries) == 4
    assert driver.status()["lost_callbacks"] == before + 1


def test_an_answer_that_takes_too_long_counts_as_none(driver: Driver) -> None:
    driver.mark()
    driver.limits(callback_timeout=0.1, retries=0)
    driver.listener.slow = 0.3
    before = driver.status()["lost_callbacks"]
    driver.new_group(driver.new_staff())
    assert driver.quiet()["lost_callbacks"] == before + 1
    driver.limits(callback_timeout=5)
    time.sleep(0.3)


def test_a_server_that_comes_back_gets_what_it_missed(driver: Driver) -> None:
    port = free_port()
    first = ListeningServer(Listener(CORP), port)
    assert driver.subscribe(first)["ok"]
    first.close()
    driver.limits(retries=200, retry_wait=0.02)
    staff = driver.new_staff()
    chats = {driver.new_group(staff) for _ in range(12)}
    time.sleep(0.1)
    assert driver.status()["pending_callbacks"] == 12
    second = ListeningServer(Listener(CORP), port)
    driver.quiet()
    assert {event.findtext("ChatId") for event in second.listener.events} == chats
    second.close()


def test_many_events_are_delivered_at_once_and_each_exactly_once(driver: Driver) -> None:
    driver.mark()
    driver.listener.slow = 0.05
    staff = driver.new_staff()
    chats = [driver.new_group(staff) for _ in range(40)]
    got = [event.findtext("ChatId") for event in driver.events()]
    assert sorted(got, key=str) == sorted(chats)
    assert driver.listener.most_at_once > 1


def test_lost_and_doubled_events(driver: Driver) -> None:
    driver.act("/admin/faults", lose_bps=10_000)
    _raise_events(driver, 5)
    assert driver.events() == []
    driver.act("/admin/faults", double_bps=10_000, shuffle=True, seed=3)
    _raise_events(driver, 5)
    assert len(driver.events()) == 10
    driver.act("/admin/faults", lose_bps=5_000, seed=9)
    before = driver.status()["withheld_callbacks"]
    _raise_events(driver, 40)
    lost = driver.status()["withheld_callbacks"] - before
    # The dice fall for the group's own create too, which lies before the mark.
    assert 8 < lost < 33 and 40 - lost <= len(driver.events()) <= 41 - lost
    driver.act("/admin/faults")
    _raise_events(driver, 3)
    assert len(driver.events()) == 3


def test_shuffled_events_arrive_out_of_order(driver: Driver) -> None:
    driver.act("/admin/faults", shuffle=True, seed=1)
    driver.mark()
    staff = driver.new_staff()
    chats = [driver.new_group(staff) for _ in range(20)]
    got = [event.findtext("ChatId") for event in driver.events()]
    assert got != chats and sorted(got, key=str) == sorted(chats)


def test_a_url_that_cannot_prove_itself_is_not_kept(driver: Driver, server: ListeningServer) -> None:
    server.listener.echo_suffix = b"\n"
    answer = driver.subscribe(server)
    assert answer["ok"] is False and "plain text" in answer["reason"]
    answer = driver.subscribe(server, callback_url=f"http://127.0.0.1:{free_port()}/")
    assert answer["ok"] is False and "reached" in answer["reason"]
    answer = driver.subscribe(server, callback_url=f"{driver.client.base_url}/nothing")
    assert answer["ok"] is False and "404" in answer["reason"]
    _raise_events(driver, 1)
    assert len(driver.events()) == 1


def test_token_and_key_have_their_forms(driver: Driver, server: ListeningServer) -> None:
    body = {"callback_url": server.url, "token": "t", "aes_key": "short"}
    assert driver.refused("/admin/corp", **body)["field"] == "aes_key"
    body |= {"token": "not-alphanumeric!", "aes_key": "a" * 43}
    assert driver.refused("/admin/corp", **body)["field"] == "token"
    for url in ("file:///etc/passwd", "http://a/b c", "http://a/\r\nx: y"):
        assert driver.refused("/admin/corp", callback_url=url)["field"] == "callback_url"


def test_after_a_change_of_url_events_go_to_the_new_one_only(driver: Driver) -> None:
    staff = driver.new_staff()
    driver.new_group(staff)
    driver.mark()
    other = ListeningServer(Listener(CORP))
    assert driver.subscribe(other)["ok"]
    chats = {driver.new_group(staff) for _ in range(3)}
    assert driver.events() == []
    assert {event.findtext("ChatId") for event in other.listener.events} == chats
    other.close()


def test_without_a_url_events_are_heard_by_nobody(driver: Driver) -> None:
    driver.act("/admin/corp", callback_url="")
    before = driver.status()
    driver.new_group(driver.new_staff())
    after = driver.status()
    assert after["pending_callbacks"] == 0
    assert after["unsubscribed_callbacks"] == before["unsubscribed_callbacks"] + 1
