"""What became of a wish (architecture.md §6): reported apart, never summed into one flattering number."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Terminal outcomes of a script; a wish without one is *missing* when its campaign closes."""

    DELIVERED = "delivered"
    STAFF_CONFIRMED = "staff_confirmed"
    SHOWN_ON_PAGE = "shown_on_page"
    REFUSED_BY_PLATFORM = "refused_by_platform"


class Way(StrEnum):
    """How a channel can carry out an action (N4): by itself, by a staff member's tap, by a to-do, or not."""

    AUTOMATIC = "automatic"
    STAFF_CONFIRMS = "staff_confirms"
    TODO = "todo"
    ON_PAGE = "on_page"
    UNAVAILABLE = "unavailable"


class OnUnknown(StrEnum):
    """What a connector call allows when its result is unknown after a crash (architecture.md §4.6)."""

    NATIVE_KEY = "native_key"  # repeat with the same key: the platform drops the second
    DETECTABLE = "detectable"  # ask the platform whether it happened
    ORPHAN = "orphan"  # repeat; a nameless left-over is tolerated and counted
    READ_ONLY = "read_only"  # repeat freely
