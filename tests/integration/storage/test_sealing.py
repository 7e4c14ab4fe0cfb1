"""Secrets at rest: only the same key and the same purpose open them."""

from __future__ import annotations

from pathlib import Path

import pytest

from qunflow.domain.errors import QunflowError
from qunflow.storage.sealing import KEY_FILE, Keys


def test_what_was_sealed_opens_again_for_its_purpose(tmp_path: Path) -> None:
    keys = Keys.in_folder(tmp_path)
    assert keys.open(keys.seal(b"secret", "channel:wx"), "channel:wx") == b"secret"


def test_the_same_secret_never_looks_the_same_twice(tmp_path: Path) -> None:
    keys = Keys.in_folder(tmp_path)
    one, two = keys.seal(b"secret", "channel:wx"), keys.seal(b"secret", "channel:wx")
    assert one != two and b"secret" not in one


def test_another_purpose_another_key_and_changed_bytes_are_refused(tmp_path: Path) -> None:
    keys, others = Keys.in_folder(tmp_path / "a"), Keys.in_folder(tmp_path / "b")
    sealed = keys.seal(b"secret", "channel:wx")
    wrong = [
        (keys, sealed, "channel:other"),
        (others, sealed, "channel:wx"),
        (keys, sealed[:-1] + bytes([sealed[-1] ^ 1]), "channel:wx"),
        (keys, bytes([sealed[0] ^ 1]) + sealed[1:], "channel:wx"),
        (keys, sealed[:20], "channel:wx"),
        (keys, sealed[:3], "channel:wx"),
        (keys, b"", "channel:wx"),
    ]
    for key, data, purpose in wrong:
        with pytest.raises(QunflowError, match="sealed_elsewhere"):
            key.open(data, purpose)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first, second = Keys.in_folder(tmp_path), Keys.in_folder(tmp_path)
    assert first.derive("links") == second.derive("links") != first.derive("other")
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_damaged_key_file_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(QunflowError, match="key_file"):
        Keys.in_folder(tmp_path)
