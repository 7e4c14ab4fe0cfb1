"""What is told of a poster's texts is what its renderer will do with them."""

from __future__ import annotations

from typing import Any

import pytest

from qunflow.features.posters import fitting, render
from qunflow.features.posters.fitting import TextFault, TextFinding, check_texts
from qunflow.features.posters.model import TEXT_ELEMENTS

WELL = {
    "title": "三人成团 立减百元",
    "subtitle": "只限本周",
    "selling_point": "坚果礼盒 到手 29 元",
    "endorsement": "三万家庭复购",
    "call_to_action": "扫码入群领券",
}


def test_five_short_texts_are_well() -> None:
    assert check_texts(WELL) == ()


@pytest.mark.parametrize("name", TEXT_ELEMENTS)
def test_an_empty_text_is_told(name: str) -> None:
    for text in ("", "  ", "🎉"):
        assert check_texts({**WELL, name: text}) == (TextFinding(name, TextFault.EMPTY),)


def test_what_does_not_fit_or_cannot_be_drawn_is_told() -> None:
    assert check_texts({**WELL, "title": "长" * 199}) == (TextFinding("title", TextFault.CUT),)
    assert check_texts({**WELL, "endorsement": "长" * 60}) in ((), (TextFinding("endorsement", TextFault.SMALL),))
    assert check_texts({**WELL, "subtitle": "周末🎉开跑"}) == (TextFinding("subtitle", TextFault.DROPPED),)


def test_boxes_and_sizes_are_those_of_the_renderer(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, tuple[render.Box, range, int]] = {}

    def note(draw: Any, box: render.Box, text: str, sizes: range, weight: int, colour: str) -> None:
        drawn[text] = (box, sizes, weight)

    monkeypatch.setattr(render, "_write", note)
    render._background.__wrapped__(tuple(TEXT_ELEMENTS))
    assert drawn == dict(fitting._BOXES)
