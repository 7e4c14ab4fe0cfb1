"""Uploading files (wecom-api.md §10 media)."""

from __future__ import annotations

import hashlib

from qunflow.sandbox.codes import Json, PlatformError
from qunflow.sandbox.platform_door import Api
from qunflow.sandbox.state import Media
from qunflow.sandbox.uploads import FILE_MOST
from qunflow.sandbox.wire import Call
from qunflow.sandbox.world import World

_MEGABYTE = 1024 * 1024
_SMALLEST = 6
_KEPT_BYTES = 512 * _MEGABYTE
_LARGEST = {
    "image": 10 * _MEGABYTE,
    "voice": 2 * _MEGABYTE,
    "video": 10 * _MEGABYTE,
    "file": FILE_MOST,
}
_AMR_MOST_FRAMES = 60 * 50
_AMR_FRAME_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1)
_PNG, _JPEG, _AMR = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"#!AMR\n"


def upload(world: World, call: Call) -> Json:
    """Checks type (40005), empty (44001), too small (40006), too big (45001), content, in this order."""
    kind = call.query.get("type", "")
    largest = _LARGEST.get(kind)
    if largest is None:
        raise PlatformError(40005, kind[:32])
    if call.upload is None or not call.upload.data:
        raise PlatformError(44001)
    data = call.upload.data
    if len(data) < _SMALLEST:
        raise PlatformError(40006)
    if len(data) > largest:
        raise PlatformError(45001)
    content_type = _checked_content_type(kind, data)
    media = _keep(world, kind, call.upload.filename, content_type or call.upload.content_type, data)
    return {"type": kind, "media_id": media.media_id, "created_at": str(world.seconds())}


def _checked_content_type(kind: str, data: bytes) -> str:
    """What the bytes are, by their first ones; a file may be anything and keeps what it claims."""
    if kind == "image":
        if data.startswith(_PNG):
            return "image/png"
        if data.startswith(_JPEG):
            return "image/jpeg"
        raise PlatformError(40123)
    if kind == "voice":
        if not data.startswith(_AMR):
            raise PlatformError(40004)
        if _amr_frames(data) > _AMR_MOST_FRAMES:
            raise PlatformError(45007)
        return "audio/amr"
    if kind == "video":
        if data[4:8] != b"ftyp":
            raise PlatformError(40004)
        return "video/mp4"
    return ""


def _amr_frames(data: bytes) -> int:
    """Frames of 20 ms each, counted no further than the limit."""
    position, frames = len(_AMR), 0
    while position < len(data) and frames <= _AMR_MOST_FRAMES:
        position += _AMR_FRAME_BYTES[(data[position] >> 3) & 15]
        frames += 1
    return frames


def _keep(world: World, kind: str, filename: str, content_type: str, data: bytes) -> Media:
    """Bytes are kept once however often they are uploaded; a full store answers -1, system busy."""
    digest = hashlib.sha256(data).digest()
    if digest not in world.files:
        if world.file_bytes + len(data) > _KEPT_BYTES:
            raise PlatformError(-1, "the sandbox keeps no more files")
        world.files[digest] = data
        world.file_bytes += len(data)
    name = world.mint("media-url")
    media = Media(
        media_id=world.mint("media") + world.mint("media-tail"),
        kind=kind,
        digest=digest,
        filename=filename,
        content_type=content_type if content_type.isascii() else "application/octet-stream",
        expires=world.instant() + world.limits.media_seconds,
        url=f"{world.base_url}/media/{name}",
        qr=world.qr_book.read_bytes(digest) if kind == "image" else "",
    )
    world.media[media.media_id] = media
    world.media_by_name[name] = media
    return media


APIS: dict[str, Api] = {
    "/cgi-bin/media/upload": Api(upload, takes_upload=True),
}
