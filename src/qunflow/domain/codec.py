"""Frozen dataclasses to JSON data and back, by their annotations. Used for events, states, bodies and actions."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

T = typing.TypeVar("T")
Json = Any
_PLAIN = (str, int, float, bool, type(None))
_ATOMS = frozenset(_PLAIN)


def encode(value: Any) -> Json:
    """A dataclass (or tuple, dict, enum, date, instant) as JSON data; ``None`` fields are left out."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    return (_WRITERS.get(kind) or _new_writer(kind))(value)


def _new_writer(kind: type) -> Callable[[Any], Json]:
    writer = _WRITERS[kind] = _make_writer(kind)
    return writer


def _make_writer(kind: type) -> Callable[[Any], Json]:
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, _PLAIN):
        return _same
    if issubclass(kind, date):  # an instant is one too
        return lambda value: value.isoformat()
    if issubclass(kind, Mapping):
        return lambda value: {str(key): encode(item) for key, item in value.items()}
    if issubclass(kind, frozenset):
        return lambda value: [encode(item) for item in sorted(value)]
    if issubclass(kind, (tuple, list)):
        return lambda value: [encode(item) for item in value]
    names = _names(kind)

    def write(value: Any) -> Json:
        found = {}
        for name in names:
            item = getattr(value, name)
            if item is not None:
                found[name] = item if type(item) in _ATOMS else encode(item)
        return found

    return write


def decode(cls: type[T], data: Json) -> T:
    """JSON data as a ``cls``; fields that are absent take their defaults. Raises TypeError when one is needed."""
    return typing.cast(T, _reader(cls)(data))


_NAMES: dict[type, tuple[str, ...]] = {}
_WRITERS: dict[type, Callable[[Any], Json]] = {}
_READERS: dict[Any, Callable[[Json], Any]] = {}


def _names(cls: type) -> tuple[str, ...]:
    names = _NAMES.get(cls)
    if names is None:
        if not is_dataclass(cls):
            raise TypeError(f"{cls.__name__} is no dataclass and cannot be stored")
        names = _NAMES[cls] = tuple(field.name for field in fields(cls))
    return names


def _reader(hint: Any) -> Callable[[Json], Any]:
    reader = _READERS.get(hint)
    if reader is None:
        reader = _READERS[hint] = _make_reader(hint)
    return reader


def _make_reader(hint: Any) -> Callable[[Json], Any]:
    origin = get_origin(hint)
    if hint is Any or hint in (str, int, float, bool):
        return _same
    if origin in (Union, types.UnionType):
        inner = _reader(next(arg for arg in get_args(hint) if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin in (tuple, list):
        args = [arg for arg in get_args(hint) if arg is not Ellipsis]
        if origin is tuple and len(args) > 1:
            readers = [_reader(arg) for arg in args]
            return lambda data: tuple(read(item) for read, item in zip(readers, data, strict=True))
        item_reader = _reader(args[0])
        return lambda data: tuple(item_reader(item) for item in data)
    if origin is frozenset:
        member = _reader(get_args(hint)[0])
        return lambda data: frozenset(member(item) for item in data)
    if origin is not None and issubclass(origin, Mapping):
        value_reader = _reader(get_args(hint)[1])
        return lambda data: {key: value_reader(item) for key, item in data.items()}
    return _class_reader(hint)


def _class_reader(cls: Any) -> Callable[[Json], Any]:
    if issubclass(cls, Enum):
        return typing.cast(Callable[[Json], Any], cls)
    if issubclass(cls, datetime):
        return typing.cast(Callable[[Json], Any], datetime.fromisoformat)
    if issubclass(cls, date):
        return typing.cast(Callable[[Json], Any], date.fromisoformat)
    if issubclass(cls, Mapping):
        return dict
    readers: dict[str, Callable[[Json], Any]] = {}

    def read(data: Json) -> Any:
        if not readers:
            hints = get_type_hints(cls)
            readers.update({name: _reader(hints[name]) for name in _names(cls)})
        return cls(**{name: readers[name](item) for name, item in data.items() if name in readers})

    return read


def _same(data: Json) -> Any:
    return data
