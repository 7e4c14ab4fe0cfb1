"""An account is every id that its people have had since merges."""

from __future__ import annotations

from typing import Any

from qunflow.community.model import PersonState, person_stream
from qunflow.community.selves import Selves, account_stream, answer_persons

STATES: dict[str, Any] = {
    account_stream("lin"): Selves(("old", "x")),
    person_stream("old"): PersonState(merged_into="new"),
    person_stream("new"): PersonState(took_in=("old", "older")),
}


class Shelf:
    """A reader of what lies here."""

    async def state(self, stream: str, *, stale_ok: bool = False) -> Any:
        return STATES.get(stream)


async def test_who_was_merged_is_still_who_they_were() -> None:
    found = await answer_persons(Shelf(), "lin")  # type: ignore[arg-type]
    assert set(found.persons) == {"old", "older", "new", "x"}
    assert (await answer_persons(Shelf(), "nobody")).persons == ()  # type: ignore[arg-type]
