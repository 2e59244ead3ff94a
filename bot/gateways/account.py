"""One account at one provider, as an operator writes it: a TOML file in the folder of the gateways."""

from __future__ import annotations

import os
from datetime import time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from bot.domain.errors import SettingsError

Charset = Literal["unicode", "shift_jis", "cp932", "iso-2022-jp", "gsm-7"]
"""What a road carries: any character, or only those of an older table (bot/domain/charset.py)."""


class WrongValue(ValueError):
    """What is wrong with a value, in Japanese and English."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(en)
        self.ja = ja
        self.en = en


def wrong_setting(file: Path, error: ValidationError) -> SettingsError:
    """The first fault of a file in words, naming the setting."""
    first = error.errors()[0]
    name = ".".join(str(item) for item in first["loc"]) or "?"
    own = first.get("ctx", {}).get("error")
    said = first["msg"].removeprefix("Value error, ")
    ja, en = (own.ja, own.en) if isinstance(own, WrongValue) else (said, said)
    return SettingsError(f"{file} の {name} が正しくありません: {ja}", f"{file}: {name} is wrong: {en}", field=name)


def _secret(value: object) -> object:
    """``env:NAME`` or ``file:PATH`` -> what stands there; a secret written into the file itself is refused."""
    if isinstance(value, SecretStr):
        return value
    kind, _, where = str(value).partition(":")
    if kind == "env" and where:
        if not os.environ.get(where):  # an empty key would sign for anybody
            raise WrongValue(
                f"環境変数 {where} がないか、空です", f"the environment variable {where} is not set or empty"
            )
        return SecretStr(os.environ[where])
    if kind == "file" and where:
        try:
            value = Path(where).read_text(encoding="utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            kind = type(error).__name__
            raise WrongValue(f"{where} を読めません({kind})", f"cannot read {where} ({kind})") from None
        if not value:
            raise WrongValue(f"{where} が空です", f"{where} is empty")
        return SecretStr(value)
    raise WrongValue(
        "env:名前 か file:場所 の形で書いてください(秘密そのものは書きません)",
        "write env:NAME or file:PATH, never the secret itself",
    )


Secret = Annotated[SecretStr, BeforeValidator(_secret)]
"""A password, token or key; ``get_secret_value()`` tells it, printing it does not."""


class Account(BaseModel):
    """What every account has, whatever its provider. A provider's own settings are a subclass in its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="The gateway: the name of its file in bot/gateways")
    account: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="Name of this account; the file's name")
    sender: str = Field(pattern=r"^\+?[0-9A-Za-z]{3,15}$", description="Number or name that the texts come from")
    also_from: tuple[Annotated[str, Field(pattern=r"^\+?[0-9A-Za-z]{3,15}$")], ...] = Field(
        default=(),
        description="Further numbers that the provider may take as the sender (a pool); for the page /sender",
    )
    public_url: str = Field(
        default="", description="Address of this installation as the provider sees it (https://sms.example.jp)"
    )
    # which texts take this road
    order: int = Field(default=100, description="The road with the smallest number that fits and is up is taken")
    offices: tuple[str, ...] = Field(default=(), description="Only for these offices; empty: all")
    prefixes: tuple[str, ...] = Field(default=(), description="Only to numbers that begin so (+8190); empty: all")
    kinds: tuple[str, ...] = Field(default=(), description="Only texts of these kinds (emergency, staff ...)")
    languages: tuple[str, ...] = Field(default=(), description="Only texts to residents of these languages")
    # how it may be used
    rate: float = Field(default=10.0, gt=0, le=1000, description="Texts a second")
    burst: int = Field(default=10, ge=1, le=10_000, description="Texts at once before the rate counts")
    quiet_from: time | None = Field(default=None, description="From then on nothing that the program starts goes here")
    quiet_until: time | None = Field(default=None, description="Until then")
    overflow: bool = Field(
        default=False, description="When the rate is used up, take the next road that fits instead of waiting"
    )
    price: Decimal = Field(default=Decimal(0), ge=0, description="Price of a segment")
    currency: str = Field(default="JPY", pattern="^[A-Z]{3}$", description="Currency of the price")
    charset: Charset = Field(default="unicode", description="Characters that the road carries")
    longest: int = Field(default=660, ge=40, le=2000, description="Characters that the road takes in one text")
    rewrite: bool = Field(
        default=True, description="Write characters that the road would break so that they survive (～ to 〜)"
    )

    expiry: bool = Field(
        default=True, description="Tell the provider until when a text means something (the daily question)"
    )

    @property
    def inbound_url(self) -> str:
        """Where the provider sends texts."""
        return f"{self.public_url.rstrip('/')}/webhook/{self.kind}/{self.account}"

    @property
    def receipts_url(self) -> str:
        """Where the provider sends receipts."""
        return f"{self.inbound_url}/receipts"
