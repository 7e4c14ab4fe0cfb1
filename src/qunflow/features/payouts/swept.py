"""What a person has once the purses of those who went into them are emptied into theirs. Pure."""

from __future__ import annotations

from typing import Any

from qunflow.domain.decisions import Claim, Counter, Posting
from qunflow.engine.feature import View


class Swept:
    """A view whose balances are those after some postings."""

    def __init__(self, view: View, postings: tuple[Posting, ...]) -> None:
        self._view = view
        self._moved: dict[str, int] = {}
        for posting in postings:
            self._moved[posting.debit] = self._moved.get(posting.debit, 0) - posting.amount
            self._moved[posting.credit] = self._moved.get(posting.credit, 0) + posting.amount

    def state(self, stream: str) -> Any:
        """The state of a needed stream."""
        return self._view.state(stream)

    def claim(self, scope: str, key: str) -> Claim | None:
        """The claim on a needed key."""
        return self._view.claim(scope, key)

    def counter(self, name: str) -> Counter:
        """A needed counter."""
        return self._view.counter(name)

    def balance(self, account: str) -> int:
        """A needed balance, moved."""
        return self._view.balance(account) + self._moved.get(account, 0)
