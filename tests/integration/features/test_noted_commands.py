"""Facts that staff tell at the command line stand in the audit log as those told at the console do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage
from tests.integration.features.test_stage_facts import at_the_terminal, command, started
from tests.integration.features.test_void_votes import voted

from qunflow.domain.errors import Conflict, NotFound
from qunflow.storage.audit import AuditFilter, AuditRow, list_notes


async def notes(stage: Stage) -> list[AuditRow]:
    """All notes, the newest last; the one who did it is the command line."""
    async with stage.application.home.database.read(WORKSPACE) as unit:
        found = await list_notes(unit, AuditFilter(), limit=50, newest_first=False)
    assert {(note.account, note.name) for note in found} <= {("", "command line")}
    assert {note.target for note in found} <= {CAMPAIGN}
    return found


async def test_stages_one_by_one_and_from_a_file_are_noted_and_so_is_what_was_refused(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_terminal(stage, monkeypatch)
    await started(stage, "b")
    await command("stage", CAMPAIGN, "b", "first-order", "--fen", "1000", "--order", "A1")
    await command("stage", CAMPAIGN, "b", "first-order", "--order", "A1", "--reverse")
    with pytest.raises(NotFound):
        await command("stage", CAMPAIGN, "nobody", "first-order")
    file = tmp_path / "orders.csv"
    file.write_text("person,stage,fen,order\nb,first-order,1000,A2\n", encoding="utf-8")
    await command("stage-import", CAMPAIGN, str(file))
    told, back, refused, taken = await notes(stage)
    assert (told.act, told.outcome) == ("campaign.stage", "done")
    assert dict(told.details) == {"person": "b", "stage": "first-order", "fen": 1000, "order": "A1"}
    assert (back.act, back.outcome) == ("campaign.stage_back", "done")
    assert (refused.act, refused.outcome, refused.reason) == ("campaign.stage", "refused", "participant_unknown")
    assert (taken.act, taken.outcome) == ("campaign.stage_import", "done")
    assert dict(taken.details) == {"file": "orders.csv", "bytes": file.stat().st_size}


async def test_voided_votes_are_noted_with_whose_they_were_and_why(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_terminal(stage, monkeypatch)
    _, two = await voted(stage)
    await command("void-votes", CAMPAIGN, "--voter", "w", "--entry", two, "--reason", "bought votes")
    with pytest.raises((Conflict, NotFound)):
        await command("void-votes", CAMPAIGN, "--voter", "w", "--entry", two)
    done, refused = await notes(stage)
    assert (done.act, done.outcome) == ("campaign.void_votes", "done")
    assert dict(done.details) == {"voter": "w", "entry": two, "reason": "bought votes"}
    assert (refused.act, refused.outcome, refused.reason) == ("campaign.void_votes", "refused", "votes_none")
