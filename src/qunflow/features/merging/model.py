"""The command that makes two persons one. What it does to a person is folded in ``community/model.py``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from qunflow.community.model import PersonState

#: So many persons can go into one: nobody has more phones, and every merge looks at all of them.
MOST_TAKEN_IN = 20
UNION_SCOPE = "union_id"
#: The counter of persons that went into others, so that pages can see at a glance that there are none.
MERGES, MOST_MERGES = "merges", 1_000_000_000


@dataclass(frozen=True, slots=True)
class MergePersons:
    """``one`` and ``other`` are the same human; the order means nothing. ``by`` is the operator's account."""

    KIND: ClassVar[str] = "merge_persons"
    one: str
    other: str
    how: str
    by: str = ""


def union_key(workspace: str, union_id: str) -> str:
    """What guards a union id: a digest, so that erasing the id itself leaves nothing that can be read."""
    return hashlib.blake2b(f"{workspace}\n{union_id}".encode(), digest_size=16).hexdigest()


def root_of(person: str, state: PersonState | None) -> str:
    """Who goes on for a person."""
    return state.merged_into if state is not None and state.merged_into else person


def in_order(one: str, first: PersonState, other: str, second: PersonState) -> tuple[str, str]:
    """(kept, gone): whoever was met first goes on, the lower id where both were met at the same instant.

    Raises ValueError for somebody whom nobody has met.
    """
    if first.met_at is None or second.met_at is None:
        raise ValueError("somebody was never met")
    pair = sorted(((first.met_at, one), (second.met_at, other)))
    return pair[0][1], pair[1][1]
