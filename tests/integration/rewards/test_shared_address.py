"""Where a parcel goes is told to the risk rules: what somebody at the same address did for its owner is taken back."""

from __future__ import annotations

from tests.integration.pages.conftest import CAMPAIGN, Stage
from tests.integration.rewards.conftest import WORKSPACE, Depot
from tests.integration.rewards.test_pages import ADDRESS, TENTH, stage, win  # noqa: F401 - a fixture

from qunflow.features.campaigns.risk.acts import list_flags, witness
from qunflow.features.rewards.pages import slug_of
from qunflow.features.rewards.vault import Address


async def test_a_friend_at_the_address_of_a_parcel_is_denied(stage: Stage, depot: Depot) -> None:  # noqa: F811
    owner, _, friends = await win(stage, depot)
    links, database = depot.application.home.links, depot.application.home.database
    async with database.read(WORKSPACE) as unit:
        friend = str(await unit.value("SELECT person FROM identities WHERE value = $1", friends[0]))
    same = Address("王大明", "13900139000", "浙江省 杭州市", "文三路100号")
    tell = witness(depot.door, links.trace)
    await tell(WORKSPACE, friend, "address", depot.vault.address_digest(same))
    page = f"/p/{owner}/rewards/{slug_of(TENTH.format(links.open(owner).person))}/address"
    assert (await stage.http.post(page, data=ADDRESS)).status_code == 303
    await stage.settle()
    async with database.read(WORKSPACE) as unit:
        flags = await list_flags(unit, CAMPAIGN)
        kept = await unit.fetch("SELECT hash FROM risk_signals WHERE kind = 'address'")
    assert [(flag.helper, flag.status, flag.hits[0].rule) for flag in flags] == [(friend, "denied", "same_address")]
    assert len(kept) == 1 and "文三路" not in kept[0][0] and depot.vault.address_digest(same) not in kept[0][0]
