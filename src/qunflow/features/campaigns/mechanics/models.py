"""Every model that a plan may name. A new model is one more file here, and one line below."""

from __future__ import annotations

from collections.abc import Mapping

from qunflow.features.campaigns.mechanics import (
    bargain,
    card_collection,
    check_in,
    flash_sale,
    group_buy,
    lucky_packet,
    mutual,
    promoting,
    rain,
    red_packet,
    voting,
)
from qunflow.features.campaigns.mechanics.mechanic import Mechanic

MODELS: Mapping[str, Mechanic] = {
    model.name: model
    for model in (
        bargain.MODEL,
        red_packet.MODEL,
        lucky_packet.MODEL,
        rain.MODEL,
        voting.MODEL,
        group_buy.MODEL,
        flash_sale.MODEL,
        promoting.MODEL,
        card_collection.MODEL,
        mutual.MODEL,
        check_in.MODEL,
    )
}
