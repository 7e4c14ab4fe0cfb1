"""Imports point downwards, rules are pure, and a command does not load what it does not need."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

TOP = Path(__file__).parents[2]
SOURCE = TOP / "src"
#: A rule must not come near these, however many modules lie between.
EFFECTS = {
    "alembic", "asyncio", "asyncpg", "fastapi", "granian", "httpx", "jinja2", "nicegui", "socket", "sqlalchemy",
    "starlette", "subprocess", "threading", "qunflow.storage", "qunflow.web", "qunflow.connectors",
    "qunflow.delivery",
}  # fmt: skip
CLOCK_AND_DICE_MODULES = {"random", "secrets", "time"}
CLOCK_AND_DICE = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "os.urandom", "uuid.uuid1",
    "uuid.uuid4", "uuid.uuid7", "uuid1", "uuid4", "urandom",
}  # fmt: skip
HEAVY = {
    "PIL", "alembic", "asyncpg", "cryptography", "duckdb", "granian", "httpx", "ibis", "jinja2", "nicegui",
    "sklearn", "sqlalchemy", "starlette", "zxingcpp",
}  # fmt: skip


@cache
def import_graph() -> grimp.ImportGraph:
    return grimp.build_graph("qunflow", include_external_packages=True, cache_dir=None)


def is_pure(module: str) -> bool:
    """Whether rules live here: the domain, every model and decide, every mechanic and check."""
    parts = module.split(".")
    return parts[:2] == ["qunflow", "domain"] or bool(
        parts[-1] in ("model", "decide") or {"mechanics", "checks"} & set(parts[1:])
    )


def path_of(module: str) -> Path:
    stem = SOURCE.joinpath(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


PURE = sorted(m for m in import_graph().modules if m.startswith("qunflow.") and is_pure(m))


def test_layers_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP)
    assert lint_imports(no_cache=True, no_logo=True) == 0


@pytest.mark.parametrize("folder", ["features", "connectors"])
def test_neighbours_in_a_folder_do_not_import_each_other(folder: str) -> None:
    inside = f"qunflow.{folder}"
    graph = import_graph()
    wrong = [
        f"{module} -> {imported}"
        for module in graph.modules
        if module.startswith(f"{inside}.")
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.startswith(f"{inside}.") and imported.split(".")[2] != module.split(".")[2]
    ]
    assert wrong == []


def test_there_are_pure_modules_to_look_at() -> None:
    assert "qunflow.domain.money" in PURE


@pytest.mark.parametrize("module", PURE)
def test_rules_reach_no_database_network_or_web(module: str) -> None:
    graph = import_graph()
    near = {
        name
        for name in graph.find_upstream_modules(module)
        if any(name == effect or name.startswith(f"{effect}.") for effect in EFFECTS)
    }
    chains = {name: graph.find_shortest_chain(module, name) for name in near}
    assert chains == {}


@pytest.mark.parametrize("module", [m for m in PURE if m.startswith("qunflow.domain")])
def test_the_domain_uses_the_standard_library_only(module: str) -> None:
    imported = import_graph().find_modules_directly_imported_by(module)
    foreign = {name for name in imported if name.split(".")[0] not in sys.stdlib_module_names}
    assert {name for name in foreign if not name.startswith("qunflow.domain")} == set()


def clock_and_dice(tree: ast.AST) -> Iterator[str]:
    """What in this code reads a clock or throws dice by itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in CLOCK_AND_DICE_MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in CLOCK_AND_DICE_MODULES:
            yield node.module
        elif isinstance(node, ast.Call):
            # `datetime.datetime.now` and `datetime.now` are the same reading.
            called = ast.unparse(node.func)
            if any(called == name or called.endswith(f".{name}") for name in CLOCK_AND_DICE):
                yield f"line {node.lineno}: {called}"


@pytest.mark.parametrize("module", PURE)
def test_rules_are_given_the_time_and_the_dice(module: str) -> None:
    tree = ast.parse(path_of(module).read_text("utf-8"))
    assert list(clock_and_dice(tree)) == []


@pytest.mark.parametrize(
    "code",
    [
        "import random",
        "from time import time",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import date\ndate.today()",
        "from uuid import uuid4\nuuid4()",
        "import uuid\nuuid.uuid4()",
    ],
)
def test_a_clock_or_dice_in_a_rule_would_be_seen(code: str) -> None:
    assert list(clock_and_dice(ast.parse(code)))


def test_the_command_line_starts_without_heavy_packages() -> None:
    script = "import sys, qunflow.cli.app; print(*sys.modules)"
    command = [sys.executable, "-c", script]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY & set(loaded) == set()


def test_every_command_explains_itself() -> None:
    command = [sys.executable, "-m", "qunflow", "--help"]
    help_text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    from qunflow.cli.app import COMMANDS

    assert [name for name in COMMANDS if f" {name} " not in help_text] == []
