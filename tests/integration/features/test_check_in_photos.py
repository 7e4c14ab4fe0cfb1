"""Pictures of check-ins for operators, on a real PostgreSQL: listed, saved and struck out from the command line."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of
from tests.integration.features.test_plays import begin, fen, opened
from tests.integration.features.test_stage_facts import at_the_terminal, command

from qunflow.domain.errors import InvalidInput, NotFound
from qunflow.features.campaigns.plays import acts
from qunflow.pages.works import CODE

DAY = timedelta(days=1)
LADDER = [{"days": 1, "amount_fen": 100}, {"days": 2, "amount_fen": 300}]
PHOTOS: dict[str, Any] = {"kind": "check-in", "ladder": LADDER, "people": 50, "proof": "photo"}


def drawn(number: int) -> bytes:
    picture = Image.new("RGB", (480, 640), (number * 53 % 256, 150, number * 97 % 256))
    ImageDraw.Draw(picture).ellipse((60, 60 + number * 11, 260, 260 + number * 11), fill="white")
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


async def hand_in(stage: Stage, who: str, unit: str, number: int, **more: str) -> str:
    """What the upload page does with a good picture; its code."""
    content, home = drawn(number), stage.application.home
    async with home.database.unit(WORKSPACE) as open_unit:
        digest = await home.blobs.put(open_unit, content, "image/jpeg", person_of(who), home.clock.now())
    assert digest == hashlib.sha256(content).hexdigest()
    params = {"photo": digest[:CODE], **more}
    answer = await acts.carry(stage.application.door, WORKSPACE, CAMPAIGN, person_of(who), "hand_in", unit, params)
    assert answer.rejection is None, answer
    return digest[:CODE]


async def handed_in(stage: Stage) -> dict[str, str]:
    """A has two days, b one whose picture looks like that of a; the codes."""
    await begin(stage, PHOTOS, "a", "b")
    units = {who: await opened(stage, who) for who in "ab"}
    codes = {"a1": await hand_in(stage, "a", units["a"], 1, look="f" * 16)}
    codes["b1"] = await hand_in(stage, "b", units["b"], 2, look="f" * 16)
    await stage.wait(DAY)
    codes["a2"] = await hand_in(stage, "a", units["a"], 3)
    return codes


async def test_pictures_are_listed_saved_and_struck_out_at_the_terminal(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_terminal(stage, monkeypatch)
    codes = await handed_in(stage)
    assert await fen(stage, "a") == 400
    told = await command("photos", CAMPAIGN, "--save", str(tmp_path / "pictures"))
    assert [one["photo"] for one in told["photos"]] == [codes["a2"], codes["b1"], codes["a1"]]
    assert (told["shown"], told["saved"], told["total"]) == (3, 3, 3)
    kept = {path.read_bytes() for path in (tmp_path / "pictures").iterdir()}
    assert kept == {drawn(number) for number in (1, 2, 3)}
    strike = ("strike-photo", CAMPAIGN, codes["a1"], "--reason", "not_target_page")
    assert [((await command(*strike))[part]) for part in ("days", "known")] == [1, True]
    assert await fen(stage, "a") == 100, "taken back once"
    day = told["photos"][1]["day"]
    found = await command("photos", CAMPAIGN, "--day", day, "--state", "struck")
    assert [(one["photo"], one["struck"]) for one in found["photos"]] == [(codes["a1"], "not_target_page")]
    assert (found["shown"], found["struck"], found["refused"]) == (2, {"not_target_page": 1}, {})
    alike = await command("photos", CAMPAIGN, "--state", "alike")
    assert [one["photo"] for one in alike["photos"]] == [codes["b1"]]
    await stage.check()


async def test_what_cannot_be_struck_or_asked_says_so(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_terminal(stage, monkeypatch)
    codes = await handed_in(stage)
    for words, error, code in (
        (("strike-photo", CAMPAIGN, codes["a1"], "--reason", "dislike"), InvalidInput, "photo_reason"),
        (("strike-photo", CAMPAIGN, "0" * CODE, "--reason", "fraud"), NotFound, "photo_unknown"),
        (("photos", CAMPAIGN, "--day", "yesterday"), InvalidInput, "photo_day"),
        (("photos", CAMPAIGN, "--state", "bad"), InvalidInput, "photo_state"),
        (("photos", "nothing"), NotFound, "campaign_unknown"),
    ):
        with pytest.raises(error) as refused:
            await command(*words)
        assert refused.value.code == code and refused.value.rule
