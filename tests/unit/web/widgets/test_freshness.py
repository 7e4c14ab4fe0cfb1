"""However many ask, one reading answers them; none is older than it may be."""

from __future__ import annotations

import asyncio

import pytest

from qunflow.web.widgets.freshness import Fresh


class Source:
    def __init__(self) -> None:
        self.read = 0
        self.now = 0.0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> int:
        self.read += 1
        mine = self.read
        await self.gate.wait()
        return mine


@pytest.fixture
def source() -> Source:
    return Source()


def fresh(source: Source, most: int = 10) -> Fresh[int]:
    return Fresh(2.0, most, lambda: source.now)


async def test_those_who_come_together_share_one_reading(source: Source) -> None:
    kept = fresh(source)
    assert await asyncio.gather(*(kept.get("a", source.load) for _ in range(10))) == [1] * 10
    source.now = 1.9
    assert await kept.get("a", source.load) == 1
    source.now = 2.0
    assert await kept.get("a", source.load) == 2


async def test_age_counts_from_the_begin_of_the_reading(source: Source) -> None:
    kept = fresh(source)
    source.gate.clear()
    slow = asyncio.ensure_future(kept.get("a", source.load))
    while not source.read:
        await asyncio.sleep(0)
    source.now = 3.0
    source.gate.set()
    assert await slow == 1
    assert await kept.get("a", source.load) == 2


async def test_who_goes_away_does_not_end_the_reading_of_the_others(source: Source) -> None:
    kept = fresh(source)
    source.gate.clear()
    first = asyncio.ensure_future(kept.get("a", source.load))
    second = asyncio.ensure_future(kept.get("a", source.load))
    await asyncio.sleep(0)
    first.cancel()
    source.gate.set()
    assert await second == 1


async def test_what_was_changed_is_read_anew_even_while_it_is_read(source: Source) -> None:
    kept = fresh(source)
    source.gate.clear()
    before = asyncio.ensure_future(kept.get("a", source.load))
    await asyncio.sleep(0)
    kept.forget("a")
    after = asyncio.ensure_future(kept.get("a", source.load))
    source.gate.set()
    assert (await before, await after, await kept.get("a", source.load)) == (1, 2, 2)


async def test_a_failed_reading_is_told_and_the_next_one_asks_again(source: Source) -> None:
    kept = fresh(source)

    async def broken() -> int:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await kept.get("a", broken)
    assert await kept.get("a", source.load) == 1


async def test_only_so_many_answers_are_kept(source: Source) -> None:
    kept = fresh(source, most=2)
    for key in "abc":
        await kept.get(key, source.load)
    assert await kept.get("a", source.load) == 4


async def test_what_was_read_a_moment_ago_is_at_hand_without_a_reading(source: Source) -> None:
    kept = fresh(source)
    assert kept.at_hand("a", 3.0) is None
    await kept.get("a", source.load)
    source.now = 2.9
    assert kept.at_hand("a", 3.0) == 1
    source.now = 3.0
    assert kept.at_hand("a", 3.0) is None
    assert source.read == 1
