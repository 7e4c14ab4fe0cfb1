"""Declared fields of a form, reading what people type, and the nested data behind dotted names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from qunflow.domain.money import BPS, MAX_FEN
from qunflow.web.widgets.formats import money_words, read_money

MAX_LINES = 200
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PERCENT = re.compile(r"(\d{1,3})(?:\.(\d{1,2}))?\s*[%％]?")
Data = dict[str, Any]


class Kind(StrEnum):
    """How a field is typed: ``MONEY`` as yuan and kept in fen, ``MONEYS`` as amounts with spaces between them,
    ``PERCENT`` as per cent and kept in basis points, ``TIME`` in the form's zone, ``TEXTS`` one to a line (or between
    lines of ``---``), ``RECORDS`` as rows.
    """

    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    MONEY = "money"
    MONEYS = "moneys"
    PERCENT = "percent"
    TIME = "time"
    DAY = "day"
    CLOCK = "clock"
    CHOICE = "choice"
    TEXTS = "texts"
    SWITCH = "switch"
    RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``text`` is the code of its label, ``{text}.why`` that of its explanation; ``label`` and ``about`` are
    these words themselves, for fields that are made from a schema.

    ``least`` and ``most`` bound a number, fen, or the length of a text or a list. ``options`` are values with their
    said labels; ``columns`` are the fields of one record; ``default`` is what an empty field stands for.
    """

    name: str
    text: str
    kind: Kind = Kind.TEXT
    least: int = 0
    most: int = 0
    required: bool = False
    default: Any = None
    options: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[Field, ...] = ()
    long: bool = False  # a text of TEXTS may have lines of its own: they are parted by ---
    label: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What a typed value says: ``value`` (None: nothing), or the code of what is wrong with its parameters."""

    value: Any = None
    problem: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)


def read_field(asked: Field, raw: Any, tz: str = "UTC") -> Read:
    """Read what was typed into a field; an empty one is None, and a problem when it is required."""
    text = raw.strip() if isinstance(raw, str) else raw
    if text is None or text == "" or text == []:
        return Read(problem="required") if asked.required else Read()
    if asked.kind in (Kind.TEXT, Kind.LONG):
        return _bounded(asked, str(text), len(str(text)), "length")
    if asked.kind is Kind.SWITCH:
        return Read(bool(text))
    if asked.kind is Kind.CHOICE:
        return Read(text) if text in asked.options else Read(problem="choice")
    if asked.kind is Kind.TEXTS:
        lines = split_texts(str(text), asked.long)
        return _bounded(asked, lines, len(lines), "count")
    if asked.kind is Kind.RECORDS:
        return _bounded(asked, list(text), len(text), "count")
    return _read_amount(asked, str(text), tz)


def _read_amount(asked: Field, text: str, tz: str) -> Read:
    if asked.kind is Kind.NUMBER:
        clean = text.replace(",", "")
        if not re.fullmatch(r"-?\d{1,12}", clean):
            return Read(problem="number", parameters=_bounds(asked))
        return _bounded(asked, int(clean), int(clean), "number")
    if asked.kind is Kind.MONEY:
        fen = read_money(text)
        return Read(problem="money", parameters=_bounds(asked)) if fen is None else _bounded(asked, fen, fen, "money")
    if asked.kind is Kind.PERCENT:
        bps = read_percent(text)
        found = Read(problem="percent", parameters=_bounds(asked))
        return found if bps is None else _bounded(asked, bps, bps, "percent")
    if asked.kind is Kind.MONEYS:
        amounts = [read_money(part) for part in text.replace("，", " ").replace("、", " ").split()]
        if any(amount is None for amount in amounts):
            return Read(problem="moneys")
        return _bounded(asked, amounts, len(amounts), "count")
    return _read_time(asked.kind, text, tz)


def _read_time(kind: Kind, text: str, tz: str) -> Read:
    if kind is Kind.CLOCK:
        return Read(text) if _CLOCK.fullmatch(text) else Read(problem="clock")
    try:
        if kind is Kind.DAY:
            return Read(date.fromisoformat(text).isoformat())
        found = datetime.fromisoformat(text)
    except ValueError:
        return Read(problem=str(kind))
    return Read((found if found.tzinfo else found.replace(tzinfo=ZoneInfo(tz))).isoformat())


def _bounded(asked: Field, value: Any, size: int, problem: str) -> Read:
    endless = {"money": MAX_FEN, "count": MAX_LINES, "percent": BPS}
    most = asked.most or endless.get(problem, 10**9)
    if not asked.least <= size <= most:
        return Read(problem=problem, parameters=_bounds(asked))
    return Read(value)


def _bounds(asked: Field) -> Mapping[str, object]:
    if asked.kind is Kind.MONEY:
        return {"least": money_words(asked.least), "most": money_words(asked.most or MAX_FEN)}
    if asked.kind is Kind.PERCENT:
        return {"least": f"{plain_percent(asked.least)}%", "most": f"{plain_percent(asked.most or BPS)}%"}
    return {"least": f"{asked.least:,}", "most": f"{asked.most or 10**9:,}"}


def bound_code(asked: Field) -> tuple[str, Mapping[str, object]] | None:
    """The code and parameters of the words that tell a field's bound before anything is typed."""
    if asked.kind in (Kind.TEXT, Kind.LONG) and asked.most:
        return "length", _bounds(asked)
    if asked.kind is Kind.NUMBER and asked.most:
        return "number", _bounds(asked)
    if asked.kind is Kind.PERCENT:
        return "number", _bounds(asked)
    if asked.kind in (Kind.TEXTS, Kind.MONEYS, Kind.RECORDS) and asked.most:
        return "count", _bounds(asked)
    return None


def split_texts(text: str, long: bool) -> list[str]:
    """One text to a line, or between lines of ``---`` where a text may have lines of its own."""
    parts = re.split(r"^\s*-{3,}\s*$", text, flags=re.MULTILINE) if long else text.splitlines()
    return [part.strip() for part in parts if part.strip()]


def shown_value(asked: Field, value: Any, tz: str = "UTC") -> Any:
    """Kept data as a person would have typed it."""
    if value is None:
        return [] if asked.kind is Kind.RECORDS else False if asked.kind is Kind.SWITCH else ""
    if asked.kind is Kind.MONEY and isinstance(value, int):
        return plain_yuan(value)
    if asked.kind is Kind.PERCENT and isinstance(value, int):
        return plain_percent(value)
    if asked.kind is Kind.MONEYS and isinstance(value, Sequence):
        return " ".join(plain_yuan(fen) for fen in value if isinstance(fen, int))
    if asked.kind is Kind.TEXTS and isinstance(value, Sequence) and not isinstance(value, str):
        return ("\n---\n" if asked.long else "\n").join(str(item) for item in value)
    if asked.kind is Kind.TIME:
        return _local_time(value, tz)
    if asked.kind is Kind.CLOCK and isinstance(value, int):
        return f"{value // 60:02d}:{value % 60:02d}"
    if asked.kind in (Kind.RECORDS, Kind.SWITCH, Kind.CHOICE):
        return value
    return str(value)


def plain_yuan(fen: int) -> str:
    """Fen as they are typed: ``1250`` → ``12.50``, ``1200`` → ``12``."""
    return f"{fen // 100}.{fen % 100:02d}" if fen % 100 else str(fen // 100)


def plain_percent(bps: int) -> str:
    """Basis points as they are typed: ``1250`` → ``12.5``, ``9000`` → ``90``."""
    return f"{bps // 100}.{bps % 100:02d}".rstrip("0").rstrip(".")


def read_percent(text: str) -> int | None:
    """Per cent as people type them (``90``, ``12.5%``) in basis points; None for anything else."""
    found = _PERCENT.fullmatch(text.strip())
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else None


def default_words(asked: Field) -> str:
    """What an empty field stands for, as it is shown; empty where nothing does or where it is plain to see."""
    told = asked.default is not None and "." in asked.name
    if not told or asked.kind not in (Kind.NUMBER, Kind.MONEY, Kind.PERCENT):
        return ""
    unit = {Kind.MONEY: money_words(asked.default), Kind.PERCENT: f"{plain_percent(asked.default)}%"}
    return unit.get(asked.kind, f"{asked.default:,}")


def cell_of(name: str, path: str) -> tuple[int, str] | None:
    """(row, column) of an error's path inside a list field: ``tiers``, ``tiers[1].total`` → ``(1, "total")``."""
    found = re.fullmatch(re.escape(name) + r"\[(\d{1,4})\]\.(\w+)(?:\[\d+\])?", path)
    return (int(found[1]), found[2]) if found else None


def _local_time(value: Any, tz: str) -> str:
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    local = found.astimezone(ZoneInfo(tz)) if found.tzinfo else found
    return local.strftime("%Y-%m-%dT%H:%M")


def value_at(data: Mapping[str, Any], name: str) -> Any:
    """What lies under a dotted name, None when nothing does."""
    found: Any = data
    for part in name.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def put_at(data: Data, name: str, value: Any) -> None:
    """Lay a value under a dotted name; None takes it away."""
    *parts, last = name.split(".")
    inner = data
    for part in parts:
        if not isinstance(inner.get(part), dict):
            if value is None:
                return
            inner[part] = {}
        inner = inner[part]
    if value is None:
        inner.pop(last, None)
    else:
        inner[last] = value


def field_of(names: Sequence[str], path: str) -> str:
    """The declared field that an error's path (``ladder.bands[1].to``) belongs to; empty for none."""
    plain = re.sub(r"\[\d+\]", "", path)
    fitting = [name for name in names if plain == name or plain.startswith(f"{name}.")]
    return max(fitting, key=len, default="")


OnChange = Callable[[], object]
