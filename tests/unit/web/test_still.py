"""Pages that are drawn once, and the requests that go straight to them."""

from __future__ import annotations

from typing import Any

import pytest

from qunflow.web import still
from qunflow.web.links import Links
from qunflow.web.responses import SECURITY_HEADERS, Site
from qunflow.web.still import StillPages, Straight, headers_of

SITE = Site(Links("https://club.example.com", b"s" * 32))


def scope(path: str = "/c/abcd", query: str = "", method: str = "GET", kind: str = "http") -> dict[str, Any]:
    return {"type": kind, "method": method, "path": path, "query_string": query.encode(), "headers": []}


async def sent(page: still.Still, cookie: str = "") -> tuple[dict[str, str], str]:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    await page.answer(send, cookie)
    start, body = messages
    assert (start["type"], start["status"], body["type"]) == ("http.response.start", 200, "http.response.body")
    return {name.decode(): value.decode() for name, value in start["headers"]}, body["body"].decode()


async def test_a_page_is_drawn_once_and_carries_its_headers() -> None:
    pages = StillPages(SITE)
    page = pages.page(scope(), "en", "group", qr_image="https://qr.example/1.png")
    assert pages.page(scope(), "en-GB", "group", qr_image="https://qr.example/1.png") is page
    headers, body = await sent(page, "a=b")
    assert SECURITY_HEADERS.items() <= headers.items()
    assert headers["content-length"] == str(len(body.encode())) and headers["set-cookie"] == "a=b"
    assert (headers["cache-control"], headers["content-language"]) == ("no-store", "en")
    assert 'src="https://qr.example/1.png"' in body
    assert "set-cookie" not in (await sent(page))[0]


async def test_whatever_a_page_shows_makes_it_another_page() -> None:
    pages = StillPages(SITE)
    first = pages.page(scope(), "zh", "group", qr_image="https://qr.example/1.png")
    others = [
        pages.page(scope(), "en", "group", qr_image="https://qr.example/1.png"),
        pages.page(scope(query="lang=zh"), "zh", "group", qr_image="https://qr.example/1.png"),
        pages.page(scope("/c/wxyz"), "zh", "group", qr_image="https://qr.example/1.png"),
        pages.page(scope(), "zh", "group", qr_image="https://qr.example/2.png"),
        pages.page(scope(), "zh", "contact", qr_image="https://qr.example/1.png"),
        pages.page(scope(), "zh", "waiting", 20, seconds=20),
    ]
    assert len({id(page) for page in (first, *others)}) == 7
    assert '<meta http-equiv="refresh" content="20">' in (await sent(others[-1]))[1]
    assert "/c/wxyz?lang=en" in (await sent(others[2]))[1]


async def test_what_a_page_shows_is_escaped() -> None:
    _, body = await sent(StillPages(SITE).page(scope(), "zh", "room", address='"><script>'))
    assert "<script>" not in body


def test_only_so_many_pages_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still, "MAX_KEPT", 3)
    pages = StillPages(SITE)
    drawn = [pages.page(scope(f"/c/{number}"), "zh", "preparing") for number in range(5)]
    assert pages.page(scope("/c/4"), "zh", "preparing") is drawn[4]
    assert pages.page(scope("/c/0"), "zh", "preparing") is not drawn[0]


@pytest.mark.parametrize(
    ("asked", "straight"),
    [
        (scope("/c/abcd"), True),
        (scope("/c/abcd", method="HEAD"), True),
        (scope("/c/abcd", method="POST"), False),
        (scope("/c/"), False),
        (scope("/c"), False),
        (scope("/c/abcd/more"), False),
        (scope("/x/c/abcd"), False),
        (scope("/"), False),
        (scope(""), False),
        ({"type": "lifespan"}, False),
    ],
)
async def test_only_the_hot_path_goes_straight(asked: dict[str, Any], straight: bool) -> None:
    reached: list[Any] = []

    async def page(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path_params"])

    async def application(scope: Any, receive: Any, send: Any) -> None:
        reached.append(None)

    nobody: Any = None
    await Straight(application, {"/c/": ("code", page)})(asked, nobody, nobody)
    assert reached == [{"code": "abcd"} if straight else None]


def test_headers_are_read_by_name_and_cookies_are_joined() -> None:
    asked = scope()
    asked["headers"] = [(b"cookie", b"a=1"), (b"user-agent", b"x\xe9"), (b"cookie", b"b=2"), (b"host", b"h")]
    assert headers_of(asked, b"cookie", b"user-agent", b"purpose") == {
        b"cookie": "a=1; b=2",
        b"user-agent": "xé",
        b"purpose": "",
    }
