"""The body of a small form, with a bound on its bytes and fields."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request

from qunflow.domain.errors import InvalidInput

#: 500 characters as a browser sends them, and some fields beside.
MOST_BYTES, MOST_FIELDS = 8_192, 10


async def read_fields(request: Request, most_bytes: int = MOST_BYTES) -> dict[str, str]:
    """The fields of a form, of each its first value. Raises InvalidInput for one that is too large or not whole."""
    content = b""
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > most_bytes:
                raise InvalidInput("form_size", f"a form has at most {most_bytes} bytes", status=413)
    except ClientDisconnect as error:
        raise InvalidInput("upload_broken", "the form did not arrive whole") from error
    try:
        fields = parse_qs(content.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise InvalidInput("form_fields", f"a form has at most {MOST_FIELDS} fields") from error
    return {name: values[0] for name, values in fields.items()}
