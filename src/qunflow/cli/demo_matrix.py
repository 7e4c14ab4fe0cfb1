"""The demo on a Matrix server given by its address: the same play, with people who are real clients of that server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import yaml

from qunflow.bootstrap import add_channel
from qunflow.cli.demo_run import Play, Scene
from qunflow.cli.opening import WORKSPACE
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import InvalidInput, QunflowError
from qunflow.rehearsal.crowd import PersonPlan
from qunflow.rehearsal.driver import CrowdSettings, Doors
from qunflow.rehearsal.matrix_person import API, MatrixPerson, read_answer
from qunflow.rehearsal.matrix_phone import MatrixDesk, MatrixPhone
from qunflow.rehearsal.matrix_town import MatrixTown
from qunflow.rehearsal.street import Cast, Review, StaffAtWork, Street

MAX_PEOPLE = 300
#: Small rooms, so that even a small crowd fills some.
SOFT_LIMIT, LOW_AT = 8, 4
#: Wall seconds until a push must have come; a server that met us away for long waits up to 8.5 minutes.
PUSH_SECONDS = 60.0
_MAX_FILE = 65_536
_HOOK = "/hooks/matrix/"


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration file says: where the server pushes to, and the account with its tokens."""

    channel: str
    base_url: str
    as_token: str
    hs_token: str
    sender_localpart: str

    @property
    def port(self) -> int:
        """The port in the address, 0 when it names none."""
        return urlsplit(self.base_url).port or 0


def read_registration(file: Path) -> Registration:
    """The registration that the server's admin has loaded. Raises InvalidInput."""
    way_out = "Make it with: qunflow channel add matrix …, and let the server's admin load it."
    if not file.is_file() or file.stat().st_size > _MAX_FILE:
        raise InvalidInput("registration_file", "there is no such file", field=str(file), way_out=way_out)
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InvalidInput("registration_file", "it is no YAML", field=str(file), way_out=way_out) from error
    names = ("url", "as_token", "hs_token", "sender_localpart")
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in names):
        raise InvalidInput("registration_file", f"it needs {', '.join(names)}", field=str(file), way_out=way_out)
    base_url, hook, channel = found["url"].partition(_HOOK)
    if not hook or not channel:
        raise InvalidInput("registration_url", f"its url must be …{_HOOK}NAME", field=str(file), way_out=way_out)
    return Registration(channel, base_url, found["as_token"], found["hs_token"], found["sender_localpart"])


def matrix_staging(homeserver: str, registration: Registration, secret: str) -> Callable[[Scene], Play]:
    """How :func:`qunflow.cli.demo_run.run_demo` plays on that server."""

    def stage(scene: Scene) -> Play:
        return MatrixPlay(scene, homeserver, registration, secret)

    return stage


class MatrixPlay(Play):
    """A whole campaign on a Matrix server."""

    contact = False
    hard_limit = 200

    def __init__(self, scene: Scene, homeserver: str, registration: Registration, secret: str) -> None:
        super().__init__(scene)
        self.registration = registration
        self.homeserver = homeserver.rstrip("/")
        self.town = MatrixTown(self.homeserver, secret)
        self.staff: MatrixPerson | None = None
        self._told = 0  # how many of the people's acts the server has pushed

    async def set_up(self) -> None:
        """Account, server, staff; the server was told of the account by its admin."""
        given = self.registration
        self.staff = await self.town.person("staff", "林")
        settings: dict[str, Any] = {
            "homeserver_url": self.homeserver,
            "server_name": self.staff.mxid.partition(":")[2],
            "sender_localpart": given.sender_localpart,
            "base_url": given.base_url,
            "staff": [self.staff.mxid],
            "plain_http": True,
        }
        tokens = {"as_token": given.as_token, "hs_token": given.hs_token}
        values: Mapping[str, Any] = {**settings, **tokens, "staff": (self.staff.mxid,)}
        MatrixSettings(**values)
        await self.check_registration()
        await add_channel(self.application.home, "matrix", given.channel, settings, tokens)
        pool = replace(self.plan.pool, soft_limit=SOFT_LIMIT, low_at=LOW_AT)
        self.plan = replace(self.plan, channel=given.channel, staff=(self.staff.mxid,), pool=pool)
        await self.stage.start_server()

    async def check_registration(self) -> None:
        """Raises QunflowError when the server does not know the as_token of the file."""
        headers = {"Authorization": f"Bearer {self.registration.as_token}"}
        async with httpx.AsyncClient(base_url=self.homeserver, headers=headers, trust_env=False, timeout=30.0) as http:
            try:
                await read_answer(http.get(f"{API}/account/whoami"))
            except QunflowError as error:
                way_out = "Let the server's admin load the registration file and restart the server."
                raise QunflowError("demo_not_registered", error.rule, way_out=way_out) from error

    def doors(self, code: str) -> tuple[Doors, CrowdSettings]:
        """What people know, and that they are people of the Matrix server."""
        doors, crowd = super().doors(code)

        def participant(plan: PersonPlan, street: Street) -> MatrixPhone:
            return MatrixPhone(plan, street, self.town)

        def desk(street: Street, review: Review) -> MatrixDesk:
            return self._desk(review)

        return replace(doors, sandbox=self.homeserver, cast=Cast(participant, desk)), crowd

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[StaffAtWork]:
        """The staff's own client."""
        yield self._desk(self.review)

    def _desk(self, review: Review) -> MatrixDesk:
        assert self.staff is not None, "set_up comes first"
        return MatrixDesk(self.town, self.staff, review)

    async def platform_mark(self) -> Any:
        """How many acts there were, once the server has pushed them all.

        A server pushes in order, so a word that the staff says after the acts arrives after them.
        """
        acts = self.town.acts
        if acts != self._told and self.staff is not None and self.staff.seen:
            event = await self.staff.say(next(iter(self.staff.seen)), "·", "m.notice")
            await self._heard(event)
            self._told = acts
            return None
        return acts

    async def _heard(self, event: str) -> None:
        deadline = time.monotonic() + PUSH_SECONDS
        name = f"{self.registration.channel}:{event}:0"
        query = "SELECT EXISTS (SELECT FROM inbox WHERE workspace_id = $1 AND message_id = $2)"
        while True:
            async with self.application.home.database.read(WORKSPACE) as unit:
                if await unit.value(query, unit.workspace, name):
                    return
            if time.monotonic() > deadline:
                raise QunflowError(
                    "demo_no_push",
                    f"the server pushed nothing to {self.registration.base_url} for {PUSH_SECONDS:.0f} s",
                    way_out="Can it reach that address? After long absence it waits up to 8.5 minutes; try again then.",
                )
            await asyncio.sleep(0.02)

    async def platform_calls(self) -> Any:
        """What was carried out on the server, by kind of action."""
        async with self.application.home.database.read(WORKSPACE) as unit:
            rows = await unit.fetch(
                "SELECT kind, count(*) FROM outbox WHERE workspace_id = $1 AND channel = $2 AND state = 'done' "
                "GROUP BY kind ORDER BY kind",
                unit.workspace,
                self.registration.channel,
            )
        return {row[0]: row[1] for row in rows}

    async def leave(self) -> None:
        """Give up the people's connections."""
        await self.town.close()
