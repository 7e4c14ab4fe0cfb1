"""Who is at the console: a token becomes a visitor with a seat, freshly read or at most two seconds old."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from qunflow.domain.errors import QunflowError
from qunflow.domain.rights import Right, may
from qunflow.storage.database import Database
from qunflow.storage.operators import AccountRow, SeatRow, find_account, list_seats
from qunflow.storage.sessions import SessionRow, find_session, move_session, touch_session
from qunflow.web.desk import Operator

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
TOUCH = timedelta(minutes=1)
#: Seconds for which an open page's messages need no new look at its session.
FRESH_SECONDS = 2.0
MAX_KEPT = 2_000


class SignedOut(QunflowError):
    """Nobody is signed in with this token (any more)."""

    def __init__(self) -> None:
        super().__init__("signed_out", "nobody is signed in here", way_out="Sign in again.", status=401)


class Forbidden(QunflowError):
    """The right for this is missing."""

    def __init__(self, right: Right) -> None:
        super().__init__(
            "right_missing",
            f"your role does not have the right {right}",
            field=str(right),
            way_out="Ask an owner of the workspace.",
            status=403,
        )


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in account with the seats that it may take now; ``seat`` is the one of the open workspace."""

    session: SessionRow
    account: AccountRow
    seats: tuple[SeatRow, ...]
    seat: SeatRow

    @property
    def operator(self) -> Operator:
        """Who looks at a page."""
        account = self.account
        return Operator(account.account, account.name, self.seat.role, self.seat.workspace, account.language)

    def may(self, right: Right) -> bool:
        """Whether the role in the open workspace has a right."""
        return may(self.seat.role, right)

    def in_workspace(self, workspace: str) -> Visitor:
        """The same in another workspace. Raises SignedOut without a seat there."""
        for seat in self.seats:
            if seat.workspace == workspace:
                return Visitor(self.session, self.account, self.seats, seat)
        raise SignedOut


def wall_now() -> datetime:
    """The wall's time: sessions are of the world of browsers, not of the domain's clock."""
    return datetime.now(UTC)


class Seats:
    """Finds visitors by their tokens."""

    def __init__(self, database: Database, now: Callable[[], datetime] = wall_now) -> None:
        self._database = database
        self._now = now
        self._kept: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()

    async def find(self, token: str) -> Visitor:
        """Who holds a token, read now. Raises SignedOut."""
        if not 20 <= len(token) <= 100:
            raise SignedOut
        now = self._now()
        async with self._database.directory() as connection:
            session = await find_session(connection, token, now - IDLE, now - LONGEST)
            account = await find_account(connection, session.account) if session is not None else None
            if session is None or account is None or account.disabled_at is not None:
                self._kept.pop(token, None)
                raise SignedOut
            seats = tuple(seat for seat in await list_seats(connection, account.account) if seat.disabled_at is None)
            if not seats:
                self._kept.pop(token, None)
                raise SignedOut
            seat = next((seat for seat in seats if seat.workspace == session.workspace), None)
            if seat is None:
                seat = seats[0]
                await move_session(connection, session.session, seat.workspace)
        visitor = Visitor(session, account, seats, seat)
        self._kept[token] = (time.monotonic(), visitor)
        self._kept.move_to_end(token)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
        return visitor

    async def recent(self, token: str) -> Visitor:
        """Who holds a token, as it was at most two seconds ago. Raises SignedOut."""
        kept = self._kept.get(token)
        if kept is not None and time.monotonic() - kept[0] < FRESH_SECONDS:
            return kept[1]
        return await self.find(token)

    async def note_presence(self, token: str, visitor: Visitor) -> None:
        """Somebody did something: the session is not idle. Written once a minute at most."""
        now = self._now()
        if now - visitor.session.seen_at >= TOUCH:
            async with self._database.directory() as connection:
                await touch_session(connection, visitor.session.session, now)
            self.forget()

    def forget(self) -> None:
        """Look again at everybody: something about accounts or sessions changed."""
        self._kept.clear()
