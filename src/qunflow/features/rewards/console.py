"""The console's pages of rewards: items, one item, grants, parcels, costs."""

from __future__ import annotations

from qunflow.engine.door import Door
from qunflow.features.rewards.console_costs import cost_pages
from qunflow.features.rewards.console_grants import grant_pages
from qunflow.features.rewards.console_item import item_pages
from qunflow.features.rewards.console_items import list_pages
from qunflow.features.rewards.console_parcels import parcel_pages
from qunflow.features.rewards.console_rows import RewardRows
from qunflow.features.rewards.vault import Vault
from qunflow.web.desk import Pages


def pages(door: Door, vault: Vault) -> Pages:
    """Every page and file of this feature."""
    rows = RewardRows(door)
    return (
        *list_pages(door, vault, rows),
        *item_pages(door, vault, rows),
        *grant_pages(door, vault, rows),
        *parcel_pages(door, vault, rows),
        *cost_pages(door),
    )
