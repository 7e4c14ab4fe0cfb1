"""Pictures that stand for the days of a sheet 打卡图: one for each that counts, struck out by staff; events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture for ``day``, handed in on the day ``on``: a later one where it made ``day`` up.

    ``photo`` is its code: so much of its digest as a code may be long. ``reason`` is why staff struck it out, empty
    while it counts; ``alike`` says that an earlier picture of the campaign has the same look.
    """

    photo: str
    day: date
    on: date
    reason: str = ""
    alike: bool = False


@dataclass(frozen=True, slots=True)
class PhotoShown:
    """A picture was handed in and its day counts; ``look`` is its look-alike hash, empty when there is none."""

    KIND: ClassVar[str] = "photo_shown"
    SCHEMA: ClassVar[int] = 1
    photo: str
    day: date
    on: date
    look: str = ""
    alike: bool = False


@dataclass(frozen=True, slots=True)
class PhotoRefused:
    """A picture was handed in that stands for no day: used before, unreadable, too small. It is one of the day's."""

    KIND: ClassVar[str] = "photo_refused"
    SCHEMA: ClassVar[int] = 1
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class PhotoStruck:
    """Staff struck a picture out: its day counts no more."""

    KIND: ClassVar[str] = "photo_struck"
    SCHEMA: ClassVar[int] = 1
    photo: str
    day: date
    reason: str


PHOTO_EVENTS = (PhotoShown, PhotoRefused, PhotoStruck)


def photo_in(photos: Iterable[Photo], code: str) -> Photo | None:
    """The picture of a code; None when it is not among these."""
    return next((one for one in photos if one.photo == code), None)


def with_struck(photos: Iterable[Photo], body: PhotoStruck) -> tuple[Photo, ...]:
    """The pictures, one of them struck out."""
    return tuple(replace(one, reason=body.reason) if one.photo == body.photo else one for one in photos)
