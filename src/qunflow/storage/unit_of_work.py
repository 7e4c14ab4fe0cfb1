"""One transaction in one workspace. Application code never commits; the edge that opened it does."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache, partial
from typing import Any

_PARAMETER = re.compile(r"\$(\d+)")


class UnitOfWork:
    """A transaction on ``raw``, an asyncpg connection."""

    def __init__(self, workspace: str, raw: Any) -> None:
        self.workspace = workspace
        self.raw = raw
        self.news: set[str] = set()  # queues that this transaction put something into
        self._after: list[Callable[[], None]] = []
        self._gathered: list[tuple[str, tuple[Any, ...]]] | None = None

    def after_commit(self, act: Callable[[], None]) -> None:
        """Do something in this process once the data is stored (wake a worker); never on a rollback."""
        self._after.append(act)

    def tell_committed(self) -> None:
        """Run what waited for the commit; called by ``Database.unit`` only."""
        for act in self._after:
            act()

    async def fetch(self, statement: str, *values: Any) -> list[Any]:
        """Rows of a statement with ``$1`` parameters."""
        return list(await self.raw.fetch(statement, *values))

    async def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        return await self.raw.fetchval(statement, *values)

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What is written inside travels as one statement at the end; no two writes may touch the same row."""
        self._gathered = []
        try:
            yield
            gathered = self._gathered
        finally:
            self._gathered = None
        if gathered:
            await self.raw.execute(_joined(tuple(text for text, _ in gathered)), *_all_values(gathered))

    async def write(self, statement: str, *values: Any) -> int:
        """A change whose ``$1`` is the workspace; answers how many rows it touched, 0 while it waits for the others."""
        if self._gathered is None:
            return await self.execute(statement, *values)
        self._gathered.append((statement, values))
        return 0

    async def execute(self, statement: str, *values: Any) -> int:
        """Run a statement; answers how many rows it touched."""
        status: str = await self.raw.execute(statement, *values)
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0


@lru_cache(maxsize=512)
def _joined(statements: tuple[str, ...]) -> str:
    """Changes as one statement: each keeps the workspace as ``$1``, the rest are numbered on."""
    parts = []
    taken = 0
    for place, statement in enumerate(statements):
        own = max((int(number) for number in _PARAMETER.findall(statement)), default=1)
        parts.append(f"w{place} AS ({_PARAMETER.sub(partial(_shifted, taken), statement)})")
        taken += own - 1
    return f"WITH {', '.join(parts)} SELECT 1"


def _shifted(by: int, parameter: re.Match[str]) -> str:
    number = int(parameter[1])
    return f"${number}" if number == 1 else f"${number + by}"


def _all_values(gathered: Sequence[tuple[str, tuple[Any, ...]]]) -> list[Any]:
    return [gathered[0][1][0], *(value for _, values in gathered for value in values[1:])]
