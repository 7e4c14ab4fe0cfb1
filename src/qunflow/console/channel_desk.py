"""What the channels' pages may ask of the installation; bootstrap joins it, since only it knows the platforms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.domain.health import Finding
from qunflow.domain.outcomes import Way
from qunflow.storage.directory import ChannelRow


@dataclass(frozen=True, slots=True)
class ChannelDesk:
    """``rows(workspace)`` are the accounts of a workspace; ``examine(name)`` runs the doctor.

    ``save(workspace, kind, name, settings, secrets)`` adds an account or changes it, secrets that are absent stay, and
    answers the address that the platform calls. ``registration(name)`` is the file for a Matrix server's admin.
    ``ways`` says by kind how each wish is carried out.
    """

    rows: Callable[[str], Awaitable[Sequence[ChannelRow]]]
    examine: Callable[[str], Awaitable[tuple[str, tuple[Finding, ...]]]]
    save: Callable[[str, str, str, Mapping[str, Any], Mapping[str, str]], Awaitable[str]]
    callback: Callable[[ChannelRow], str]
    registration: Callable[[str], Awaitable[bytes]]
    ways: Mapping[str, Mapping[str, Way]]

    async def row(self, workspace: str, name: str) -> ChannelRow | None:
        """One account of a workspace, or None."""
        return next((row for row in await self.rows(workspace) if row.name == name), None)
