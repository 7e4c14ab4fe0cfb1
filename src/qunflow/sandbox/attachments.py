"""Text and attachments for customers: checked on the way in, shown to phones (wecom-api.md §3.5, §6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qunflow.sandbox.codes import Json, PlatformError
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.world import World

_ATTACHMENTS_MOST = 9
_URL_BYTES = 2_048


@dataclass(frozen=True, slots=True)
class Content:
    """What was sent: the text, the attachments as given, and as a phone shows them."""

    text: str
    attachments: list[Json]
    on_phone: list[Json]


def check_content(world: World, body: Fields, *, text_bytes: int = 4_000) -> Content:
    """Text within its bytes (45002), up to nine known attachments (41064, 41065), not both empty (40063)."""
    text_record = body.record("text")
    text = text_record.text("content", most=100_000, default="") if text_record else ""
    if len(text.encode()) > text_bytes:
        raise PlatformError(45002, f"text.content is longer than {text_bytes} bytes")
    entries = body.records("attachments")
    if len(entries) > _ATTACHMENTS_MOST:
        raise PlatformError(41064)
    given, on_phone = [], []
    for entry in entries:
        msgtype = entry.text("msgtype", default="")
        reader, inner = _READERS.get(msgtype), entry.record(msgtype) if msgtype else None
        if reader is None:
            raise PlatformError(41065, msgtype)
        if inner is None:
            raise PlatformError(40063, f"attachments.{msgtype}")
        sent, shown = reader(world, inner)
        given.append({"msgtype": msgtype, msgtype: sent})
        on_phone.append({"msgtype": msgtype, msgtype: shown})
    if not text and not given:
        raise PlatformError(40063, "text and attachments are both empty")
    return Content(text, given, on_phone)


def _media(world: World, media_id: str, kind: str) -> Json:
    """What a phone shows of an uploaded file; 40007 when unknown, of another kind, or past its three days."""
    media = world.media.get(media_id)
    if media is None or media.kind != kind or media.expires <= world.instant():
        raise PlatformError(40007, media_id[:80])
    shown: Json = {"url": media.url, "filename": media.filename}
    if media.qr:
        shown["qr"] = media.qr
    return shown


def _image(world: World, entry: Fields) -> tuple[Json, Json]:
    media_id = entry.text("media_id", most=512, default="")
    if media_id:
        return {"media_id": media_id}, _media(world, media_id, "image")
    url = entry.text_in_bytes("pic_url", most=_URL_BYTES, default="")
    if not url:
        raise PlatformError(40063, "image needs media_id or pic_url")
    shown: Json = {"url": url}
    read = world.qr_book.read_url(url)
    if read:
        shown["qr"] = read
    return {"pic_url": url}, shown


def _link(world: World, entry: Fields) -> tuple[Json, Json]:
    link: Json = {
        "title": entry.text_in_bytes("title", most=128),
        "url": entry.text_in_bytes("url", most=_URL_BYTES),
        "picurl": entry.text_in_bytes("picurl", most=_URL_BYTES, default=""),
        "desc": entry.text_in_bytes("desc", most=512, default=""),
    }
    return link, link


def _miniprogram(world: World, entry: Fields) -> tuple[Json, Json]:
    card: Json = {
        "title": entry.text_in_bytes("title", most=64),
        "pic_media_id": entry.text("pic_media_id", most=512),
        "appid": entry.text("appid", most=64),
        "page": entry.text("page", most=1_024),
    }
    picture = _media(world, card["pic_media_id"], "image")
    return card, {"title": card["title"], "appid": card["appid"], "page": card["page"], "pic": picture["url"]}


def _file(kind: str) -> Callable[[World, Fields], tuple[Json, Json]]:
    def read(world: World, entry: Fields) -> tuple[Json, Json]:
        media_id = entry.text("media_id", most=512)
        return {"media_id": media_id}, _media(world, media_id, kind)

    return read


_READERS: dict[str, Callable[[World, Fields], tuple[Json, Json]]] = {
    "image": _image,
    "link": _link,
    "miniprogram": _miniprogram,
    "video": _file("video"),
    "file": _file("file"),
}
