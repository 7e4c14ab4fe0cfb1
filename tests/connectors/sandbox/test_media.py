"""Uploads: order of checks, sizes, three days, what phones see (wecom-api.md §10)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from tests.connectors.sandbox.driver import CONTACT, Driver

MEGABYTE = 1024 * 1024


def _png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    return out.getvalue()


def _upload(driver: Driver, kind: str, data: bytes | None, field: str = "media") -> dict[str, Any]:
    params = {"access_token": driver.token(), "type": kind}
    files = {field: ("picture.png", data, "image/png")} if data is not None else None
    answer = driver.client.post("/cgi-bin/media/upload", params=params, files=files)
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_upload_answers_its_id_and_the_time_as_a_text(driver: Driver) -> None:
    answer = _upload(driver, "image", _png())
    assert (answer["errcode"], answer["type"]) == (0, "image") and answer["media_id"]
    assert answer["created_at"] == str(int(driver.clock.now().timestamp()))


AMR_61_SECONDS = b"#!AMR\n" + (b"\x04" + bytes(12)) * 3_001


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("song", b"", 40005),
        ("image", None, 44001),
        ("image", b"", 44001),
        ("image", b"12345", 40006),
        ("image", b"\xff\xd8\xff" + bytes(10 * MEGABYTE), 45001),
        ("image", b"GIF89a-no-picture-we-take", 40123),
        ("voice", b"#!AMR\n" + bytes(2 * MEGABYTE), 45001),
        ("voice", b"no voice at all", 40004),
        ("voice", AMR_61_SECONDS, 45007),
        ("video", b"no video at all", 40004),
        ("file", bytes(20 * MEGABYTE + 1), 45001),
        ("file", b"123456", 0),
        ("voice", AMR_61_SECONDS[:-13], 0),
    ],
)
def test_checks_in_order(driver: Driver, kind: str, data: bytes | None, code: int) -> None:
    assert _upload(driver, kind, data)["errcode"] == code


def test_another_field_name_is_an_empty_upload_and_the_token_comes_first(driver: Driver) -> None:
    assert _upload(driver, "image", _png(), field="file")["errcode"] == 44001
    answer = driver.client.post("/cgi-bin/media/upload", params={"type": "song"})
    assert answer.json()["errcode"] == 41001


def test_a_phone_sees_the_picture_and_reads_a_code_in_it(driver: Driver) -> None:
    staff = driver.new_staff()
    picture = driver.contact_way(staff)["qr_code"]
    data = driver.client.get(picture).content
    media_id = _upload(driver, "image", data)["media_id"]
    phone, external = driver.befriend(staff)
    attachment = {"msgtype": "image", "image": {"media_id": media_id}}
    body = {"sender": staff, "external_userid": [external], "attachments": [attachment]}
    msgid = driver.api(CONTACT + "add_msg_template", body)["msgid"]
    driver.act("/staff/confirm", userid=staff, msgid=msgid)
    shown = driver.see("/phone/inbox", phone=phone)["messages"][0]["attachments"][0]["image"]
    assert shown["qr"] == driver.read_qr(picture)
    answer = driver.client.get(shown["url"])
    assert answer.content == data and answer.headers["content-type"] == "image/png"


def test_an_id_ends_after_three_days_and_is_good_for_its_own_kind_only(driver: Driver) -> None:
    staff = driver.new_staff()
    _, external = driver.befriend(staff)
    media_id = _upload(driver, "image", _png())["media_id"]

    def code(kind: str) -> int:
        attachment = {"msgtype": kind, kind: {"media_id": media_id}}
        body = {"sender": staff, "external_userid": [external], "attachments": [attachment]}
        return int(driver.api(CONTACT + "add_msg_template", body)["errcode"])

    assert (code("image"), code("file")) == (0, 40007)
    driver.clock.advance_to(driver.clock.now() + timedelta(days=3))
    assert code("image") == 40007
