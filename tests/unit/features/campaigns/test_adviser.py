"""Which model is advised for which situation, and that everything it says has words in both languages."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from qunflow.domain.errors import InvalidInput
from qunflow.features.campaigns.adviser import AIMS, AUDIENCES, SEASONS, Advice, Situation
from qunflow.features.campaigns.adviser_rules import CANDIDATES, GENERAL, advise
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.web.texts import Texts

USUAL = Situation("members", "grow", 800, 9_900, 4_000)


def best(**changes: object) -> list[str]:
    return [advice.model for advice in advise(replace(USUAL, **changes)).models]  # type: ignore[arg-type]


def of(model: str, **changes: object) -> Advice:
    found = advise(replace(USUAL, **changes)).models  # type: ignore[arg-type]
    return next(advice for advice in found if advice.model == model)


def test_each_aim_has_its_model() -> None:
    assert best(aim="sell", audience="promoters", margin_bps=6_000)[0] == "distribution"
    assert best(aim="sell", price_fen=5_900, margin_bps=3_500)[0] == "group-buy"
    assert best(aim="wake", season="holiday", people=5_000)[0] == "cards"
    assert best(aim="wake", people=300)[0] == "check-in"
    assert best(aim="contacts", season="launch")[0] == "likes"
    assert best(aim="honour")[0] == "voting"
    assert set(best()[:3]) == {"bargain", "invitation", "mutual"}


def test_a_thin_margin_advises_against_what_gives_it_away() -> None:
    thin = {"aim": "sell", "margin_bps": 800}
    for model in ("distribution", "bargain", "group-buy"):
        assert not of(model, **thin).fits and of(model, **thin).against
    assert "margin_thin" in advise(replace(USUAL, margin_bps=800)).warnings


def test_few_people_and_dear_goods_are_warned_of() -> None:
    assert advise(replace(USUAL, people=30, price_fen=200_000)).warnings == ("too_few_people", "refer_personally")
    assert "needs_many" in of("bargain", people=30).against and of("invitation", people=30).fits


def test_every_model_of_the_product_is_ranked_and_every_answer_has_words() -> None:
    assert {candidate.model for candidate in CANDIDATES} == {*MODELS, "invitation", "likes"}
    texts = Texts.load()
    codes = {f"adviser.model.{candidate.model}" for candidate in CANDIDATES}
    codes |= {f"adviser.reason.{argument.code}" for candidate in CANDIDATES for argument in candidate.arguments}
    codes |= {f"adviser.warning.{code}" for candidate in CANDIDATES for code in candidate.warnings}
    codes |= {f"adviser.general.{item.code}" for item in GENERAL}
    for language, code in product(("zh", "en"), codes):
        assert texts.say(language, code)


def test_any_situation_gets_some_model_that_fits_and_points_stay_in_bounds() -> None:
    for audience, aim, season, people in product(AUDIENCES, AIMS, SEASONS, (20, 400, 5_000)):
        found = advise(Situation(audience, aim, people, 9_900, 4_000, season)).models
        points = [advice.points for advice in found]
        assert points == sorted(points, reverse=True) and points[-1] >= 0 and points[0] <= 100
        assert found[0].points >= 50, (audience, aim, season, people)


@pytest.mark.parametrize(
    ("field", "value"),
    [("audience", "cats"), ("aim", ""), ("season", "x"), ("people", 0), ("price_fen", -1), ("margin_bps", 10_001)],
)
def test_what_is_unknown_or_out_of_bounds_is_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as told:
        advise(replace(USUAL, **{field: value}))  # type: ignore[arg-type]
    assert told.value.field == field
