"""会话内容存档 is a paid library, not an HTTP API (wecom-api.md §8.3): qunflow has the place for it, no more.

The setting ``archive`` is ``off``, or the name of an installed adaptor: an entry point of the group
``qunflow.wecom_archive`` whose value is called with the account's settings and answers an :class:`Archive`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from qunflow.connectors.wecom.bounds import refuse
from qunflow.connectors.wecom.settings import ARCHIVE_GROUP, ARCHIVE_OFF, WecomSettings
from qunflow.connectors.wecom.wire import instant, mapping, number, texts

#: Most messages of one reading; WeCom keeps them five days and allows 600 readings a minute.
MAX_MESSAGES = 1_000


@dataclass(frozen=True, slots=True)
class ArchivedMessage:
    """One decrypted message. ``chat`` is empty between two people; ``content`` is the object named by ``kind``.

    ``action`` is ``send``, ``recall`` or ``switch``; ``sent_at`` is UTC.
    """

    seq: int
    message: str
    action: str
    sender: str
    receivers: tuple[str, ...]
    chat: str
    sent_at: datetime | None
    kind: str
    content: Mapping[str, Any]


@runtime_checkable
class Archive(Protocol):
    """What an adaptor must do. It holds the library, the archive's own secret and the private keys by version."""

    async def read(self, after: int, most: int) -> Sequence[ArchivedMessage]:
        """At most ``most`` (1 to 1000) messages whose ``seq`` is above ``after``, in order, decrypted."""
        ...

    async def media(self, file_id: str) -> bytes:
        """The whole file behind ``sdkfileid``, put together from its 512-KB pieces."""
        ...

    async def close(self) -> None:
        """Give the library back."""
        ...


def open_archive(settings: WecomSettings) -> Archive | None:
    """The adaptor that the settings name, None while it is off. Raises InvalidInput when it makes no archive.

    That an adaptor of this name is installed the settings have checked.
    """
    if settings.archive == ARCHIVE_OFF:
        return None
    point = next(point for point in entry_points(group=ARCHIVE_GROUP) if point.name == settings.archive)
    made = point.load()(settings)
    if not isinstance(made, Archive):
        raise refuse("archive", f"{settings.archive} makes no archive.", "It needs read, media and close.")
    return made


def archived_message(seq: int, data: Mapping[str, Any]) -> ArchivedMessage:
    """A decrypted message in WeCom's shape as a record; ``msgtime`` counts milliseconds, as nowhere else."""
    kind = str(data.get("msgtype") or "")
    return ArchivedMessage(
        seq=seq,
        message=str(data.get("msgid") or ""),
        action=str(data.get("action") or ""),
        sender=str(data.get("from") or ""),
        receivers=texts(data.get("tolist")),
        chat=str(data.get("roomid") or ""),
        sent_at=instant(number(data.get("msgtime")) // 1000),
        kind=kind,
        content=mapping(data.get(kind)),
    )
