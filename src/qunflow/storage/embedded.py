"""A real PostgreSQL in the data folder, for a laptop: starts with its first user and stops with its last.

Any number of processes attach to the same data folder and share one server. It listens on a socket only, in a
folder that nobody but the account running it (and root) can enter; that is the whole of its authentication.
"""

from __future__ import annotations

import atexit
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from qunflow.storage.embedded_cluster import (
    DATABASE,
    OWNER,
    create_cluster,
    ensure_running,
    server_pid,
    stop_server,
)
from qunflow.storage.embedded_errors import EmbeddedError
from qunflow.storage.embedded_layout import (
    PORT,
    SYSTEM_FOLDER,
    Layout,
    find_layout,
    home_of,
    make_home,
    make_instance,
    read_instance,
)
from qunflow.storage.embedded_users import UserLock, living_users, turn

__all__ = ["EmbeddedError", "EmbeddedServer", "ServerStatus"]


@dataclass(frozen=True)
class ServerStatus:
    """What is known about the database of a data folder."""

    #: Process id of the server, None when it does not run.
    pid: int | None
    #: Process ids of those who use it, one entry for each attachment.
    users: tuple[int, ...]
    #: Where its files lie; None before the first start.
    cluster: Path | None
    #: How its owner connects; empty when it does not run.
    url: str

    @property
    def running(self) -> bool:
        """Whether the server runs."""
        return self.pid is not None


class EmbeddedServer:
    """One user's hold on the server of a data folder; made by ``attach``, given back by ``release``.

    Also a context manager. A process that ends in an orderly way without ``release`` still gives it back.
    """

    def __init__(self, home: Path, layout: Layout, user: UserLock) -> None:
        self._home = home
        self._layout = layout
        self._user: UserLock | None = user
        self._process = os.getpid()
        atexit.register(self.release)

    @classmethod
    def attach(cls, data_dir: Path) -> EmbeddedServer:
        """Use the database of ``data_dir``: makes it at the first time, starts it when it does not run.

        Blocks: about two seconds at the first time, a fraction of one later. Raises EmbeddedError.
        """
        home = make_home(data_dir)
        with turn(home):
            layout = find_layout(home, make_instance(home))
            create_cluster(layout)
            user = UserLock.take(home)
            try:
                ensure_running(layout)
            except BaseException:
                user.release()
                raise
            return cls(home, layout, user)

    @property
    def url(self) -> str:
        """Connection URL of the owner role; it may make tables and roles, and is no superuser."""
        return _url(self._layout)

    @property
    def cluster(self) -> Path:
        """Where the database's files lie."""
        return self._layout.cluster

    def ensure_running(self) -> bool:
        """Start the server again if it died under us; answers whether that was so."""
        with turn(self._home):
            return ensure_running(self._layout)

    def release(self) -> None:
        """Give the server back; the last user stops it, also one that a killed process left running.

        A second call does nothing, nor does one in a forked child.
        """
        if self._user is None or os.getpid() != self._process:
            return
        atexit.unregister(self.release)
        with turn(self._home):
            self._user.release()
            self._user = None
            if not living_users(self._home):
                stop_server(self._layout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @staticmethod
    def status(data_dir: Path) -> ServerStatus:
        """What runs for this data folder. Makes and starts nothing."""
        home, instance = _known(data_dir)
        if instance is None:
            return ServerStatus(None, (), None, "")
        with turn(home):
            layout = find_layout(home, instance)
            pid = server_pid(layout)
            cluster = layout.cluster if layout.cluster.exists() else None
            return ServerStatus(pid, tuple(living_users(home)), cluster, _url(layout) if pid else "")

    @staticmethod
    def stop(data_dir: Path, *, force: bool = False) -> bool:
        """Stop the server that nobody uses, with ``force`` also a used one; answers whether one ran.

        Raises EmbeddedError ``embedded_in_use`` without ``force`` while somebody uses it.
        """
        home, instance = _known(data_dir)
        if instance is None:
            return False
        with turn(home):
            if not force:
                _refuse_while_used(home)
            return stop_server(find_layout(home, instance))

    @staticmethod
    def erase(data_dir: Path) -> None:
        """Stop the server and delete the database with all its data. Raises EmbeddedError while in use."""
        home, instance = _known(data_dir)
        if instance is None:
            return
        with turn(home):
            _refuse_while_used(home)
            stop_server(find_layout(home, instance))
            system = SYSTEM_FOLDER / instance
            if system.is_dir():
                shutil.rmtree(system)
            shutil.rmtree(home)


def _url(layout: Layout) -> str:
    return f"postgresql://{OWNER}@/{DATABASE}?host={layout.socket_folder}&port={PORT}"


def _known(data_dir: Path) -> tuple[Path, str | None]:
    home = home_of(data_dir)
    try:
        return home, read_instance(home)
    except OSError as error:
        raise EmbeddedError(
            "embedded_folder",
            f"the data folder {home.parent} cannot be read by this user ({error.strerror}).",
            way_out="Run as its owner.",
        ) from error


def _refuse_while_used(home: Path) -> None:
    users = living_users(home)
    if users:
        raise EmbeddedError(
            "embedded_in_use",
            f"the database is used by the process(es) {', '.join(map(str, users))}.",
            way_out="End them first, or stop with --force.",
        )
