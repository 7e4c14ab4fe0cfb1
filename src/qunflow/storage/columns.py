"""Columns of a batch as parameters of a statement: what is equal in all rows travels once."""

from __future__ import annotations

from typing import Any


def once_if_equal(column: list[Any]) -> list[Any]:
    """The column, or one value when all are equal; ``filled`` puts it back into every row."""
    return column[:1] if column.count(column[0]) == len(column) else column


def filled(name: str, parameter: int, kind: str) -> str:
    """SQL for a column that may travel once: ``unnest`` gives NULL after the end of a shorter one."""
    array = f"${parameter}::{kind}[]"
    return f"CASE WHEN cardinality({array}) = 1 THEN ({array})[1] ELSE {name} END"
