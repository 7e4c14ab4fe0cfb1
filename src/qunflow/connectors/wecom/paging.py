"""Pages of WeCom: an opaque cursor that is empty at the end (wecom-api.md §0)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

from qunflow.connectors.wecom.errors import WecomError, refused_here
from qunflow.connectors.wecom.transport import Transport
from qunflow.connectors.wecom.wire import Answer, mapping

MAX_PAGES = 1_000


async def rows(calls: Transport, api: str, body: Mapping[str, object], field: str) -> AsyncIterator[Answer]:
    """Every object in ``field`` over all pages of a POST call."""
    async for page in pages(calls, api, body):
        for row in page.get(field) or ():
            yield mapping(row)


async def pages(calls: Transport, api: str, body: Mapping[str, object]) -> AsyncIterator[Answer]:
    """Every page of a POST call whose cursor is in the body."""
    cursor = ""
    for _ in range(MAX_PAGES):
        answer = await calls.post(api, {**body, "cursor": cursor})
        yield answer
        cursor = str(answer.get("next_cursor") or "")
        if not cursor:
            return
    raise too_many_pages(api)


async def pages_by_query(calls: Transport, api: str, query: Mapping[str, str]) -> AsyncIterator[Answer]:
    """Every page of a GET call whose cursor is in the query."""
    cursor = ""
    for _ in range(MAX_PAGES):
        answer = await calls.get(api, {**query, "cursor": cursor} if cursor else query)
        yield answer
        cursor = str(answer.get("next_cursor") or "")
        if not cursor:
            return
    raise too_many_pages(api)


def too_many_pages(api: str) -> WecomError:
    """The error for a listing that does not end."""
    return refused_here(f"{api} has more than {MAX_PAGES} pages.", "Name fewer owners or a shorter time.")
