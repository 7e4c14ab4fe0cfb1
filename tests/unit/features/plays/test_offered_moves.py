"""What the phone pages offer for a model that says nothing of its own: forms for plain parameters, a link to share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from qunflow.features.campaigns.mechanics.mechanic import Frame, Mechanic, MoveRule, PlayRules, Unit
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.mechanics.settings import choice, day, fen, whole
from qunflow.features.campaigns.plays.pages_offers import Glance, buttons_of, is_shared, openers_of
from qunflow.features.campaigns.plays.pages_view import did_code
from qunflow.web.texts import Texts

AT = datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Guess:
    """Plain parameters."""

    number: int = whole("a number", 1, 9)
    stake_fen: int = fen("an amount", low=1)
    side: str = choice("a side", "left", "right", default="left")


@dataclass(frozen=True, slots=True)
class Booking:
    """A parameter that no small form takes."""

    on: object = day("a day")


def model(**moves: MoveRule) -> Mechanic:
    return replace(MODELS["check-in"], name="toy", moves={"open": MoveRule(opens=True), **moves})


def seen(owner: str) -> Glance:
    unit = Unit(unit="u1", model="toy", owner=owner, status="open")
    return Glance(unit, {}, Frame("toy", None, PlayRules(), AT, AT, "Asia/Shanghai", 24, 100), "me", AT)


def test_numbers_amounts_and_choices_become_fields_of_a_form() -> None:
    (button,) = buttons_of(model(guess=MoveRule(params=Guess)), seen("me"))
    assert [(one.name, one.kind) for one in button.fields] == [
        ("number", "number"),
        ("stake_fen", "yuan"),
        ("side", "choice"),
    ]
    assert (button.fields[0].low, button.fields[0].high) == (1, 9)
    assert [one.value for one in button.fields[2].choices] == ["left", "right"]


def test_a_move_with_another_parameter_gets_no_form() -> None:
    assert buttons_of(model(book=MoveRule(params=Booking)), seen("me")) == ()


def test_a_move_of_friends_is_not_offered_to_the_owner() -> None:
    toy = model(clap=MoveRule(who="other"))
    assert buttons_of(toy, seen("me")) == ()
    assert [one.move for one in buttons_of(toy, seen("her"))] == ["clap"]


@pytest.mark.parametrize(("who", "shared"), [("other", True), ("anyone", True), ("owner", False), ("system", False)])
def test_a_unit_is_shared_when_friends_can_do_something(who: str, shared: bool) -> None:
    assert is_shared(model(clap=MoveRule(who=who))) is shared


def test_an_opening_move_asks_for_its_plain_parameters_and_one_that_no_form_takes_is_not_offered() -> None:
    frame = seen("me").frame
    opening = model(open=MoveRule(opens=True, params=Guess), book=MoveRule(opens=True, params=Booking))
    (button,) = openers_of(replace(opening, settings=Guess), frame)
    assert (button.move, [field.name for field in button.fields]) == ("open", ["number", "stake_fen", "side"])


def test_an_answer_may_have_a_sentence_of_its_own() -> None:
    words = {"play.did.toy.guess": "Noted.", "play.did.toy.guess.1": "Right!", "play.did.other": "Done."}
    texts = Texts({"zh": words, "en": words})
    assert did_code(texts, "toy", "guess", "1") == "play.did.toy.guess.1"
    assert did_code(texts, "toy", "guess", "0") == did_code(texts, "toy", "guess", "") == "play.did.toy.guess"
    assert did_code(texts, "toy", "leave", "1") == "play.did.other"
