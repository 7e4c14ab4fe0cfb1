"""Proofs of a campaign as they wait for a person: handed in, examined, and no own code found."""

from __future__ import annotations

from typing import Any

from tests.integration.features.conftest import CAMPAIGN, WORKSPACE, Stage, person_of

from qunflow.domain.inbound import ProofExamined
from qunflow.features.campaigns.plan import TaskPlan
from qunflow.features.tasks.model import SubmissionState, SubmitProof, submission_stream


def proof_of(external: str) -> str:
    """The name of somebody's submission."""
    return submission_stream(CAMPAIGN, person_of(external))


async def hand_in(
    stage: Stage, external: str, image: bytes = b"", dhash: str = "", campaign: str = CAMPAIGN, **seen: Any
) -> str:
    """Somebody hands in a picture and the checks have seen it; the name of the submission."""
    person = person_of(external)
    home, now = stage.application.home, stage.now
    async with home.database.unit(WORKSPACE) as unit:
        blob = await home.blobs.put(unit, image or external.encode(), "image/jpeg", person, now)
    door = stage.application.door
    answer = await door.ask(WORKSPACE, SubmitProof(blob), person=person, campaign=campaign)
    assert answer.rejection is None, answer.rejection
    name = submission_stream(campaign, person)
    found = {"width": 1080, "height": 2340, "format": "jpeg", **seen}
    await stage.tell(ProofExamined(name, answer.value, blob, dhash, **found))
    await stage.settle()
    return name


async def wait_for_review(stage: Stage, *externals: str, reward_fen: int = 200, **plan: Any) -> list[str]:
    """A campaign whose participants' proofs wait for a person; the names of the submissions."""
    code = await stage.launch(task=TaskPlan(reward_fen=reward_fen), **plan)
    for external in externals:
        await stage.add(external, code)
        await stage.join(external)
    return [await hand_in(stage, external) for external in externals]


async def proof(stage: Stage, name: str) -> SubmissionState:
    """A submission as it is now."""
    state: SubmissionState = await stage.application.door.look.state(WORKSPACE, name)
    return state
