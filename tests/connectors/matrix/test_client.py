"""How the client behaves towards a server that refuses, tires, or is older."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from PIL import Image as Pillow
from tests.connectors.matrix.conftest import png
from tests.connectors.matrix.scripted import ANN, BOT, DROP, ROOM, ScriptedServer, account, refusal

from qunflow.connectors.matrix.client import MAX_MEDIA_BYTES, MatrixClient, NewRoom, transaction_id
from qunflow.connectors.matrix.errors import SETUP_WAIT, Cause, MatrixError
from qunflow.connectors.matrix.images import Image, examine

SEND = f"PUT /rooms/{ROOM}/send/m.room.message/"
MXC = "mxc://shop.test/AbC"


async def failing(client: MatrixClient, server: ScriptedServer, answer: Any) -> MatrixError:
    server.script(SEND, answer)
    with pytest.raises(MatrixError) as caught:
        await client.send_text(ROOM, "hi", "t1")
    return caught.value


@pytest.mark.parametrize(
    ("answer", "cause", "wait"),
    [
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=1500), Cause.RATE_LIMITED, 1.5),
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms=10**9), Cause.RATE_LIMITED, 3600.0),
        (refusal(429, "M_LIMIT_EXCEEDED", retry_after_ms="soon"), Cause.RATE_LIMITED, 5.0),
        ((429, b"slow down", {"Retry-After": "7"}), Cause.RATE_LIMITED, 7.0),
        (refusal(500, "M_UNKNOWN"), Cause.BUSY, 10.0),
        (refusal(502, "M_FORBIDDEN"), Cause.BUSY, 10.0),
        ((503, b"<html>"), Cause.NO_ANSWER, 10.0),
        ((200, b"<html>"), Cause.NO_ANSWER, 10.0),
        ((200, b"[]"), Cause.NO_ANSWER, 10.0),
        (DROP, Cause.NO_ANSWER, 10.0),
        ((404, b"nginx"), Cause.SETUP, SETUP_WAIT),
        (refusal(401, "M_UNKNOWN_TOKEN"), Cause.SETUP, SETUP_WAIT),
        (refusal(403, "M_FORBIDDEN"), Cause.FORBIDDEN, 0),
        (refusal(413, "M_TOO_LARGE"), Cause.TOO_LARGE, 0),
        ((413, b"too large"), Cause.TOO_LARGE, 0),
        (refusal(400, "M_BAD_JSON"), Cause.BAD_REQUEST, 0),
        (refusal(418, "ORG_NEW"), Cause.UNKNOWN, 0),
    ],
)
async def test_refusals_have_a_cause_and_say_whether_to_try_again(
    client: MatrixClient, server: ScriptedServer, answer: Any, cause: Cause, wait: float
) -> None:
    error = await failing(client, server, answer)
    assert (error.cause, error.wait, error.retryable) == (cause, wait, wait > 0)
    assert error.code == f"matrix_{cause.value}" and error.way_out and "as-token" not in error.sentence()


async def test_a_server_that_is_away_is_worth_another_try() -> None:
    client = MatrixClient(account("http://127.0.0.1:9"))
    with pytest.raises(MatrixError) as caught:
        await client.joined_members(ROOM)
    assert caught.value.cause is Cause.UNREACHABLE and caught.value.retryable
    await client.close()


async def test_the_account_and_its_device_are_made_once(client: MatrixClient, server: ScriptedServer) -> None:
    server.script(SEND, {"event_id": "$e"})
    assert [await client.send_text(ROOM, "hi", txn) for txn in ("t1", "t2")] == ["$e", "$e"]
    assert [seen.call for seen in server.seen[:2]] == ["POST /register", "PUT /devices/QUNFLOW"]
    assert len(server.seen) == 4
    sent = server.calls(SEND)[0]
    assert sent.query == {"user_id": BOT, "device_id": "QUNFLOW"}
    assert sent.headers["authorization"] == "Bearer as-token-0123456789"
    assert sent.data == {"msgtype": "m.text", "body": "hi", "m.mentions": {}}


async def test_a_server_without_device_calls_gets_a_login(client: MatrixClient, server: ScriptedServer) -> None:
    server.script("PUT /devices/QUNFLOW", refusal(404, "M_NOT_FOUND"))
    server.script("POST /login", {"access_token": "not used"})
    server.script(SEND, {"event_id": "$e"})
    assert await client.send_text(ROOM, "hi", "t1") == "$e"
    login = server.calls("POST /login")[0].data
    assert (login["device_id"], login["type"]) == ("QUNFLOW", "m.login.application_service")


async def test_a_device_that_was_deleted_is_made_again(client: MatrixClient, server: ScriptedServer) -> None:
    error = await failing(client, server, refusal(400, "M_UNKNOWN_DEVICE"))
    assert error.retryable
    server.script(SEND, {"event_id": "$e"})
    await client.send_text(ROOM, "hi", "t1")
    assert len(server.calls("PUT /devices/")) == 2


async def test_the_token_stands_in_no_log(
    client: MatrixClient, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(SEND, {"event_id": "$e"})
    with caplog.at_level(logging.DEBUG, logger="httpx"):
        await client.send_text(ROOM, "hi", "t1")
    assert "send/m.room.message" in caplog.text and "as-token" not in caplog.text


def test_transaction_ids_differ_by_key_and_person_only() -> None:
    assert transaction_id("k", ANN) == transaction_id("k", ANN)
    assert len({transaction_id("k"), transaction_id("k", ANN), transaction_id("k2", ANN)}) == 3


async def test_media_comes_from_the_older_call_where_there_is_no_newer(
    client: MatrixClient, server: ScriptedServer
) -> None:
    server.script("GET /media/v3/download/shop.test/AbC", (200, png()))
    assert await client.download(MXC) == png()
    calls = [seen.call for seen in server.seen if "download" in seen.call]
    assert calls == ["GET /client/v1/media/download/shop.test/AbC", "GET /media/v3/download/shop.test/AbC"]


@pytest.mark.parametrize("mxc", ["https://x/y", "mxc://a/../b", "mxc://a", "mxc://a/b?c", ""])
async def test_what_is_no_address_is_not_called(client: MatrixClient, server: ScriptedServer, mxc: str) -> None:
    with pytest.raises(MatrixError):
        await client.download(mxc)
    assert server.seen == []


async def test_a_file_over_ten_megabytes_is_not_taken(client: MatrixClient, server: ScriptedServer) -> None:
    server.script("GET /client/v1/media/download/", (200, b"x" * (MAX_MEDIA_BYTES + 1)))
    with pytest.raises(MatrixError) as caught:
        await client.download(MXC)
    assert caught.value.reason == "too_large" and not caught.value.retryable


@pytest.mark.parametrize(("version", "named"), [("11", True), ("12", False)])
async def test_the_creator_is_named_in_the_power_levels_where_it_must_be(
    server: ScriptedServer, version: str, named: bool
) -> None:
    client = MatrixClient(account(server.address, room_version=version))
    server.script("POST /createRoom", {"room_id": ROOM})
    assert await client.create_room(NewRoom("x", "群", power={ANN: 50, BOT: 1}, join_rule="knock")) == ROOM
    body = server.calls("POST /createRoom")[0].data
    levels = body["power_level_content_override"]
    assert levels["users"] == ({ANN: 50, BOT: 100} if named else {ANN: 50})
    assert levels["events"]["m.room.encryption"] == 100
    assert body["initial_state"][0]["content"] == {"join_rule": "knock"}
    await client.close()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_the_size_of_an_image_is_read_from_its_first_bytes(form: str) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGB", (317, 41), "red").save(buffer, form)
    content = buffer.getvalue()
    assert examine(content) == Image(f"image/{form.lower()}", len(content), 317, 41)
    for end in range(0, 60):
        examine(content[:end])  # what breaks off is no error


def test_other_files_are_no_images() -> None:
    assert [examine(content) for content in (b"", b"%PDF-1.7", b"<svg/>", b"RIFF0000WAVE")] == [None] * 4
