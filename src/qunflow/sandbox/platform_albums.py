"""商品图册: products staff can send (wecom-api.md §8.2)."""

from __future__ import annotations

from qunflow.sandbox.codes import Json, PlatformError, refuse
from qunflow.sandbox.cursors import cursor_for, position_of
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

ALBUM_MEDIA = "album-image"
_PICTURES_MOST = 9
_PRICE_MOST = 5_000_000_00
_DESCRIPTION_MOST, _SERIAL_MOST = 300, 128
_ROOT = "/cgi-bin/externalcontact/"


def _pictures(world: World, fields: Fields) -> list[Json]:
    """1 to 9 images (41088, 41064) uploaded for the album (41072, 40007)."""
    entries = fields.records("attachments")
    if not entries:
        raise PlatformError(41088)
    if len(entries) > _PICTURES_MOST:
        raise PlatformError(41064)
    shown: list[Json] = []
    for entry in entries:
        image = entry.record("image")
        if entry.text("type", default="") != "image" or image is None:
            raise PlatformError(41065)
        media = world.media.get(image.text("media_id", most=512))
        if media is None or media.expires <= world.instant():
            raise PlatformError(40007)
        if media.kind != ALBUM_MEDIA:
            raise PlatformError(41072)
        shown.append({"type": "image", "image": {"media_id": media.media_id}})
    return shown


def _serial(fields: Fields) -> str:
    """41085 for a number with anything but letters and digits."""
    serial = fields.text("product_sn", most=_SERIAL_MOST, default="")
    if serial and not (serial.isascii() and serial.isalnum()):
        raise PlatformError(41085)
    return serial


def _price(fields: Fields, current: int | None) -> int:
    """In fen; 41086 when it is none."""
    try:
        return fields.integer("price", low=1, high=_PRICE_MOST, default=current)
    except PlatformError as error:
        raise PlatformError(41086, error.detail) from None


def add_product_album(world: World, call: Call) -> Json:
    """Description (41087), price, number, pictures, in this order."""
    fields = Fields(call.body, refuse)
    description = fields.text("description", most=_DESCRIPTION_MOST, default="")
    if not description:
        raise PlatformError(41087)
    price, serial, pictures = _price(fields, None), _serial(fields), _pictures(world, fields)
    product_id = "prod" + world.mint("product")
    world.offers.products[product_id] = {
        "product_id": product_id,
        "description": description,
        "price": price,
        "product_sn": serial,
        "create_time": world.seconds(),
        "attachments": pictures,
    }
    return {"product_id": product_id}


def _named(world: World, fields: Fields) -> Json:
    found = world.offers.products.get(fields.text("product_id", most=128, default=""))
    if found is None:
        raise PlatformError(41075)
    return found


def get_product_album(world: World, call: Call) -> Json:
    """One product."""
    return {"product": _named(world, Fields(call.body, refuse))}


def update_product_album(world: World, call: Call) -> Json:
    """Overwrites what is named."""
    fields = Fields(call.body, refuse)
    product = _named(world, fields)
    changed: Json = {
        "description": fields.text("description", most=_DESCRIPTION_MOST, default=product["description"]),
        "price": _price(fields, product["price"]),
        "product_sn": _serial(fields) if fields.has("product_sn") else product["product_sn"],
    }
    if fields.has("attachments"):
        changed["attachments"] = _pictures(world, fields)
    product |= changed
    return {}


def delete_product_album(world: World, call: Call) -> Json:
    """The product is gone."""
    del world.offers.products[_named(world, Fields(call.body, refuse))["product_id"]]
    return {}


def get_product_album_list(world: World, call: Call) -> Json:
    """Products, a page of 50, at most 100."""
    fields = Fields(call.body, refuse)
    limit = fields.integer("limit", low=1, high=100, default=50)
    start = position_of("products", fields.text("cursor", most=256, default=""))
    products = list(world.offers.products.values())
    more = len(products) > start + limit
    page = products[start : start + limit]
    return {"product_list": page, "next_cursor": cursor_for("products", start + limit) if more else ""}


APIS: dict[str, Api] = {
    _ROOT + "add_product_album": Api(add_product_album),
    _ROOT + "get_product_album": Api(get_product_album),
    _ROOT + "update_product_album": Api(update_product_album),
    _ROOT + "delete_product_album": Api(delete_product_album),
    _ROOT + "get_product_album_list": Api(get_product_album_list, {"product_list": []}),
}
