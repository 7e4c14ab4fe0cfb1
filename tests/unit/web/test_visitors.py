"""Who counts as a visitor, and who does not."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from qunflow.web.links import Links
from qunflow.web.visitors import COOKIE, is_robot, set_visitor, visitor_of

LINKS = Links("https://club.example.com", b"s" * 32)


def request(method: str = "GET", **headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw})


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (compatible; Googlebot/2.1)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0)",
        "facebookexternalhit/1.1",
        "TelegramBot (like TwitterBot)",
        "WhatsApp/2.23.20 A",
        "Slackbot-LinkExpanding 1.0",
        "Synapse (bot; +https://github.com/matrix-org/synapse)",
    ],
)
def test_robots_and_previews_are_no_visitors(agent: str) -> None:
    assert is_robot(request(user_agent=agent))


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.42",
        "Mozilla/5.0 (Linux; Android 13; CUBOT P80) Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/150.0",
        "python-httpx/0.28",
    ],
)
def test_phones_and_people_are_visitors(agent: str) -> None:
    assert not is_robot(request(user_agent=agent))


def test_head_and_fetching_ahead_do_not_count() -> None:
    assert is_robot(request("HEAD"))
    assert is_robot(request(sec_purpose="prefetch;prerender"))


def test_a_visitor_is_known_again_by_the_cookie() -> None:
    visitor, is_new = visitor_of(request(), LINKS)
    assert is_new
    assert len(visitor) == 16
    response = Response()
    set_visitor(response, LINKS, visitor)
    cookie = response.headers["set-cookie"]
    assert {"HttpOnly", "Secure", "SameSite=lax", "Max-Age=31536000", "Path=/"} <= set(cookie.split("; "))
    assert visitor_of(request(cookie=cookie.partition(";")[0]), LINKS) == (visitor, False)


@pytest.mark.parametrize("value", ["abc", "bcdfghjkmnpqrstv.forged", "é" * 20, "x" * 5000, ""])
def test_a_cookie_that_we_did_not_sign_is_replaced(value: str) -> None:
    assert visitor_of(request(cookie=f"{COOKIE}={value}"), LINKS)[1]


def test_without_tls_the_cookie_is_sent_over_http() -> None:
    response = Response()
    set_visitor(response, Links("http://127.0.0.1:8700", b"s" * 32), "v")
    assert "Secure" not in response.headers["set-cookie"]
