"""``qunflow demo --channel matrix``: twelve people, each with a client, go through a campaign on a real Synapse."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from tests.journeys.synapse import Synapse
from typer.testing import CliRunner

from qunflow.cli import demo_run
from qunflow.cli.demo import app
from qunflow.cli.demo_matrix import matrix_staging, read_registration
from qunflow.cli.demo_run import DemoSettings, run_demo
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import InvalidInput, QunflowError

PLAN = Path(demo_run.__file__).parents[1] / "rehearsal" / "demo-plan.yaml"
PEOPLE = 12
#: The keys of the report that the demo on WeCom prints, none more, none less.
KEYS = {
    "campaign", "status", "funnel", "rates", "diagnosis", "groups", "overfull_groups", "bypass_joins", "scripts",
    "rewards", "ledger", "open_proofs", "open", "dead_letters", "people", "seed", "replay_equal", "events",
    "server_restarts", "platform_calls", "seconds", "peak_memory_mb", "crowd", "files", "invariants_broken",
}  # fmt: skip


def settings_of(folder: Path, account: MatrixSettings) -> DemoSettings:
    port = int(account.base_url.rpartition(":")[2])
    return DemoSettings(PEOPLE, "1", folder, PLAN, port, account.base_url)


@pytest.mark.journey
async def test_a_small_crowd_plays_on_a_real_server(synapse: Synapse, account: MatrixSettings, tmp_path: Path) -> None:
    file = synapse.folder / f"{account.sender_localpart}.yaml"
    command = ["demo", "--channel", "matrix", "--homeserver", synapse.base_url, "--registration", str(file)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qunflow", *command, "--registration-secret", "-", "--json"),
        env={**os.environ, "QUNFLOW_DATA": str(tmp_path / "data")},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(synapse.shared_secret.encode() + b"\n")
    assert process.returncode == 0, (out.decode()[:3000], err.decode()[-3000:])
    report = json.loads(out)
    assert set(report) >= KEYS
    assert (report["people"], report["invariants_broken"], report["crowd"]["errors"]) == (PEOPLE, [], {})
    assert report["funnel"]["joined"] >= 5 and report["funnel"]["completed"] >= 1
    assert set(report["scripts"]["outcomes"]) <= {"delivered", "shown_on_page"}
    assert report["platform_calls"]["invite_member"] >= report["funnel"]["joined"]
    assert report["crowd"]["welcomes"] >= report["funnel"]["joined"] and report["crowd"]["welcomed_twice"] == []
    assert all(Path(name).is_file() for name in report["files"])
    assert synapse.shared_secret not in out.decode() + err.decode()


@pytest.mark.journey
async def test_a_server_that_does_not_know_us_is_named_before_anything_begins(
    synapse: Synapse, account: MatrixSettings, tmp_path: Path
) -> None:
    file = tmp_path / "other.yaml"
    text = (synapse.folder / f"{account.sender_localpart}.yaml").read_text()
    file.write_text(text.replace(account.as_token, "f" * 64))
    staging = matrix_staging(synapse.base_url, read_registration(file), synapse.shared_secret)
    with pytest.raises(QunflowError) as caught:
        await run_demo(settings_of(tmp_path / "demo", account), lambda done, total, when: None, staging)
    assert caught.value.code == "demo_not_registered"


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "url: x", "{", "url: http://x/hooks/wecom/y\nas_token: a\nhs_token: b\nsender_localpart: c"],
)
def test_what_is_no_registration_is_said(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "r.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InvalidInput):
        read_registration(file)


@pytest.mark.parametrize("options", [["--channel", "matrix"], ["--channel", "qq"]])
def test_a_demo_without_its_server_or_on_no_channel_is_refused(options: list[str]) -> None:
    assert isinstance(CliRunner().invoke(app, options).exception, InvalidInput)
