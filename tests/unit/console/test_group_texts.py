"""Everything that the pages of live codes, groups and posters put together has its text."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from qunflow.community.acts import Act
from qunflow.console import group_page, groups_page
from qunflow.console.group_acts import REASONS
from qunflow.console.group_book import COLD, HOT
from qunflow.domain.outcomes import Outcome, Way
from qunflow.features.livecodes import acts, console_list
from qunflow.features.livecodes.console_pool import _COLUMNS as ENTRY_COLUMNS
from qunflow.features.livecodes.console_rows import SPANS, STATES
from qunflow.features.livecodes.leading import Pass, Why
from qunflow.features.posters.fitting import TextFault
from qunflow.features.posters.model import TEXT_ELEMENTS, PosterFault
from qunflow.web.texts import Texts
from qunflow.web.widgets.listing_query import Column

TEXTS = Texts.load()
CODES, GROUPS, POSTERS = "console.codes", "console.groups", "console.posters"
FIELDS = {
    CODES: ("pool", "channel", "base_name", "staff", "soft_limit", "low_at", "refill"),
    GROUPS: ("set", "title", "reason", "note", "for_good", "topic", "who"),
}
FIGURES = {CODES: ("today", "total", "free", "kept"), GROUPS: ("members", "room", "banned")}


def built(prefix: str, names: Iterable[object], *tails: str) -> list[str]:
    return [f"{prefix}.{name}{tail}" for name in names for tail in tails or ("",)]


WANTED = [
    *built(f"{CODES}.state", STATES, "", ".why"),
    *built(f"{CODES}.slot", SPANS),
    *built(f"{CODES}.why", Why),
    f"{CODES}.why.waiting_for",
    *built(f"{CODES}.passed", Pass),
    *built(f"{CODES}.entry", (*ENTRY_COLUMNS, "next", "not_ready", "full", "room")),
    *built(f"{CODES}.refill", acts.REFILLS),
    *built(f"{CODES}.ask", ("contact", "direct")),
    *built(f"{GROUPS}.heat", (HOT, COLD), "", ".why"),
    *built(f"{GROUPS}.reason", REASONS),
    *built(f"{GROUPS}.way", Way),
    *built(f"{GROUPS}.act", Act),
    *built(f"{GROUPS}.outcome", ("asked", *Outcome)),
    *built(f"{POSTERS}.element", TEXT_ELEMENTS, "", ".why"),
    *built(f"{POSTERS}.fault", TextFault),
    *built(f"{POSTERS}.qr", PosterFault),
    *(code for part, names in FIELDS.items() for code in built(f"{part}.field", names, "", ".why")),
    *(code for part, names in FIGURES.items() for code in built(f"{part}.figure", names, "", ".definition")),
]
COLUMNS: tuple[Column, ...] = (
    *console_list.COLUMNS,
    *groups_page.COLUMNS,
    *groups_page.SET_COLUMNS,
    *group_page.COLUMNS,
)


@pytest.mark.parametrize("code", WANTED)
def test_what_is_put_together_has_a_text(code: str) -> None:
    assert TEXTS.knows(code)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.text)
def test_a_column_and_its_choices_have_texts(column: Column) -> None:
    assert TEXTS.knows(column.text)
    assert [choice for choice in column.choices if not TEXTS.knows(f"{column.choice_text}.{choice}")] == []
