"""Everything that the pages of stages and votes can be asked to say has its text in both languages."""

from __future__ import annotations

import pytest

from qunflow.features.campaigns import console_stages, console_votes, stage_acts, stage_files
from qunflow.web.texts import LANGUAGES, Texts

TEXTS = Texts.load()
REFUSALS = ("stage_order", "stage_unknown", "expired", "below_minimum", "not_running", "not_participating")


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_pages_have_their_words(language: str) -> None:
    columns = (*console_stages.EXPORTED, *console_votes.ENTRIES, *console_votes.VOTES_EXPORTED)
    wanted = {column.text for column in columns}
    wanted |= {f"{column.choice_text}.{choice}" for column in columns for choice in column.choices}
    wanted |= {f"console.stages.why.{reason}" for reason in (*console_stages.WHY, stage_acts.UNKNOWN)}
    wanted |= {f"console.stages.outcome.{outcome}" for outcome in (stage_acts.TAKEN, stage_acts.KNOWN)}
    wanted |= {f"error.{reason if reason.startswith('stage_') else f'stage_{reason}'}" for reason in REFUSALS}
    assert wanted - set(TEXTS.catalogues[language]) == set()


def test_every_reason_of_a_line_is_said_in_words() -> None:
    assert {*stage_files.WRONG, *REFUSALS, "stage_first", "no_inviter"} == set(console_stages.WHY)
