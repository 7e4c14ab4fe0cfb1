"""Every way in which a move can be refused ends in words, in both languages; risk in neutral ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import qunflow.features.campaigns as campaigns
from qunflow.domain.reasons import Reason
from qunflow.features.campaigns.mechanics.models import MODELS
from qunflow.features.campaigns.plays.pages_move import reason_code
from qunflow.features.campaigns.plays.pages_offers import PERSONAL
from qunflow.features.campaigns.plays.pages_view import move_code
from qunflow.web.texts import LANGUAGES, Texts

FOLDER = Path(campaigns.__file__).parent
TEXTS = Texts.load()
#: Found in the sources of moves, but said to no person: why a help was taken back, and what is told to staff.
INNER = {Reason.LEFT, Reason.KICKED, Reason.OTHER}
CAUSE = re.compile(r"风险|作弊|异常|安全|设备|刷|risk|fraud|cheat|device|safety|suspicio", re.IGNORECASE)


def answered() -> set[Reason]:
    """The codes that the host, the models and the rules of risk can answer a move with."""
    found: set[str] = set()
    for folder in ("mechanics", "plays", "risk"):
        for file in (FOLDER / folder).glob("*.py"):
            found |= set(re.findall(r"Reason\.([A-Z_]+)", file.read_text()))
    return {Reason[name] for name in found if name in Reason.__members__} - INNER


@pytest.mark.parametrize("reason", sorted(answered()))
def test_a_refused_move_ends_in_its_own_words(reason: Reason) -> None:
    assert reason_code(TEXTS, str(reason)) == f"play.reason.{reason}"
    for language in LANGUAGES:
        assert len(TEXTS.say(language, f"play.reason.{reason}")) >= 5


def test_the_codes_of_the_collected_rules_are_among_them() -> None:
    named = {"not_running", "expired", "self_help", "already_helped", "helper_quota", "helper_daily_quota"}
    named |= {"not_new_user", "not_in_group", "unit_full", "unit_closed", "stock_out", "risk_hold", "risk_denied"}
    assert named <= {str(reason) for reason in answered()} | {"risk_denied"}
    assert all(TEXTS.knows(f"play.reason.{code}") for code in named)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("reason", [Reason.RISK_HOLD, Reason.RISK_DENIED, Reason.FRAUD])
def test_nobody_is_told_what_the_rules_of_risk_saw(language: str, reason: Reason) -> None:
    assert CAUSE.search(TEXTS.say(language, f"play.reason.{reason}")) is None


@pytest.mark.parametrize(
    ("model", "move"),
    [(model.name, move) for model in MODELS.values() for move, rule in model.moves.items() if rule.who in PERSONAL],
)
def test_every_move_of_people_has_a_button_and_a_word_when_it_is_done(model: str, move: str) -> None:
    assert not move_code(TEXTS, "move", model, move).endswith(".other")
    assert not move_code(TEXTS, "did", model, move).endswith(".other")
