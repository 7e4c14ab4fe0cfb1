"""Lines of a poster break where a person would break them."""

from __future__ import annotations

import pytest

from qunflow.features.posters.wrapping import fit


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("集五福 平分一万元", ("集五福", "平分一万元")),
        ("好友帮砍 99 元杯子 9.9 元", ("好友帮砍 99 元", "杯子 9.9 元")),
        ("集 38 个赞 领花茶", ("集 38 个赞", "领花茶")),
        ("萌娃照片等你投票", ("萌娃照片", "等你投票")),
    ],
)
def test_a_title_breaks_between_its_phrases_and_keeps_a_number_with_what_it_counts(
    text: str, lines: tuple[str, ...]
) -> None:
    assert fit(text, 560, 220, range(80, 40, -4), 700).lines == lines


def test_phrases_that_do_not_fit_are_broken_by_length() -> None:
    fitted = fit("进群得 5 元 首单得 15 元 复购再得 10 元", 480, 130, range(48, 40, -2), 700)
    assert len(fitted.lines) == 2 and "".join(fitted.lines).replace(" ", "") == "进群得5元首单得15元复购再得10元"
