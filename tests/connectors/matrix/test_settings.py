"""What settings are refused, what they never show, and the registration file made from them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from tests.connectors.matrix.scripted import account

from qunflow.connectors.matrix.registration import render_registration
from qunflow.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("server_name", "https://shop.test"), ("server_name", ""), ("server_name", "shop test"),
        ("sender_localpart", "@qunflow"), ("sender_localpart", "Qunflow"), ("sender_localpart", "q" * 65),
        ("as_token", "short"), ("hs_token", "has a space in it ..."), ("hs_token", "as-token-0123456789"),
        ("staff", ("lisi",)), ("staff", ("@a:b", "@a:b")), ("staff", ("@" + "a" * 250 + ":shop.test",)),
        ("homeserver_url", "http://matrix.example"), ("homeserver_url", "ftp://x"), ("homeserver_url", "https://"),
        ("base_url", "http://qunflow.example"), ("base_url", "https://u:p@qunflow.example"),
        ("room_version", "1"), ("timeout_seconds", 0), ("connections", 0),
    ],
)  # fmt: skip
def test_a_field_that_breaks_its_rule_is_named(field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        account(**{field: value})
    assert (caught.value.field, caught.value.code) == (field, f"matrix_{field}") and caught.value.way_out


def test_plain_http_is_for_loopback_or_by_wish() -> None:
    assert account("http://127.0.0.1:8008").homeserver_url
    assert account("http://synapse:8008", base_url="http://edge:9000", plain_http=True).base_url


def test_tokens_are_not_shown() -> None:
    assert "token-0123456789" not in repr(account())


def test_the_registration_claims_our_names_and_no_others() -> None:
    data = yaml.safe_load(render_registration(account(sender_localpart="qun.flow"), "shop"))
    assert data["url"] == "https://qunflow.example/hooks/matrix/shop"
    assert (data["rate_limited"], data["sender_localpart"]) == (False, "qun.flow")
    (users,), (aliases,) = data["namespaces"]["users"], data["namespaces"]["aliases"]
    assert users["exclusive"] and aliases["exclusive"]
    assert re.fullmatch(users["regex"], "@qun.flow:shop.test")
    assert not re.match(users["regex"], "@qunxflow:shop.test")
    made = account(sender_localpart="qun.flow")
    assert re.fullmatch(aliases["regex"], made.alias(made.alias_name("dm", "@ann:x")))
    assert not re.match(aliases["regex"], "#qun.flow_other:shop.test")


@pytest.mark.parametrize("channel", ["", "a/b", "..", "x" * 65])
def test_a_channel_that_is_no_part_of_an_address_is_refused(channel: str) -> None:
    with pytest.raises(InvalidInput):
        render_registration(account(), channel)
