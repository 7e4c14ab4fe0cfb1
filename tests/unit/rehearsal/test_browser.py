"""A phone's browser: cookies, redirects, and the same request again while the server is away."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.rehearsal.little_server import Asked, LittleServer, Reply, serving

from qunflow.rehearsal.browser import Browser, Tally
from qunflow.rehearsal.http import HttpClient, HttpError


async def test_cookies_are_sent_back_to_their_own_host_and_belong_to_one_phone() -> None:
    async def setting(asked: Asked) -> Reply:
        cookies = (("Set-Cookie", "who=me; HttpOnly"), ("Set-Cookie", "gone=1; Max-Age=0"))
        return Reply(body=asked.headers.get("cookie", "none").encode(), headers=cookies)

    async with serving(setting) as one, serving(setting) as other:
        client = HttpClient()
        mine, theirs = Browser(client, Tally()), Browser(client, Tally())
        assert (await mine.get(one.url)).body == b"none"
        assert (await mine.get(one.url)).body == b"who=me"
        assert (await mine.get(other.url)).body == b"none"
        assert (await theirs.get(one.url)).body == b"none"
        client.close()


async def test_a_form_is_followed_to_the_page_that_answers_it() -> None:
    async def posting(asked: Asked) -> Reply:
        if asked.method == "POST":
            return Reply(303, headers=(("Location", "../thanks"),))
        return Reply(body=asked.target.encode())

    async with serving(posting) as server:
        client = HttpClient()
        answer = await Browser(client, Tally()).post_form(f"{server.url}/p/x/submit", {"nonce": "n1"}, "proof", b"JPEG")
        assert answer.body == b"/p/thanks"
        posted = server.asked[0]
        assert b'name="nonce"\r\n\r\nn1\r\n' in posted.body
        assert b'name="proof"; filename="proof.jpg"\r\nContent-Type: image/jpeg\r\n\r\nJPEG\r\n--' in posted.body
        client.close()


async def test_a_retry_is_the_same_request_byte_for_byte() -> None:
    turns = iter([Reply(drop=True), Reply(502), Reply(raw=b"HTTP/1.1 2", drop=True), Reply(body=b"taken")])

    async def failing(asked: Asked) -> Reply:
        return next(turns)

    async with serving(failing) as server:
        client, tally = HttpClient(), Tally()
        answer = await Browser(client, tally).post_form(f"{server.url}/s", {"nonce": "n1"}, "proof", b"JPEG")
        assert answer.body == b"taken"
        assert len({asked.body for asked in server.asked}) == 1
        assert len(server.asked) == 4
        assert tally.retries == {"broken": 2, "http_502": 1}
        client.close()


async def test_a_server_that_comes_back_is_found_again() -> None:
    async def ok(asked: Asked) -> Reply:
        return Reply(body=b"back")

    async with serving(ok) as server:
        port = int(server.url.rpartition(":")[2])
    client, tally = HttpClient(), Tally()
    asking = asyncio.create_task(Browser(client, tally).get(f"http://127.0.0.1:{port}/"))
    await asyncio.sleep(0.15)
    again = await asyncio.start_server(LittleServer(ok).serve, "127.0.0.1", port)
    assert (await asking).body == b"back"
    assert tally.retries["unreachable"] >= 1
    client.close()
    again.close()


async def test_patience_ends() -> None:
    async def ok(asked: Asked) -> Reply:
        return Reply()

    async with serving(ok) as server:
        url = server.url
    with pytest.raises(HttpError):
        await Browser(HttpClient(), Tally(), patience=0.2).get(url)


async def test_a_failing_page_that_speaks_to_people_is_not_asked_for_again() -> None:
    async def preparing(asked: Asked) -> Reply:
        return Reply(503, b'<main data-state="preparing">')

    async with serving(preparing) as server:
        client = HttpClient()
        assert (await Browser(client, Tally()).get(server.url)).status == 503
        assert len(server.asked) == 1
        client.close()


async def test_a_picture_inside_the_page_needs_no_request() -> None:
    client = HttpClient()
    answer = await Browser(client, Tally()).get_from("http://h/p", "data:image/png;base64,aGk=")
    assert (answer.body, client.requests) == (b"hi", 0)
