"""Draws posters that are sent as images: a connector of our own, because drawing is work for after the commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from qunflow.domain.actions import DrawPoster
from qunflow.domain.inbound import PosterDrawn
from qunflow.domain.outcomes import OnUnknown, Way
from qunflow.domain.receipts import Receipt, Result
from qunflow.features.posters.drawing import PosterDesk
from qunflow.features.posters.model import INVITED_BY

PutBlob = Callable[[bytes, str], Awaitable[str]]


class PosterDrawer:
    """A :class:`qunflow.domain.receipts.Connector` that draws; ``put_blob(bytes, person)`` stores an image."""

    def __init__(self, desk: PosterDesk, code_url: Callable[[str], str], put_blob: PutBlob) -> None:
        self.name = "posters"
        self._desk = desk
        self._code_url = code_url
        self._put_blob = put_blob

    @property
    def ways(self) -> Mapping[str, Way]:
        """It can draw, and nothing else."""
        return {DrawPoster.KIND: Way.AUTOMATIC}

    @property
    def on_unknown(self) -> Mapping[str, OnUnknown]:
        """Drawing twice changes nothing."""
        return {DrawPoster.KIND: OnUnknown.READ_ONLY}

    async def perform(self, action: Any, key: str) -> Receipt:
        """Draw, store, and say where it lies."""
        elements = {**dict(action.elements), "invited_by": INVITED_BY[action.language]}
        image = await self._desk.draw(elements, self._code_url(action.code), action.nick)
        blob = await self._put_blob(image, action.person)
        drawn = PosterDrawn(
            action.campaign, action.person, action.channel, action.chat, blob, action.wish, action.external
        )
        return Receipt(Result.DONE, answers=(drawn,))

    async def detect(self, action: Any, key: str, since: datetime) -> Receipt | None:
        """Never asked: drawing may be repeated."""
        return None

    async def close(self) -> None:
        """The desk belongs to the caller."""
