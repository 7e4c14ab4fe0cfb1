"""Staff tell which stages of a nested reward friends reached 嵌套奖励 (M29, campaigns.md §5.2): one fact, or a file.

A fact that carries an order number happens once for campaign, number and stage, however often it is told; one that was
refused may be told again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.engine.door import Door
from qunflow.features.campaigns.model import CampaignState, ParticipationState, participation_stream
from qunflow.features.campaigns.report import find_campaign
from qunflow.features.campaigns.stage_files import StageLine, check_line, read_stages
from qunflow.features.campaigns.staging import RecordStage
from qunflow.features.campaigns.whom import find_participants
from qunflow.storage.kept_answers import done_commands, forget_refused
from qunflow.web.csv_file import csv_bytes

#: What became of a fact: it changed something; it was so already; the rules say no; nobody of that id takes part.
TAKEN, KNOWN, REFUSED, UNKNOWN = "taken", "known", "refused", "unknown"
OUTCOMES = (TAKEN, KNOWN, REFUSED, UNKNOWN)
RESULT_HEADING = ("line", "person", "stage", "order", "outcome", "reason", "detail")
_TOGETHER = 100
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class StageResult:
    """What became of one fact; ``reason`` and ``detail`` are those of a refusal."""

    told: StageLine
    outcome: str
    reason: str = ""
    detail: str = ""

    def as_data(self) -> dict[str, object]:
        """The result as plain data, and a line of the file of results."""
        told = self.told
        cells = (told.line, told.person, told.stage, told.order, self.outcome, self.reason, self.detail)
        return dict(zip(RESULT_HEADING, cells, strict=True))


async def record_stage(door: Door, workspace: str, name: str, told: StageLine) -> StageResult:
    """Tell one fact; ``taken`` or ``known``. Raises NotFound, InvalidInput, and Conflict with the rule's reason."""
    found = (await _tell_all(door, workspace, await staged_campaign(door, workspace, name), [check_line(told)]))[0]
    if found.outcome == UNKNOWN:
        way_out = "Give the platform's id of somebody who takes part."
        raise NotFound("participant_unknown", "nobody of this id takes part", field="person", way_out=way_out)
    if found.told.wrong:
        raise InvalidInput(found.reason, _RULES[found.reason], field=found.reason.removeprefix("line_"))
    if found.outcome == REFUSED:
        rule = _RULES.get(found.reason, found.detail or "the present state does not allow this")
        own = found.reason in _RULES or found.reason.startswith("stage_")
        raise Conflict(found.reason if own else f"stage_{found.reason}", rule, field=told.stage)
    return found


async def import_stages(
    door: Door, workspace: str, name: str, content: bytes, told: Told | None = None
) -> tuple[StageResult, ...]:
    """Tell every fact of a file in its order; what became of each. Again, the file changes nothing.

    ``told`` hears how many lines are done, of how many. Raises NotFound, Conflict, and InvalidInput for a file that
    cannot be read; a line that is wrong is refused by itself.
    """
    campaign = await staged_campaign(door, workspace, name)
    lines = read_stages(content)
    found: list[StageResult] = []
    for first in range(0, len(lines), _TOGETHER):
        found += await _tell_all(door, workspace, campaign, lines[first : first + _TOGETHER])
        if told is not None:
            told(len(found), len(lines))
    return tuple(found)


async def staged_campaign(door: Door, workspace: str, name: str) -> CampaignState:
    """A campaign that pays by stages. Raises NotFound, Conflict."""
    state = await find_campaign(door, workspace, name)
    if state.plan is None or len(state.plan.stages) < 2:
        way_out = "Give the plan two stages or more before its launch."
        raise Conflict("campaign_no_stages", "this campaign has no stages to record", field=name, way_out=way_out)
    return state


def count_outcomes(results: Sequence[StageResult]) -> dict[str, int]:
    """How many lines had each outcome."""
    counts = Counter(result.outcome for result in results)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def results_file(results: Sequence[StageResult]) -> bytes:
    """Every line with what became of it, as CSV that no spreadsheet runs."""
    return csv_bytes(RESULT_HEADING, (tuple(result.as_data().values()) for result in results))


def command_id(campaign: str, told: StageLine) -> str:
    """The id of a fact with an order number; taking it back has its own."""
    return f"stage:{campaign}:{told.stage}:{'back' if told.reverse else 'here'}:{told.order}" if told.order else ""


_RULES = {
    "line_person": "a person is named by an id of at most 255 characters",
    "line_stage": "a stage is named as in the plan",
    "line_fen": "a whole number of fen",
    "line_order": "an order number of 1 to 64 printable characters",
    "line_reverse": "yes or no",
    "stage_first": "the first stage is reached by staying through the hold, nobody records it",
    "no_inviter": "nobody brought this person, so nobody is paid for them",
}


async def _tell_all(
    door: Door, workspace: str, campaign: CampaignState, lines: Sequence[StageLine]
) -> list[StageResult]:
    """Tell some facts, those of one person one after the other, and of many people at a time."""
    people = await find_participants(door, workspace, campaign, (line.person for line in lines if not line.wrong))
    found: dict[int, StageResult] = {}
    waves: dict[int, list[int]] = {}
    seen: Counter[str] = Counter()
    for place, line in enumerate(lines):
        refused = _unfit(campaign, line, people)
        if refused is not None:
            found[place] = refused
            continue
        who = people[line.person].person
        waves.setdefault(seen[who], []).append(place)
        seen[who] += 1
    for places in waves.values():
        told = await _tell_wave(door, workspace, campaign, [lines[place] for place in places], people)
        found.update(zip(places, told, strict=True))
    return [found[place] for place in range(len(lines))]


def _unfit(campaign: CampaignState, line: StageLine, people: Mapping[str, ParticipationState]) -> StageResult | None:
    """Why a fact is not even asked for; None when it is."""
    if line.wrong:
        return StageResult(line, REFUSED, line.wrong)
    if line.person not in people:
        return StageResult(line, UNKNOWN)
    if campaign.plan is not None and line.stage == campaign.plan.stages[0].name:
        return StageResult(line, REFUSED, "stage_first")
    return None if people[line.person].parent else StageResult(line, REFUSED, "no_inviter")


async def _tell_wave(
    door: Door,
    workspace: str,
    campaign: CampaignState,
    lines: Sequence[StageLine],
    people: Mapping[str, ParticipationState],
) -> list[StageResult]:
    """Tell facts about different people at once."""
    name = campaign.campaign
    ids = [told for line in lines if (told := command_id(name, line))]
    async with door.database.unit(workspace) as unit:
        await forget_refused(unit, ids)
        done = await done_commands(unit, ids)
    parents = sorted({people[line.person].parent for line in lines})
    states = await door.look.states(workspace, [participation_stream(name, parent) for parent in parents])
    reached = {parent: state.reached for parent, state in zip(parents, states, strict=True) if state is not None}
    asked: set[str] = set()

    async def tell(line: StageLine) -> StageResult:
        who, key = people[line.person], command_id(name, line)
        stands = line.stage in reached.get(who.parent, {}).get(who.person, ())
        twice = bool(key) and key in asked
        asked.add(key)
        body = RecordStage(who.person, line.stage, not line.reverse, line.fen)
        answer = await door.ask(workspace, body, person=who.parent, campaign=name, channel=who.channel, command_id=key)
        if answer.rejection is None:
            same = key in done or twice or stands != line.reverse
            return StageResult(line, KNOWN if same else TAKEN)
        detail = ", ".join(f"{field} {value}" for field, value in answer.rejection.detail.items())
        return StageResult(line, REFUSED, str(answer.rejection.reason), detail)

    return list(await asyncio.gather(*(tell(line) for line in lines)))
