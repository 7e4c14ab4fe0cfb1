"""Everything about people at the console, joined once for a process: accounts, sign-in, seats, notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from qunflow.console.accounts import Accounts
from qunflow.console.notes import Notes
from qunflow.console.seats import Seats, wall_now
from qunflow.console.sign_in import SignIn
from qunflow.storage.database import Database
from qunflow.web.csrf import FormCodes
from qunflow.web.passwords import Passwords
from qunflow.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Office:
    """The parts that know who may come in; ``url`` is the console's address as browsers see it."""

    database: Database
    texts: Texts
    codes: FormCodes
    accounts: Accounts
    sign_in: SignIn
    seats: Seats
    notes: Notes
    url: str
    now: Callable[[], datetime]

    @classmethod
    def join(cls, database: Database, form_secret: bytes, url: str, now: Callable[[], datetime] = wall_now) -> Office:
        """The parts over a database."""
        passwords, notes = Passwords(), Notes(database, now)
        sign_in = SignIn(database, passwords, notes, now)
        accounts = Accounts(database, passwords, sign_in, notes, now)
        codes, seats = FormCodes(form_secret), Seats(database, now)
        return cls(database, Texts.load(), codes, accounts, sign_in, seats, notes, url.rstrip("/"), now)

    def link(self, token: str) -> str:
        """The address of a one-time link."""
        return f"{self.url}/link/{token}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach the console by TLS."""
        return self.url.startswith("https://")
