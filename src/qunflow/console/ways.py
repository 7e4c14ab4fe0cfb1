"""Every way into the console with the right that it needs; what is not declared here does not exist."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import compile_path

from qunflow.domain.rights import Right
from qunflow.web.desk import ConsoleFile, ConsolePage, Pages

#: Open to everybody: signing in, one-time links, health, and the files that come in packages.
OPEN = re.compile(
    r"/login|/link/[^/]+|/health|/favicon\.ico|/static/[^/]+"
    r"|/_nicegui/[0-9.]+/(static|libraries|components|resources|esm|dynamic_resources)/.+"
)
#: Open to whoever is signed in and holds the page that it belongs to.
SOCKET = "/_nicegui_ws/"
UPLOAD = re.compile(r"/_nicegui/client/([0-9a-f-]{36})/upload/\d+")
#: Open to whoever is signed in: leads to the first page of the role.
HOME = "/"


@dataclass(frozen=True, slots=True)
class Way:
    """A declared page or file."""

    pattern: re.Pattern[str]
    path: str
    right: Right


class Ways:
    """Finds what a path needs. ``pages`` come in the order in which they are tried: plain paths before patterns."""

    def __init__(self, pages: Pages) -> None:
        self.pages = in_order(pages)
        self._ways = [Way(compile_path(page.path)[0], page.path, page.right) for page in self.pages]

    def find(self, path: str) -> Way | None:
        """The declared page or file of a path."""
        return next((way for way in self._ways if way.pattern.match(path)), None)

    @property
    def menu(self) -> list[ConsolePage]:
        """The pages of the navigation, in its order."""
        found = [page for page in self.pages if isinstance(page, ConsolePage) and page.menu]
        return sorted(found, key=lambda page: (page.order, page.path))


def in_order(pages: Sequence[ConsolePage | ConsoleFile]) -> Pages:
    """Plain paths before those with parameters. Raises ValueError for a path that is declared twice."""
    paths = [page.path for page in pages]
    if doubled := {path for path in paths if paths.count(path) > 1}:
        raise ValueError(f"declared twice: {sorted(doubled)}")
    return tuple(sorted(pages, key=lambda page: page.path.count("{")))
