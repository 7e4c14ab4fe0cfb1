"""A poster shows its six elements inside its frame, and its QR is the live code and nothing else."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
import segno
from PIL import Image, ImageChops

from qunflow.domain.errors import InvalidInput
from qunflow.features.posters import render
from qunflow.features.posters.check import check_poster, find_poster, read_qr
from qunflow.features.posters.drawing import KeptPosters, PosterDesk
from qunflow.features.posters.fonts import BOLD, font_of
from qunflow.features.posters.model import TEXT_ELEMENTS, PosterFault, missing_elements
from qunflow.features.posters.render import HEIGHT, WIDTH, render_poster
from qunflow.features.posters.wrapping import fit, printable, wrap

CODE_URL = "https://club.example.com/c/bcdfghjkmnpq"
ELEMENTS = {
    "title": "三人成团，春季护肤礼盒免费领",
    "subtitle": "邀请好友进群，人人有礼，先到先得",
    "selling_point": "邀请 3 位好友即得 15 元红包，最高 71 元",
    "endorsement": "已有 12,000 位会员参加 · 品牌官方活动",
    "call_to_action": "长按识别二维码，立即进群领取",
}
ENGLISH = "Invite three friends and receive up to 71 yuan before the end of December"


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def with_codes(*texts: str) -> bytes:
    """A picture with these QR codes below each other."""
    picture = Image.new("RGB", (600, 500 * max(1, len(texts))), "white")
    for place, text in enumerate(texts):
        code = io.BytesIO()
        segno.make(text, error="m").save(code, kind="png", scale=8, border=4)
        picture.paste(Image.open(code).convert("RGB"), (50, 20 + 500 * place))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def test_a_poster_is_a_jpeg_of_720_by_1280_whose_qr_is_the_live_code() -> None:
    poster = render_poster(ELEMENTS, CODE_URL, "小明")
    assert Image.open(io.BytesIO(poster)).format == "JPEG"
    assert opened(poster).size == (WIDTH, HEIGHT) == (720, 1280)
    assert read_qr(poster) == (CODE_URL,)
    assert check_poster(poster, CODE_URL) == ()


@pytest.mark.parametrize("name", TEXT_ELEMENTS)
def test_each_of_the_five_texts_is_drawn(name: str) -> None:
    whole = opened(render_poster(ELEMENTS, CODE_URL))
    without = opened(render_poster({**ELEMENTS, name: ""}, CODE_URL))
    assert ImageChops.difference(whole, without).getbbox() is not None


def test_a_personal_poster_differs_by_its_name_line_only_where_that_stands() -> None:
    plain, personal = (opened(render_poster(ELEMENTS, CODE_URL, nick)) for nick in ("", "小明"))
    changed = ImageChops.difference(plain, personal).convert("L").point(lambda value: 255 * (value > 40)).getbbox()
    assert changed is not None
    assert changed[1] >= 390
    assert changed[3] <= 480


@pytest.mark.parametrize(
    "text", ["超长的标题（测试）" * 20, ENGLISH * 3, "Donaudampfschifffahrtsgesellschaft" * 5, "，" * 60]
)
def test_text_of_any_length_stays_inside_its_box(text: str) -> None:
    fitted = fit(text, 500, 180, range(60, 19, -4), BOLD)
    font = font_of(fitted.size, BOLD)
    assert fitted.lines
    assert fitted.height <= 180
    assert max(font.getlength(line) for line in fitted.lines) <= 500


def test_text_that_does_not_fit_ends_with_an_ellipsis_and_short_text_does_not() -> None:
    assert fit("很长" * 100, 300, 60, range(30, 19, -2), BOLD).lines[-1].endswith("…")
    assert fit("短", 300, 60, range(30, 19, -2), BOLD).lines == ("短",)


def test_no_line_begins_with_a_closing_or_ends_with_an_opening_mark() -> None:
    text = "邀请好友（新朋友），即可领取《春季礼盒》。数量有限，先到先得！「仅限本周」" * 2
    for width in range(120, 400, 7):
        lines = wrap(text, width, font_of(30, BOLD))
        assert "".join(lines) == text
        assert not [line for line in lines[1:] if line[0] in "，。！）》」"]
        assert not [line for line in lines if line[-1] in "（《「"]


def test_latin_words_are_kept_whole_where_they_fit() -> None:
    lines = wrap(ENGLISH, 260, font_of(30, BOLD))
    assert len(lines) > 2
    assert " ".join(lines) == ENGLISH
    assert all(a and b for a, b in pairwise(lines))


def test_what_the_font_cannot_draw_is_left_out() -> None:
    assert printable("小明 😀\u200d🎉\n ok️ \x00!") == "小明 ok !"


def test_the_background_is_drawn_once_for_a_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    write = render._write
    monkeypatch.setattr(
        render, "_write", lambda draw, box, text, *rest: (drawn.append(text), write(draw, box, text, *rest))
    )
    elements = {**ELEMENTS, "title": "只在这个测试里的标题"}
    for number in range(3):
        render_poster(elements, f"{CODE_URL}{number}", f"朋友{number}")
    assert drawn.count("只在这个测试里的标题") == 1


@pytest.mark.parametrize("text", ["", "x" * 301])
def test_a_live_code_without_address_or_with_an_endless_one_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="poster_code"):
        render_poster(ELEMENTS, text)


@pytest.mark.parametrize(
    ("texts", "faults"),
    [
        ((), [PosterFault.NO_QR]),
        (("https://work.weixin.qq.com/gm/0123456789abcdef",), [PosterFault.RAW_GROUP_QR]),
        (("https://weixin.qq.com/g/AQYAAabc",), [PosterFault.RAW_GROUP_QR]),
        (("https://club.example.com/c/another",), [PosterFault.FOREIGN_QR]),
        (("https://elsewhere.example/x",), [PosterFault.FOREIGN_QR]),
        ((CODE_URL, "https://work.weixin.qq.com/gm/1"), [PosterFault.RAW_GROUP_QR, PosterFault.TOO_MANY_QR]),
    ],
)
def test_a_poster_with_anything_but_the_live_code_is_refused(texts: tuple[str, ...], faults: list[PosterFault]) -> None:
    found = [finding.fault for finding in check_poster(with_codes(*texts), CODE_URL)]
    assert sorted(found) == sorted(faults)


def test_a_poster_with_the_live_code_alone_passes_whoever_drew_it() -> None:
    assert check_poster(with_codes(CODE_URL), CODE_URL) == ()


def test_bytes_that_are_no_picture_are_a_finding() -> None:
    assert [finding.fault for finding in check_poster(b"no picture", CODE_URL)] == [PosterFault.UNREADABLE]


def test_the_elements_that_a_campaign_lacks_are_named() -> None:
    assert missing_elements(ELEMENTS, "code") == ()
    assert missing_elements({**ELEMENTS, "endorsement": "  "}, "") == ("endorsement", "live_code")
    assert find_poster(ELEMENTS, "code", CODE_URL).qr_texts == (CODE_URL,)
    assert find_poster(ELEMENTS, "", "").missing == ("live_code",)


def test_kept_posters_stay_within_their_bytes_and_the_unused_one_goes_first() -> None:
    kept = KeptPosters(most=10)
    kept.keep(("a",), b"1234")
    kept.keep(("b",), b"1234")
    assert kept.find(("a",)) == b"1234"
    kept.keep(("c",), b"1234")
    assert kept.find(("b",)) is None
    assert kept.find(("a",)) == b"1234"
    kept.keep(("a",), b"12345678")
    assert kept.size <= 10


async def test_the_desk_draws_a_poster_once(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = PosterDesk()
    first = await desk.draw(ELEMENTS, CODE_URL, "小红")
    assert read_qr(first) == (CODE_URL,)
    assert await desk.draw(dict(ELEMENTS), CODE_URL, "小红") is first
    assert await desk.draw(ELEMENTS, CODE_URL, "小刚") != first
    desk.close()
