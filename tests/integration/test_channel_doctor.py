"""``qunflow channel doctor`` and ``qunflow todo`` as commands: exit codes, one JSON document, both languages."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qunflow.bootstrap import Application, add_channel
from qunflow.bootstrap.channel_setup import count_used
from qunflow.cli.channel_doctor import finding_data, finding_lines
from qunflow.domain.health import failed, unknown, well
from qunflow.features.todos import acts
from qunflow.storage.directory import ChannelRow
from qunflow.web.texts import Texts

AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SECRETS = {"secret": "s3cret", "token": "QDG6eK", "aes_key": AES_KEY}


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


async def call(application: Application, *words: str) -> tuple[int, str, str]:
    """Run a command on the test's own data folder; its code, stdout and stderr."""
    settings = application.home.settings
    environment = {
        **os.environ,
        "QUNFLOW_DATA": str(settings.data),
        "QUNFLOW_DATABASE_URL": settings.database_url,
        "QUNFLOW_PORT": str(free_port()),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "qunflow", *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def add_wecom(application: Application, **changes: Any) -> None:
    secrets = {**SECRETS, **{key: changes.pop(key) for key in list(changes) if key in SECRETS}}
    base_url = f"http://127.0.0.1:{free_port()}"
    settings = {"corp_id": "ww1", "agent_id": 1, "staff": ["amy"], "base_url": base_url, **changes}
    await add_channel(application.home, "wecom", "wx", settings, secrets)


async def test_a_set_up_that_fails_ends_with_1_and_names_cause_and_way_out(application: Application) -> None:
    await add_wecom(application)
    code, out, _ = await call(application, "channel", "doctor", "wx", "--json")
    found = json.loads(out)
    checks = {item["check"]: item for item in found["checks"]}
    assert (code, found["state"], found["kind"]) == (1, "failed", "wecom")
    assert checks["network"]["code"] == "wecom_unreachable"
    assert "127.0.0.1" in checks["network"]["cause"]["zh"] and checks["network"]["way_out"]["en"]
    assert checks["token"]["cause"]["en"] == 'Could not be looked at: first mend "WeCom can be reached".'
    assert checks["callback"]["code"] == "wecom_callback_unreachable"
    assert SECRETS["secret"] not in out and AES_KEY not in out


async def test_a_stored_key_that_is_no_key_is_named_in_chinese(application: Application) -> None:
    await add_wecom(application, aes_key="short")
    code, out, _ = await call(application, "channel", "doctor", "wx", "--lang", "zh")
    assert code == 1 and "EncodingAESKey 不是 43 个字符" in out and "[wecom_aes_key_bad]" in out


async def test_a_matrix_account_is_examined_too(application: Application) -> None:
    settings = {
        "homeserver_url": f"http://127.0.0.1:{free_port()}",
        "server_name": "shop.test",
        "sender_localpart": "qunflow",
        "base_url": "http://127.0.0.1:9",
    }
    tokens = {"as_token": "as-token-0123456789", "hs_token": "hs-token-0123456789"}
    await add_channel(application.home, "matrix", "mx", settings, tokens)
    code, out, _ = await call(application, "channel", "doctor", "mx", "--json")
    assert code == 1
    assert {item["check"]: item["code"] for item in json.loads(out)["checks"]}["homeserver"] == "matrix_unreachable"
    assert tokens["as_token"] not in out


@pytest.mark.parametrize("words", [("nobody",), ("wx", "--lang", "fr")])
async def test_what_cannot_be_examined_is_one_sentence(application: Application, words: tuple[str, ...]) -> None:
    code, _, err = await call(application, "channel", "doctor", *words)
    assert code == 1 and err.count("\n") == 1 and err.strip().endswith("]")


async def test_codes_and_calls_are_counted_from_the_outbox(application: Application) -> None:
    async with application.home.database.unit("main") as unit:
        for number, (kind, state, ago) in enumerate(
            [("open_contact_code", "done", 0), ("open_entry", "done", 7200), ("open_entry", "refused", 7200)]
            + [("close_entry", "done", 7200), ("broadcast", "done", 7200), ("broadcast", "done", 200_000)]
        ):
            await unit.execute(
                "INSERT INTO outbox (workspace_id, action_id, lane, lane_key, channel, kind, body, priority, at, "
                "not_before, state, sent_at) VALUES ($1, $2, 0, 'x', 'wx', $3, '{}', 0, now(), now(), $4, "
                "now() - make_interval(secs => $5))",
                "main",
                f"a{number}",
                kind,
                state,
                float(ago),
            )
    used = await count_used(application.home, ChannelRow("wx", "main", "wecom", {}, b""))
    assert (used.codes, used.mass_sends, used.calls) == (1, 1, 1)


def test_a_finding_reads_the_same_in_lines_and_data() -> None:
    texts = Texts.load()
    for finding in (
        failed("clock", "wecom_clock_skew", seconds=90),
        well("clock", seconds=1),
        unknown("token", "doctor_skipped", after="network"),
    ):
        data = finding_data(texts, "wecom", finding)
        for language in ("zh", "en"):
            lines = "\n".join(finding_lines(texts, "wecom", finding, language))
            assert data["title"][language] in lines and data["cause"][language] in lines
            assert data["way_out"][language] in lines


async def test_to_dos_are_listed_ticked_off_and_dropped_by_command(application: Application) -> None:
    await add_wecom(application)
    for chat in ("g1", "g2"):
        words = ("mute_group", "--channel", "wx", "--chat", chat, "--staff", "amy", "--hours", "3")
        assert (await call(application, "todo", "ask", *words))[0] == 0
    code, out, _ = await call(application, "todo", "list", "--json")
    first, second = json.loads(out)
    assert code == 0 and (first["staff"], first["outcome"], first["data"]["chat"]) == ("amy", "open", "g1")
    assert json.loads((await call(application, "todo", "done", first["todo"], "--json"))[1])["outcome"] == "done"
    assert "given_up" in (await call(application, "todo", "drop", second["todo"], "--by", "boss"))[1]
    assert (await call(application, "todo", "done", first["todo"]))[0] == 1
    assert (await call(application, "todo", "list"))[1] == "nothing to do\n"
    assert {state.closed_by for state in await acts.list_todos(application.door, "main")} == {"cli", "boss"}


def test_every_code_of_the_doctor_stands_on_its_page_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "connectors" / "doctor.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `((?:doctor|wecom|matrix)_\w+)` \|", page, re.MULTILINE))
    known = {code for code in Texts.load().catalogues["en"] if code.startswith("doctor.cause.")}
    assert listed == {code.removeprefix("doctor.cause.") for code in known}


def test_every_code_that_a_doctor_names_has_a_text() -> None:
    sources = Path(__file__).parents[2] / "src" / "qunflow" / "connectors"
    text = "".join((sources / name / "doctor.py").read_text("utf-8") for name in ("wecom", "matrix"))
    named = set(re.findall(r'"((?:wecom|matrix)_[a-z_]+[a-z])"', text)) - {"wecom_channel_unknown", "wecom_envelope_"}
    named |= {f"wecom_callback_{fault}" for fault in ("unreachable", "certificate", "slow")}
    named |= {f"wecom_{fault}" for fault in ("unreachable", "no_answer", "wrong_address")}
    texts = Texts.load()
    assert {code for code in named - {"matrix_channel_unknown"} if not texts.knows(f"doctor.cause.{code}")} == set()
