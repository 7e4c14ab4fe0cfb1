"""The console's office over an own database, with a wall clock that a test moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from qunflow.bootstrap import Home
from qunflow.console.office import Office
from qunflow.web.passwords import Passwords


class Wall:
    """The time of browsers; it stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def move(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def office(home: Home, wall: Wall, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Passwords are hashed with small numbers here: what is tried is who comes in, not the hash."""
    quick = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr("qunflow.console.office.Passwords", lambda: quick)
    return Office.join(home.database, b"form", "https://console.example", wall)
