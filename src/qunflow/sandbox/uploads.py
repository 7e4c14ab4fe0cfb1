"""Multipart bodies: one file field named ``media``."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from qunflow.sandbox.wire import TooLarge, Upload

FILE_MOST = 20 * 1024 * 1024
_BODY_MOST = FILE_MOST + 1024 * 1024
_PART_MOST = 64 * 1024


async def read_upload(scope: Scope, receive: Receive) -> Upload | None:
    """The file of the field ``media``; None when there is none or the body is no multipart form."""
    size = 0

    async def bounded() -> Message:
        nonlocal size
        received = await receive()
        size += len(received.get("body", b""))
        if size > _BODY_MOST:
            raise TooLarge
        return received

    try:
        async with Request(scope, bounded).form(max_files=1, max_fields=8, max_part_size=_PART_MOST) as form:
            media = form.get("media")
            if not isinstance(media, UploadFile):
                return None
            data = await media.read()
            return Upload((media.filename or "")[:255], (media.content_type or "")[:100], data)
    except (MultiPartException, HTTPException):
        return None
