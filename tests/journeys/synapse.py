"""A real Synapse on loopback for a whole test session, and persons who use it.

``synapse`` may be imported into any number of conftest files: one server runs for each process.
"""

from __future__ import annotations

import base64
import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml
from tests.journeys.person import PersonClient

from qunflow.connectors.matrix.registration import registration_data
from qunflow.connectors.matrix.settings import MatrixSettings

SERVER_NAME = "qunflow.test"
CHANNEL = "matrix"
ACCOUNTS = 12
START_SECONDS = 60.0
_KEY = pytest.StashKey["Synapse"]()

NewPerson = Callable[..., Awaitable[PersonClient]]


@dataclass
class Synapse:
    """A running server. Each test takes an account of its own, so that none hears another's rooms."""

    base_url: str
    shared_secret: str
    folder: Path
    accounts: list[MatrixSettings]
    process: subprocess.Popen[bytes] | None = None
    persons: int = 0

    def take_account(self) -> MatrixSettings:
        """A registered account that nobody used yet; the server pushes to its ``{base_url}/hooks/matrix/matrix``."""
        assert self.accounts, f"More than {ACCOUNTS} accounts are taken in one session: raise ACCOUNTS."
        return self.accounts.pop()

    async def person(self, name: str = "", shown: str = "") -> PersonClient:
        """A new person; ``name`` gets a number behind it, so that tests may share names."""
        self.persons += 1
        return await PersonClient.register(self.base_url, self.shared_secret, f"{name or 'p'}{self.persons}", shown)

    def start(self) -> None:
        """Start the process and wait until it answers."""
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(self.folder / "homeserver.yaml")]
        environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        with (self.folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                pytest.fail(f"Synapse did not start:\n{(self.folder / 'output.txt').read_text()[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """Stop the process; its data stay for another start."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a power cut does; its data stay for another start."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/health", trust_env=False, timeout=2.0).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="session")
def synapse(request: pytest.FixtureRequest) -> Synapse:
    """The Synapse of this process, started with its first use and stopped with the session."""
    if importlib.util.find_spec("synapse") is None:
        reason = "Synapse is not installed: it comes with the test extra (matrix-synapse)."
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    stash = request.config.stash
    if _KEY not in stash:
        server = stash[_KEY] = prepared_synapse()
        request.config.add_cleanup(lambda: (server.stop(), shutil.rmtree(server.folder)))
        server.start()
    return stash[_KEY]


@pytest.fixture
async def new_person(synapse: Synapse) -> AsyncIterator[NewPerson]:
    """Makes persons whose connections end with the test: ``await new_person("ann", "Ann")``."""
    made: list[PersonClient] = []

    async def make(name: str = "", shown: str = "") -> PersonClient:
        made.append(await synapse.person(name, shown))
        return made[-1]

    yield make
    for person in made:
        await person.close()


def prepared_synapse() -> Synapse:
    """A server with configuration and registrations in a folder of its own, not started yet."""
    folder = Path(tempfile.mkdtemp(prefix="qunflow-synapse-"))
    port, *callbacks = free_ports(ACCOUNTS + 1)
    base_url, shared_secret = f"http://127.0.0.1:{port}", secrets.token_hex(16)
    accounts = [
        MatrixSettings(
            homeserver_url=base_url,
            server_name=SERVER_NAME,
            as_token=secrets.token_hex(32),
            hs_token=secrets.token_hex(32),
            sender_localpart=f"qunflow{number}",
            base_url=f"http://127.0.0.1:{callback}",
        )
        for number, callback in enumerate(callbacks)
    ]
    files = [_write_registration(folder, account) for account in accounts]
    settings = _settings(folder, port, shared_secret, files)
    (folder / "homeserver.yaml").write_text(yaml.safe_dump(settings))
    (folder / "log.yaml").write_text(yaml.safe_dump(_LOGGING))
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (folder / "signing.key").write_text(f"ed25519 a_test {seed}\n")
    return Synapse(base_url, shared_secret, folder, accounts)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, below those that systems hand out for outgoing connections."""
    found: list[int] = []
    while len(found) < count:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found


def _write_registration(folder: Path, account: MatrixSettings) -> str:
    """All accounts have the channel ``matrix``; only the id within the server tells them apart."""
    path = folder / f"{account.sender_localpart}.yaml"
    data = {**registration_data(account, CHANNEL), "id": account.sender_localpart}
    path.write_text(yaml.safe_dump(data))
    return str(path)


_LOGGING = {
    "version": 1,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {"synapse.util.metrics": {"level": "CRITICAL"}},  # it minds that accounts share a server name
    "disable_existing_loggers": False,
}


def _settings(folder: Path, port: int, shared_secret: str, registrations: list[str]) -> dict[str, object]:
    """No federation, no way to other servers, no limits on speed, everything in ``folder``."""
    listener = {
        "port": port,
        "type": "http",
        "bind_addresses": ["127.0.0.1"],
        "resources": [{"names": ["client", "media", "health"]}],
    }
    fast = {"per_second": 10_000, "burst_count": 10_000}
    limits = ("message", "registration", "joins_per_room", "admin_redaction", "invites_per_issuer", "room_creation")
    return {
        "server_name": SERVER_NAME,
        "listeners": [listener],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "log.yaml"),
        "app_service_config_files": registrations,
        "registration_shared_secret": shared_secret,
        "macaroon_secret_key": secrets.token_hex(16),
        "form_secret": secrets.token_hex(16),
        "enable_registration": False,
        "report_stats": False,
        "trusted_key_servers": [],
        "suppress_key_server_warning": True,
        "federation_domain_whitelist": [],
        "url_preview_enabled": False,
        "presence": {"enabled": False},
        "password_config": {"enabled": True},
        "bcrypt_rounds": 4,
        "rc_login": {"address": fast, "account": fast, "failed_attempts": fast},
        "rc_joins": {"local": fast, "remote": fast},
        "rc_invites": {"per_room": fast, "per_user": fast, "per_issuer": fast},
        **{f"rc_{name}": fast for name in limits},
    }
