"""Proofs that several providers share: a key in our address, allowed addresses, Authorization headers.

Providers that sign nothing can at least be told an address that only they know, and be known by where they call from.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from bot.gateways.base import refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import SecretStr

    from bot.domain.gateway import WebRequest

KEY = "key"
"""Parameter of our address that carries the key."""
_LAST_OF_OURS = 4  # "", webhook, kind, account


def check_key(request: WebRequest, key: SecretStr) -> None:
    """``?key=…`` or a last part of the path: raises ``unsigned`` without any, ``credentials`` for another one."""
    given = _keys(request.url)
    if not given:
        raise refused("unsigned")
    if not any(same(value, key) for value in given):
        raise refused("credentials")


def _keys(url: str) -> list[str]:
    parts = urlsplit(url)
    given = [value for name, value in parse_qsl(parts.query, keep_blank_values=True) if name == KEY]
    tail = [unquote(part) for part in parts.path.split("/")[_LAST_OF_OURS:] if part != "receipts"]
    return [value for value in given + tail if value]


def with_key(url: str, key: SecretStr) -> str:
    """Our address as the provider must be told it."""
    return f"{url}?{urlencode({KEY: key.get_secret_value()})}"


def check_peer(request: WebRequest, allowed: Iterable[object]) -> None:
    """Raises ``address`` where networks are given and the other end is in none of them."""
    networks = [ip_network(str(item)) for item in allowed]
    if networks and not any(_is_in(request.peer, network) for network in networks):
        raise refused("address")


def _is_in(peer: str, network: object) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address) in network  # type: ignore[operator]  # a network holds addresses


def check_basic(request: WebRequest, user: str, password: SecretStr) -> None:
    """Raises ``unsigned`` without basic credentials, ``credentials`` for other ones."""
    given = authorization(request, "basic")
    try:
        name, _, word = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise refused("credentials") from None
    if not (hmac.compare_digest(name.encode(), user.encode()) & same(word, password)):
        raise refused("credentials")


def basic_header(user: str, password: SecretStr) -> dict[str, str]:
    """The header with which we show a provider who we are."""
    pair = f"{user}:{password.get_secret_value()}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


def check_bearer(request: WebRequest, token: SecretStr) -> None:
    """Raises ``unsigned`` without a bearer token, ``credentials`` for another one."""
    if not same(authorization(request, "bearer"), token):
        raise refused("credentials")


def authorization(request: WebRequest, scheme: str) -> str:
    """What follows the scheme in the Authorization header; raises ``unsigned`` where there is none."""
    given, _, value = request.header("authorization").strip().partition(" ")
    if given.lower() != scheme or not value.strip():
        raise refused("unsigned")
    return value.strip()


def same(given: str, secret: SecretStr) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), secret.get_secret_value().encode())
