"""Uploading files (wecom-api.md §10 media)."""

from __future__ import annotations

import hashlib

from qunflow.sandbox.attachments import MOMENT_MEDIA
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


_PARTS = {"image": "image", "video": "video", "file": "file"}
_SCENES = {"1": MOMENT_MEDIA, "2": "album-"}


def upload_image(world: World, call: Call) -> Json:
    """A picture for good, by its address; 45001 over 2 MB."""
    if call.upload is None or not call.upload.data:
        raise PlatformError(44001)
    if len(call.upload.data) > 2 * _MEGABYTE:
        raise PlatformError(45001)
    content_type = _checked_content_type("image", call.upload.data)
    media = _keep(world, "image", call.upload.filename, content_type, call.upload.data)
    del world.media[media.media_id]
    return {"url": media.url}


def upload_attachment(world: World, call: Call) -> Json:
    """For moments (1) or the album (2): the same checks, a whole number as created_at, another use (41072)."""
    kind = _PARTS.get(call.query.get("media_type", ""))
    scene = _SCENES.get(call.query.get("attachment_type", ""))
    if kind is None or scene is None or (scene != MOMENT_MEDIA and kind != "image"):
        raise PlatformError(41072)
    data, content_type = _checked_upload(call, kind)
    assert call.upload is not None  # _checked_upload has looked
    media = _keep(world, scene + kind, call.upload.filename, content_type, data)
    return {"type": kind, "media_id": media.media_id, "created_at": world.seconds()}


def upload(world: World, call: Call) -> Json:
    """Checks type (40005), empty (44001), too small (40006), too big (45001), content, in this order."""
    kind = call.query.get("type", "")
    if kind not in _LARGEST:
        raise PlatformError(40005, kind[:32])
    data, content_type = _checked_upload(call, kind)
    assert call.upload is not None  # _checked_upload has looked
    media = _keep(world, kind, call.upload.filename, content_type, data)
    return {"type": kind, "media_id": media.media_id, "created_at": str(world.seconds())}


def _checked_upload(call: Call, kind: str) -> tuple[bytes, str]:
    """The bytes and what they are; 44001 empty, 40006 too small, 45001 too big, 40004 or 40123 something else."""
    if call.upload is None or not call.upload.data:
        raise PlatformError(44001)
    data = call.upload.data
    if len(data) < _SMALLEST:
        raise PlatformError(40006)
    if len(data) > _LARGEST[kind]:
        raise PlatformError(45001)
    return data, _checked_content_type(kind, data) or call.upload.content_type


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
        qr=world.qr_book.read_bytes(digest) if kind.endswith("image") else "",
    )
    world.media[media.media_id] = media
    world.media_by_name[name] = media
    return media


APIS: dict[str, Api] = {
    "/cgi-bin/media/upload": Api(upload, takes_upload=True),
    "/cgi-bin/media/uploadimg": Api(upload_image, takes_upload=True),
    "/cgi-bin/media/upload_attachment": Api(upload_attachment, takes_upload=True),
}
