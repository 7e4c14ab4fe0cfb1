"""A small form is read whole or refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import Request

from qunflow.domain.errors import InvalidInput
from qunflow.web.small_forms import MOST_BYTES, MOST_FIELDS, read_fields


def sent(*messages: dict[str, Any]) -> Request:
    waiting = list(messages)

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


def body(content: bytes, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


async def test_fields_come_in_pieces_and_the_first_of_a_name_counts() -> None:
    assert await read_fields(sent(body(b"a=1&b=%E7%BE", True), body(b"%A4&a=2"))) == {"a": "1", "b": "群"}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ((body(b"x=" + b"y" * MOST_BYTES),), "form_size"),
        ((body(b"&".join(b"n=1" for _ in range(MOST_FIELDS + 1))),), "form_fields"),
        ((body(b"a=1", True), {"type": "http.disconnect"}), "upload_broken"),
    ],
)
async def test_a_form_that_is_too_large_or_not_whole_says_so(messages: Any, code: str) -> None:
    with pytest.raises(InvalidInput) as found:
        await read_fields(sent(*messages))
    assert found.value.code == code
