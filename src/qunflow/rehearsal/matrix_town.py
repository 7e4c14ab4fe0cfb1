"""The people of a rehearsal on a Matrix server: each an account with a client of its own."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from qunflow.rehearsal.matrix_person import MatrixPerson, register


@dataclass
class MatrixTown:
    """Registers people under names that no run before used. ``acts`` counts what a server will push about them."""

    base_url: str
    secret: str = field(default="", repr=False)
    run: str = field(default_factory=lambda: secrets.token_hex(4))
    people: dict[str, MatrixPerson] = field(default_factory=dict)
    acts: int = 0
    _registering: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def person(self, name: str, shown: str) -> MatrixPerson:
        """The person of this name, registered the first time. Raises PersonError."""
        async with self._registering:  # a server hashes passwords slowly on purpose
            if name not in self.people:
                self.people[name] = await register(self.base_url, f"qf-{self.run}-{name}", shown, self.secret)
            return self.people[name]

    async def close(self) -> None:
        """Give up all connections; the accounts stay on the server."""
        for person in self.people.values():
            await person.close()
