"""The embedded PostgreSQL: who shares it, when it stops, and what a kill leaves behind."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.attached import (
    another_process,
    ask,
    copy_tree,
    data_folders,
    kill,
    server_process,
    socket_folder,
)

from qunflow.storage.embedded import EmbeddedError, EmbeddedServer


@pytest.fixture
def make_folder() -> Iterator[Callable[..., Path]]:
    """Names data folders."""
    with data_folders() as name_folder:
        yield name_folder


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    """A data folder."""
    return make_folder()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[EmbeddedServer]:
    """One server for the tests that only look at it."""
    with data_folders() as name_folder, EmbeddedServer.attach(name_folder()) as server:
        yield server


def test_the_owner_makes_tables_and_roles_but_is_no_superuser(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        assert ask(server.url, "CREATE TABLE a (b int)", "SELECT tableowner FROM pg_tables WHERE tablename='a'")
        assert ask(server.url, "SELECT current_user::text") == "owner"
        assert ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        ask(server.url, "CREATE ROLE reader")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("listen_addresses", ""),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("TimeZone", "UTC"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
    ],
)
def test_settings(shared_server: EmbeddedServer, setting: str, value: str) -> None:
    assert ask(shared_server.url, f"SELECT current_setting('{setting}')") == value


def test_text_is_ordered_by_code_point_and_lowered_by_unicode(shared_server: EmbeddedServer) -> None:
    assert ask(shared_server.url, "SELECT lower('ÉA')") == "éa"
    assert ask(shared_server.url, "SELECT 'Z' < 'a'") is True


def test_only_the_account_that_runs_it_can_enter_the_socket_folder(shared_server: EmbeddedServer) -> None:
    path = socket_folder(shared_server)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert path.stat().st_uid == shared_server.cluster.stat().st_uid
    assert len(str(path / ".s.PGSQL.5432")) < 100


def test_processes_that_start_together_share_one_server(folder: Path) -> None:
    with another_process(folder) as one, another_process(folder) as two, another_process(folder) as three:
        answers = {one.where(), two.where(), three.where()}
        assert len(answers) == 1
        users = EmbeddedServer.status(folder).users
        assert sorted(users) == sorted(user.process.pid for user in (one, two, three))
    assert not EmbeddedServer.status(folder).running


def test_the_server_stops_with_its_last_user_and_not_before(folder: Path) -> None:
    first, second = EmbeddedServer.attach(folder), EmbeddedServer.attach(folder)
    first.release()
    first.release()
    assert ask(second.url, "SELECT 1") == 1
    second.release()
    assert not EmbeddedServer.status(folder).running


def test_data_stays_when_the_server_starts_again(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        ask(server.url, "CREATE TABLE a AS SELECT 7 AS b")
    with EmbeddedServer.attach(folder) as server:
        assert ask(server.url, "SELECT b FROM a") == 7


def test_a_killed_server_comes_back_with_what_was_committed(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        ask(server.url, "CREATE TABLE a AS SELECT 7 AS b")
        kill(server_process(folder))
        assert not EmbeddedServer.status(folder).running
        assert server.ensure_running() is True
        assert server.ensure_running() is False
        assert ask(server.url, "SELECT b FROM a") == 7
        kill(server_process(folder))
        with EmbeddedServer.attach(folder) as second:
            assert ask(second.url, "SELECT b FROM a") == 7
            assert ask(server.url, "SELECT b FROM a") == 7


def test_a_killed_user_does_not_count_and_the_next_clean_exit_stops_the_orphan(folder: Path) -> None:
    with another_process(folder) as user:
        url, pid = user.where()
        user.process.kill()
        user.process.wait(10)
        status = EmbeddedServer.status(folder)
        assert (status.pid, status.users) == (pid, ())
    with EmbeddedServer.attach(folder) as server:
        assert server.url == url
        assert server_process(folder) == pid
    assert not EmbeddedServer.status(folder).running


def test_a_process_number_that_went_to_another_program_is_not_taken_for_the_server(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        pid_file = server.cluster / "postmaster.pid"
        written = pid_file.read_text().splitlines()
        owner = pid_file.stat()
        kill(server_process(folder))
    sleeper = ["sleep", "60"]
    user = owner.st_uid if os.geteuid() == 0 else None
    with subprocess.Popen(sleeper, user=user) as other:
        pid_file.write_text("\n".join([str(other.pid), *written[1:]]) + "\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        with EmbeddedServer.attach(folder) as server:
            assert ask(server.url, "SELECT 1") == 1
            assert server_process(folder) != other.pid
        assert other.poll() is None
        other.kill()


def test_a_server_whose_socket_was_swept_away_is_started_again(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        shutil.rmtree(socket_folder(server))
        server.ensure_running()
        assert ask(server.url, "SELECT 1") == 1


def test_a_process_that_ends_without_release_stops_the_server(folder: Path) -> None:
    with another_process(folder) as user:
        user.where()
    assert user.process.returncode == 0
    assert not EmbeddedServer.status(folder).running


def test_two_data_folders_never_share_a_server(make_folder: Callable[..., Path]) -> None:
    one, two = make_folder("one"), make_folder("two")
    with EmbeddedServer.attach(one) as first, EmbeddedServer.attach(two) as second:
        assert first.url != second.url
        assert server_process(one) != server_process(two)
        ask(first.url, "CREATE TABLE only_here (a int)")
        assert ask(second.url, "SELECT to_regclass('only_here')::text") is None


def test_a_copy_made_while_stopped_is_a_database_of_its_own(make_folder: Callable[..., Path]) -> None:
    original, copy = make_folder("original"), make_folder("copy")
    with EmbeddedServer.attach(original) as server:
        ask(server.url, "CREATE TABLE a AS SELECT 1 AS b")
    copy_tree(original, copy)
    with EmbeddedServer.attach(original) as first, EmbeddedServer.attach(copy) as second:
        assert server_process(original) != server_process(copy)
        ask(second.url, "UPDATE a SET b = 2")
        assert (ask(first.url, "SELECT b FROM a"), ask(second.url, "SELECT b FROM a")) == (1, 2)


def test_a_copy_made_while_running_is_refused(make_folder: Callable[..., Path]) -> None:
    original, copy = make_folder("original"), make_folder("copy")
    with EmbeddedServer.attach(original):
        copy_tree(original, copy)
        with pytest.raises(EmbeddedError) as refused:
            EmbeddedServer.attach(copy)
    assert refused.value.code == "embedded_moved"
    (copy / "postgres" / "data" / "postmaster.pid").unlink()


def test_stop_refuses_while_somebody_uses_it_unless_forced(folder: Path) -> None:
    assert EmbeddedServer.stop(folder) is False
    with EmbeddedServer.attach(folder):
        with pytest.raises(EmbeddedError, match="embedded_in_use"):
            EmbeddedServer.stop(folder)
        with pytest.raises(EmbeddedError, match="embedded_in_use"):
            EmbeddedServer.erase(folder)
        assert EmbeddedServer.stop(folder, force=True) is True
    assert EmbeddedServer.stop(folder) is False


def test_a_socket_folder_that_somebody_else_made_is_refused(folder: Path) -> None:
    with EmbeddedServer.attach(folder) as server:
        path = socket_folder(server)
    path.mkdir(mode=0o755)
    try:
        with pytest.raises(EmbeddedError, match="embedded_socket_folder"):
            EmbeddedServer.attach(folder)
    finally:
        path.rmdir()
    assert EmbeddedServer.status(folder).users == ()


def test_no_port_is_opened(shared_server: EmbeddedServer) -> None:
    with socket.socket(socket.AF_INET) as client:
        used = client.connect_ex(("127.0.0.1", 5432)) == 0
    assert not used or ask(shared_server.url, "SELECT inet_server_port()") is None
