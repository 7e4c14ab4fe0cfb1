"""What surfaces do with the risk rules: note where a move comes from, list flags, decide, appeal."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from qunflow.domain.codec import decode
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.domain.reasons import Reason
from qunflow.domain.signals import Signals, Witness
from qunflow.engine.door import Door
from qunflow.features.campaigns.model import InvolvedState, involved_stream
from qunflow.features.campaigns.risk.commands import AppealFlag, DecideFlag, Sight
from qunflow.features.campaigns.risk.model import BAD, HELD, MAX_WORDS, PAYEE, FlagState, flag_stream
from qunflow.features.campaigns.risk.store import Words, forget, handles_of, known_by, words_of
from qunflow.storage.json_text import from_json
from qunflow.storage.unit_of_work import UnitOfWork

#: More flags than anybody looks through.
MOST_FLAGS = 5_000
#: Who moves again from the same place within this time is not noted again.
REMEMBERED = timedelta(hours=6)
#: Hashes that are too old are erased at the first sight after so long.
SWEEP = timedelta(hours=1)
#: An account or an address is compared within so many campaigns of a person, the newest.
MOST_CAMPAIGNS = 20
_MOST_KNOWN = 50_000
Key = tuple[str, str, str, Signals]


@dataclass
class Watcher:
    """Notes where moves come from, in one process; what it noted a moment ago it does not note again."""

    door: Door
    _known: OrderedDict[Key, datetime] = field(default_factory=OrderedDict)
    _swept: dict[str, datetime] = field(default_factory=dict)

    async def see(self, workspace: str, campaign: str, person: str, signals: Signals) -> None:
        """A person moves: the rules know the device and the address from now on."""
        if not signals.known:
            return
        key, now = (workspace, campaign, person, signals), self.door.clock.now()
        known = self._known.get(key)
        if known is not None and known <= now < known + REMEMBERED:
            return
        await self._sweep(workspace, now)
        await sight(self.door, workspace, campaign, person, signals)
        self._known[key] = now
        self._known.move_to_end(key)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    async def _sweep(self, workspace: str, now: datetime) -> None:
        if now < self._swept.get(workspace, now - SWEEP) + SWEEP:
            return
        self._swept[workspace] = now
        async with self.door.database.unit(workspace) as unit:
            await forget(unit, now)


async def sight(door: Door, workspace: str, campaign: str, person: str, signals: Signals) -> None:
    """Note where a person moves from. The hashes go into the erasable table, only handles go on."""
    if not signals.known:
        return
    async with door.database.alone(workspace) as unit:
        handles = await handles_of(unit, signals, door.clock.now())
    await door.ask(workspace, Sight(**handles), person=person, campaign=campaign)


async def mark(door: Door, workspace: str, person: str, signals: Signals) -> None:
    """Note where a person is paid to or gets parcels, in each campaign that they take part in (the newest twenty)."""
    involved: InvolvedState | None = await door.look.state(workspace, involved_stream(person))
    for campaign in involved.campaigns[-MOST_CAMPAIGNS:] if involved is not None else ():
        await sight(door, workspace, campaign, person, signals)


def witness(door: Door, trace: Callable[[str, str, str], str]) -> Witness:
    """What other features tell of accounts and addresses to; ``trace`` salts and hashes them (``web/links.py``).

    Whom a channel knows under an account of that name is marked with it first: it may be theirs.
    """

    async def tell(workspace: str, person: str, kind: str, value: str) -> None:
        signals = Signals(**{kind: trace(workspace, kind, value)})
        people = [person]
        if kind == PAYEE:
            async with door.database.read(workspace) as unit:
                people = [*await known_by(unit, value), person]
        for each in dict.fromkeys(people):
            await mark(door, workspace, each, signals)

    return tell


async def list_flags(unit: UnitOfWork, campaign: str = "", open_only: bool = False) -> list[FlagState]:
    """The flags of a campaign, or of all, the newest first; ``open_only``: those that wait for somebody."""
    rows = await unit.fetch(
        "SELECT state FROM streams WHERE workspace_id = $1 AND kind = 'flag' AND version > 0 "
        "AND ($2 = '' OR starts_with(stream, 'flag:' || $2 || ':')) "
        "AND (NOT $3 OR state->>'status' = 'held' OR state->>'appeal' = 'open') "
        "ORDER BY state->>'raised_at' DESC, stream LIMIT $4",
        unit.workspace,
        campaign,
        open_only,
        MOST_FLAGS,
    )
    return [decode(FlagState, from_json(row[0])) for row in rows]


async def flags_of(door: Door, workspace: str, campaign: str, person: str) -> list[FlagState]:
    """The flags on one person's helps, the newest first: what the rules said about this person."""
    async with door.database.read(workspace) as unit:
        rows = await unit.fetch(
            "SELECT s.state FROM events e JOIN streams s ON s.workspace_id = $1 AND s.stream = e.stream "
            "WHERE e.workspace_id = $1 AND e.campaign = $2 AND e.type = 'risk_flagged' AND e.person = $3 "
            "ORDER BY e.seq DESC LIMIT 50",
            unit.workspace,
            campaign,
            person,
        )
    return [decode(FlagState, from_json(row[0])) for row in rows]


async def find_flag(door: Door, workspace: str, campaign: str, flag: str) -> FlagState:
    """One flag. Raises NotFound."""
    state: FlagState | None = await door.look.state(workspace, flag_stream(campaign, flag)) if len(flag) < 200 else None
    if state is None or not state.status:
        raise NotFound("flag_unknown", "this campaign has no such flag", field="flag")
    return state


async def decide(door: Door, workspace: str, campaign: str, flag: str, approve: bool, by: str, words: str = "") -> str:
    """Approve or deny what a flag holds; answers the flag's new status. A denial says why.

    Raises NotFound, and InvalidInput for words that are missing or too long.
    """
    await find_flag(door, workspace, campaign, flag)
    if not approve and not words.strip():
        raise InvalidInput("flag_words", "a denial says why", field="words", way_out="Write a sentence for the person.")
    body = DecideFlag(flag, approve, by[:64], _checked(words))
    answer = await door.ask(workspace, body, campaign=campaign)
    return str(_accepted(answer.value, answer.rejection))


async def appeal(door: Door, workspace: str, campaign: str, person: str, flag: str, words: str) -> None:
    """Ask, once, to be looked at again. Raises NotFound, InvalidInput, and Conflict when there is nothing to ask."""
    found = await find_flag(door, workspace, campaign, flag)
    if found.helper != person:
        raise NotFound("flag_unknown", "this campaign has no such flag", field="flag")
    if not words.strip():
        raise InvalidInput("flag_words", "an appeal says something", field="words")
    answer = await door.ask(workspace, AppealFlag(flag, _checked(words)), person=person, campaign=campaign)
    _accepted(answer.value, answer.rejection)


async def words_about(door: Door, workspace: str, campaign: str, flag: str) -> dict[str, Words]:
    """What was written about a flag: the appeal and the answer."""
    async with door.database.read(workspace) as unit:
        return await words_of(unit, campaign, flag)


def may_appeal(flag: FlagState) -> bool:
    """Whether the person may ask to be looked at again."""
    return flag.status in BAD and not flag.appeal


def is_open(flag: FlagState) -> bool:
    """Whether the flag waits for an operator."""
    return flag.status == HELD or flag.appeal == "open"


def verdicts(flags: Sequence[FlagState]) -> dict[str, set[str]]:
    """Person → the rules that were held or denied against them: what a rehearsal compares with its cheats."""
    found: dict[str, set[str]] = {}
    for flag in flags:
        found.setdefault(flag.helper, set()).update(hit.rule for hit in flag.hits)
    return found


def _checked(words: str) -> str:
    text = words.strip().replace("\x00", "")
    if len(text) > MAX_WORDS:
        raise InvalidInput("flag_words", f"at most {MAX_WORDS} characters", field="words")
    return text


def _accepted(value: Any, rejection: Rejection | None) -> Any:
    if rejection is not None:
        if rejection.reason == Reason.ALREADY_DONE:
            raise Conflict("appealed_already", "it was appealed already", field="flag")
        if rejection.reason == Reason.OWN_INVITEE:
            raise Conflict("flag_own", "nobody decides about a help of their own or for themselves", field="by")
        raise Conflict("appeal_closed", "there is nothing to appeal now", field="flag")
    return value
