"""The relay's settings, read once from its TOML file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from bot.domain.errors import SettingsError
from bot.domain.gateway import Answer, Parsed, WebRequest
from bot.gateways.account import Secret, wrong_setting
from bot.gateways.registry import gateway_class

if TYPE_CHECKING:
    from bot.gateways.base import BaseGateway

_NAME = r"^[a-z0-9][a-z0-9-]{0,39}$"
_STRICT = ConfigDict(extra="forbid", frozen=True)


class FixedAnswer(BaseModel):
    """What a provider is told at once, once its request is on disk."""

    model_config = _STRICT

    status: int = Field(default=200, ge=200, le=299, description="HTTP status")
    body: str = Field(default="", max_length=10_000, description="Body")
    content_type: str = Field(default="text/plain", pattern=r"^[\w.+-]+/[\w.+-]+$", description="Content-Type")


class Address(BaseModel):
    """One account whose webhooks come here."""

    model_config = _STRICT

    kind: str = Field(pattern=r"^[a-z0-9]{1,40}$", description="The gateway: as in the inside's account file")
    account: str = Field(pattern=_NAME, description="The account: the name of the inside's account file")
    secret: Secret | None = Field(default=None, description="A part of the address that nobody guesses")
    answer: FixedAnswer | None = Field(default=None, description="Fixed answer; none: the gateway's own")

    @field_validator("secret")
    @classmethod
    def _plain(cls, secret: Secret | None) -> Secret | None:
        text = secret.get_secret_value() if secret else "a" * 16
        if len(text) < 16 or not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
            raise ValueError("needs 16 or more letters, digits, - and _")
        return secret

    @property
    def path(self) -> str:
        """Where its texts come; receipts come to the same with ``/receipts``."""
        before = f"/in/{self.secret.get_secret_value()}" if self.secret else ""
        return f"{before}/webhook/{self.kind}/{self.account}"

    @property
    def gateway(self) -> type[BaseGateway[Any]]:
        """The gateway whose doors, methods and answers are these; raises SettingsError."""
        return gateway_class(self.kind)

    def answer_at(self, url: str) -> Answer:
        """The fixed answer: the setting's, or what the gateway says where a request brought nothing.

        Raises SettingsError where the gateway's own is in its account's settings, which are not here.
        """
        if self.answer is not None:
            return Answer(self.answer.status, self.answer.body.encode(), self.answer.content_type)
        try:
            return self.gateway.__new__(self.gateway).answer(WebRequest("POST", url, {}, b""), Parsed())
        except AttributeError as error:
            if error.name != "mine":
                return Answer()
            raise SettingsError(
                f"{self.kind}/{self.account}: このゲートウェイの答えはここでは決まりません。answer を書いてください。",
                f"{self.kind}/{self.account}: this gateway's answer is in its account's settings. Write answer here.",
                field="answer",
            ) from None


class RelaySettings(BaseModel):
    """Settings of ``mimamori relay``."""

    model_config = _STRICT

    public_url: str = Field(pattern=r"^https?://[^/?#]+$", description="Address of the relay as providers see it")
    folder: Path = Field(description="Folder of the sealed requests")
    key: Secret = Field(description="The relay's signing key: relay.key")
    inside: str = Field(description="The inside's public keys: content of inside.pub")
    host: str = Field(default="127.0.0.1", description="Address to listen on")
    port: int = Field(default=8443, ge=0, le=65535, description="Port to listen on (0: any free one)")
    certificate: Path | None = Field(default=None, description="TLS certificate with its chain (PEM); none: a proxy")
    certificate_key: Path | None = Field(default=None, description="Its private key (PEM)")
    behind_proxy: bool = Field(default=False, description="The sender's address is the last of X-Forwarded-For")
    most_bytes: int = Field(default=262_144, ge=1024, le=10_000_000, description="Largest request")
    most_waiting_megabytes: int = Field(default=1024, ge=1, description="Sealed requests kept at most")
    rate: float = Field(default=50, gt=0, le=10_000, description="Requests a second to one address")
    burst: int = Field(default=500, ge=1, le=100_000, description="Requests at once before the rate counts")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="How much is logged")
    address: tuple[Address, ...] = Field(min_length=1, description="The accounts whose webhooks come here")

    @field_validator("address")
    @classmethod
    def _different(cls, addresses: tuple[Address, ...]) -> tuple[Address, ...]:
        if len({(address.kind, address.account) for address in addresses}) < len(addresses):
            raise ValueError("an account is there twice")
        return addresses

    @property
    def is_public(self) -> bool:
        """Whether it listens beyond this machine without TLS of its own."""
        return self.certificate is None and self.host not in {"127.0.0.1", "::1", "localhost"}

    @property
    def plain_outside(self) -> bool:
        """Whether providers would come without TLS from other machines."""
        return self.public_url.startswith("http://") and urlsplit(self.public_url).hostname not in {
            "127.0.0.1", "localhost",
        }  # fmt: skip


def load_relay(file: Path) -> RelaySettings:
    """Raises SettingsError naming file and setting."""
    try:
        return RelaySettings.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{file} を読めません: {error}", f"Cannot read {file}: {error}") from None
    except ValidationError as error:
        raise wrong_setting(file, error) from None
