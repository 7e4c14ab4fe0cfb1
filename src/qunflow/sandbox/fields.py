"""Reading a JSON object field by field, each with its bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Refusal = Callable[[str, str], Exception]


class Fields:
    """One JSON object; every reader raises what ``refusal(field, rule)`` makes when a value does not fit."""

    def __init__(self, data: Mapping[str, Any], refusal: Refusal) -> None:
        self._data = data
        self._refusal = refusal

    def has(self, name: str) -> bool:
        """Whether the field was sent with something other than null."""
        return self._data.get(name) is not None

    def text(self, name: str, *, most: int = 64, default: str | None = None) -> str:
        """A text of at most ``most`` characters; without a default it must be there and not empty."""
        value = self._data.get(name)
        if value is None or value == "":
            if default is None:
                raise self._refusal(name, "is missing")
            return default
        if not isinstance(value, str):
            raise self._refusal(name, "must be a text")
        if len(value) > most:
            raise self._refusal(name, f"is longer than {most} characters")
        return value

    def text_in_bytes(self, name: str, *, most: int, default: str | None = None) -> str:
        """A text of at most ``most`` bytes in UTF-8."""
        value = self.text(name, most=most, default=default)
        if len(value.encode()) > most:
            raise self._refusal(name, f"is longer than {most} bytes")
        return value

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """A whole number within bounds; digits in a text count too, as query strings carry them."""
        value = self._data.get(name)
        if value is None or value == "":
            if default is None:
                raise self._refusal(name, "is missing")
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._refusal(name, f"must be a whole number from {low} to {high}")
        return value

    def number(self, name: str, *, low: float, high: float, default: float) -> float:
        """A number within bounds, whole or not."""
        value = self._data.get(name)
        if value is None:
            return default
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
            raise self._refusal(name, f"must be a number from {low} to {high}")
        return float(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """True or false; 0 and 1 count too."""
        value = self._data.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or value in (0, 1):
            return bool(value)
        raise self._refusal(name, "must be true or false")

    def texts(self, name: str, *, most: int, longest: int = 64) -> list[str]:
        """A list of at most ``most`` texts that are not empty; absent means an empty list."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._refusal(name, "must be a list")
        if len(value) > most:
            raise self._refusal(name, f"holds more than {most} entries")
        for entry in value:
            if not isinstance(entry, str) or not 0 < len(entry) <= longest:
                raise self._refusal(name, f"must hold texts of 1 to {longest} characters")
        return value

    def integers(self, name: str, *, most: int) -> list[int]:
        """A list of at most ``most`` whole numbers that are not negative; absent means an empty list."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > most:
            raise self._refusal(name, f"must be a list of at most {most} entries")
        for entry in value:
            if not isinstance(entry, int) or isinstance(entry, bool) or not 0 <= entry < 2**40:
                raise self._refusal(name, "must hold whole numbers")
        return value

    def records(self, name: str) -> list[Fields]:
        """A list of objects; absent means an empty list. The caller checks its length."""
        value = self._data.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise self._refusal(name, "must be a list of objects")
        return [Fields(entry, self._refusal) for entry in value]

    def record(self, name: str) -> Fields | None:
        """An object, or None when absent."""
        value = self._data.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._refusal(name, "must be an object")
        return Fields(value, self._refusal)
