"""Whether a request is Vonage's own.

SMS API: ``sig`` over all other parameters, sorted by name, as ``&name=value`` with ``&`` and ``=`` in values written
as ``_``: MD5 of that and the secret (``md5hash``, in small letters) or an HMAC (in capitals). Source: Vonage, "Signing
messages". Messages API: a JWT (HS256) as bearer, whose ``payload_hash`` is the SHA-256 of the body. Source: Vonage,
"Signed webhooks".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from bot.domain.errors import InvalidInput
from bot.gateways.base import read_object, refused
from bot.gateways.reading_values import epoch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.gateway import WebRequest

Method = Literal["md5hash", "md5", "sha1", "sha256", "sha512"]
TOLERANCE = timedelta(seconds=300)
_ISSUER = "Vonage"


def told(request: WebRequest) -> dict[str, Any]:
    """What a request says, whether as JSON, as a form or in its address; raises InvalidInput."""
    if request.method == "POST" and "json" in request.header("content-type").lower():
        return read_object(request.body)
    try:
        text = request.body.decode() if request.method == "POST" else urlsplit(request.url).query
        return dict(reversed(parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict")))
    except ValueError:
        raise InvalidInput("フォームとして読めません。", "This is not a form in UTF-8.", field="body") from None


def token_of(request: WebRequest) -> str:
    """The bearer token, "" where there is none."""
    kind, _, token = request.header("authorization").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def claims_of(token: str, secret: str) -> dict[str, Any]:
    """The claims of a token that was signed with the secret; raises RefusedRequest(``signature``)."""
    try:
        return jwt.decode(token, OctKey.import_key(secret.encode()), algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError):
        raise refused("signature") from None


def check_claims(claims: Mapping[str, Any], body: bytes, now: datetime) -> None:
    """Raises ``signature`` (not Vonage's), ``stale`` or ``payload``."""
    if claims.get("iss") != _ISSUER:
        raise refused("signature")
    until = epoch(claims["exp"]) if "exp" in claims else now
    if not is_fresh(claims.get("iat"), now) or until is None or until < now:
        raise refused("stale")
    expected = hashlib.sha256(body).hexdigest().encode()
    if not hmac.compare_digest(_bytes(str(claims.get("payload_hash", "")).lower()), expected):
        raise refused("payload")


def is_fresh(seconds: object, now: datetime) -> bool:
    """Whether a Unix time is within five minutes of now, before or after."""
    at = epoch(seconds) if seconds is not None else None
    return at is not None and abs(now.astimezone(UTC) - at) <= TOLERANCE


def check_sig(values: Mapping[str, Any], secret: str, method: Method) -> None:
    """Raises ``unsigned`` or ``signature``."""
    given = str(values.get("sig", ""))
    if not given:
        raise refused("unsigned")
    if not hmac.compare_digest(_bytes(given.lower()), _sig(values, secret, method).encode()):
        raise refused("signature")


def _sig(values: Mapping[str, Any], secret: str, method: Method) -> str:
    words = {name: _word(value) for name, value in values.items() if name != "sig"}
    text = "".join(f"&{name}={words[name]}" for name in sorted(words))
    if method == "md5hash":  # the account's choice in Vonage's dashboard, and its default
        return hashlib.md5(_bytes(text + secret), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), _bytes(text), method).hexdigest()


def _bytes(text: str) -> bytes:
    """UTF-8; JSON may hold halves of surrogate pairs, which have no other bytes."""
    return text.encode("utf-8", "surrogatepass")


def _word(value: object) -> str:
    """A value as Vonage signs it; JSON's true is written as in JSON."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("&", "_").replace("=", "_")


def unverified(token: str) -> dict[str, Any]:
    """The claims of a token that was believed before, read without its secret; {} for what is no token."""
    with suppress(ValueError, binascii.Error, IndexError):
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return claims if isinstance(claims, dict) else {}
    return {}
