"""What a page of the console is, and what it gets: features declare pages, the console shows them.

A feature's ``console.py`` has ``pages(door, …) -> tuple[ConsolePage, ...]``; ``console/`` checks the right on the
server, opens the shell and calls ``show``. Nothing of a page runs for somebody without its right.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from qunflow.domain.rights import Right, Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Operator:
    """Who looks at a page: one account in one workspace."""

    account: str
    name: str
    role: Role
    workspace: str
    language: str


class Desk(Protocol):
    """What a page gets for one visit."""

    operator: Operator

    @property
    def workspace(self) -> str:
        """The workspace that is open."""
        ...

    def say(self, code: str, /, **parameters: object) -> str:
        """A text in the operator's language. Raises KeyError for a code that no catalogue has."""
        ...

    def may(self, right: Right) -> bool:
        """Whether the operator has a right: for leaving out what would be refused."""
        ...

    def local(self, at: datetime | None) -> str:
        """A time of the workspace's zone, ``2026-11-22 09:30``; a dash for None."""
        ...

    async def act(
        self, right: Right, name: str, target: str, work: Callable[[], Awaitable[T]], **details: object
    ) -> T | None:
        """Do ``work`` if the operator has the right at this moment; audited under ``name`` either way.

        A QunflowError is shown to the operator in words, noted in the audit log, and answered by None. ``details``
        are short facts for the audit log: ids and numbers, no secrets.
        """
        ...


Show = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """A page: ``path`` such as ``/campaigns/{name}`` (parameters go to ``show`` by name, as text), and its right.

    ``title`` is a text code. ``menu`` names the place in the navigation (a text code; empty: not in it), ``icon`` is
    one of the Material set that comes with NiceGUI, ``order`` sorts the menu.
    """

    path: str
    title: str
    right: Right
    show: Show
    menu: str = ""
    icon: str = ""
    order: int = 100


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """A download: ``make(operator, **path and query parameters)`` answers ``(media type, file name, body)``."""

    path: str
    right: Right
    make: Callable[..., Awaitable[tuple[str, str, bytes]]]


Pages = tuple[ConsolePage | ConsoleFile, ...]
