"""The message archive: off by default, an adaptor's place when somebody has WeCom's library (wecom-api.md §8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.connectors.wecom.scripted import account

from qunflow.connectors.wecom.archive import ArchivedMessage, archived_message, open_archive
from qunflow.connectors.wecom.settings import ARCHIVE_GROUP, WecomSettings
from qunflow.domain.errors import InvalidInput


class Shelf:
    """An adaptor over nothing."""

    def __init__(self, settings: WecomSettings) -> None:
        self.corp = settings.corp_id

    async def read(self, after: int, most: int) -> Sequence[ArchivedMessage]:
        return []

    async def media(self, file_id: str) -> bytes:
        return b""

    async def close(self) -> None:
        return None


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = tmp_path / "archive_of_tests-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: archive-of-tests\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{ARCHIVE_GROUP}]\nshelf = {__name__}:Shelf\nwrong = builtins:repr\n")
    monkeypatch.syspath_prepend(tmp_path)


def test_it_is_off_by_default() -> None:
    assert open_archive(account()) is None


def test_switched_on_without_a_library_it_says_what_is_missing() -> None:
    with pytest.raises(InvalidInput) as caught:
        account(archive="shelf")
    assert caught.value.code == "wecom_archive"
    assert ARCHIVE_GROUP in caught.value.way_out
    assert "off" in caught.value.way_out


@pytest.mark.usefixtures("installed")
def test_an_installed_adaptor_is_opened_with_the_account() -> None:
    found = open_archive(account(archive="shelf"))
    assert type(found).__name__ == "Shelf" and found.corp == account().corp_id  # type: ignore[union-attr]
    with pytest.raises(InvalidInput, match="makes no archive"):
        open_archive(account(archive="wrong"))


def test_a_decrypted_message_is_read_in_milliseconds() -> None:
    data = {
        "msgid": "1",
        "action": "send",
        "from": "wm1",
        "tolist": ["lisi"],
        "roomid": "wr1",
        "msgtime": 1_795_262_400_999,
        "msgtype": "text",
        "text": {"content": "hi"},
    }
    sent = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert archived_message(7, data) == ArchivedMessage(
        7, "1", "send", "wm1", ("lisi",), "wr1", sent, "text", {"content": "hi"}
    )
    assert archived_message(8, {}).sent_at is None
