"""WeCom's limits checked before a call: each refusal names the field, the rule and the way out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from qunflow.domain.errors import InvalidInput

_ID = re.compile(r"[!-~]+")


def refuse(field: str, rule: str, way_out: str) -> InvalidInput:
    """The error for a field that breaks a limit of WeCom; nothing was called."""
    return InvalidInput(f"wecom_{field}", rule, field=field, way_out=way_out)


def check_id(field: str, value: str, most: int = 128) -> str:
    """An id of the platform: 1 to ``most`` visible ASCII characters. Raises InvalidInput."""
    if len(value) > most or not _ID.fullmatch(value):
        raise refuse(field, f"{value[:40]!r} is no id of 1 to {most} visible characters.", "Copy it from a listing.")
    return value


def check_ids(field: str, values: Iterable[str], low: int, high: int) -> list[str]:
    """``low`` to ``high`` different ids, in their order; doubles are taken out. Raises InvalidInput."""
    found = [check_id(field, value) for value in dict.fromkeys(values)]
    check_count(field, found, low, high)
    return found


def check_count(field: str, items: Collection[object], low: int, high: int) -> None:
    """Raises InvalidInput when there are fewer than ``low`` or more than ``high`` items."""
    if not low <= len(items) <= high:
        raise refuse(field, f"Must be {low} to {high} in one call, not {len(items)}.", "Split it into several calls.")


def check_chars(field: str, text: str, most: int, least: int = 0) -> str:
    """A text of ``least`` to ``most`` characters. Raises InvalidInput; it is never cut silently."""
    if not least <= len(text) <= most:
        raise refuse(field, f"Must have {least} to {most} characters, not {len(text)}.", "Change the text.")
    return text


def check_bytes(field: str, text: str, most: int, least: int = 0) -> str:
    """A text of ``least`` to ``most`` bytes of UTF-8. Raises InvalidInput; it is never cut silently."""
    size = len(text.encode())
    if not least <= size <= most:
        raise refuse(field, f"Must have {least} to {most} bytes, not {size}.", "A Chinese character has three bytes.")
    return text


def check_number(field: str, value: int, low: int, high: int) -> int:
    """A whole number in a range. Raises InvalidInput."""
    if not low <= value <= high:
        raise refuse(field, f"Must be from {low} to {high}, not {value}.", "Choose a number in this range.")
    return value


def check_choice(field: str, value: object, choices: Sequence[object]) -> None:
    """Raises InvalidInput for anything but one of ``choices``."""
    if value not in choices:
        raise refuse(field, f"Must be one of {', '.join(map(str, choices))}.", "Choose one of them.")
