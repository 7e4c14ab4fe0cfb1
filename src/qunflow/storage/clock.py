"""Clocks of domain time: the wall, or a virtual one that several processes read from one small file."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qunflow.domain.clock import Clock

_CELL = struct.Struct("<q")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def _to_microseconds(instant: datetime) -> int:
    """Microseconds since the epoch; a naive instant raises ``ValueError`` because its zone is unknown."""
    if instant.tzinfo is None:
        raise ValueError("clock: an instant needs a time zone; pass an aware UTC datetime")
    return (instant - _EPOCH) // _MICROSECOND


class RealClock:
    """The wall clock in UTC."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        return datetime.now(UTC)


class SharedClock:
    """A virtual clock in an 8-byte memory-mapped file: microseconds since the epoch, little endian.

    Readers never lock: one aligned eight-byte copy is never seen half written. Writers lock the file, so
    two of them cannot turn it back. Time stands still until someone advances it.
    """

    def __init__(self, path: Path) -> None:
        """Open an existing clock file; ``FileNotFoundError`` or ``ValueError`` when it is none."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        if os.fstat(self._descriptor).st_size != _CELL.size:
            os.close(self._descriptor)
            raise ValueError(f"clock: {path} is not a clock file of {_CELL.size} bytes")
        self._cell = mmap.mmap(self._descriptor, _CELL.size)

    @classmethod
    def create(cls, path: Path, start: datetime) -> SharedClock:
        """Make a new clock file that shows ``start``; ``FileExistsError`` when there is one already."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, _CELL.pack(_to_microseconds(start)))
        finally:
            os.close(descriptor)
        return cls(path)

    def now(self) -> datetime:
        """The instant the clock shows, aware, UTC."""
        (microseconds,) = _CELL.unpack_from(self._cell, 0)
        return _EPOCH + timedelta(microseconds=microseconds)

    def advance_to(self, instant: datetime) -> datetime:
        """Move the clock forward to ``instant``, never back, and return what it shows."""
        wanted = _to_microseconds(instant)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            (shown,) = _CELL.unpack_from(self._cell, 0)
            if wanted > shown:
                _CELL.pack_into(self._cell, 0, wanted)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        return self.now()

    def close(self) -> None:
        """Let go of the file; the clock goes on for the others."""
        self._cell.close()
        os.close(self._descriptor)


def open_clock(path: Path | None) -> Clock:
    """The shared clock at ``path``, or the wall clock when no path is given."""
    return RealClock() if path is None else SharedClock(path)
