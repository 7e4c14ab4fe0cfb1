"""Everything that the campaigns' pages can be asked to say has its text in both languages."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from qunflow.analytics.diagnosis import RULES
from qunflow.domain.outcomes import Outcome
from qunflow.features.campaigns import console_acts, console_report, gate
from qunflow.features.campaigns.board_numbers import Money
from qunflow.features.campaigns.console_fields import STEPS, plan_steps
from qunflow.features.campaigns.console_list import COLUMNS
from qunflow.features.campaigns.console_words import STATUSES, TONES
from qunflow.features.campaigns.notes import DUES
from qunflow.features.campaigns.plan import SCRIPTS
from qunflow.features.campaigns.plan_file import FIELDS
from qunflow.web.texts import LANGUAGES, Texts
from qunflow.web.widgets.form_fields import Field, bound_code

TEXTS = Texts.load()
CAMPAIGNS = "console.campaigns."


class Said:
    """A desk that only says, and remembers which codes it was asked for."""

    def __init__(self) -> None:
        self.asked: set[str] = set()

    def say(self, code: str, /, **parameters: object) -> str:
        self.asked.add(code)
        return TEXTS.say("zh", code, **parameters)


def all_fields(asked: tuple[Field, ...]) -> Iterator[Field]:
    for field in asked:
        yield field
        yield from field.columns


def codes() -> set[str]:
    desk: Any = Said()
    found: set[str] = set()
    for name, sections in plan_steps(desk, {}).items():
        found |= {f"step.{name}", f"step.{name}.why"}
        for section in sections:
            found |= {f"part.{section.name}"} | ({f"part.{section.name}.why"} if section.optional else set())
            found |= {field.text.removeprefix(CAMPAIGNS) for field in all_fields(section.fields)}
            found |= {f"{field.text}.why".removeprefix(CAMPAIGNS) for field in section.fields}
    checks = re.findall(r"GateCheck\(\"(\w+)\"", inspect.getsource(gate))
    found |= {f"gate.{check}.{part}" for check in checks for part in ("name", "measured", "why", "mend")}
    causes = [check.code for rule in RULES for check in rule.checks]
    found |= {f"cause.{cause}.{part}" for cause in causes for part in ("name", "evidence", "next")}
    figures = {rule.metric for rule in RULES} | {item.name for item in fields(Money)}
    figures |= set(console_report._RATES) | set(console_report._COUNTS)
    found |= {f"figure.{name}{part}" for name in figures for part in ("", ".definition")}
    found |= {f"status.{status}" for status in STATUSES} | {f"script.{name}" for name in SCRIPTS}
    found |= {f"outcome.{outcome}" for outcome in Outcome} | {f"notes.{due}" for due in DUES}
    acts = re.findall(r"self\._button\(\"(\w+)\"", inspect.getsource(console_acts))
    return found | {f"act.{name}" for name in acts}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_the_pages_has_its_text(language: str) -> None:
    missing = {code for code in codes() if f"{CAMPAIGNS}{code}" not in TEXTS.catalogues[language]}
    assert missing == set()
    assert {column.text for column in COLUMNS} - set(TEXTS.catalogues[language]) == set()


def test_every_field_of_the_wizard_is_one_of_the_plan_file() -> None:
    desk: Any = Said()
    names = {field.name for parts in plan_steps(desk, {}).values() for section in parts for field in section.fields}
    assert {name.partition(".")[0] for name in names} <= set(FIELDS)
    # the model has fields of its own, and the headline is the sum of the stages
    told = {"headline_fen", "model"}
    assert set(FIELDS) - {name.partition(".")[0] for name in names} == told
    assert tuple(plan_steps(desk, {})) == STEPS


def test_every_status_has_its_colour_and_every_bound_its_words() -> None:
    assert set(TONES) == set(STATUSES)
    desk: Any = Said()
    for parts in plan_steps(desk, {}).values():
        for section in parts:
            for field in all_fields(section.fields):
                bound = bound_code(field)
                assert bound is None or f"console.widgets.bound.{bound[0]}" in TEXTS.catalogues["en"]
