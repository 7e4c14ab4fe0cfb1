"""Staff who can make only so many groups a day: what is asked beyond that waits for the next morning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from qunflow.rehearsal.browser import Browser
from qunflow.rehearsal.staff import StaffDesk
from qunflow.rehearsal.street import Review

_MORNING = 8


class QuotaDesk(StaffDesk):
    """The sandbox's staff under a creation quota; ``delayed`` counts by local day what had to wait."""

    def __init__(
        self,
        sandbox: str,
        userids: tuple[str, ...],
        browser: Browser,
        review: Review,
        now: Callable[[], datetime],
        tz: str,
        a_day: int,
    ) -> None:
        super().__init__(sandbox, userids, browser, review)
        self.delayed: Counter[str] = Counter()
        self._now, self._zone, self._a_day = now, ZoneInfo(tz), a_day
        self._made_on: Counter[tuple[str, str]] = Counter()
        self._waiting: list[str] = []

    async def act(self) -> int:
        """First what had to wait, then what is new."""
        acts, waiting = 0, list(self._waiting)
        self._waiting.clear()
        for name in waiting:
            acts += await self.make_group(self.who_may(), name)
        return acts + await super().act()

    async def make_group(self, userid: str, name: str) -> int:
        """Make it if somebody may still make one today, else keep it for tomorrow."""
        free = userid if self._may(userid) else self.who_may()
        if not free:
            if name not in self._waiting:
                self._waiting.append(name)
                self.delayed[self._today()] += 1
            return 0
        made = await super().make_group(free, name)
        self._made_on[free, self._today()] += made
        return made

    def next_due(self) -> datetime | None:
        """The next morning, when something waits for it."""
        if not self._waiting:
            return None
        local = self._now().astimezone(self._zone)
        morning = local.replace(hour=_MORNING, minute=0, second=0, microsecond=0)
        return (morning if morning > local else morning + timedelta(days=1)).astimezone(UTC)

    def who_may(self) -> str:
        """A member of staff who may make one more group today; empty when nobody may."""
        return next((userid for userid in self._userids if self._may(userid)), "")

    def _may(self, userid: str) -> bool:
        return bool(userid) and self._made_on[userid, self._today()] < self._a_day

    def _today(self) -> str:
        return self._now().astimezone(self._zone).date().isoformat()
