"""The demo as the README has it: 2,000 people, every invariant held. Its time is printed, never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.long
def test_two_thousand_people_go_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "qunflow", "demo", "--people", "2000", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\ndemo of 2,000 people: {report['seconds']} s, peak memory {report['peak_memory_mb']} MB")
    assert report["scripts"]["missing"] == report["scripts"]["duplicate"] == report["overfull_groups"] == 0
    assert report["rewards"]["due"] == report["rewards"]["posted"] > 0
    assert report["ledger"] == {"sum": 0, "balanced": True, "wrong": []}
    assert report["replay_equal"] is True
    assert report["funnel"]["joined"] > 1000
