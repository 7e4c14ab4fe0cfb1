"""The shape of an answer: which fields there are and of what type, no more and no fewer."""

from __future__ import annotations

from typing import Any

OK = {"errcode": int, "errmsg": str}
Shape = Any


def fits(value: Any, shape: Shape, place: str = "answer") -> None:
    """``shape`` is a type, a one-element list (a list of those), or fields; ``name?`` may be left out.

    An empty list proves nothing, so a list must hold something; ``...`` instead of an element lets it be empty.
    """
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{place} is {type(value).__name__}, not an object"
        names = {name.rstrip("?") for name in shape}
        assert set(value) <= names, f"{place} has {sorted(set(value) - names)} more"
        for name, inner in shape.items():
            bare = name.rstrip("?")
            if bare in value:
                fits(value[bare], inner, f"{place}.{bare}")
            else:
                assert name.endswith("?"), f"{place} lacks {bare}"
        return
    if isinstance(shape, list):
        assert isinstance(value, list), f"{place} is {type(value).__name__}, not a list"
        if shape[0] is ...:
            return
        assert value, f"{place} is empty"
        for number, entry in enumerate(value):
            fits(entry, shape[0], f"{place}[{number}]")
        return
    assert type(value) is shape, f"{place} is {type(value).__name__}, not {shape.__name__}"


def answers(value: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """A successful answer of this shape."""
    assert value["errcode"] == 0 and value["errmsg"] == "ok", value
    fits(value, OK | shape)
    return value
