"""``qunflow channel add matrix``: tokens are given, kept or made, and made ones reach the server's admin by a file."""

from __future__ import annotations

import io
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from qunflow.bootstrap import Application, Channels, add_channel
from qunflow.bootstrap.channel_setup import MATRIX_TOKENS, add_matrix, registration_path
from qunflow.cli.channel import read_secrets
from qunflow.connectors.matrix.settings import MatrixSettings
from qunflow.domain.errors import Conflict, InvalidInput

SETTINGS = {
    "homeserver_url": "https://matrix.example.org",
    "server_name": "example.org",
    "sender_localpart": "qunflow",
    "staff": ["@lin:example.org"],
    "room_version": "11",
    "plain_http": False,
}


async def stored(application: Application) -> MatrixSettings:
    """The account as a server that starts now would read it."""
    found = await Channels(application.home).matrix_account("shop")
    assert found is not None
    return found


async def test_tokens_that_are_made_stand_in_a_file_that_only_its_owner_reads(
    application: Application, tmp_path: Path
) -> None:
    file = tmp_path / "registration.yaml"
    file.write_text("something older and longer\n" * 100)
    file.chmod(0o644)
    assert (await add_matrix(application.home, "shop", SETTINGS, {}, file)).endswith("/hooks/matrix/shop")
    account, registration = await stored(application), yaml.safe_load(file.read_text())
    assert (account.as_token, account.hs_token) == (registration["as_token"], registration["hs_token"])
    assert len({account.as_token, account.hs_token}) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_without_a_path_the_registration_lies_in_the_data_folder_under_the_channels_name(
    application: Application,
) -> None:
    file = registration_path(application.home, "shop")
    await add_matrix(application.home, "shop", SETTINGS, {}, file)
    assert file.parent.parent == Path(application.home.settings.data).absolute()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700 and stat.S_IMODE(file.stat().st_mode) == 0o600
    assert yaml.safe_load(file.read_text())["hs_token"] == (await stored(application)).hs_token


@pytest.mark.parametrize("name", ["../shop", "", "a/b", "x" * 65])
async def test_a_name_that_cannot_stand_in_an_address_makes_no_file(application: Application, name: str) -> None:
    with pytest.raises(InvalidInput, match="letters, digits"):
        registration_path(application.home, name)


async def test_adding_again_keeps_the_tokens_and_takes_the_new_settings(
    application: Application, tmp_path: Path
) -> None:
    await add_matrix(
        application.home, "shop", SETTINGS, {"as_token": "a" * 32, "hs_token": "b" * 32}, tmp_path / "r.yaml"
    )
    await add_matrix(
        application.home, "shop", {**SETTINGS, "staff": ["@zhou:example.org"]}, {}, tmp_path / "again.yaml"
    )
    account = await stored(application)
    assert (account.as_token, account.hs_token, account.staff) == ("a" * 32, "b" * 32, ("@zhou:example.org",))
    assert yaml.safe_load((tmp_path / "again.yaml").read_text())["hs_token"] == "b" * 32


async def test_the_secrets_lie_sealed_and_not_among_the_settings(application: Application, tmp_path: Path) -> None:
    await add_matrix(
        application.home, "shop", SETTINGS, {"as_token": "a" * 32, "hs_token": "b" * 32}, tmp_path / "r.yaml"
    )
    row = await Channels(application.home).row("shop")
    assert row is not None
    assert not set(MATRIX_TOKENS) & set(row.settings)
    assert b"aaaa" not in row.secrets


async def test_a_name_of_another_platform_stays_what_it_is(application: Application, tmp_path: Path) -> None:
    await add_channel(application.home, "wecom", "shop", {}, {"secret": "x"})
    with pytest.raises(Conflict, match="of kind wecom"):
        await add_matrix(application.home, "shop", SETTINGS, {}, tmp_path / "r.yaml")


async def test_a_file_that_cannot_be_written_is_said_before_anything_is_stored(
    application: Application, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match="cannot be written"):
        await add_matrix(application.home, "shop", SETTINGS, {}, tmp_path / "nowhere" / "r.yaml")
    assert await Channels(application.home).row("shop") is None


@pytest.mark.parametrize("piped", [b"", b" \n"])
def test_an_empty_stdin_gives_no_tokens(piped: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(piped, monkeypatch)
    assert read_secrets(MATRIX_TOKENS) == {}


@pytest.mark.parametrize("piped", [b"{", b"[]", b"7", b'{"as_token": "x"}', b'{"as_token": 1, "hs_token": "y"}'])
def test_anything_but_an_object_with_both_tokens_is_refused(piped: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(piped, monkeypatch)
    with pytest.raises(InvalidInput):
        read_secrets(MATRIX_TOKENS)


def pipe(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stdin hold ``content``."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content), isatty=lambda: False))
