"""Making, starting, asking and stopping one embedded PostgreSQL cluster. All of it in one's turn.

Every program runs inside the cluster's folder and is given ``.``, so no path meets a shell's quoting.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from qunflow.storage.embedded_binaries import MAJOR
from qunflow.storage.embedded_errors import EmbeddedError
from qunflow.storage.embedded_layout import PORT, Layout, make_socket_folder
from qunflow.storage.embedded_processes import any_process_named, command_line, is_in_use
from qunflow.storage.embedded_tools import Answer, run_as

SUPERUSER = "postgres"
OWNER = "owner"
DATABASE = "qunflow"
START_SECONDS = 120
STOP_SECONDS = 60
POLL_SECONDS = 0.05
#: A server whose socket was swept from the temporary folder takes no new client: it is started again.
LOST_SOCKET_SECONDS = 3.0
RETRY_SECONDS = 5.0

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    # A young database grows past what its planner believes within seconds.
    "autovacuum_naptime": "5s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # One log a weekday, each overwritten a week later; terse, because details hold the data of people.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_error_verbosity": "terse",
}

PROBE = f"""SELECT current_setting('cluster_name'),
  (SELECT count(*) FROM pg_roles WHERE rolname = '{OWNER}'),
  (SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'), current_setting('data_directory')"""


@dataclass(frozen=True)
class Found:
    """What the server behind the socket says about itself."""

    cluster_name: str
    has_owner: bool
    has_database: bool
    folder: Path


def create_cluster(layout: Layout) -> None:
    """Make the cluster when it is missing; complete or absent after a crash."""
    if layout.cluster.exists():
        _check_major(layout)
        return
    parent = layout.cluster.parent
    for leftover in parent.glob("data.*"):
        # A killed start may have left an initdb that still writes here; what it holds on to goes next time.
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = parent / f"data.{secrets.token_hex(4)}"
    fresh.mkdir(mode=0o700)
    if layout.account is not None:
        os.chown(fresh, layout.account.uid, layout.account.gid)
    answer = _run(
        layout, "initdb", "-D", ".", "-U", SUPERUSER, "--auth-local=trust", "--auth-host=reject",
        "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        folder=fresh,
    )  # fmt: skip
    if answer.code != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        raise EmbeddedError(
            "embedded_create",
            f"PostgreSQL could not make its folder {layout.cluster}: {answer.text[-600:]}",
            way_out="Look for a full disk or missing rights, then try again.",
        )
    fresh.rename(layout.cluster)


def ensure_running(layout: Layout) -> bool:
    """Start the server when it does not run, wait until it answers, and check that it is ours.

    Answers whether it had to be started. Recovers by itself from a killed server.
    """
    begun = time.monotonic()
    started = False
    while True:
        if server_pid(layout) is None:
            _start(layout)
            started = True
        found = probe(layout)
        if found is not None:
            _check_ours(layout, found)
            _provision(layout, found)
            return started
        waited = time.monotonic() - begun
        if waited > START_SECONDS:
            raise EmbeddedError(
                "embedded_silent",
                f"the database in {layout.cluster} runs but has not answered for {START_SECONDS} seconds.",
                way_out=f"Its log lies in {layout.cluster / 'log'}.",
            )
        if waited > LOST_SOCKET_SECONDS and not layout.socket.exists():
            stop_server(layout)
        time.sleep(POLL_SECONDS)


def server_pid(layout: Layout) -> int | None:
    """Process id of the running server, None when there is none.

    Raises EmbeddedError ``embedded_moved`` when the folder was moved or copied from under a running server.
    """
    pid = _noted_pid(layout)
    if pid is None:
        return None
    command = command_line(pid)
    if f"cluster_name={layout.cluster_name}" in command:
        return pid
    if f"cluster_name=qunflow-{layout.instance}-" in command:
        raise EmbeddedError(
            "embedded_moved",
            f"the data folder was moved or copied while its database ran (process {pid}).",
            way_out="End that process in an orderly way (kill -INT), then try again.",
        )
    return None


def probe(layout: Layout) -> Found | None:
    """Ask the server who it is; None while it does not answer."""
    answer = _psql(layout, PROBE)
    if answer.code != 0:
        return None
    name, owner, database, folder = answer.text.split("|", 3)
    return Found(name, owner == "1", database == "1", Path(folder))


def stop_server(layout: Layout) -> bool:
    """Stop the server, at once where it does not stop in an orderly way. Answers whether one ran."""
    pid = server_pid(layout)
    if pid is None:
        _remove_socket_folder(layout)
        return False
    for mode in ("fast", "immediate"):
        answer = _run(layout, "pg_ctl", "stop", "-D", ".", "-s", "-w", "-t", str(STOP_SECONDS), "-m", mode)
        if server_pid(layout) is None:
            _remove_socket_folder(layout)
            return True
    raise EmbeddedError("embedded_stop", f"the database (process {pid}) could not be stopped: {answer.text[-300:]}")


def _start(layout: Layout) -> None:
    make_socket_folder(layout)
    settings = SETTINGS | {
        "unix_socket_directories": str(layout.socket_folder),
        "cluster_name": layout.cluster_name,
    }
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    log = layout.cluster / "startup.log"
    deadline = time.monotonic() + RETRY_SECONDS
    while True:
        _forget_dead_server(layout)
        _remove_sockets(layout)
        log.unlink(missing_ok=True)
        answer = _run(
            layout, "pg_ctl", "start", "-D", ".", "-s", "-w", "-t", str(START_SECONDS),
            "-l", log.name, "-o", options,
        )  # fmt: skip
        if answer.code == 0 or server_pid(layout) is not None:
            return
        said = _tail(log)
        # Killed while it started, or the processes of the server killed before have yet to notice.
        passing = "FATAL" not in said or "shared memory block" in said
        if not passing or time.monotonic() > deadline:
            raise EmbeddedError(
                "embedded_start",
                f"PostgreSQL could not start in {layout.cluster}: {answer.text[-300:]} {said}",
                way_out=f"Its log lies in {layout.cluster / 'log'}.",
            )
        time.sleep(POLL_SECONDS)


def _check_major(layout: Layout) -> None:
    present = (layout.cluster / "PG_VERSION").read_text("utf-8").strip()
    if present != str(MAJOR):
        raise EmbeddedError(
            "embedded_version",
            f"the database in {layout.cluster} is of PostgreSQL {present}, and {MAJOR} is installed.",
            way_out="Use the version of qunflow that made it, dump it with pg_dump, and restore it here.",
        )


def _check_ours(layout: Layout, found: Found) -> None:
    if found.cluster_name != layout.cluster_name or found.folder.resolve() != layout.cluster:
        raise EmbeddedError(
            "embedded_foreign",
            f"the server at {layout.socket_folder} serves {found.folder}, not {layout.cluster}.",
            way_out="Stop that server, then try again.",
        )


def _provision(layout: Layout, found: Found) -> None:
    """The owner makes the tables and the application's role; it is no superuser."""
    wanted = []
    if not found.has_owner:
        wanted.append(f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB")
    if not found.has_database:
        wanted.append(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    for statement in wanted:
        answer = _psql(layout, statement)
        if answer.code != 0:
            raise EmbeddedError("embedded_create", f"{statement} failed: {answer.text[-300:]}")


def _psql(layout: Layout, statement: str) -> Answer:
    return _run(
        layout, "psql", "-XAtq", "-F", "|", "-h", str(layout.socket_folder), "-p", str(PORT),
        "-U", SUPERUSER, "-d", "postgres", "-c", statement,
    )  # fmt: skip


def _run(layout: Layout, program: str, *arguments: str, folder: Path | None = None) -> Answer:
    command = [str(layout.binaries / "bin" / program), *arguments]
    return run_as(layout.account, command, folder or layout.cluster)


def _noted_pid(layout: Layout) -> int | None:
    try:
        return int((layout.cluster / "postmaster.pid").read_text("utf-8").partition("\n")[0])
    except (FileNotFoundError, ValueError):
        return None


def _forget_dead_server(layout: Layout) -> None:
    """Remove a dead server's note where PostgreSQL would believe it.

    It does while the number is in use: by another program since, or by the dead one itself in a container
    whose first process does not bury its children. Waits until the dead server's own processes are gone.
    """
    pid = _noted_pid(layout)
    if pid is None or not is_in_use(pid):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while any_process_named(layout.cluster_name):
        if time.monotonic() > deadline:
            raise EmbeddedError(
                "embedded_remains",
                f"processes of a killed database still work on {layout.cluster}.",
                way_out="End the processes called 'postgres: qunflow-...' and try again.",
            )
        time.sleep(POLL_SECONDS)
    (layout.cluster / "postmaster.pid").unlink(missing_ok=True)


def _tail(log: Path) -> str:
    with suppress(FileNotFoundError), log.open(encoding="utf-8", errors="replace") as lines:
        return " ".join(line.strip() for line in deque(lines, maxlen=4))
    return ""


def _remove_sockets(layout: Layout) -> None:
    for name in (layout.socket.name, f"{layout.socket.name}.lock"):
        (layout.socket_folder / name).unlink(missing_ok=True)


def _remove_socket_folder(layout: Layout) -> None:
    with suppress(FileNotFoundError):
        _remove_sockets(layout)
        layout.socket_folder.rmdir()
