"""Who uses an embedded server, and whose turn it is to start or stop it: files held with flock.

The kernel lets go of such a lock when its process dies, so a killed process never counts as a user.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from qunflow.storage.embedded_errors import EmbeddedError

TURN_SECONDS = 180.0
POLL_SECONDS = 0.02


def open_lock_file(path: Path) -> int:
    """A descriptor of ``path``, made when missing; a symbolic link is refused with OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    if os.fstat(descriptor).st_uid == os.geteuid():
        # Whatever the umask: root and the folder's owner have to see each other's locks.
        os.fchmod(descriptor, 0o644)
    return descriptor


def lock_at_once(descriptor: int) -> bool:
    """Take the lock when nobody else has it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def turn(folder: Path, seconds: float = TURN_SECONDS) -> Iterator[None]:
    """Be the only process that starts, checks or stops the server of ``folder``.

    Raises EmbeddedError ``embedded_busy`` when another one keeps its turn for longer than ``seconds``.
    """
    descriptor = open_lock_file(folder / "lock")
    try:
        deadline = time.monotonic() + seconds
        while not lock_at_once(descriptor):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    "embedded_busy",
                    f"another process has been starting or stopping the database for {seconds:.0f} seconds.",
                    way_out="Wait for it or end it, then try again.",
                )
            time.sleep(POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


class UserLock:
    """One user of the server, until released or its process ends. Take and release it in one's turn."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> UserLock:
        """Become a user."""
        users = folder / "users"
        users.mkdir(exist_ok=True)
        path = users / f"{os.getpid()}-{secrets.token_hex(4)}"
        descriptor = open_lock_file(path)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return cls(path, descriptor)

    def release(self) -> None:
        """Stop being a user. Unlocks before closing, because a forked child may hold the descriptor too."""
        with suppress(FileNotFoundError):
            self._path.unlink()
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        os.close(self._descriptor)


def living_users(folder: Path) -> list[int]:
    """Process ids of the present users, one for each lock; forgets the dead. Call in one's turn."""
    users = folder / "users"
    if not users.is_dir():
        return []
    living = []
    for path in sorted(users.iterdir()):
        descriptor = open_lock_file(path)
        try:
            if lock_at_once(descriptor):
                path.unlink()
            else:
                living.append(int(path.name.partition("-")[0]))
        finally:
            os.close(descriptor)
    return living
