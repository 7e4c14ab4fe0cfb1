"""What a visit tells of where it came from: salted hashes, never a device's id or an address itself (N6, E25)."""

from __future__ import annotations

from dataclasses import dataclass

#: An address that many honest people share (a carrier's or a campus's) has a hash that begins so.
SHARED = "nat-"


@dataclass(frozen=True, slots=True)
class Signals:
    """The browser's device and the client's address as salted hashes; an empty one is not known.

    The salt is the installation's secret with the workspace, so that hashes of two workspaces cannot be matched.
    ``web/visitors.py`` makes them; they are stored in an erasable table only, at most 90 days (campaigns.md §6).
    """

    device: str = ""
    ip: str = ""

    @property
    def known(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self.device or self.ip)


#: For moves that no browser made.
NO_SIGNALS = Signals()
