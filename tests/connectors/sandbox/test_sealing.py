"""The envelope against the published vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qunflow.sandbox.sealing import SealError, key_of, open_sealed, seal, signature

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "crypto_vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=[v["id"] for v in VECTORS])
def test_a_published_envelope_has_its_signature_and_opens_to_its_message(vector: dict[str, Any]) -> None:
    made = signature(vector["token"], vector["timestamp"], vector["nonce"], vector["sealed"])
    assert made == vector["signature"]
    opened = open_sealed(vector["sealed"], key_of(vector["aes_key"]), vector["receive_id"])
    assert opened.decode() == vector["message"]


def test_sealing_with_the_published_random_bytes_gives_the_published_envelope() -> None:
    (vector,) = [v for v in VECTORS if v["random"]]
    key = key_of(vector["aes_key"])
    made = seal(vector["message"].encode(), key, vector["receive_id"], vector["random"].encode())
    assert made == vector["sealed"]


@pytest.mark.parametrize("size", range(0, 65))
def test_every_length_comes_back_whole(size: int) -> None:
    key = key_of(VECTORS[0]["aes_key"])
    assert open_sealed(seal(b"x" * size, key, "ww1", bytes(16)), key, "ww1") == b"x" * size


def test_another_receive_id_a_short_key_and_a_broken_envelope_are_refused() -> None:
    key = key_of(VECTORS[0]["aes_key"])
    sealed = seal(b"hello", key, "ww1", bytes(16))
    with pytest.raises(SealError, match="receive id"):
        open_sealed(sealed, key, "ww2")
    with pytest.raises(SealError, match="43"):
        key_of("short")
    with pytest.raises(SealError):
        open_sealed(sealed[:-8], key, "ww1")
