"""Answers about tokens, identity and tickets have the fields of wecom-api.md §0, §1 and §10. From that file alone."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.connectors.sandbox.driver import AGENT, CONTACT, CORP, SECRET, Driver
from tests.connectors.sandbox.shapes import answers

TARGET = "https://pages.example/back?tab=1"


def ask(driver: Driver, viewer: str, **more: str) -> Any:
    """The browser of ``viewer`` opens the authorize page."""
    query = {"appid": CORP, "redirect_uri": TARGET, "response_type": "code", "scope": "snsapi_base", "state": "s1"}
    query |= {"agentid": str(AGENT), "as": viewer}
    return driver.client.get("/connect/oauth2/authorize", params=query | more)


def code_of(answer: Any) -> str:
    assert answer.status_code == 302, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    assert query["state"] == ["s1"] and query["tab"] == ["1"]
    return query["code"][0]


def test_tokens_and_addresses(driver: Driver) -> None:
    told = driver.client.get("/cgi-bin/gettoken", params={"corpid": CORP, "corpsecret": SECRET}).json()
    answers(told, {"access_token": str, "expires_in": int})
    for path in ("getcallbackip", "get_api_domain_ip"):
        answers(driver.api(f"/cgi-bin/{path}"), {"ip_list": [str]})


def test_an_unknown_token_is_an_error_with_the_empty_defaults(driver: Driver) -> None:
    told = driver.client.get(CONTACT + "list", params={"access_token": "no", "userid": "x"}).json()
    assert told == {"errcode": 40014, "errmsg": "invalid access_token", "external_userid": []}


def test_a_member_is_known_by_userid_and_tells_more_by_ticket(driver: Driver) -> None:
    staff = driver.new_staff()
    plain = driver.api("/cgi-bin/auth/getuserinfo", code=code_of(ask(driver, staff)))
    assert answers(plain, {"userid": str})["userid"] == staff
    private = driver.api("/cgi-bin/auth/getuserinfo", code=code_of(ask(driver, staff, scope="snsapi_privateinfo")))
    ticket = answers(private, {"userid": str, "user_ticket": str})["user_ticket"]
    detail = driver.api("/cgi-bin/auth/getuserdetail", {"user_ticket": ticket})
    shape = dict.fromkeys(("userid", "gender", "avatar", "qr_code", "mobile", "email", "biz_mail", "address"), str)
    answers(detail, shape)
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=1_801))
    assert driver.api("/cgi-bin/auth/getuserdetail", {"user_ticket": ticket})["errcode"] == 42022


def test_a_customer_is_known_only_while_a_member_follows(driver: Driver) -> None:
    stranger, _ = driver.new_phone()
    told = driver.api("/cgi-bin/auth/getuserinfo", code=code_of(ask(driver, stranger)))
    answers(told, {"openid": str})
    phone, external = driver.befriend(driver.new_staff())
    told = driver.api("/cgi-bin/auth/getuserinfo", code=code_of(ask(driver, phone)))
    assert answers(told, {"openid": str, "external_userid": str})["external_userid"] == external


def test_a_code_is_good_once_and_for_five_minutes(driver: Driver) -> None:
    staff = driver.new_staff()
    code = code_of(ask(driver, staff))
    assert driver.api("/cgi-bin/auth/getuserinfo", code=code)["errcode"] == 0
    assert driver.api("/cgi-bin/auth/getuserinfo", code=code)["errcode"] == 40029
    late = code_of(ask(driver, staff))
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=301))
    assert driver.api("/cgi-bin/auth/getuserinfo", code=late)["errcode"] == 40029
    assert driver.api("/cgi-bin/auth/getuserinfo", code="none")["errcode"] == 40029


@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://other.example/"},
        {"redirect_uri": "javascript:alert(1)"},
        {"appid": "ww-other"},
        {"response_type": "token"},
        {"scope": "all"},
        {"state": "not valid"},
        {"agentid": "7"},
    ],
)
def test_the_authorize_page_sends_nobody_to_where_it_must_not(driver: Driver, more: dict[str, str]) -> None:
    driver.limits(trusted_domains="pages.example, two.example")
    staff = driver.new_staff()
    assert ask(driver, staff).status_code == 302
    assert ask(driver, staff, **more).status_code == 400


def test_the_desktop_login_knows_staff_only(driver: Driver) -> None:
    query = {"login_type": "CorpApp", "appid": CORP, "agentid": str(AGENT), "redirect_uri": TARGET, "state": "s1"}
    staff, (phone, _) = driver.new_staff(), driver.new_phone()
    page = driver.client.get("/wwlogin/sso/login", params={**query, "as": phone})
    assert page.status_code == 200 and "Who is looking?" in page.text
    code = code_of(driver.client.get("/wwlogin/sso/login", params={**query, "as": staff}))
    assert driver.api("/cgi-bin/auth/getuserinfo", code=code)["userid"] == staff


def test_tickets_and_openids(driver: Driver) -> None:
    ticket = {"ticket": str, "expires_in": int}
    corp = answers(driver.api("/cgi-bin/get_jsapi_ticket"), ticket)
    app = answers(driver.api("/cgi-bin/ticket/get", type="agent_config"), ticket)
    assert corp["ticket"] != app["ticket"]
    assert driver.api("/cgi-bin/get_jsapi_ticket")["ticket"] == corp["ticket"]
    assert driver.api("/cgi-bin/ticket/get", type="other")["errcode"] == 40058
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    answers(driver.api("/cgi-bin/user/convert_to_openid", {"userid": staff}), {"openid": str})
    answers(driver.api(CONTACT + "convert_to_openid", {"external_userid": external}), {"openid": str})


def test_a_page_with_a_wrong_signature_may_call_nothing(driver: Driver) -> None:
    staff = driver.new_staff()
    phone, external = driver.befriend(staff)
    ticket = driver.api("/cgi-bin/ticket/get", type="agent_config")["ticket"]
    now, url = int(driver.clock.now().timestamp()), "https://pages.example/todo"
    text = f"jsapi_ticket={ticket}&noncestr=n&timestamp={now}&url={url}"
    signed = hashlib.sha1(text.encode()).hexdigest()
    call = {"userid": staff, "url": url + "#x", "noncestr": "n", "timestamp": now, "call": "sendChatMessage"}
    call |= {"external_userid": external, "text": {"content": "one tap"}}
    refused = driver.refused("/staff/sdk", **call, signature="0" * 40)
    assert refused["code"] == "sandbox_sdk_signature"
    assert driver.act("/staff/sdk", **call, signature=signed) == {"err_msg": "sendChatMessage:ok"}
    assert driver.see("/phone/inbox", phone=phone)["messages"][-1]["text"] == "one tap"
