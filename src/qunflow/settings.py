"""Every setting of qunflow as one declared list: environment variables ``QUNFLOW_…``, read once, passed down.

``docs/settings.md`` documents each; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from qunflow.domain.errors import InvalidInput


class Settings(BaseSettings):
    """The settings; every field is documented by its description."""

    model_config = SettingsConfigDict(env_prefix="QUNFLOW_", extra="ignore", frozen=True)

    data: Path = Field(Path("var"), description="Folder of the embedded database, the key, images and reports.")
    database_url: str = Field("", description="URL of a PostgreSQL of your own, as its owner; empty: embedded.")
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8700, ge=1, le=65_535, description="Port that the server listens on.")
    public_url: str = Field("", description="Address under which phones reach the server; empty: http://host:port.")
    console_host: str = Field("127.0.0.1", description="Address that the operators' console listens on.")
    console_port: int = Field(8701, ge=1, le=65_535, description="Port that the operators' console listens on.")
    console_url: str = Field(
        "", description="Address under which browsers reach the console; empty: http://console_host:console_port."
    )
    timezone: str = Field("Asia/Shanghai", description="Time zone of daily numbers of the first workspace.")
    clock: Path | None = Field(None, description="File of a virtual clock, for demo and rehearsal; empty: real time.")
    chance_seed: str = Field(
        "", max_length=100, description="Seed of chance for a rehearsal, with a virtual clock only; empty: real chance."
    )
    idle_seconds: float = Field(0.2, ge=0.005, le=10, description="Wait of an idle worker before it looks again.")
    trusted_proxies: str = Field(
        "", description="Networks of own proxies whose X-Forwarded-For is believed, with commas between; empty: none."
    )
    shared_networks: str = Field(
        "100.64.0.0/10", description="Networks whose addresses many honest people share, with commas between."
    )
    read_text: bool = Field(
        False, description="Read the text of proofs in a process of its own; needs what `make text` installs."
    )
    pool_size: int = Field(10, ge=3, le=200, description="Database connections of one process.")
    log_level: str = Field("info", description="debug, info, warning or error; logs go to stderr.")

    @model_validator(mode="after")
    def _chance_is_real(self) -> Settings:
        """Who knows the seed knows every draw: never where people play for money."""
        if self.chance_seed and self.clock is None:
            raise ValueError("chance_seed is for rehearsals: it needs a virtual clock (QUNFLOW_CLOCK)")
        return self

    @property
    def address(self) -> str:
        """The public address without a slash at its end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def console_address(self) -> str:
        """The console's address without a slash at its end."""
        return (self.console_url or f"http://{self.console_host}:{self.console_port}").rstrip("/")


def read_settings(**given: object) -> Settings:
    """Settings from the environment, overridden by ``given``. Raises InvalidInput naming the variable."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "SETTINGS"
        raise InvalidInput("setting", str(first["msg"]), field=f"QUNFLOW_{name}") from error
