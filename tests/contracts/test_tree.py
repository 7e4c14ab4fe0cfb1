"""Limits that keep the tree readable, names that say something, and nothing of one machine in it."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
SOURCES = sorted((TOP / "src").rglob("*.py"))
PYTHON = SOURCES + sorted((TOP / "tests").rglob("*.py"))
FILE_LINES, MEDIAN_LINES, FUNCTION_LINES = 400, 150, 50
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service"}
#: Put together here, so that this file does not hold what it looks for.
PLACES = [f"/{name}/" for name in ("wo" + "rk", "fa" + "rm", "ro" + "ot")] + ["/opt/" + "pyp" + "i"]
REGISTRIES = ["pyp" + "i", "pythonho" + "sted", "npm" + "js", "debi" + "an"]
FOREIGN = re.compile("|".join([*map(re.escape, PLACES), rf"//[a-z.-]*({'|'.join(REGISTRIES)})\."]))

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def lines_of(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def shown(path: Path) -> str:
    return str(path.relative_to(TOP))


def definitions(path: Path) -> Iterator[Definition]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Definition):
            yield node


def words_of(name: str) -> set[str]:
    """``CodeManager`` and ``code_manager`` are both code, manager."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name)}


def committed_files() -> list[Path]:
    """What git tracks or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := TOP / name).is_file()]


def test_no_file_is_longer_than_the_limit() -> None:
    assert {shown(path): n for path in PYTHON if (n := lines_of(path)) > FILE_LINES} == {}


def test_half_of_the_source_files_are_short() -> None:
    assert statistics.median(lines_of(path) for path in SOURCES) <= MEDIAN_LINES


def test_no_function_is_longer_than_the_limit() -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": length
        for path in PYTHON
        for node in definitions(path)
        if not isinstance(node, ast.ClassDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_no_name_says_nothing() -> None:
    files = {shown(path) for path in committed_files() if EMPTY_WORDS & words_of(path.stem)}
    folders = {shown(path) for path in committed_files() if EMPTY_WORDS & set(path.relative_to(TOP).parts[:-1])}
    names = {
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in PYTHON
        for node in definitions(path)
        if EMPTY_WORDS & words_of(node.name)
    }
    assert files | folders | names == set()


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    found = {}
    for path in committed_files():
        hit = FOREIGN.search(path.read_bytes().decode("utf-8", errors="ignore"))
        if hit:
            found[shown(path)] = hit.group()
    assert found == {}


def pins(name: str) -> dict[str, str]:
    """Package to version, as a list of requirements pins them."""
    text = (TOP / "requirements" / name).read_text("utf-8")
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, re.MULTILINE))


def test_the_tests_run_on_the_versions_that_users_get() -> None:
    users, tests = pins("app.txt"), pins("test.txt")
    assert users
    assert {name: version for name, version in users.items() if tests.get(name) != version} == {}


@pytest.mark.parametrize("name", ["app.txt", "test.txt"])
def test_every_pin_has_hashes_and_no_place(name: str) -> None:
    text = (TOP / "requirements" / name).read_text("utf-8")
    entries = text.replace("\\\n", " ").splitlines()
    assert [line for line in entries if "==" not in line or "--hash=sha256:" not in line] == []
    assert [line for line in entries if re.search(r"://|--(index|extra-index|find-links|trusted)|@ ", line)] == []
