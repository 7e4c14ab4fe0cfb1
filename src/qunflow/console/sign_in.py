"""Signing in and out: the same answer and the same work for names that do not exist, and a door that closes."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from qunflow.console.notes import DONE, REFUSED, Notes
from qunflow.console.seats import IDLE, Seats, Visitor, wall_now
from qunflow.domain.errors import QunflowError
from qunflow.domain.ids import uuid7
from qunflow.storage.database import Database
from qunflow.storage.directory import DEFAULT_WORKSPACE
from qunflow.storage.operators import (
    AccountRow,
    find_account_by_name,
    list_seats,
    name_key,
    set_password,
)
from qunflow.storage.sessions import (
    SessionRow,
    add_session,
    clear_tries,
    count_try,
    end_session,
    forget_old,
)
from qunflow.web.passwords import Passwords

#: Wrong passwords for one name before its door closes: for 30 s, then twice as long each time, at most 15 minutes.
FREE_TRIES = 5
FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0
#: Tries of one address: so many at once, then one each so many seconds.
ADDRESS_BURST = 20
ADDRESS_SECONDS = 6.0
MAX_ADDRESSES = 10_000
MAX_NAME = 64


class TooManyTries(QunflowError):
    """The door is closed for a while."""

    def __init__(self, seconds: float) -> None:
        self.minutes = max(1, round(seconds / 60 + 0.49))
        super().__init__(
            "too_many_tries",
            "too many wrong passwords",
            way_out=f"Try again in {self.minutes} min.",
            status=429,
        )


class WrongPassword(QunflowError):
    """Name and password do not belong together."""

    def __init__(self) -> None:
        super().__init__("wrong_password", "name and password do not belong together", status=403)


class AddressLimit:
    """A bounded number of tries for each address, remembered in this process for the newest addresses."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> None:
        """Count a try. Raises TooManyTries."""
        now = self._monotonic()
        level, at = self._levels.pop(address, (0.0, now))
        level = max(0.0, level - (now - at) / ADDRESS_SECONDS)
        refused = level >= ADDRESS_BURST
        self._levels[address] = (level if refused else level + 1, now)
        while len(self._levels) > MAX_ADDRESSES:
            self._levels.popitem(last=False)
        if refused:
            raise TooManyTries(ADDRESS_SECONDS)


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def new_id(now: datetime) -> str:
    """An id for a row."""
    return uuid7(int(now.timestamp() * 1000), secrets.token_bytes(10))


class SignIn:
    """Opens and ends sessions."""

    def __init__(
        self, database: Database, passwords: Passwords, notes: Notes, now: Callable[[], datetime] = wall_now
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._notes = notes
        self._now = now
        self._addresses = AddressLimit()

    async def check(self, name: str, password: str, address: str) -> AccountRow:
        """The account of a name and its password. Raises WrongPassword, TooManyTries; both are noted."""
        self._addresses.take(address)
        key, now = name_key(name[:MAX_NAME]), self._now()
        async with self._database.directory() as connection:
            closed = await count_try(connection, key, now, FREE_TRIES, FIRST_PAUSE, LONGEST_PAUSE)
            account = await find_account_by_name(connection, key)
        if closed is not None:
            raise TooManyTries((closed - now).total_seconds())
        fits = await self._passwords.fits(account.password if account is not None else None, password)
        if account is None or not fits or account.disabled_at is not None:
            await self._note_failure(account, address)
            raise WrongPassword
        async with self._database.directory() as connection:
            await clear_tries(connection, key)
        if self._passwords.is_dated(account.password):
            renewed = await self._passwords.hash(password)
            async with self._database.directory() as connection:
                await set_password(connection, account.account, renewed)
        return account

    async def open(self, account: AccountRow, address: str, browser: str) -> str:
        """A new session of an account: its token. Raises WrongPassword for an account without a seat."""
        now, token = self._now(), new_token()
        async with self._database.directory() as connection:
            await forget_old(connection, now - IDLE, now)
            seats = [seat for seat in await list_seats(connection, account.account) if seat.disabled_at is None]
            if not seats:
                raise WrongPassword
            workspace = seats[0].workspace
            row = SessionRow(new_id(now), account.account, workspace, now, now, address[:64], browser[:200])
            await add_session(connection, token, row)
        details = {"address": address[:64]}
        await self._notes.add(workspace, account.account, account.name, "session.open", "", DONE, "", details)
        return token

    async def end(self, visitor: Visitor, seats: Seats) -> None:
        """End the visitor's own session."""
        async with self._database.directory() as connection:
            await end_session(connection, visitor.account.account, visitor.session.session)
        seats.forget()
        who = visitor.operator
        await self._notes.add(who.workspace, who.account, who.name, "session.end", "")

    async def _note_failure(self, account: AccountRow | None, address: str) -> None:
        """Noted where the account sits; a name that nobody has is not written down: it may be a password."""
        seats = []
        if account is not None:
            async with self._database.directory() as connection:
                seats = await list_seats(connection, account.account)
        for workspace in [seat.workspace for seat in seats[:20]] or [DEFAULT_WORKSPACE]:
            who = (account.account, account.name) if account is not None else ("", "")
            await self._notes.add(
                workspace, *who, "session.open", "", REFUSED, "wrong_password", {"address": address[:64]}
            )
