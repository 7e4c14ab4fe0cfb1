"""Every address of the console has a declared right, and every right belongs to a role."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from qunflow.domain.rights import RIGHTS, Right, Role, may

#: What everybody may open before signing in; whatever else is not declared must be refused.
OPEN = {"/login", "/link/{token}", "/health", "/static/{name}", "/favicon.ico"}
#: NiceGUI's own addresses: files of the package are open, the socket and uploads are watched by the gate.
NICEGUI = "/_nicegui"
SCRIPT = """
import asyncio, json, sys
from pathlib import Path
from qunflow.bootstrap.application import Application
from qunflow.bootstrap.console import console_of
from qunflow.bootstrap.home import Home
from qunflow.console.ways import Ways
from qunflow.settings import Settings
from qunflow.storage.blobs import BlobStore
from qunflow.storage.clock import RealClock
from qunflow.storage.database import Database
from qunflow.storage.sealing import Keys
from qunflow.web.links import Links
from nicegui import app as nicegui_app

async def main():
    folder = Path(sys.argv[1])
    database = Database.connect("postgresql://nobody@localhost/none")
    keys, links = Keys(b"x" * 32), Links("http://x", b"x")
    home = Home(Settings(data=folder), database, "", keys, RealClock(), BlobStore(folder), links)
    office, server = console_of(Application.join(home))
    gate = server.config.app
    outer = [route.path for route in gate._app._app.routes if getattr(route, "path", "") != ""]
    inner = [getattr(route, "path", "?") for route in nicegui_app.routes]
    declared = {page.path: str(page.right) for page in gate._ways.pages}
    print(json.dumps({"outer": outer, "inner": inner, "declared": declared}))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """The routes of the whole console, listed in a process of its own: NiceGUI keeps one application for each."""
    command = [sys.executable, "-c", SCRIPT, str(tmp_path_factory.mktemp("console"))]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def test_every_route_is_declared_with_a_right_or_open_on_purpose(console: dict[str, object]) -> None:
    declared = console["declared"]
    assert isinstance(declared, dict) and {"/audit", "/accounts", "/me"} <= declared.keys()
    routes = {*console["outer"], *console["inner"]}  # type: ignore[misc]
    undeclared = {path for path in routes if path not in declared and path not in OPEN and not path.startswith(NICEGUI)}
    assert undeclared == set()


def test_every_declared_page_is_there(console: dict[str, object]) -> None:
    routes = {*console["outer"], *console["inner"]}  # type: ignore[misc]
    assert {path for path in console["declared"] if path not in routes} == set()  # type: ignore[attr-defined]


def test_every_declared_right_exists(console: dict[str, object]) -> None:
    assert {*console["declared"].values()} <= {str(right) for right in Right}  # type: ignore[attr-defined]


def test_an_owner_has_every_right_and_everybody_has_today_and_the_own_account() -> None:
    assert RIGHTS[Role.OWNER] == frozenset(Right)
    for role in Role:
        assert may(role, Right.SEE_TODAY) and may(role, Right.OWN_ACCOUNT)


def test_every_role_has_its_rights_listed() -> None:
    assert set(RIGHTS) == set(Role)


def test_the_edge_and_the_command_line_start_without_the_consoles_packages() -> None:
    modules = ("qunflow.bootstrap", "qunflow.bootstrap.office", "qunflow.cli.serve", "qunflow.cli.account")
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert {"nicegui", "fastapi", "uvicorn", "socketio"} & set(loaded) == set()
