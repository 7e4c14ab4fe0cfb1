"""States of streams from the text that is stored; of steady kinds a text is read once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from qunflow.domain.codec import decode
from qunflow.domain.ids import stream_kind
from qunflow.engine.feature import Registry
from qunflow.storage.json_text import from_json

#: Texts of steady kinds that are remembered in a process: as many campaigns as run at a time.
_KEPT = 64


def state_of(registry: Registry, stream: str, text: str) -> Any:
    """The state behind a stored text. It may be shared with others who look at the same: states are never changed."""
    kind = registry.streams[stream_kind(stream)]
    return _steady(kind.state, text) if kind.steady else _fresh(kind.state, text)


def _fresh(state: type, text: str) -> Any:
    return decode(state, from_json(text))


_steady = lru_cache(maxsize=_KEPT)(_fresh)
