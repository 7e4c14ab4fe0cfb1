"""The small HTTP client against a server on a real socket."""

from __future__ import annotations

import asyncio

import pytest
from tests.unit.rehearsal.little_server import Asked, Reply, serving

from qunflow.rehearsal.http import HttpClient, HttpError


async def ok(asked: Asked) -> Reply:
    return Reply(
        body=asked.target.encode() + b"|" + asked.body, headers=(("X-One", "1"), ("Set-Cookie", "a=b; Path=/"))
    )


async def test_one_connection_serves_many_requests() -> None:
    async with serving(ok) as server:
        client = HttpClient()
        for number in range(5):
            answer = await client.request("GET", f"{server.url}/x?n={number}")
            assert (answer.status, answer.body) == (200, f"/x?n={number}|".encode())
        assert answer.headers["x-one"] == "1"
        assert answer.cookies == ("a=b; Path=/",)
        assert server.connections == 1
        assert client.requests == 5
        client.close()


async def test_requests_at_once_do_not_share_a_connection() -> None:
    async def slow(asked: Asked) -> Reply:
        await asyncio.sleep(0.05)
        return await ok(asked)

    async with serving(slow) as server:
        client = HttpClient()
        answers = await asyncio.gather(*(client.request("GET", f"{server.url}/{n}") for n in range(4)))
        assert [answer.body for answer in answers] == [f"/{n}|".encode() for n in range(4)]
        assert server.connections == 4
        client.close()


async def test_a_body_is_posted_whole() -> None:
    async with serving(ok) as server:
        client = HttpClient()
        body = bytes(range(256)) * 500
        answer = await client.request("POST", f"{server.url}/up", {"content-type": "x/y"}, body)
        assert answer.body == b"/up|" + body
        assert server.asked[0].headers["content-type"] == "x/y"
        client.close()


async def test_chunks_are_put_together_and_the_connection_goes_on() -> None:
    async def chunked(asked: Asked) -> Reply:
        return Reply(chunks=(b"one ", b"two ", b"three" * 5_000))

    async with serving(chunked) as server:
        client = HttpClient()
        for _ in range(2):
            answer = await client.request("GET", f"{server.url}/")
            assert answer.body == b"one two " + b"three" * 5_000
        assert server.connections == 1
        client.close()


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async def bare(asked: Asked) -> Reply:
        return Reply(raw=b"HTTP/1.1 200 OK\r\n\r\nall of it", drop=True)

    async with serving(bare) as server:
        client = HttpClient()
        assert (await client.request("GET", f"{server.url}/")).body == b"all of it"
        assert (await client.request("GET", f"{server.url}/")).body == b"all of it"
        assert server.connections == 2
        client.close()


async def test_a_kept_connection_that_died_is_replaced_for_a_get_only() -> None:
    turns = iter([Reply(body=b"1"), Reply(drop=True), Reply(body=b"2"), Reply(drop=True)])

    async def dying(asked: Asked) -> Reply:
        return next(turns)

    async with serving(dying) as server:
        client = HttpClient()
        assert (await client.request("GET", f"{server.url}/")).body == b"1"
        assert (await client.request("GET", f"{server.url}/")).body == b"2"
        with pytest.raises(HttpError) as caught:
            await client.request("POST", f"{server.url}/", {}, b"x")
        assert caught.value.code == "broken"
        assert len(server.asked) == 4
        client.close()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "broken"),
        (b"SSH-2.0 hello\r\n\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "not_http"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "too_large"),
    ],
)
async def test_answers_that_are_none_are_named(raw: bytes, code: str) -> None:
    async def odd(asked: Asked) -> Reply:
        return Reply(raw=raw, drop=True)

    async with serving(odd) as server:
        client = HttpClient()
        with pytest.raises(HttpError) as caught:
            await client.request("GET", f"{server.url}/")
        assert caught.value.code == code


async def test_silence_ends_with_a_timeout_and_that_connection_is_not_used_again() -> None:
    waits = iter([0.5, 0.0])

    async def silent(asked: Asked) -> Reply:
        await asyncio.sleep(next(waits))
        return await ok(asked)

    async with serving(silent) as server:
        client = HttpClient(timeout=0.1)
        with pytest.raises(HttpError) as caught:
            await client.request("GET", f"{server.url}/first")
        assert caught.value.code == "timeout"
        assert (await client.request("GET", f"{server.url}/second")).body == b"/second|"
        assert server.connections == 2
        client.close()


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "ftp://x/", "http:///x", "http://h/a b", "http://h:x/", "x"])
async def test_addresses_that_it_does_not_speak_are_refused(url: str) -> None:
    with pytest.raises(HttpError) as caught:
        await HttpClient().request("GET", url)
    assert caught.value.code == "bad_url"


async def test_nobody_there_is_unreachable() -> None:
    async with serving(ok) as server:
        url = server.url
    with pytest.raises(HttpError) as caught:
        await HttpClient().request("GET", url)
    assert caught.value.code == "unreachable"
