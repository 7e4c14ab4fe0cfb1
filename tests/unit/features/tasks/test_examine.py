"""The examination of a proof: what it says about good images, and that bad bytes never break it."""

from __future__ import annotations

import hashlib
import io
import random
import zlib

import pytest
from PIL import Image, ImageDraw

from qunflow.domain.actions import ExamineProof
from qunflow.domain.errors import NotFound
from qunflow.domain.inbound import ProofExamined
from qunflow.domain.receipts import Result
from qunflow.features.posters.render import render_poster
from qunflow.features.tasks.examine import ProofDesk, dhash, examine

CODE_URL = "https://club.example.com/c/bcdfghjkmnpq"
ELEMENTS = {
    "title": "三人成团",
    "subtitle": "人人有礼",
    "selling_point": "15 元红包",
    "endorsement": "官方活动",
    "call_to_action": "长按进群",
}


def screenshot(poster_width: int, clock: str = "10:24", code_url: str = CODE_URL) -> Image.Image:
    """A phone's screen with posts on it, and a shared poster when it has a width."""
    picture = Image.new("RGB", (1080, 2340), "#ededed")
    draw = ImageDraw.Draw(picture)
    draw.text((40, 20), clock, fill="black")
    dice = random.Random(7)
    for y in range(200, 2300, 70):
        draw.rectangle((120, y, 120 + dice.randrange(300, 900), y + 30), fill=(40, 40, dice.randrange(200)))
    if poster_width:
        poster = Image.open(io.BytesIO(render_poster(ELEMENTS, code_url)))
        picture.paste(poster.resize((poster_width, poster_width * 16 // 9)), (60, 320))
    return picture


def encoded(picture: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, quality=80)
    return out.getvalue()


def bits_apart(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("width", [1000, 540, 360])
def test_the_own_poster_is_found_in_a_screenshot(kind: str, width: int) -> None:
    image = encoded(screenshot(width), kind)
    found = examine(image, "submission:c:p", 2)
    assert found.qr_texts == (CODE_URL,)
    assert (found.width, found.height, found.format) == (1080, 2340, kind.lower())
    assert found.sha256 == hashlib.sha256(image).hexdigest()
    assert (found.submission, found.attempt) == ("submission:c:p", 2)
    assert len(found.dhash) == 16


def test_a_code_too_small_for_the_rough_look_is_found_in_the_whole_picture() -> None:
    assert examine(encoded(screenshot(250), "PNG"), "s", 1).qr_texts == (CODE_URL,)


def test_a_screenshot_without_a_poster_has_no_qr() -> None:
    found = examine(encoded(screenshot(0), "JPEG"), "s", 1)
    assert (found.qr_texts, found.format) == ((), "jpeg")


def test_the_hash_ignores_the_status_bar_and_the_format_and_sees_another_picture() -> None:
    base = examine(encoded(screenshot(540), "PNG"), "s", 1).dhash
    later = examine(encoded(screenshot(540, clock="23:59 LATER"), "PNG"), "s", 1).dhash
    packed = examine(encoded(screenshot(540), "JPEG"), "s", 1).dhash
    other = examine(encoded(screenshot(1000).rotate(180), "PNG"), "s", 1).dhash
    assert base == later
    assert bits_apart(base, packed) <= 2
    assert bits_apart(base, other) > 8


def test_the_hash_of_the_smallest_picture_exists() -> None:
    assert dhash(Image.new("L", (1, 1))) == "0" * 16


@pytest.mark.parametrize(
    "image", [b"", b"no picture at all" * 50, b"\xff\xd8\xff\xe0" + b"\0" * 500, b"\x89PNG\r\n\x1a\n"]
)
def test_bytes_that_are_no_picture_get_an_empty_format(image: bytes) -> None:
    assert examine(image, "s", 1) == ProofExamined("s", 1, hashlib.sha256(image).hexdigest())


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF"])
def test_other_formats_are_not_taken(kind: str) -> None:
    out = io.BytesIO()
    Image.new("RGB", (800, 800)).save(out, kind)
    assert examine(out.getvalue(), "s", 1).format == ""


@pytest.mark.parametrize("side", [6_400, 12_000, 60_000])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    found = examine(bomb(side), "s", 1)
    assert (found.format, found.width) == ("", 0)


def bomb(side: int) -> bytes:
    """A small PNG that claims to be a huge black square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress(b"\0" * 1_000_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_pictures_never_raise(kind: str) -> None:
    whole = encoded(screenshot(300).resize((270, 585)), kind)
    dice = random.Random(11)
    for _ in range(60):
        broken = bytearray(whole[: dice.randrange(1, len(whole))] if dice.random() < 0.5 else whole)
        for _ in range(dice.randrange(1, 30)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        assert examine(bytes(broken), "s", 1).attempt == 1


async def test_the_desk_answers_a_wish_with_what_it_found() -> None:
    image = encoded(screenshot(540), "JPEG")

    async def read(digest: str) -> bytes:
        return {"there": image}[digest]

    desk = ProofDesk(read)
    receipt = await desk.perform(ExamineProof("s", 3, "there"), "key")
    assert receipt.result is Result.DONE
    assert receipt.answers == (examine(image, "s", 3),)
    await desk.close()


async def test_the_desk_calls_an_erased_image_unreadable() -> None:
    async def gone(digest: str) -> bytes:
        raise NotFound("blob_gone", "this file is not stored any more")

    desk = ProofDesk(gone)
    (found,) = (await desk.perform(ExamineProof("s", 1, "x"), "key")).answers
    assert (found.submission, found.format) == ("s", "")
    await desk.close()
