"""Locking with and without patience.

Who already holds locks and wants more must not wait: the one it waits for may be waiting for it.
"""

from __future__ import annotations

from collections.abc import Sized
from typing import TypeVar

T = TypeVar("T", bound=Sized)


class LockedElsewhere(Exception):
    """Another transaction holds a row that is needed; nothing was changed, try later."""


def lock_clause(patient: bool) -> str:
    """The end of a locking query."""
    return "FOR UPDATE" if patient else "FOR UPDATE SKIP LOCKED"


def all_locked(rows: T, wanted: Sized) -> T:
    """The rows, when they are as many as wanted. Raises LockedElsewhere when some were passed over."""
    if len(rows) < len(wanted):
        raise LockedElsewhere
    return rows
