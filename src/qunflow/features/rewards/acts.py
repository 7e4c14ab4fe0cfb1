"""What staff and holders ask of the reward inventory, on the command line, in the console and on the phone alike."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from qunflow.domain.decisions import Rejection
from qunflow.domain.errors import Conflict, InvalidInput, NotFound
from qunflow.engine.commands import Answer
from qunflow.engine.door import Door
from qunflow.features.rewards import files, items, model, reading, store
from qunflow.features.rewards.items import MAX_SUBSTITUTES, RewardItem, item_stream
from qunflow.features.rewards.model import GrantState, grant_stream
from qunflow.features.rewards.vault import Address, Vault, check_address
from qunflow.web.csv_file import csv_bytes

MAX_EXPORTED = 5_000
PARCEL_HEADING = (
    "grant",
    "campaign",
    "item",
    "person",
    "name",
    "phone",
    "region",
    "street",
    "postcode",
    "carrier",
    "tracking",
)


@dataclass(frozen=True, slots=True)
class ShipReport:
    """What a file of tracking numbers did: parcels shipped now or corrected, and refused lines with their reason."""

    shipped: int
    refused: tuple[tuple[int, str, str], ...]  # line, grant, reason


# --- items ------------------------------------------------------------------------------------------------------------


async def add_item(door: Door, workspace: str, item: RewardItem) -> str:
    """Take an item into the inventory; ``added``, or ``same`` when it is there. Raises InvalidInput, Conflict."""
    items.check_item(item)
    await _check_substitutes(door, workspace, item)
    return str(_value(await door.ask(workspace, items.AddItem(item)), "name"))


async def _check_substitutes(door: Door, workspace: str, item: RewardItem) -> None:
    seen, name = [item.name], item.substitute
    while name:
        if name in seen or len(seen) > MAX_SUBSTITUTES:
            rule = f"items stand in for each other in a chain of at most {MAX_SUBSTITUTES}, never in a circle"
            raise InvalidInput("reward_substitute", rule, field="substitute")
        seen.append(name)
        name = (await find_item(door, workspace, name)).substitute


async def find_item(door: Door, workspace: str, name: str) -> RewardItem:
    """One item. Raises NotFound."""
    found: RewardItem | None = await door.look.state(workspace, item_stream(name))
    if found is None:
        way_out = "See qunflow reward list, or add it."
        raise NotFound("reward_item_unknown", "there is no item of this name", field=name[:60], way_out=way_out)
    return found


async def list_items(door: Door, workspace: str) -> list[reading.ItemStock]:
    """Every item with its stock, by name."""
    found: list[RewardItem] = await door.look.all_of(workspace, "reward_item")
    async with door.database.read(workspace) as unit:
        return await reading.with_stock(unit, sorted(found, key=lambda item: item.name))


async def add_stock(door: Door, workspace: str, name: str, count: int) -> int:
    """More of an item that has no codes; the stock after it. Raises NotFound, InvalidInput, Conflict."""
    item = await find_item(door, workspace, name)
    if item.kind == items.CODE:
        raise InvalidInput("reward_stock", "codes come from a file", field="count", way_out="Import codes.")
    if not 1 <= count <= items.MAX_TOTAL:
        raise InvalidInput("reward_stock", f"1 to {items.MAX_TOTAL:,}", field="count")
    return int(_value(await door.ask(workspace, items.AddStock(name, count)), "count"))


async def close_item(door: Door, workspace: str, name: str) -> None:
    """Promise nothing of an item any more. Raises NotFound."""
    await find_item(door, workspace, name)
    _value(await door.ask(workspace, items.CloseItem(name)), "name")


async def import_codes(door: Door, vault: Vault, workspace: str, name: str, content: bytes) -> int:
    """Take a file of codes in whole, or refuse it whole with its lines; how many came in.

    The codes are stored first and given to nobody; the command that counts them frees them in its own commit. A file
    whose import broke off between the two is taken up where it stood. Raises NotFound, InvalidInput.
    """
    item = await find_item(door, workspace, name)
    if item.kind != items.CODE:
        raise InvalidInput("codes_kind", "only items of kind coupon_code take codes", field="item")
    found = files.read_codes(content)
    async with door.database.unit(workspace) as unit:
        await unit.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"reward_codes:{workspace}")
        known = await store.load_batch(unit, vault, name, found.batch, found.codes)
    if known:
        lines = ", ".join(str(found.lines[place]) for place in known[: files.MOST_NAMED])
        way_out = f"Take out the lines {lines}{' and more' if len(known) > files.MOST_NAMED else ''}; nothing came in."
        raise InvalidInput("codes_known", f"{len(known)} codes are known already.", field="file", way_out=way_out)
    _value(await door.ask(workspace, items.AddStock(name, len(found.codes), found.batch)), "file")
    return len(found.codes)


# --- grants -----------------------------------------------------------------------------------------------------------


async def find_grant(door: Door, workspace: str, grant: str) -> GrantState:
    """One grant. Raises NotFound."""
    found: GrantState | None = await door.look.state(workspace, grant_stream(grant)) if len(grant) <= 300 else None
    if found is None:
        way_out = "See qunflow reward grants."
        raise NotFound("reward_grant_unknown", "there is no such grant", field=grant[:60], way_out=way_out)
    return found


async def decide_grant(door: Door, workspace: str, grant: str, act: str, by: str, reason: str = "") -> str:
    """Staff decide (``model.ACTS``); the status after it. Raises NotFound, InvalidInput, Conflict."""
    if act not in model.ACTS:
        raise InvalidInput("reward_act", f"one of {', '.join(model.ACTS)}", field="act")
    if not 1 <= len(by) <= 64 or len(reason) > 40:
        raise InvalidInput("reward_by", "say who decides, in at most 64 characters", field="by")
    await find_grant(door, workspace, grant)
    return str(_value(await door.ask(workspace, model.DecideGrant(grant, act, by, reason)), "grant"))


async def redeem(door: Door, vault: Vault, workspace: str, code: str, by: str) -> GrantState:
    """Use a code up, once (核销). Raises NotFound, InvalidInput, Conflict: used before, expired, void."""
    code = code.strip()
    if files.code_trouble(code):
        raise InvalidInput("redeem_code", f"a code has {files.code_trouble(code)}", field="code")
    async with door.database.read(workspace) as unit:
        found = await store.find_code(unit, vault, code)
    if found is None or not found.grant:
        raise NotFound("redeem_unknown", "nobody holds a code like this", field="code", way_out="Look for a typo.")
    _value(await door.ask(workspace, model.RedeemGrant(found.grant, by)), "code")
    return await find_grant(door, workspace, found.grant)


async def show_code(door: Door, vault: Vault, workspace: str, grant: str, *, to_holder: bool = False) -> str:
    """The code of a grant that was issued. Raises NotFound for one without a code.

    Its holder's first look is noted. Staff's looks are noted by who lets them look, in the audit log.
    """
    async with door.database.unit(workspace) as unit:
        found = await store.code_of(unit, grant)
        if found is None or found.state not in ("assigned", "used"):
            raise NotFound("reward_code_none", "there is no code to show", field="grant")
        if to_holder:
            await store.note_shown(unit, grant, door.clock.now())
    return vault.open_code(found.sealed)


# --- parcels ----------------------------------------------------------------------------------------------------------


async def give_address(door: Door, vault: Vault, workspace: str, grant: str, address: Address) -> Rejection | None:
    """Where a parcel goes; None when it was taken. Raises InvalidInput naming the field."""
    checked = check_address(address)
    sealed = base64.b64encode(vault.seal_address(checked)).decode()
    body = model.GiveAddress(grant, checked.region, vault.address_digest(checked), sealed)
    return (await door.ask(workspace, body)).rejection


async def move_parcel(
    door: Door, workspace: str, grant: str, state: str, by: str, carrier: str = "", tracking: str = ""
) -> str:
    """Pick, ship, deliver or take a parcel back; its state after it. Raises NotFound, InvalidInput, Conflict."""
    if state not in (model.PICKING, model.SHIPPED, model.DELIVERED, model.RETURNED):
        raise InvalidInput("parcel_state", "picking, shipped, delivered or returned", field="state")
    if len(carrier) > 40 or len(tracking) > 40 or not (carrier + tracking).isprintable():
        raise InvalidInput("parcel_tracking", "at most 40 printable characters", field="tracking")
    if state == model.SHIPPED and not tracking:
        raise InvalidInput("parcel_tracking", "a parcel is shipped with a tracking number", field="tracking")
    await find_grant(door, workspace, grant)
    body = model.MoveParcel(grant, state, by, carrier, tracking)
    return str(_value(await door.ask(workspace, body), "grant"))


async def export_parcels(door: Door, vault: Vault, workspace: str, state: str) -> bytes:
    """Parcels of one state with their addresses as CSV; ``carrier`` and ``tracking`` are to be filled in."""
    asked = reading.GrantQuestion({"parcel": state}, descending=False, limit=MAX_EXPORTED, parcels=True)
    async with door.database.read(workspace) as unit:
        rows, _ = await reading.read_grants(unit, asked)
        sealed = await store.read_addresses(unit, [row["key"] for row in rows])
    lines = []
    for row in rows:
        told = vault.open_address(sealed[row["key"]]) if row["key"] in sealed else Address("", "", "", "")
        where = (told.name, told.phone, told.region, told.street, told.postcode)
        lines.append((row["key"], row["campaign"], row["item"], row["name"], *where, row["carrier"], row["tracking"]))
    return csv_bytes(PARCEL_HEADING, lines)


async def import_tracking(door: Door, workspace: str, content: bytes, by: str) -> ShipReport:
    """Ship parcels by a file with their tracking numbers; again, it changes nothing. Raises InvalidInput."""
    shipped, refused = 0, []
    for row in files.read_tracking(content):
        body = model.MoveParcel(row.grant, model.SHIPPED, by, row.carrier, row.tracking)
        answer = await door.ask(workspace, body)
        if answer.rejection is not None:
            refused.append((row.line, row.grant, str(answer.rejection.reason)))
        else:
            shipped += 1
    return ShipReport(shipped, tuple(refused))


async def forget_addresses(door: Door, workspace: str, person: str) -> int:
    """Erase where a person lives; how many addresses were forgotten."""
    async with door.database.unit(workspace) as unit:
        return await store.erase_addresses(unit, person)


def item_data(stock: reading.ItemStock) -> dict[str, Any]:
    """An item as plain data."""
    item = stock.item
    return {
        "name": item.name,
        "kind": item.kind,
        "title": item.title,
        "free": stock.free,
        "total": stock.total,
        "unit_cost": item.unit_cost,
        "face_value": item.face_value,
        "amount": item.amount,
        "expires_at": item.expires_at.isoformat() if item.expires_at is not None else None,
        "sponsor": item.sponsor,
        "substitute": item.substitute,
        "low": item.low,
        "closed": item.closed,
    }


def _value(answer: Answer, field: str) -> Any:
    if answer.rejection is not None:
        told = ", ".join(f"{name} {value}" for name, value in answer.rejection.detail.items())
        rule = f"{str(answer.rejection.reason).replace('_', ' ')}{f' ({told})' if told else ''}"
        raise Conflict(f"reward_{answer.rejection.reason}", rule, field=field)
    return answer.value
