"""Tries of one address are bounded and come back with time; the memory for addresses is bounded too."""

from __future__ import annotations

import pytest

from qunflow.console import sign_in
from qunflow.console.sign_in import ADDRESS_BURST, ADDRESS_SECONDS, AddressLimit, TooManyTries


class Wall:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def tries(limit: AddressLimit, address: str, count: int) -> int:
    """How many of so many tries are let through."""
    passed = 0
    for _ in range(count):
        try:
            limit.take(address)
        except TooManyTries:
            continue
        passed += 1
    return passed


def test_a_burst_passes_and_then_one_try_in_each_pause() -> None:
    wall = Wall()
    limit = AddressLimit(wall)
    assert tries(limit, "a", 50) == ADDRESS_BURST
    wall.now += ADDRESS_SECONDS * 3
    assert tries(limit, "a", 50) == 3
    wall.now += ADDRESS_SECONDS * 1000
    assert tries(limit, "a", 50) == ADDRESS_BURST


def test_another_address_is_not_held_up() -> None:
    limit = AddressLimit(Wall())
    tries(limit, "a", 50)
    assert tries(limit, "b", 1) == 1


def test_no_more_addresses_are_remembered_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "MAX_ADDRESSES", 3)
    limit = AddressLimit(Wall())
    for number in range(10):
        limit.take(f"10.0.0.{number}")
    assert len(limit._levels) == 3
