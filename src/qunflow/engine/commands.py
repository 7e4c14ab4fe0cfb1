"""Commands that a person waits for: those that arrive together are decided and committed together (group commit).

Each gets its answer after the commit. A command with ``remember`` keeps its answer, so that sending it again with the
same id gives the same answer and no second effect (campaigns.md I11).
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.domain.codec import encode
from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import QunflowError
from qunflow.domain.inbound import Message
from qunflow.domain.reasons import Reason
from qunflow.engine.deciding import Engine
from qunflow.engine.faults import is_lost, is_race
from qunflow.engine.pipeline import Decided
from qunflow.engine.working_set import StaleFacts
from qunflow.storage.database import Database
from qunflow.storage.json_text import from_json, to_json
from qunflow.storage.unit_of_work import UnitOfWork

MAX_WAITING = 20_000
BATCH = 256
#: Batches under way at a time: while the database works on one, another is decided. Locks put those in order that meet.
AT_ONCE = 2
RACE_TRIES = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the person gets: ``value`` (plain data), or a rejection with its reason."""

    value: Any = None
    rejection: Rejection | None = None


@dataclass(slots=True)
class _Waiting:
    message: Message
    future: asyncio.Future[Answer]
    remember: bool
    decided: bool = False

    def answer(self, answer: Answer) -> None:
        """The command is committed: it is never decided again, whatever happens to its neighbours."""
        self.decided = True
        if not self.future.done():
            self.future.set_result(answer)


class Commands:
    """The door for commands in one process."""

    def __init__(self, engine: Engine, database: Database) -> None:
        self.engine = engine
        self.database = database
        self.reasons: Tally[tuple[str, str]] = Tally()
        self._waiting: list[_Waiting] = []
        self._under_way = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, message: Message, *, remember: bool = False) -> Answer:
        """Decide and commit a command together with its neighbours. Raises QunflowError when overloaded."""
        if len(self._waiting) >= MAX_WAITING:
            raise QunflowError(
                "overloaded", "too many people at once", way_out="Try again in a few seconds.", status=503
            )
        waiting = _Waiting(message, asyncio.get_running_loop().create_future(), remember)
        self._waiting.append(waiting)
        if self._under_way < AT_ONCE:
            self._under_way += 1
            task = asyncio.create_task(self._flush())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.future

    async def dry_run(self, message: Message) -> Answer:
        """What the command would answer now, decided on what is stored; nobody waits for it and nothing is written."""
        for tried in range(RACE_TRIES):
            try:
                async with self.database.read(message.workspace) as unit:
                    decided = await self.engine.foresee(unit, message)
                break
            except StaleFacts:  # something was stored between two of its questions
                if tried + 1 == RACE_TRIES:
                    raise
        return _answer_in(decided, message.message_id)

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
                by_workspace: dict[str, list[_Waiting]] = {}
                for item in batch:
                    by_workspace.setdefault(item.message.workspace, []).append(item)
                for items in by_workspace.values():
                    await self._settle(items)
        finally:
            self._under_way -= 1

    async def _settle(self, items: Sequence[_Waiting]) -> None:
        for tried in range(RACE_TRIES):
            try:
                await self._decide_all(items)
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits
                items = [item for item in items if not item.decided]
                if is_race(error) and tried + 1 < RACE_TRIES:
                    await asyncio.sleep(0.003 * (tried + 1))
                    continue
                if len(items) > 1 and not is_lost(error):
                    middle = len(items) // 2
                    await self._settle(items[:middle])
                    await self._settle(items[middle:])
                    return
                for item in items:
                    if not item.future.done():
                        item.future.set_exception(error)
                return
            return

    async def _decide_all(self, items: Sequence[_Waiting]) -> None:
        """One commit for all of them; one more for those whose facts an earlier command of the batch changed."""
        while left := [item for item in items if not item.decided]:
            async with self.database.unit(items[0].message.workspace) as unit:
                answers = await self._decide_once(unit, left)
            for item in left:
                if item.message.message_id in answers:
                    item.answer(answers[item.message.message_id])

    async def _decide_once(self, unit: UnitOfWork, items: Sequence[_Waiting]) -> dict[str, Answer]:
        kept = await _kept_answers(unit, [item.message.message_id for item in items if item.remember])
        fresh: dict[str, _Waiting] = {}
        for item in items:
            if item.message.message_id not in kept:
                fresh.setdefault(item.message.message_id, item)
        answers = await self._decide(unit, [item.message for item in fresh.values()]) if fresh else {}
        await _keep_answers(
            unit, [(fresh[key].message, answer) for key, answer in answers.items() if fresh[key].remember]
        )
        return {**kept, **answers}

    async def _decide(self, unit: UnitOfWork, messages: Sequence[Message]) -> dict[str, Answer]:
        decided = await self.engine.decide_and_write(unit, messages)
        await self.engine.put_round(unit, decided.going_round)
        self.reasons.update(decided.reasons)
        return {message.message_id: _answer_in(decided, message.message_id) for message in messages[: decided.count]}


def _answer_in(decided: Decided, message_id: str) -> Answer:
    return Answer(decided.answers.get(message_id), decided.rejections.get(message_id))


async def _kept_answers(unit: UnitOfWork, ids: Sequence[str]) -> dict[str, Answer]:
    if not ids:
        return {}
    rows = await unit.fetch(
        "SELECT command_id, answer FROM commands WHERE workspace_id = $1 AND command_id = ANY($2)",
        unit.workspace,
        list(ids),
    )
    found = {}
    for command_id, text in rows:
        data = from_json(text)
        no = data.get("rejection")
        found[command_id] = Answer(data.get("value"), Rejection(Reason(no["reason"]), no["detail"]) if no else None)
    return found


async def _keep_answers(unit: UnitOfWork, answers: Sequence[tuple[Message, Answer]]) -> None:
    if answers:
        await unit.execute(
            "INSERT INTO commands (workspace_id, command_id, at, answer) SELECT $1, i, a, d::jsonb FROM "
            "unnest($2::text[], $3::timestamptz[], $4::text[]) AS t(i, a, d)",
            unit.workspace,
            [message.message_id for message, _ in answers],
            [message.at for message, _ in answers],
            [to_json(encode(answer)) for _, answer in answers],
        )
