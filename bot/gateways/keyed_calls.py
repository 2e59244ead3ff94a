"""For gateways that a center runs itself (Kannel, Jasmin): they sign nothing, so their calls show a key of ours.

The key stands in the address that we give them, or is the password of ``http://user:key@…``; besides, the addresses
that may call can be named.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote_to_bytes, urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, IPvAnyNetwork, SecretStr, field_validator

from bot.domain.messages import Reason
from bot.gateways.account import Account, Secret
from bot.gateways.base import refused

if TYPE_CHECKING:
    from bot.domain.gateway import WebRequest


class KeyedAccount(Account):
    public_url: str = Field(pattern=r"^https?://[^%\s]+$", description="Address at which the gateway reaches us")
    key: Secret = Field(description="What the gateway shows us at each call: key=… in our addresses")
    allowed: tuple[IPvAnyNetwork, ...] = Field(default=(), description="Addresses that may call us; empty: any")
    eight_bit: Literal["utf-8", "utf-16-be", "shift_jis", "latin-1"] = Field(
        default="utf-8", description="Characters in texts that arrive as 8-bit data"
    )
    time_zone: str = Field(default="Asia/Tokyo", description="Zone of the times in the carrier's receipts")
    errors: dict[str, Reason] = Field(
        default_factory=dict, description="Reasons for the carrier's own error codes (err in its receipts)"
    )

    @field_validator("key")
    @classmethod
    def _plain(cls, key: SecretStr) -> SecretStr:
        """Kannel takes ``%A`` and the like in addresses for its own escape codes, so nothing may need an escape."""
        if not re.fullmatch(r"[0-9A-Za-z._~-]{16,}", key.get_secret_value()):
            raise ValueError("use 16 or more letters, digits, '-', '.', '_' or '~'")
        return key

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, LookupError):
            raise ValueError("write an IANA time zone such as Asia/Tokyo") from None
        return name

    def receipts_for(self, reference: str) -> str:
        """Where receipts of that text are to be brought: our reference is in the address."""
        return f"{self.receipts_url}?key={self.key.get_secret_value()}&ref={reference}"


def verify_caller(request: WebRequest, account: KeyedAccount) -> None:
    """Raises RefusedRequest: ``address`` or ``credentials``."""
    if account.allowed and not _is_within(request.peer, account.allowed):
        raise refused("address")
    given = query_of(request.url).get("key") or _basic_password(request.header("authorization"))
    if not hmac.compare_digest(given, account.key.get_secret_value().encode()):
        raise refused("credentials")


def query_of(url: str) -> dict[str, bytes]:
    """An address's query; see ``form_of``."""
    return form_of(urlsplit(url).query)


def form_of(text: str) -> dict[str, bytes]:
    """Names and values as bytes: texts may be anything but UTF-8. Of a name that is there twice the first counts."""
    found: dict[str, bytes] = {}
    for name, _, value in (item.partition("=") for item in text.split("&") if item):
        found.setdefault(name, unquoted(value))
    return found


def unquoted(value: str) -> bytes:
    return unquote_to_bytes(value.replace("+", " "))


def _basic_password(header: str) -> bytes:
    kind, _, value = header.partition(" ")
    if kind.lower() == "basic":
        with suppress(binascii.Error, ValueError):
            return base64.b64decode(value, validate=True).partition(b":")[2]
    return b""


def _is_within(peer: str, networks: tuple[IPvAnyNetwork, ...]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in networks)
