"""General wire behaviour (wecom-api.md §0, §1)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.connectors.sandbox.driver import CHAT, CONTACT, CORP, SECRET, Driver

from qunflow.domain.errors import Conflict
from qunflow.sandbox.server import SandboxSettings, run

HINT = re.compile(
    r".+, hint: \[\d+_\d+_[0-9a-f]+\], from ip: 127\.0\.0\.1, "
    r"more info at https://open\.work\.weixin\.qq\.com/devtool/query\?e=(\d+)"
)


def test_an_unknown_path_is_an_empty_404_even_with_a_token(driver: Driver) -> None:
    for path in ("/cgi-bin/nothing", "/cgi-bin/externalcontact/kick", "/nothing"):
        answer = driver.client.post(path, params={"access_token": driver.token()})
        assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, 41004),
        ({"corpid": CORP}, 41004),
        ({"corpsecret": SECRET}, 40013),
        ({"corpid": "wwother", "corpsecret": "wrong"}, 40013),
        ({"corpid": CORP, "corpsecret": "wrong"}, 40001),
    ],
)
def test_gettoken_checks_secret_missing_then_corp_then_secret(driver: Driver, query: dict[str, str], code: int) -> None:
    answer = driver.client.get("/cgi-bin/gettoken", params=query)
    assert answer.status_code == 200
    assert answer.json()["errcode"] == code
    matched = HINT.fullmatch(answer.json()["errmsg"])
    assert matched and matched[1] == str(code)


def test_the_same_token_is_given_until_it_ends_and_then_42001(driver: Driver) -> None:
    first = driver.client.get("/cgi-bin/gettoken", params={"corpid": CORP, "corpsecret": SECRET}).json()
    assert first["errcode"] == 0 and first["errmsg"] == "ok" and 0 < first["expires_in"] <= 7200
    assert driver.token() == first["access_token"]
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=7200))
    old = driver.client.get("/cgi-bin/getcallbackip", params={"access_token": first["access_token"]})
    assert old.json()["errcode"] == 42001
    assert driver.token() != first["access_token"]


def test_expiry_can_be_forced(driver: Driver) -> None:
    token = driver.token()
    driver.act("/admin/settings", force_token_expiry=True)
    answer = driver.client.get("/cgi-bin/getcallbackip", params={"access_token": token})
    assert answer.json()["errcode"] == 42001


def test_only_the_query_string_carries_a_token(driver: Driver) -> None:
    token = driver.token()
    headers = {"authorization": f"Bearer {token}", "access_token": token}
    answer = driver.client.post(CHAT + "list", json={"access_token": token, "limit": 1}, headers=headers)
    assert answer.json()["errcode"] == 41001
    assert answer.json()["errmsg"].startswith("access_token missing")


@pytest.mark.parametrize(
    ("path", "empty"),
    [
        (CONTACT + "list", {"external_userid": []}),
        (CONTACT + "get_follow_user_list", {"follow_user": []}),
        ("/cgi-bin/getcallbackip", {"ip_list": []}),
        (CHAT + "list", {"group_chat_list": []}),
        (CHAT + "get", {}),
        (CONTACT + "get_groupmsg_task", {"task_list": []}),
    ],
)
def test_a_bad_token_comes_before_bad_parameters_without_hint_but_with_the_empty_defaults(
    driver: Driver, path: str, empty: dict[str, list[str]]
) -> None:
    answer = driver.client.post(path, params={"access_token": "nonsense"}, content=b"not json")
    assert answer.json() == {"errcode": 40014, "errmsg": "invalid access_token", **empty}


def test_a_get_to_a_post_api_and_a_body_that_is_no_object_fail_as_parameters(driver: Driver) -> None:
    assert driver.api(CHAT + "get")["errcode"] == 40058
    for body in (b"[1]", b"{", b'"text"'):
        answer = driver.client.post(CHAT + "get", params={"access_token": driver.token()}, content=body)
        assert answer.json()["errcode"] == 40058


def test_a_body_over_a_megabyte_is_refused(driver: Driver) -> None:
    body = b'{"chat_id":"' + b"x" * 1_000_000 + b'"}'
    assert driver.client.post(CHAT + "get", params={"access_token": driver.token()}, content=body).status_code == 413
    assert driver.client.post("/phone/new", content=body).status_code == 413


def test_the_frequency_limit_blocks_one_api_for_a_window(driver: Driver) -> None:
    driver.clock.advance_to(driver.clock.now() + timedelta(minutes=2))
    driver.limits(frequency_per_minute=3)
    ask = {"access_token": driver.token()}
    codes = [driver.client.get("/cgi-bin/get_api_domain_ip", params=ask).json()["errcode"] for _ in range(4)]
    assert codes == [0, 0, 0, 45009]
    assert driver.client.get("/cgi-bin/getcallbackip", params=ask).json()["errcode"] == 0
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=59))
    assert driver.client.get("/cgi-bin/get_api_domain_ip", params=ask).json()["errcode"] == 45009
    driver.clock.advance_to(driver.clock.now() + timedelta(seconds=1))
    assert driver.client.get("/cgi-bin/get_api_domain_ip", params=ask).json()["errcode"] == 0
    driver.limits(frequency_per_minute=0)
    codes = [driver.client.get("/cgi-bin/get_api_domain_ip", params=ask).json()["errcode"] for _ in range(9)]
    assert codes == [0] * 9


def test_a_new_secret_makes_old_tokens_unknown(driver: Driver) -> None:
    token = driver.token()
    driver.act("/admin/corp", secret="another-secret")
    answer = driver.client.get("/cgi-bin/getcallbackip", params={"access_token": token})
    assert answer.json()["errcode"] == 40014
    driver.act("/admin/corp", secret=SECRET)


def test_a_control_call_that_does_not_fit_says_field_rule_and_code(driver: Driver) -> None:
    refused = driver.refused("/admin/settings", group_limit=501)
    assert refused["field"] == "group_limit" and "500" in refused["rule"] and refused["code"] == "sandbox_limit"
    assert driver.refused("/phone/scan", phone="nobody", qr="x")["code"] == "sandbox_phone_unknown"
    assert driver.refused("/phone/scan", phone=5)["field"] == "phone"
    assert driver.client.get("/phone/scan").status_code == 405


def test_a_second_sandbox_on_the_same_port_is_refused(driver: Driver) -> None:
    port = driver.client.base_url.port
    assert port is not None
    with pytest.raises(Conflict, match="sandbox_address_taken"):
        run(SandboxSettings(port=port))
