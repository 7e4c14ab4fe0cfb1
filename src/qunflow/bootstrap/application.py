"""The rules joined with their edges: one process's engine, commands, intake and workers."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qunflow.bootstrap.chance import seeded
from qunflow.bootstrap.home import Home
from qunflow.bootstrap.reading import reads_text
from qunflow.community.workflow import COMMUNITY, keep_names, resolve_persons
from qunflow.delivery.sender import Sender
from qunflow.domain.actions import ACTIONS
from qunflow.domain.events import SHARED_EVENTS, Event
from qunflow.domain.inbound import INBOUND_BODIES, Message
from qunflow.engine.commands import Commands
from qunflow.engine.deciding import Engine, Keep, real_dice
from qunflow.engine.door import Door
from qunflow.engine.feature import Feature, Registry
from qunflow.engine.intake import Intake
from qunflow.engine.looking import Look
from qunflow.engine.runner import Runner
from qunflow.features.campaigns.plays.workflow import PLAYS
from qunflow.features.campaigns.risk.store import keep_words
from qunflow.features.campaigns.risk.workflow import RISK
from qunflow.features.campaigns.store import keep_standings
from qunflow.features.campaigns.workflow import CAMPAIGNS
from qunflow.features.gathering.workflow import gathering_feature
from qunflow.features.livecodes.workflow import LIVECODES, keep_codes
from qunflow.features.merging.workflow import MERGING, keep_merges
from qunflow.features.payouts.workflow import PAYOUTS
from qunflow.features.posters.workflow import posters_feature
from qunflow.features.referrals.store import keep_contacts
from qunflow.features.referrals.workflow import REFERRALS
from qunflow.features.rewards.store import keeper
from qunflow.features.rewards.vault import Vault
from qunflow.features.rewards.workflow import REWARDS
from qunflow.features.scripts.workflow import scripts_feature
from qunflow.features.tasks.workflow import tasks_feature
from qunflow.features.todos.workflow import keep_group_names, todos_feature
from qunflow.storage.directory import (
    list_workspaces,
)
from qunflow.storage.unit_of_work import UnitOfWork
from qunflow.web.links import Links, PersonLink
from qunflow.web.texts import Texts


def build_registry(links: Links, chance_seed: str = "", reads_text: bool = False) -> Registry:
    """Every feature in the order of the pipeline: who is who, then codes, then campaigns, proofs, scripts, to-dos.

    With a ``chance_seed``, of a rehearsal, what rules draw can be known beforehand. ``reads_text``: a process
    that reads the text of proofs runs beside this one.
    """

    def person_url(workspace: str, campaign: str, person: str, page: str) -> str:
        return links.person(PersonLink(workspace, campaign, person), page)

    features: tuple[Feature, ...] = (
        COMMUNITY,
        MERGING,
        LIVECODES,
        CAMPAIGNS,
        PLAYS,
        RISK,
        posters_feature(links.code),
        tasks_feature(links.code, reads_text),
        scripts_feature(person_url),
        todos_feature(Texts.load().say, links.todo),
        PAYOUTS,
        REWARDS,
        REFERRALS,
        gathering_feature(links.code),
    )
    if chance_seed:
        features = tuple(seeded(feature, chance_seed) for feature in features)
    return Registry(features, SHARED_EVENTS, INBOUND_BODIES)


def _keeper(home: Home) -> Keep:
    keep_rewards = keeper(Vault(home.keys))

    async def keep(unit: UnitOfWork, messages: Sequence[Message], events: Sequence[Event]) -> None:
        await keep_names(unit, messages, events)
        await keep_merges(unit, messages, events)
        await keep_codes(unit, messages, events)
        await keep_standings(unit, messages, events)
        await keep_words(unit, messages, events)
        await keep_group_names(unit, messages, events)
        await keep_rewards(unit, messages, events)
        await keep_contacts(unit, messages, events)

    return keep


@dataclass
class Application:
    """All parts of one process, joined: edge and worker, or only what a command of the CLI needs."""

    home: Home
    registry: Registry
    engine: Engine
    commands: Commands
    intake: Intake
    door: Door
    owner: str
    wake_runner: asyncio.Event
    wake_sender: asyncio.Event

    @classmethod
    def join(cls, home: Home) -> Application:
        """Join the parts over an open data folder."""
        registry = build_registry(home.links, home.settings.chance_seed, reads_text(home.settings))
        engine = Engine(registry, home.clock, real_dice(), resolve_persons, _keeper(home), home.zones)
        runner_wake, sender_wake = asyncio.Event(), asyncio.Event()

        home.database.bells = {"inbox": runner_wake, "outbox": sender_wake}
        commands = Commands(engine, home.database)
        look = Look(home.database, registry)
        return cls(
            home,
            registry,
            engine,
            commands,
            Intake(engine, home.database),
            Door(commands, look, home.database, home.clock),
            f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}",
            runner_wake,
            sender_wake,
        )

    async def workspaces(self) -> list[str]:
        """Every workspace; new ones are found here."""
        async with self.home.database.directory() as connection:
            self.home.zones.update(await list_workspaces(connection))
        return list(self.home.zones)

    def runner(self) -> Runner:
        """The worker of the inbox."""
        return Runner(
            self.engine,
            self.home.database,
            self.owner,
            self.workspaces,
            self.wake_runner,
            self.home.settings.idle_seconds,
        )

    def sender(self, channels: Any) -> Sender:
        """The worker of the outbox; ``channels.find`` gives the connector of a channel."""
        return Sender(
            self.home.database,
            self.home.clock,
            self.owner,
            {str(action.KIND): action for action in ACTIONS},  # type: ignore[attr-defined]
            channels.find,
            self.workspaces,
            self.wake_sender,
            self.home.settings.idle_seconds,
        )
