"""Proofs are real pictures: no two alike, and a camera reads the poster's code in them."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from PIL import Image

from qunflow.features.posters.render import render_poster
from qunflow.rehearsal.dice import Dice
from qunflow.rehearsal.pictures import CodeReader, Gallery, read_code
from qunflow.rehearsal.proofs import HEIGHT, WIDTH, Shot, draw_proof
from qunflow.rehearsal.street import Street

DICE = Dice("proofs")
AT = datetime(2026, 12, 1, 20, 5, tzinfo=UTC)
ELEMENTS = {
    "title": "邀请好友领红包",
    "subtitle": "三天活动",
    "selling_point": "邀请 1 人得 5 元",
    "endorsement": "十年老店",
    "call_to_action": "扫码进群",
}


def poster(number: int) -> bytes:
    return render_poster(ELEMENTS, f"http://127.0.0.1:8780/c/abcdefghijkmnpqrstu{number:03d}", "王小雨")


def proof(number: int, picture: bytes) -> bytes:
    return draw_proof(DICE, Shot(number, f"王小雨{number}", AT), picture)


def test_every_proof_is_another_picture_and_its_code_can_be_read() -> None:
    proofs = [proof(number, poster(number)) for number in range(25)]
    assert len(set(proofs)) == 25
    assert [read_code(picture)[-3:] for picture in proofs] == [f"{number:03d}" for number in range(25)]
    with Image.open(io.BytesIO(proofs[0])) as opened:
        assert (opened.format, opened.size) == ("JPEG", (WIDTH, HEIGHT))


def test_two_people_with_the_same_poster_hand_in_different_pictures() -> None:
    same = poster(1)
    assert proof(1, same) != proof(2, same)
    assert proof(1, same) == proof(1, same)


def test_a_screen_without_a_poster_has_no_code() -> None:
    plain = [proof(number, b"") for number in range(5)]
    assert len(set(plain)) == 5
    assert {read_code(picture) for picture in plain} == {""}


def test_what_is_no_picture_has_no_code() -> None:
    assert read_code(b"") == read_code(b"no picture") == ""


async def test_one_picture_is_read_once_for_all_who_hold_it_up() -> None:
    with ThreadPoolExecutor(2) as threads:
        reader = CodeReader(threads)
        one, two = poster(1), poster(2)
        assert [await reader.read(picture) for picture in (one, two, one, one)] == [
            read_code(one), read_code(two), read_code(one), read_code(one),
        ]  # fmt: skip
        assert reader.decoded == 2


def test_a_poster_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    gallery = Gallery(tmp_path)
    gallery.keep(7, b"seven")
    assert (gallery.show(7), gallery.show(8)) == (b"seven", b"")


async def test_a_picture_is_drawn_ahead_once_and_is_the_one_that_is_handed_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Shot] = []

    async def draw(self: Street, shot: Shot, poster: bytes) -> bytes:
        drawn.append(shot)
        return poster

    monkeypatch.setattr(Street, "draw", draw)
    gallery = Gallery(tmp_path)
    gallery.keep(3, b"poster")
    plan = SimpleNamespace(number=3, nickname="小王", forgery="", inviter=None)
    made: Any = Street(None, None, None, gallery, None, None, ZoneInfo("Asia/Shanghai"), None)  # type: ignore[arg-type]
    for _ in range(2):  # the clock stops twice before that instant
        made.draw_ahead(plan, AT)
    shot = Shot(3, "小王", made.local(AT))
    assert await made.proof(plan, shot) == b"poster" and len(drawn) == 1
    assert await made.proof(plan, shot) == b"poster" and len(drawn) == 2, "another try is another picture"
