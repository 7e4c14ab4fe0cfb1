"""Voiding votes that were fraud, on a real PostgreSQL: one, those for an entry, all; never after the prizes."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.features.conftest import CAMPAIGN, HOUR, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import HOLD, VOTING, begin, fen, opened, play, shown
from tests.integration.features.test_stage_facts import at_the_terminal, command

from qunflow.domain.errors import Conflict, QunflowError
from qunflow.features.campaigns import voiding
from qunflow.features.campaigns.model import SetStatus
from qunflow.features.campaigns.vote_rows import VoteQuestion, read_entries, read_votes

MODEL = {**VOTING, "entry_review": False, "votes_per_day": 2}


async def voted(stage: Stage) -> tuple[str, str]:
    """X has three votes and y one; w voted for both."""
    await begin(stage, MODEL, "x", "y", "u", "v", "w")
    one = await opened(stage, "x", "enter", work="picture-one")
    two = await opened(stage, "y", "enter", work="picture-two")
    for voter, unit in (("u", one), ("v", one), ("w", one), ("w", two)):
        assert (await play(stage, voter, "vote", unit)).rejection is None
    return one, two


async def void(stage: Stage, voter: str, entry: str = "", vote: str = "") -> Any:
    """How many votes are void, or the code of the refusal."""
    try:
        found = await voiding.void_votes(stage.application.door, WORKSPACE, CAMPAIGN, voter, entry, vote)
    except QunflowError as error:
        return error.code
    return found.votes, found.entries


async def entries(stage: Stage, **asked: Any) -> list[tuple[str, int, int]]:
    async with stage.application.door.database.read(WORKSPACE) as unit:
        rows, _ = await read_entries(unit, CAMPAIGN, VoteQuestion(sort="place", descending=False, **asked))
    return [(row["key"], row["place"], row["votes"]) for row in rows]


async def votes(stage: Stage, **asked: Any) -> tuple[list[Any], int]:
    async with stage.application.door.database.read(WORKSPACE) as unit:
        return await read_votes(unit, CAMPAIGN, VoteQuestion(**asked))


async def test_votes_are_void_by_entry_by_person_and_one_by_one_and_the_rank_follows(stage: Stage) -> None:
    one, two = await voted(stage)
    assert await entries(stage) == [(one, 1, 3), (two, 2, 1)]
    assert await void(stage, "w", one) == (1, (one,))
    assert await void(stage, person_of("u")) == (1, (one,))
    (row,), total = await votes(stage, voter=person_of("v"))
    assert total == 1
    assert await void(stage, "v", vote=f"{row['entry']}/{row['day']}") == (1, (one,))
    assert await entries(stage) == [(two, 1, 1), (one, 2, 0)]
    assert await void(stage, "v") == "votes_none"
    assert (await play(stage, "v", "vote", one)).rejection is not None, "the vote of that day stays spent"
    assert (await votes(stage, state="void"))[1] == 3
    assert [found["voter"] for found in (await votes(stage, state="valid"))[0]] == [person_of("w")]
    assert (await votes(stage, entry=one, limit=1))[1] == 3
    await stage.application.door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
    await stage.settle()
    await stage.wait(HOLD + HOUR / 2)
    assert ((await shown(stage, two))["place"], await fen(stage, "y"), await fen(stage, "x")) == (1, 700, 0)
    assert await entries(stage) == [(two, 1, 1), (one, 2, 0)]
    await stage.check()


async def test_nothing_is_void_once_the_prizes_are_given(stage: Stage) -> None:
    one, two = await voted(stage)
    door = stage.application.door
    assert await void(stage, "nobody") == "participant_unknown"
    assert await void(stage, "w", "nothing") == "unit_unknown"
    assert await void(stage, "x") == "votes_none"
    await door.ask(WORKSPACE, SetStatus("ended"), campaign=CAMPAIGN)
    await stage.settle()
    assert await void(stage, "w", two) == (1, (two,)), "after the end, before the freeze"
    await stage.wait(HOLD + HOUR / 2)
    assert await void(stage, "w") == "votes_frozen"
    assert ((await shown(stage, one))["score"], await fen(stage, "x")) == (3, 700)
    await stage.check()


async def test_a_campaign_without_votes_says_so(stage: Stage) -> None:
    await stage.launch()
    with pytest.raises(Conflict) as told:
        await voiding.void_votes(stage.application.door, WORKSPACE, CAMPAIGN, "a")
    assert told.value.code == "campaign_no_votes"


async def test_the_command_line_voids_the_votes_of_a_person(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_terminal(stage, monkeypatch)
    one, two = await voted(stage)
    found = await command("void-votes", CAMPAIGN, "--voter", "w", "--entry", two)
    assert found == {"campaign": CAMPAIGN, "voter": "w", "votes": 1, "entries": [two]}
    assert (await command("void-votes", CAMPAIGN, "--voter", "w"))["entries"] == [one]
    assert await entries(stage) == [(one, 1, 2), (two, 2, 0)]
