"""What the things of a campaign cost, and whom: its own money and the sponsors' kept apart (M128). Fen."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable
from dataclasses import dataclass

from qunflow.domain.facts import PrizeCosts
from qunflow.features.rewards.items import MONEY
from qunflow.features.rewards.model import REVERSED, GrantState
from qunflow.storage.unit_of_work import UnitOfWork

#: How a campaign's prizes were paid for.
VIEWS = ("zero", "shared", "own", "none")
_COSTS = """
SELECT state->>'campaign', coalesce(state->>'sponsor', ''), sum((state->>'cost')::bigint), count(*)
FROM streams WHERE workspace_id = $1 AND kind = 'grant' AND version > 0 AND (state->>'reserved')::boolean
  AND NOT (state->>'kind' = ANY($2) AND state->>'status' = $3)
GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class CostView:
    """The prizes of one campaign: own fen and count, the sponsors' fen and count, and who they are."""

    campaign: str
    own: int = 0
    own_count: int = 0
    sponsored: int = 0
    sponsored_count: int = 0
    sponsors: tuple[str, ...] = ()

    @property
    def view(self) -> str:
        """``zero``: sponsors paid for all of it; ``shared``; ``own``; ``none``: it cost nobody anything."""
        if self.sponsored:
            return "shared" if self.own else "zero"
        return "own" if self.own else "none"

    @property
    def share(self) -> float | None:
        """The sponsors' share of all costs; None where there are none."""
        whole = self.own + self.sponsored
        return self.sponsored / whole if whole else None


def costs_of(campaign: str, grants: Iterable[GrantState]) -> PrizeCosts:
    """What is set aside or given now: fen of the budget and of each sponsor, and how many prizes each pays for.

    Money that was taken back costs nothing any more; a thing that was given stays paid for.
    """
    own = own_count = sponsored_count = 0
    sponsors: Tally[str] = Tally()
    for grant in grants:
        if not grant.reserved or (grant.kind in MONEY and grant.status == REVERSED):
            continue
        if grant.sponsor:
            sponsors[grant.sponsor] += grant.cost
            sponsored_count += 1
        else:
            own += grant.cost
            own_count += 1
    return PrizeCosts(campaign, own, tuple(sorted(sponsors.items())), own_count, sponsored_count)


async def read_views(unit: UnitOfWork) -> list[CostView]:
    """Every campaign that set prizes aside or gave some, by name."""
    found: dict[str, CostView] = {}
    for campaign, sponsor, fen, count in await unit.fetch(_COSTS, unit.workspace, list(MONEY), REVERSED):
        old = found.get(campaign, CostView(campaign))
        if sponsor:
            sponsored, number = old.sponsored + int(fen), old.sponsored_count + int(count)
            found[campaign] = CostView(
                campaign, old.own, old.own_count, sponsored, number, (*old.sponsors, str(sponsor))
            )
        else:
            own, number = old.own + int(fen), old.own_count + int(count)
            found[campaign] = CostView(campaign, own, number, old.sponsored, old.sponsored_count, old.sponsors)
    return list(found.values())
