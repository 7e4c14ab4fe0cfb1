"""The pay sandbox as a process of its own, and what tests do to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.warm_process import WarmProcess

from qunflow.connectors.wechatpay.settings import WechatPaySettings
from qunflow.sandbox.pay.keys import FILE, PayKeys, open_keys
from qunflow.sandbox.pay.settings import PaySandboxSettings

DEFAULT = PaySandboxSettings(Path("unused"))


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class StandIn:
    """A running pay sandbox."""

    process: subprocess.Popen[bytes] | WarmProcess
    http: httpx.Client
    folder: Path

    @classmethod
    def start(cls, folder: Path) -> StandIn:
        """As people start it."""
        port = free_port()
        command = [sys.executable, "-c", "from qunflow.cli.app import app; app()", *cls._arguments(folder, port)]
        return cls._answering(subprocess.Popen(command, stdout=subprocess.DEVNULL), port, folder)

    @classmethod
    def start_warm(cls, folder: Path, clock: Path) -> StandIn:
        """On a clock file, in a process that has its imports done."""
        port = free_port()
        arguments = [*cls._arguments(folder, port), "--clock", str(clock)]
        return cls._answering(WarmProcess(arguments, os.environ, clock.with_name("pay.log")), port, folder)

    @staticmethod
    def _arguments(folder: Path, port: int) -> list[str]:
        return ["pay", "sandbox", "--keys", str(folder), "--port", str(port), "--wait-scale", "0.002"]

    @classmethod
    def _answering(cls, process: subprocess.Popen[bytes] | WarmProcess, port: int, folder: Path) -> StandIn:
        made = cls(process, httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False), folder)
        deadline = time.monotonic() + 60
        while True:
            try:
                made.status()
                return made
            except httpx.TransportError:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        self.http.close()
        self.process.terminate()
        assert self.process.wait(timeout=5) == 0

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    @property
    def keys(self) -> PayKeys:
        return open_keys(self.folder)

    def secrets(self) -> dict[str, str]:
        """What a merchant keeps."""
        found = json.loads((self.folder / FILE).read_text())
        return {name: found[name] for name in ("private_key", "api_v3_key", "public_key")}

    def values(self, notify_url: str) -> dict[str, Any]:
        """What a merchant's account is set to, without the secrets."""
        keys = self.keys
        return {
            "mchid": DEFAULT.mchid,
            "appid": DEFAULT.appid,
            "serial_no": keys.serial_no,
            "public_key_id": keys.public_key_id,
            "notify_url": notify_url,
            "base_url": self.url,
            "timeout_seconds": 5.0,
        }

    def settings(self, notify_url: str = "http://127.0.0.1:9/none", **changes: Any) -> WechatPaySettings:
        return WechatPaySettings(**{**self.values(notify_url), **self.secrets(), **changes})

    def status(self) -> Any:
        answer = self.http.get("/status")
        answer.raise_for_status()
        return answer.json()

    def act(self, path: str, **body: Any) -> Any:
        """A phone's act or a switch; raises for a refusal."""
        answer = self.http.post(path, json=body)
        answer.raise_for_status()
        return answer.json()

    def disturb(self, *faults: dict[str, Any]) -> None:
        self.act("/admin/call-faults", faults=list(faults))

    def bills(self) -> list[Any]:
        found: list[Any] = self.status()["bills"]
        return found
