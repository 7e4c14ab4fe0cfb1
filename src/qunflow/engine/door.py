"""What a page or an API route holds of the engine: the door for commands, a look at states, the clock."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from qunflow.domain.clock import Clock
from qunflow.domain.inbound import Message
from qunflow.engine.commands import Answer, Commands
from qunflow.engine.looking import Look
from qunflow.storage.database import Database


@dataclass(frozen=True, slots=True)
class Door:
    """One process's way into the engine."""

    commands: Commands
    look: Look
    database: Database
    clock: Clock

    async def ask(
        self,
        workspace: str,
        body: Any,
        *,
        person: str = "",
        campaign: str = "",
        channel: str = "",
        command_id: str = "",
    ) -> Answer:
        """Send a command and wait for its answer; with a ``command_id`` of the sender's the answer is remembered."""
        message = Message(
            workspace=workspace,
            message_id=command_id or f"command:{secrets.token_hex(16)}",
            at=self.clock.now(),
            body=body,
            channel=channel,
            person=person,
            campaign=campaign,
        )
        return await self.commands.ask(message, remember=bool(command_id))
