"""The settings of one installation, and where its shipped files lie.

*Reads*: ``config/outreach.toml``, the environment (``VAR_OUTREACH_*``), secrets from files.
*Writes*: a signing key into the data folder, once. *Next*: ``app.py`` builds everything from it.
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from datetime import time
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from var_outreach.errors import ConfigError, HeaderError
from var_outreach.message import checked_address

CONFIG_NAME = "outreach.toml"
PREFIX = "VAR_OUTREACH_"
_SETTING = re.compile(r"\s*(?P<name>[\w.-]+)\s*[=:](?P<value>[^#]*)")


def data_root() -> Path:
    """Return the folder that holds ``templates``, ``calendars``, ``config`` and ``samples``.

    The repository's own if the package runs from a checkout, else the copy inside the wheel.
    """
    package = Path(__file__).resolve().parent
    checkout = package.parent.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / "templates" / "email").is_dir():
        return checkout
    return package / "data"


def config_dir() -> Path:
    """Return the folder with rules, kinds and audiences: the installation's own, else the shipped.

    One that holds any of them is the installation's own: what is missing in it is an error then,
    and not quietly made up for.
    """
    own = Path.cwd() / "config"
    names = (
        *("rules.yaml", "kinds.yaml", "audiences.yaml", "partners.yaml"),
        "school-holidays.yaml",
    )
    return own if any((own / name).exists() for name in names) else data_root() / "config"


class TransportKind(StrEnum):
    """How mail leaves."""

    MAILDIR = "maildir"
    SMTP = "smtp"


class Security(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NetworkSettings(_Section):
    """Who sends."""

    name: str = "VeiligheidsAlliantie regio Rotterdam"
    short_name: str = "VAR"
    website: str = "https://veiligheidsalliantie.example"
    sender_name: str = "VeiligheidsAlliantie regio Rotterdam"
    sender_address: str = "var@agenda.veiligheidsalliantie.example"
    organiser_address: str = "agenda+{token}@agenda.veiligheidsalliantie.example"
    bounce_address: str = "bounce+{token}@agenda.veiligheidsalliantie.example"
    contact_name: str = "Team VAR"
    contact_address: str = "info@veiligheidsalliantie.example"
    phone: str = "010 - 555 01 23"
    postal_address: str = "Wilhelminaplein 1, Rotterdam"
    list_id: str = "nieuwsbrief.veiligheidsalliantie.example"
    privacy_url: str = ""

    @field_validator("sender_address", "organiser_address", "bounce_address", "contact_address")
    @classmethod
    def _mail_address(cls, value: str) -> str:
        """Refuse what no mail can carry: every message would fail, each by itself."""
        address = value.strip(" \t")
        try:
            checked_address(address.replace("{token}", "token"))
        except HeaderError as error:
            raise ValueError(str(error)) from error
        return address


class TransportSettings(_Section):
    """Which transport carries the mail, and how much of it."""

    kind: TransportKind = TransportKind.MAILDIR
    maildir: Path | None = None
    """Where the maildir transport writes; None: ``mail`` in the data folder."""
    verp: bool = True
    per_minute: int = Field(default=0, ge=0)
    """Messages a minute at most; 0: no limit."""


class SmtpSettings(_Section):
    """The mail server."""

    host: str = "localhost"
    port: int = Field(default=587, ge=1, le=65535)
    security: Security = Security.STARTTLS
    username: str = ""
    password: SecretStr = SecretStr("")
    password_file: Path | None = None
    ca_file: Path | None = None
    """Certificates to trust besides the system's, for a server of one's own."""
    connections: int = Field(default=4, ge=1, le=50)
    helo_name: str = ""

    def secret(self) -> str:
        """Return the password, from ``password_file`` if that is set; raises ConfigError."""
        if self.password_file is None:
            return self.password.get_secret_value()
        return _read_secret(self.password_file, "smtp.password_file")


class NoticeDays(StrEnum):
    """On which days staff are mailed what waits for them."""

    WORKING_DAYS = "working-days"
    DAILY = "daily"
    NEVER = "never"
    """Nor at any other moment; the log and ``outbox status`` tell of it."""


class StaffSettings(_Section):
    """Who is mailed what waits for a person or went wrong, and when."""

    addresses: tuple[str, ...] = ()
    """None named: the network's contact address."""
    notice_days: NoticeDays = NoticeDays.WORKING_DAYS
    notice_at: time = time(8)

    @field_validator("addresses")
    @classmethod
    def _mail_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(checked_address(one) for one in value))
        except HeaderError as error:
            raise ValueError(str(error)) from error

    @field_validator("notice_at", mode="before")
    @classmethod
    def _hour(cls, value: object) -> object:
        """Take "8.00" as well, as the rules write it."""
        return value.replace(".", ":").zfill(5) if isinstance(value, str) else value


class NewsSettings(_Section):
    """Where news comes from."""

    folder: Path | None = None
    feeds: tuple[str, ...] = ()
    allow_hosts: tuple[str, ...] = ()
    """host:port of intranet servers that may be fetched although their address is private."""


class Settings(BaseSettings):
    """All settings of one installation."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    base_url: str = "http://127.0.0.1:8025"
    former_base_urls: tuple[str, ...] = ()
    """Addresses that this site had before: old newsletters in the archive lead to the present."""
    database_url: str = ""
    data_dir: Path = Path("var")
    timezone: str = "Europe/Amsterdam"
    language: str = "nl"
    recall_minutes: int = Field(default=10, ge=0, le=1440)
    four_eyes: bool = False
    guest_retention_days: int = Field(default=30, ge=0, le=3650)
    """How long the guests of one event are kept after it."""
    reply_retention_days: int = Field(default=30, ge=0, le=3650)
    """Days after an event in which diet, access needs and replies to its questions are kept."""
    tick_seconds: int = Field(default=30, ge=1, le=3600)
    secret_key: SecretStr = SecretStr("")
    secret_key_file: Path | None = None
    network: NetworkSettings = NetworkSettings()
    transport: TransportSettings = TransportSettings()
    smtp: SmtpSettings = SmtpSettings()
    staff: StaffSettings = StaffSettings()
    news: NewsSettings = NewsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which arrives as init values."""
        return env_settings, init_settings

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
            raise ValueError(
                f"'{value}' is not a time zone; use one like Europe/Amsterdam"
            ) from error
        return value

    @field_validator("base_url")
    @classmethod
    def _http_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("use an address like https://agenda.example.nl")
        return value.rstrip("/")

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which dates are planned and shown."""
        return ZoneInfo(self.timezone)

    @property
    def database(self) -> str:
        """The database URL, an SQLite file in the data folder unless another is set."""
        return self.database_url or f"sqlite:///{self.data_dir / 'outreach.db'}"

    @property
    def staff_addresses(self) -> tuple[str, ...]:
        """Who is mailed what waits for a person or went wrong."""
        return self.staff.addresses or (self.network.contact_address,)

    @property
    def maildir(self) -> Path:
        """The folder into which the maildir transport writes."""
        return self.transport.maildir or self.data_dir / "mail"

    def signing_key(self) -> bytes:
        """Return the key of signed links; makes and keeps one in the data folder if none is set."""
        if self.secret_key_file is not None:
            return _long_enough(_read_secret(self.secret_key_file, "secret_key_file"))
        if self.secret_key.get_secret_value():
            return _long_enough(self.secret_key.get_secret_value())
        path = self.data_dir / "secret.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with os.fdopen(
                    os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w"
                ) as file:
                    file.write(secrets.token_hex(32))
            except FileExistsError:
                pass
        return _long_enough(_read_secret(path, str(path)))


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings from ``path`` (else ``config/outreach.toml``) and the environment.

    ``overrides`` stand above the file and below the environment. Raises ConfigError with the file
    and the key that is wrong.
    """
    chosen = path or _default_path()
    values = _read_toml(chosen) if chosen is not None else {}
    try:
        return Settings(**{**values, **overrides})
    except SettingsError as error:
        raise ConfigError(
            f"the environment holds a setting that cannot be read ({error})",
            where="environment",
            remedy=f"Set one value a variable, like {PREFIX}NETWORK__NAME",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        what = "is not a known setting" if first["type"] == "extra_forbidden" else first["msg"]
        raise ConfigError(
            f"{key}: {what.removeprefix('Value error, ')}",
            where=setting_place(chosen, key.split(".")[-1]) if chosen else "environment",
            remedy="Correct it there, or in the environment",
        ) from error


def setting_place(path: Path, name: str, value: str | None = None) -> str:
    """Return "file:line" of where ``path``, TOML or YAML, sets ``name`` (to ``value``).

    The file alone if no line of it does so.
    """
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        set_here = _SETTING.match(line)
        if set_here and set_here["name"] == name:
            if value is None or set_here["value"].strip(" '\"") == value:
                return f"{path}:{number}"
        elif line.strip() == f"[{name}]":
            return f"{path}:{number}"
    return str(path)


def _default_path() -> Path | None:
    named = os.environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named)
    for folder in (Path.cwd() / "config", data_root() / "config"):
        if (folder / CONFIG_NAME).exists():
            return folder / CONFIG_NAME
    return None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8-sig")
        values = tomllib.loads(text)
    except FileNotFoundError as error:
        raise ConfigError(
            "there is no such settings file", where=str(path), remedy="Check the path"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the settings file cannot be read ({error})",
            where=str(path),
            remedy="Save it as UTF-8 text",
        ) from error
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise ConfigError(
            f"this is not TOML: {error}",
            where=f"{path}:{line[1]}" if line else str(path),
            remedy="Correct that line",
        ) from error
    if not text.strip():
        # Left by a full disk, perhaps: other settings than one's own must not be taken silently.
        raise ConfigError(
            "the settings file is empty", where=str(path), remedy="Restore it, or take it away"
        )
    return values


def _read_secret(path: Path, key: str) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the secret in {path} cannot be read",
            where=key,
            remedy="Check the file and its rights",
        ) from error


def _long_enough(value: str) -> bytes:
    if len(value) < 32:
        raise ConfigError(
            "the signing key is too short",
            where="secret_key",
            remedy="Use at least 32 characters, for example from: openssl rand -hex 32",
        )
    return value.encode()
