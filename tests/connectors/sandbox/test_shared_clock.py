"""The virtual clock in a file."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from qunflow.storage.clock import RealClock, SharedClock, open_clock

START = datetime(2026, 11, 11, 12, 0, 0, 123456, tzinfo=UTC)


def test_every_opener_reads_the_same_time_and_it_stands_still(tmp_path: Path) -> None:
    made = SharedClock.create(tmp_path / "clock", START)
    other = open_clock(tmp_path / "clock")
    assert made.now() == other.now() == START and other.now().tzinfo is UTC
    assert (tmp_path / "clock").read_bytes() == int(START.timestamp() * 1_000_000).to_bytes(8, "little")
    made.close()


def test_it_only_goes_forward(tmp_path: Path) -> None:
    made = SharedClock.create(tmp_path / "clock", START)
    later = START + timedelta(days=1)
    assert made.advance_to(later) == later
    assert made.advance_to(START) == later
    with pytest.raises(ValueError, match="time zone"):
        made.advance_to(later.replace(tzinfo=None))
    made.close()


def test_another_zone_means_the_same_instant(tmp_path: Path) -> None:
    made = SharedClock.create(tmp_path / "clock", START.astimezone(timezone(timedelta(hours=8))))
    assert made.now() == START
    made.close()


def test_another_process_moves_it(tmp_path: Path) -> None:
    made = SharedClock.create(tmp_path / "clock", START)
    code = (
        "import sys, datetime as d, pathlib as p; from qunflow.storage.clock import SharedClock as C;"
        "c = C(p.Path(sys.argv[1])); c.advance_to(c.now() + d.timedelta(hours=1)); c.close()"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "clock")], check=True)
    assert made.now() == START + timedelta(hours=1)
    made.close()


def test_a_clock_is_not_made_twice_nor_read_from_another_file(tmp_path: Path) -> None:
    SharedClock.create(tmp_path / "clock", START).close()
    with pytest.raises(FileExistsError):
        SharedClock.create(tmp_path / "clock", START)
    (tmp_path / "text").write_text("no clock")
    (tmp_path / "long").write_text("no clock at all")
    with pytest.raises(ValueError, match="not a clock file"):
        SharedClock(tmp_path / "long")
    with pytest.raises(FileNotFoundError):
        open_clock(tmp_path / "nothing")


def test_without_a_path_it_is_the_wall_clock() -> None:
    assert isinstance(open_clock(None), RealClock)
    assert abs(open_clock(None).now() - datetime.now(UTC)) < timedelta(seconds=5)
