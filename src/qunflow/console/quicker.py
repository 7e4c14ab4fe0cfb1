"""One question that NiceGUI asks too often."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import MethodType
from typing import Any

from nicegui import helpers

_ask: Callable[[Callable[..., Any]], bool] = helpers.expects_arguments


@lru_cache(maxsize=1024)
def _of_method(function: Callable[..., Any]) -> bool:
    return _ask(MethodType(function, object()))  # whose method it is does not matter


def expects_arguments(func: Callable[..., Any]) -> bool:
    """Whether a handler wants arguments; for methods it is found out once for each function.

    NiceGUI reads the signature of the same method for every property of every element: a third of a board's drawing.
    """
    if isinstance(func, MethodType):
        return _of_method(func.__func__)
    return _ask(func)


def remember_signatures() -> None:
    """From now on, in this process."""
    helpers.expects_arguments = expects_arguments
