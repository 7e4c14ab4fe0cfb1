"""Callbacks: signed and encrypted as WeCom sends them, stored before they are answered with 200."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from qunflow.bench.ground import WORKSPACE, Ground, Measured, Running, new_ground, reference
from qunflow.bench.load import Job, packed
from qunflow.bootstrap import add_channel
from qunflow.connectors.wecom.crypto import Envelope
from qunflow.rehearsal.stage import free_port

CHANNEL, CORP = "bench", "wwbench"
GROUPS = 200
#: Of the secrets of the account; it exists for the time of a measurement only.
TOKEN_BYTES, KEY_LETTERS = 8, 43


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """Callbacks a second, beside the reference on the same requests, and what the inbox holds afterwards."""

    callbacks: Measured
    hello: Measured
    stored: int

    def as_data(self) -> dict[str, Any]:
        """The figures as plain data."""
        counted = self.callbacks.counted
        return {
            "callbacks_per_second": round(counted.per_second, 1),
            "hello_per_second": round(self.hello.counted.per_second, 1),
            "ratio": round(counted.per_second / max(self.hello.counted.per_second, 1e-9), 4),
            "callbacks": self.callbacks.as_data(),
            "hello": self.hello.as_data(),
            "answered": counted.right,
            "stored": self.stored,
            "every_answer_right": not (counted.wrong or counted.broken),
            "every_answer_stored": self.stored == counted.right,
        }


async def bench_intake(connections: int, callbacks: int, seconds: float) -> IntakeResult:
    """Measure callbacks until all were sent or the time is over, and then the reference with the same requests."""
    async with new_ground() as ground:
        envelope = await _open_account(ground)
        async with ground.serving() as server, reference() as hello:
            file = ground.folder / "callbacks"
            await asyncio.to_thread(_write, file, server, envelope, callbacks)
            job = Job(server.port, connections, seconds, warm=seconds / 10, file=str(file))
            measured = await server.measure(job, ground.database_process())
            same = Job(hello.port, connections, seconds, warm=seconds / 10, file=str(file), marker="hello")
            said = await hello.measure(same)
        async with ground.application() as application, application.home.database.unit(WORKSPACE) as unit:
            stored = await unit.value("SELECT count(*) FROM inbox WHERE message_id LIKE $1", f"{CHANNEL}:%")
    return IntakeResult(measured, said, int(stored))


async def _open_account(ground: Ground) -> Envelope:
    """An account of WeCom. What the worker wants to read from it meets a closed door: only the intake is measured."""
    token, key = secrets.token_hex(TOKEN_BYTES), secrets.token_hex(KEY_LETTERS)[:KEY_LETTERS]
    settings = {
        "corp_id": CORP,
        "agent_id": 1,
        "staff": ["amy"],
        "base_url": f"http://127.0.0.1:{free_port()}",
    }
    async with ground.application() as application:
        secret = {"secret": secrets.token_hex(TOKEN_BYTES), "token": token, "aes_key": key}
        await add_channel(application.home, "wecom", CHANNEL, settings, secret)
    return Envelope(token, key, CORP)


def _write(file: Path, server: Running, envelope: Envelope, callbacks: int) -> None:
    file.write_bytes(packed([_request(server, envelope, number) for number in range(callbacks)]))


def _request(server: Running, envelope: Envelope, number: int) -> bytes:
    """Somebody joined a group, as a callback."""
    now = str(int(time.time()))
    xml = (
        f"<xml><ToUserName>{CORP}</ToUserName><FromUserName>sys</FromUserName><CreateTime>{now}</CreateTime>"
        "<MsgType>event</MsgType><Event>change_external_chat</Event><ChangeType>update</ChangeType>"
        f"<ChatId>wrbench{number % GROUPS}</ChatId><UpdateDetail>add_member</UpdateDetail><JoinScene>3</JoinScene>"
        f"<MemChangeCnt>1</MemChangeCnt><MemChangeList><Item>wmbench{number}</Item></MemChangeList></xml>"
    )
    nonce = secrets.token_hex(5)
    encrypted, signature = envelope.seal(xml, now, nonce)
    body = f"<xml><ToUserName>{CORP}</ToUserName><Encrypt>{encrypted}</Encrypt><AgentID>1</AgentID></xml>".encode()
    query = urlencode({"msg_signature": signature, "timestamp": now, "nonce": nonce})
    head = (
        f"POST /hooks/wecom/{CHANNEL}?{query} HTTP/1.1\r\nhost: {server.host}\r\nuser-agent: Mozilla/4.0\r\n"
        f"content-type: text/xml\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
