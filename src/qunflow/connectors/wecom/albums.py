"""商品图册: products that staff can send (wecom-api.md §8.2). Prices are fen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from qunflow.connectors.wecom.bounds import check_bytes, check_chars, check_count, check_id, check_number
from qunflow.connectors.wecom.paging import rows
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, instant, mapping, number

_API = "externalcontact/"
_MAX_PRICE = 5_000_000 * 100


@dataclass(frozen=True, slots=True)
class Product:
    """A product: ``images`` are media ids of ``upload_attachment`` (kind 2), ``price`` is fen."""

    description: str
    price: int
    images: tuple[str, ...]
    number: str = ""
    product: str = ""
    made_at: datetime | None = None


class ProductAlbum:
    """Makes, changes, reads and deletes products. Raises WecomError, or InvalidInput before a call."""

    def __init__(self, calls: Transport) -> None:
        self._calls = calls

    async def add(self, product: Product) -> str:
        """The product_id of a new product."""
        return str((await self._calls.post(_API + "add_product_album", _body(product))).get("product_id") or "")

    async def get(self, product: str) -> Product:
        """One product."""
        answer = await self._calls.post(_API + "get_product_album", {"product_id": check_id("product", product)})
        return _product(mapping(answer.get("product")))

    async def update(self, product: Product) -> None:
        """Overwrite a product."""
        body = {"product_id": check_id("product", product.product), **_body(product)}
        await self._calls.post(_API + "update_product_album", body)

    async def delete(self, product: str) -> None:
        """Delete a product."""
        await self._calls.post(_API + "delete_product_album", {"product_id": check_id("product", product)})

    async def list(self) -> tuple[Product, ...]:
        """All products."""
        found = rows(self._calls, _API + "get_product_album_list", {"limit": 100}, "product_list")
        return tuple([_product(row) async for row in found])


def _body(product: Product) -> Answer:
    check_count("images", product.images, 1, 9)
    images: Sequence[str] = [check_id("images", item, 1_024) for item in product.images]
    body: Answer = {
        "description": check_chars("description", product.description, 300, 1),
        "price": check_number("price", product.price, 1, _MAX_PRICE),
        "attachments": [{"type": "image", "image": {"media_id": item}} for item in images],
    }
    if product.number:
        body["product_sn"] = check_bytes("number", product.number, 128)
    return body


def _product(row: Answer) -> Product:
    shown = [mapping(mapping(item).get("image")) for item in row.get("attachments") or ()]
    return Product(
        description=str(row.get("description") or ""),
        price=number(row.get("price")),
        images=tuple(str(item["media_id"]) for item in shown if item.get("media_id")),
        number=str(row.get("product_sn") or ""),
        product=str(row.get("product_id") or ""),
        made_at=instant(row.get("create_time")),
    )
