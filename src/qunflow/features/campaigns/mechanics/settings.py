"""The schema of a model's settings: one frozen dataclass whose fields say what they take and mean.

The plan file (``model:``), the console's form and the tables of ``docs/campaign-plan.md`` are made from it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, date, datetime
from typing import Any, TypeVar, cast

from qunflow.domain.errors import InvalidInput
from qunflow.domain.money import BPS, MAX_FEN

T = TypeVar("T")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_UNSET: Any = object()
#: Kinds of characters that break a line, steer how it is shown, or cannot be stored.
_UNPLAIN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINER = "\u200d"  # holds the parts of one emoji together


@dataclass(frozen=True, slots=True)
class Setting:
    """One field: its kind, its bounds, what it is about, and, for a list of records, the record.

    ``kind`` is whole, fen, bps, flag, choice, name, text, clock, day, time, amounts or rows.
    """

    kind: str
    about: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    of: type | None = None


def _made(setting: Setting, default: Any) -> Any:
    metadata = {"setting": setting}
    return field(metadata=metadata) if default is _UNSET else field(default=default, metadata=metadata)


def whole(about: str, low: int, high: int, default: Any = _UNSET) -> Any:
    """A whole number."""
    return _made(Setting("whole", about, low, high), default)


def fen(about: str, default: Any = _UNSET, low: int = 0) -> Any:
    """An amount in fen."""
    return _made(Setting("fen", about, low, MAX_FEN), default)


def bps(about: str, default: Any = _UNSET, low: int = 0) -> Any:
    """A share in basis points."""
    return _made(Setting("bps", about, low, BPS), default)


def flag(about: str, default: bool) -> Any:
    """Yes or no."""
    return _made(Setting("flag", about), default)


def choice(about: str, *names: str, default: str) -> Any:
    """One of some names."""
    return _made(Setting("choice", about, choices=names), default)


def name(about: str, default: Any = _UNSET) -> Any:
    """A short code: small letters, digits, hyphens."""
    return _made(Setting("name", about), default)


def text(about: str, most: int, default: Any = "") -> Any:
    """Words that people read: one line of up to ``most`` characters, shown as they stand. Empty for none."""
    return _made(Setting("text", about, 0 if default == "" else 1, most), default)


def clock(about: str, default: Any = _UNSET) -> Any:
    """A time of day, kept as minutes after local midnight."""
    return _made(Setting("clock", about), default)


def day(about: str, default: Any = _UNSET) -> Any:
    """A local day."""
    return _made(Setting("day", about), default)


def time(about: str, default: Any = _UNSET) -> Any:
    """An instant with its offset, kept as UTC."""
    return _made(Setting("time", about), default)


def amounts(about: str, most: int, default: Any = _UNSET) -> Any:
    """A list of up to ``most`` amounts in fen, each at least 1."""
    return _made(Setting("amounts", about, 0 if default == () else 1, most), default)


def rows(about: str, of: type, most: int, default: Any = _UNSET) -> Any:
    """A list of up to ``most`` records; ``of`` is their dataclass."""
    return _made(Setting("rows", about, 0 if default == () else 1, most, of=of), default)


@contextmanager
def fields_named(names: Mapping[str, str]) -> Iterator[None]:
    """Errors of a sum that is tried out inside get the plan's field names: what it calls ``total`` is one of those."""
    try:
        yield
    except InvalidInput as error:
        head = error.field.partition("[")[0]
        field_name = names.get(head, head) + error.field[len(head) :]
        raise InvalidInput(error.code, error.rule, field=field_name, way_out=error.way_out) from error


def schema_of(record: type) -> dict[str, tuple[Setting, Any]]:
    """The fields of a settings dataclass with their defaults; ``...`` for those that must be given."""
    return {
        item.name: (item.metadata["setting"], ... if item.default is MISSING else item.default)
        for item in fields(record)
    }


def read(record: type[T], where: str, data: Any, only: tuple[str, ...] | None = None) -> T:
    """A settings record from data. Raises InvalidInput naming the field, the rule and the way out.

    ``only`` names the fields that may be given; the others keep their defaults.
    """
    known = {key: item for key, item in schema_of(record).items() if only is None or key in only}
    if not isinstance(data, Mapping):
        raise InvalidInput("model_shape", "here stands a mapping of names to values", field=where)
    values: dict[str, Any] = {}
    for key in data:
        if key not in known:
            names = ", ".join(sorted(known)) or "nothing"
            raise InvalidInput(
                "model_unknown", "this field is not known", field=_at(where, key), way_out=f"Known here: {names}."
            )
    for key, (setting, default) in known.items():
        if key in data:
            values[key] = _READERS[setting.kind](setting, _at(where, key), data[key])
        elif default is ...:
            raise InvalidInput(
                "model_missing", "this field must be given", field=_at(where, key), way_out=f"It is {setting.about}."
            )
    return record(**values)


def faults(record: type, where: str, data: Any, only: tuple[str, ...] | None = None) -> list[InvalidInput]:
    """Everything that :func:`read` would refuse, field by field, also inside lists of records."""
    known = {key: item for key, item in schema_of(record).items() if only is None or key in only}
    if not isinstance(data, Mapping):
        return [InvalidInput("model_shape", "here stands a mapping of names to values", field=where)]
    found = [
        InvalidInput("model_unknown", "this field is not known", field=_at(where, key))
        for key in data
        if key not in known
    ]
    for key, (setting, default) in known.items():
        place, value = _at(where, key), data.get(key)
        if key not in data and default is ...:
            way_out = f"It is {setting.about}."
            found.append(InvalidInput("model_missing", "this field must be given", field=place, way_out=way_out))
        elif key in data:
            found += _faults_of(setting, place, value)
    return found


def _faults_of(setting: Setting, where: str, value: Any) -> list[InvalidInput]:
    inner: list[InvalidInput] = []
    if setting.of is not None and isinstance(value, (list, tuple)):
        for place, item in enumerate(value[: setting.high]):
            inner += faults(setting.of, f"{where}[{place}]", item)
    if inner:
        return inner
    try:
        _READERS[setting.kind](setting, where, value)
    except InvalidInput as error:
        return [error]
    return []


def _at(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)


def _number(setting: Setting, where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not setting.low <= value <= setting.high:
        unit = {"fen": " fen", "bps": " basis points"}.get(setting.kind, "")
        rule = f"a whole number from {setting.low} to {setting.high}{unit}"
        raise InvalidInput("model_number", rule, field=where, way_out=f"It is {setting.about}.")
    return value


def _flag(setting: Setting, where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput("model_flag", "true or false", field=where, way_out=f"It is {setting.about}.")
    return value


def _choice(setting: Setting, where: str, value: Any) -> str:
    if value not in setting.choices:
        rule = f"one of {', '.join(setting.choices)}"
        raise InvalidInput("model_choice", rule, field=where, way_out=f"It is {setting.about}.")
    return str(value)


def _name(setting: Setting, where: str, value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        rule = "1 to 40 small letters, digits and hyphens"
        raise InvalidInput("model_name", rule, field=where, way_out=f"It is {setting.about}.")
    return value


def _text(setting: Setting, where: str, value: Any) -> str:
    """Blanks around it are dropped."""
    found = value.strip() if isinstance(value, str) else None
    if found is None or not setting.low <= len(found) <= setting.high:
        rule = f"a text of {setting.low} to {setting.high} characters"
        raise InvalidInput("model_text", rule, field=where, way_out=f"It is {setting.about}.")
    if any(unicodedata.category(letter) in _UNPLAIN and letter != _JOINER for letter in found):
        rule = "one line without control characters"
        raise InvalidInput("model_text", rule, field=where, way_out="Write it in one line; take invisible signs out.")
    return found


def _clock(setting: Setting, where: str, value: Any) -> int:
    """YAML itself reads an unquoted 20:30 as the number 1230, which is the same."""
    if isinstance(value, str) and (found := _CLOCK.fullmatch(value)):
        return int(found[1]) * 60 + int(found[2])
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 24 * 60:
        raise InvalidInput("model_clock", "a time of day", field=where, way_out='Write it like "20:30".')
    return value


def _day(setting: Setting, where: str, value: Any) -> date:
    found = value
    if isinstance(value, str):
        try:
            found = date.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, date) or isinstance(found, datetime) or not 2000 <= found.year < 2100:
        raise InvalidInput("model_day", "a day", field=where, way_out="Write it like 2026-12-01.")
    return found


def _time(setting: Setting, where: str, value: Any) -> datetime:
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            found = None
    if not isinstance(found, datetime) or found.tzinfo is None or not 2000 <= found.year < 2100:
        way_out = "Write it like 2026-12-01T09:00:00+08:00."
        raise InvalidInput("model_time", "a time with its offset", field=where, way_out=way_out)
    return found.astimezone(UTC)


def _list(setting: Setting, where: str, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)) or not setting.low <= len(value) <= setting.high:
        rule = f"a list of {setting.low} to {setting.high}"
        raise InvalidInput("model_list", rule, field=where, way_out=f"It is {setting.about}.")
    return list(value)


def _amounts(setting: Setting, where: str, value: Any) -> tuple[int, ...]:
    one = Setting("fen", "an amount in fen", 1, MAX_FEN)
    return tuple(_number(one, f"{where}[{place}]", item) for place, item in enumerate(_list(setting, where, value)))


def _rows(setting: Setting, where: str, value: Any) -> tuple[Any, ...]:
    record = cast(type, setting.of)
    return tuple(read(record, f"{where}[{place}]", item) for place, item in enumerate(_list(setting, where, value)))


_READERS: Mapping[str, Callable[[Setting, str, Any], Any]] = {
    "whole": _number,
    "fen": _number,
    "bps": _number,
    "flag": _flag,
    "choice": _choice,
    "name": _name,
    "text": _text,
    "clock": _clock,
    "day": _day,
    "time": _time,
    "amounts": _amounts,
    "rows": _rows,
}
