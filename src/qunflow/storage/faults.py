"""Which database errors mean "try the same again" (a race was lost) and which mean the batch itself is bad."""

from __future__ import annotations

import asyncpg

_RACES = (
    asyncpg.UniqueViolationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)


def is_race(error: BaseException) -> bool:
    """Another transaction was faster; the same batch, loaded afresh, may succeed."""
    return isinstance(error, _RACES)


def is_lost(error: BaseException) -> bool:
    """The database could not be reached; nothing is known to be wrong with the batch."""
    return isinstance(error, _LOST)
