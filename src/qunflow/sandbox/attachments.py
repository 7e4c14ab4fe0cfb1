"""Text and attachments for customers: checked on the way in, shown to phones (wecom-api.md §3.5, §6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qunflow.sandbox.codes import Json, PlatformError
from qunflow.sandbox.fields import Fields
from qunflow.sandbox.world import World

_ATTACHMENTS_MOST = 9
_URL_BYTES = 2_048
_MOMENT_TEXT_MOST = 2_000
_MOMENT_KINDS = ("image", "video", "link")
MOMENT_MEDIA = "moment-"


@dataclass(frozen=True, slots=True)
class Content:
    """What was sent: the text, the attachments as given, and as a phone shows them."""

    text: str
    attachments: list[Json]
    on_phone: list[Json]


def check_content(world: World, body: Fields, *, text_bytes: int = 4_000) -> Content:
    """Text within its bytes (45002), up to nine known attachments (41064, 41065), not both empty (40063)."""
    text = _text(body, text_bytes)
    entries = body.records("attachments")
    if len(entries) > _ATTACHMENTS_MOST:
        raise PlatformError(41064)
    content = Content(text, [], [])
    for entry in entries:
        _attach(world, content, entry, entry.text("msgtype", default=""))
    return _not_empty(content)


def check_content_of_kinds(world: World, body: Fields, kinds: Sequence[str], *, text_bytes: int) -> Content:
    """The older form, where an attachment stands in a field of its kind beside the text (§5)."""
    content = Content(_text(body, text_bytes), [], [])
    for kind in kinds:
        _attach(world, content, body, kind)
    return _not_empty(content)


def _text(body: Fields, text_bytes: int) -> str:
    record = body.record("text")
    text = record.text("content", most=100_000, default="") if record else ""
    if len(text.encode()) > text_bytes:
        raise PlatformError(45002, f"text.content is longer than {text_bytes} bytes")
    return text


def _attach(world: World, content: Content, entry: Fields, kind: str) -> None:
    reader, inner = _READERS.get(kind), entry.record(kind) if kind else None
    if reader is None:
        raise PlatformError(41065, kind)
    if inner is None:
        raise PlatformError(40063, f"attachments.{kind}")
    sent, shown = reader(world, inner)
    content.attachments.append({"msgtype": kind, kind: sent})
    content.on_phone.append({"msgtype": kind, kind: shown})


def _not_empty(content: Content) -> Content:
    if not content.text and not content.attachments:
        raise PlatformError(40063, "text and attachments are both empty")
    return content


def check_moment_content(world: World, body: Fields) -> Content:
    """A moment: up to 2,000 characters (45002), nine images, one video or one link (41064, 41065), or 41089."""
    record = body.record("text")
    text = record.text("content", most=100_000, default="") if record else ""
    if len(text) > _MOMENT_TEXT_MOST:
        raise PlatformError(45002, f"text.content is longer than {_MOMENT_TEXT_MOST} characters")
    content = Content(text, [], [])
    entries = body.records("attachments")
    kinds = {entry.text("msgtype", default="") for entry in entries}
    if len(kinds) > 1 or len(entries) > (_ATTACHMENTS_MOST if kinds == {"image"} else 1):
        raise PlatformError(41064)
    for entry, kind in ((entry, entry.text("msgtype", default="")) for entry in entries):
        inner = entry.record(kind) if kind in _MOMENT_KINDS else None
        if inner is None:
            raise PlatformError(41065, kind)
        sent, shown = _moment_part(world, kind, inner)
        content.attachments.append({"msgtype": kind, kind: sent})
        content.on_phone.append({"msgtype": kind, kind: shown})
    if not text and not entries:
        raise PlatformError(41089)
    return content


def _moment_part(world: World, kind: str, entry: Fields) -> tuple[Json, Json]:
    """Media come from upload_attachment for moments; others are 41072."""
    media_id = entry.text("media_id", most=512)
    if media_id in world.media and not world.media[media_id].kind.startswith(MOMENT_MEDIA):
        raise PlatformError(41072)
    shown = _media(world, media_id, MOMENT_MEDIA + ("video" if kind == "video" else "image"))
    if kind != "link":
        return {"media_id": media_id}, shown
    link = {
        "title": entry.text_in_bytes("title", most=64),
        "url": entry.text_in_bytes("url", most=_URL_BYTES),
        "media_id": media_id,
    }
    return link, {"title": link["title"], "url": link["url"], "picurl": shown["url"]}


def check_conclusions(world: World, body: Fields) -> Json:
    """What a temporary chat leaves behind (§3.3): text, image by media_id, link, mini-program, each once."""
    shown: Json = {}
    text = body.record("text")
    if text is not None:
        shown["text"] = {"content": text.text_in_bytes("content", most=4_000, default="")}
    for kind in ("image", "link", "miniprogram"):
        entry = body.record(kind)
        if entry is not None:
            shown[kind] = _READERS[kind](world, entry)[0]
    return shown


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
