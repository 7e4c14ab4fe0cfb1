"""Files that WeCom keeps for three days (wecom-api.md §10)."""

from __future__ import annotations

import pytest
from tests.connectors.wecom.conftest import PNG
from tests.connectors.wecom.scripted import OK, HandClock, ScriptedServer

from qunflow.connectors.wecom.client import WecomClient
from qunflow.connectors.wecom.errors import WecomError
from qunflow.connectors.wecom.media import ALBUM, MOMENT
from qunflow.domain.errors import InvalidInput


@pytest.mark.parametrize("api", ["media/upload", "media/upload_attachment"])
async def test_a_file_is_uploaded_again_after_three_days(
    api: str, client: WecomClient, server: ScriptedServer, clock: HandClock
) -> None:
    server.script(api, *({**OK, "media_id": f"m{number}", "created_at": "1"} for number in range(1, 4)))

    async def upload() -> str:
        if api == "media/upload":
            return await client.uploads.upload(b"a film of some bytes", "video")
        return await client.uploads.attachment(b"a film of some bytes", MOMENT, "video")

    assert [await upload(), await upload()] == ["m1", "m1"]
    clock.forward(days=3)
    assert [await upload(), await upload()] == ["m2", "m2"]
    client.forget_media("m2")
    assert await upload() == "m3"
    assert len(server.calls(api)) == 3


async def test_the_same_bytes_for_another_purpose_are_another_upload(
    client: WecomClient, server: ScriptedServer
) -> None:
    server.script("media/upload", {**OK, "media_id": "plain"})
    server.script("media/upload_attachment", {**OK, "media_id": "moment"}, {**OK, "media_id": "album"})
    found = [
        await client.uploads.upload(PNG),
        await client.uploads.attachment(PNG, MOMENT),
        await client.uploads.attachment(PNG, ALBUM),
        await client.uploads.upload(PNG),
    ]
    assert found == ["plain", "moment", "album", "plain"]
    moment, album = server.calls("media/upload_attachment")
    assert (moment.query["media_type"], moment.query["attachment_type"]) == ("image", "1")
    assert album.query["attachment_type"] == "2"
    assert b'name="media"' in moment.body and PNG in moment.body


async def test_people_see_the_name_of_a_file(client: WecomClient, server: ScriptedServer) -> None:
    server.script("media/upload", {**OK, "media_id": "m1"})
    await client.uploads.upload(b"some bytes", "file", "rules.pdf")
    (call,) = server.calls("media/upload")
    assert call.query["type"] == "file" and b'filename="rules.pdf"' in call.body


async def test_an_image_gets_an_address_for_good(client: WecomClient, server: ScriptedServer) -> None:
    server.script("media/uploadimg", {**OK, "url": "https://p/1"})
    assert await client.uploads.image_address(PNG) == "https://p/1"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("voice", b"0" * (2 * 2**20 + 1)),
        ("video", b"tiny"),
        ("file", b"0" * (20 * 2**20 + 1)),
        ("image", b"GIF89a" * 9),
    ],
)
async def test_what_wecom_would_not_take_is_not_sent(
    kind: str, content: bytes, client: WecomClient, server: ScriptedServer
) -> None:
    with pytest.raises(WecomError, match="WeCom takes"):
        await client.uploads.upload(content, kind)
    assert server.seen == []


async def test_only_known_kinds_and_purposes_are_uploaded(client: WecomClient) -> None:
    with pytest.raises(InvalidInput, match="one of"):
        await client.uploads.upload(PNG, "picture")
    with pytest.raises(InvalidInput, match="one of"):
        await client.uploads.attachment(PNG, 3)
