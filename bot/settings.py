"""Every setting: its type, default and help on one line; read once from a TOML file and the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

import bot
from bot.domain.budget import Budget
from bot.domain.errors import InvalidInput, SettingsError
from bot.domain.hourly import AN_HOUR
from bot.domain.office import Office
from bot.domain.phone import parse_phone
from bot.domain.quiet import QuietHours

PREFIX = "MIMAMORI_"
_PACKAGE = Path(bot.__file__).parent


def shipped(name: str) -> Path:
    """A folder that comes with the program (``conversations``, ``config``): in the wheel, else in the checkout."""
    inside = _PACKAGE / "_shipped" / name
    return inside if inside.exists() else _PACKAGE.parent / name


def _default_data_dir() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mimamori"


class Settings(BaseModel):
    """Settings of one installation; the environment name of each is ``MIMAMORI_`` and its name in capitals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(
        default_factory=_default_data_dir, description="Folder of the embedded database and the key file"
    )
    database_url: str = Field(
        default="", description="SQLAlchemy address (postgresql+asyncpg://…); empty: SQLite in data_dir"
    )
    redis_url: str = Field(
        default="", description="Redis for wake-ups and rates shared by processes; empty: none (polling)"
    )
    key_file: Path | None = Field(default=None, description="File of the encryption keys; empty: keys.json in data_dir")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on (0: any free one)")
    conversations: Path = Field(default_factory=lambda: shipped("conversations"), description="Folder of the scripts")
    default_program: str = Field(
        default="covid19-2023-05-08", description="Program by which texts from numbers not on the roster are read"
    )
    center_name: str = Field(
        default="さくら市保健所", min_length=1, max_length=30, description="Name of the center in texts"
    )
    center_name_en: str = Field(
        default="Sakura City Health Center", min_length=1, max_length=60, description="In English"
    )
    center_phone: str = Field(default="03-0000-0000", pattern=r"^[0-9+() -]{3,20}$", description="What residents call")
    center_hours: str = Field(default="平日8:30〜17:15", max_length=40, description="When that number is answered")
    center_hours_easy: str = Field(
        default="月曜日から金曜日の 8:30から17:15", max_length=60, description="In plain words"
    )
    center_hours_en: str = Field(default="8:30-17:15 Mon-Fri", max_length=60, description="The same in English")
    sender: str = Field(default="+815000000000", pattern=r"^\+?[0-9]{3,15}$", description="Number of our texts")
    sender_page: str = Field(
        default="",
        pattern=r"^(https://[!-~]{3,90})?$",
        description="Address of the page /sender as residents open it, for texts; empty: texts do not name it",
    )
    timezone: str = Field(default="Asia/Tokyo", description="Time zone of new residents (IANA name)")
    quiet_from: time = Field(default=time(21, 0), description="From then on the program sends nothing by itself")
    quiet_until: time = Field(default=time(8, 0), description="Until then")
    gateways: Path | None = Field(
        default=None, description="Folder of the gateways' files (a TOML file for each account); empty: none"
    )
    carrier_url: str = Field(default="", description="Address of the sandbox carrier (the demo sets it itself)")
    texts_an_hour: int = Field(
        default=AN_HOUR, ge=1, le=1000, description="Texts to one number within an hour (beyond it 119 guidance alone)"
    )
    staff_phones: str = Field(default="", description="Numbers of staff that may be texted, by commas (+8190…)")
    budget_segments: int = Field(default=0, ge=0, description="Segments an office may send in a day; 0: no limit")
    budget_money: Decimal = Field(
        default=Decimal(0), ge=0, description="Money an office's texts may cost in a day; 0: no limit"
    )
    budget_currency: str = Field(default="JPY", pattern="^[A-Z]{3}$", description="Currency of budget_money")
    budget_ceiling: int = Field(
        default=200, ge=100, le=10_000, description="Percent of the budget at which answers stop too (never 119)"
    )
    secure_cookies: bool = Field(
        default=True, description="Send login cookies over HTTPS only (the demo switches it off)"
    )
    trusted_proxies: str = Field(
        default="", description="Proxies that say who asked (X-Forwarded-For), by commas (127.0.0.1,10.0.0.0/8)"
    )
    max_request_bytes: int = Field(default=262_144, ge=1024, description="Largest request, in bytes")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="How much is logged")

    @field_validator("key_file", "gateways", mode="before")
    @classmethod
    def _none(cls, value: object) -> object:
        return value or None

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("not an IANA time zone name such as Asia/Tokyo")
        return str(ZoneInfo(value).key)

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith(("postgresql+asyncpg://", "sqlite:///")):
            raise ValueError("must start with postgresql+asyncpg:// or sqlite:///")
        _ = urlsplit(value).port  # raises ValueError for one that is no number
        return value

    @field_validator("staff_phones")
    @classmethod
    def _readable_phones(cls, value: str) -> str:
        for phone in filter(None, value.split(",")):
            try:
                parse_phone(phone)
            except InvalidInput:
                raise ValueError("holds what is no telephone number") from None
        return value

    @property
    def staff_numbers(self) -> frozenset[str]:
        """The numbers of staff as E.164."""
        return frozenset(parse_phone(phone) for phone in filter(None, self.staff_phones.split(",")))

    @property
    def budget(self) -> Budget:
        """What an office may send in a day."""
        return Budget(self.budget_segments, self.budget_money, self.budget_currency, self.budget_ceiling)

    @field_validator("trusted_proxies")
    @classmethod
    def _readable_networks(cls, value: str) -> str:
        for name in filter(None, value.split(",")):
            ip_network(name.strip())  # raises ValueError for what is none
        return value

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of trusted_proxies."""
        return tuple(ip_network(name.strip()) for name in filter(None, self.trusted_proxies.split(",")))

    @property
    def database(self) -> str:
        """The database's address."""
        return self.database_url or f"sqlite:///{self.data_dir / 'mimamori.sqlite3'}"

    @property
    def keys(self) -> Path:
        """The key file."""
        return self.key_file or self.data_dir / "keys.json"

    @property
    def office(self) -> Office:
        """The center that texts."""
        return Office(
            self.center_name, self.center_phone, self.center_hours, self.sender,
            in_languages=(("ja-easy", self.center_name, self.center_hours_easy),
                          ("en", self.center_name_en, self.center_hours_en)),
            timezone=self.timezone,
            quiet=QuietHours(self.quiet_from, self.quiet_until),
            an_hour=self.texts_an_hour,
            sender_page=self.sender_page,
        )  # fmt: skip


def load_settings(file: Path | None, environ: Mapping[str, str], **given: object) -> Settings:
    """Defaults, then the TOML file, then the environment, then ``given``; raises SettingsError naming the setting."""
    values = {**_from_file(file), **_from_environment(environ), **{k: v for k, v in given.items() if v is not None}}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "?"
        known = name in Settings.model_fields
        reason = first["msg"] if known else "there is no such setting"
        raise SettingsError(
            f"設定 {name}({PREFIX}{name.upper()})が正しくありません: {reason}",
            f"Setting {name} ({PREFIX}{name.upper()}) is wrong: {reason}",
            field=name,
        ) from None


def _from_file(file: Path | None) -> dict[str, object]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"設定ファイル {file} を読めません: {error}", f"Cannot read the settings file {file}: {error}"
        ) from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    not_settings = {f"{PREFIX}CONFIG"}
    names = (name for name in environ if name.startswith(PREFIX) and name not in not_settings)
    return {name.removeprefix(PREFIX).lower(): environ[name] for name in names if not name.startswith(f"{PREFIX}TEST_")}
