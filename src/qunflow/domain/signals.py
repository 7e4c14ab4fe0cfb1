"""What a visit tells of where it came from: salted hashes, never a device's id or an address itself (N6, E25)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

#: An address that many honest people share (a carrier's or a campus's) has a hash that begins so.
SHARED = "nat-"


@dataclass(frozen=True, slots=True)
class Signals:
    """The browser's device and the client's address as salted hashes; an empty one is not known.

    ``payee`` is the account that the person is paid to, ``address`` where parcels of theirs go: told apart from moves.

    The salt is the installation's secret with the workspace, so that hashes of two workspaces cannot be matched.
    ``web/visitors.py`` makes them; they are stored in an erasable table only, at most 90 days (campaigns.md §6).
    """

    device: str = ""
    ip: str = ""
    payee: str = ""
    address: str = ""

    @property
    def known(self) -> bool:
        """Whether there is anything to go by."""
        return bool(self.device or self.ip or self.payee or self.address)


#: (workspace, person, kind, value): the person is paid to, or gets parcels at, this; kind is payee or address.
Witness = Callable[[str, str, str, str], Awaitable[None]]
#: For moves that no browser made.
NO_SIGNALS = Signals()
