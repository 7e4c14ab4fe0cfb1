"""One transaction in one workspace. Application code never commits; the edge that opened it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class UnitOfWork:
    """A transaction on ``raw``, an asyncpg connection."""

    def __init__(self, workspace: str, raw: Any) -> None:
        self.workspace = workspace
        self.raw = raw
        self.news: set[str] = set()  # queues that this transaction put something into
        self._after: list[Callable[[], None]] = []

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

    async def execute(self, statement: str, *values: Any) -> int:
        """Run a statement; answers how many rows it touched."""
        status: str = await self.raw.execute(statement, *values)
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0
