"""Whether a request proves where it comes from, by what an operator wrote about the provider."""

from __future__ import annotations

import base64
import binascii
import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bot.gateways.base import refused
from bot.gateways.generic_templates import as_bytes, rendered
from bot.gateways.reading_values import epoch, moment
from bot.gateways.web_proofs import check_basic, check_bearer, check_key, check_peer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.domain.gateway import WebRequest
    from bot.gateways.generic_settings import Proof


def verify(proof: Proof, request: WebRequest, names: Mapping[str, Any], now: datetime) -> None:
    """Raises RefusedRequest; ``names`` are those of incoming templates, and ``secrets``."""
    check_peer(request, proof.allowed)
    if proof.key is not None:
        check_key(request, proof.key)
    if proof.kind == "basic" and proof.password is not None:
        check_basic(request, proof.user, proof.password)
    if proof.kind == "bearer" and proof.token is not None:
        check_bearer(request, proof.token)
    if proof.kind == "hmac":
        _check_hmac(proof, names, now)


def _check_hmac(proof: Proof, names: Mapping[str, Any], now: datetime) -> None:
    given = found(proof.signature, names).strip()
    if not given:
        raise refused("unsigned")
    timestamp = found(proof.timestamp, names) if proof.timestamp else ""
    if not hmac.compare_digest(_decoded(proof, given), digest(proof, names, timestamp)):
        raise refused("signature")
    if proof.timestamp:
        _check_time(timestamp, proof.tolerance, now)


def found(source: str, names: Mapping[str, Any]) -> str:
    """What a template finds; a plain word is the name of a header."""
    if "{" not in source:
        return str(names["headers"].get(source.lower(), ""))
    return rendered(source, names)


def digest(proof: Proof, names: Mapping[str, Any], timestamp: str) -> bytes:
    """What the signature should be."""
    signed = as_bytes(rendered(proof.signed, {**names, "timestamp": timestamp}))
    return hmac.digest(_key(proof), signed, proof.algorithm)


def _key(proof: Proof) -> bytes:
    secret = proof.secret.get_secret_value() if proof.secret else ""
    try:
        if proof.written_as == "hex":
            return bytes.fromhex(secret)
        return base64.b64decode(secret, validate=True) if proof.written_as == "base64" else secret.encode()
    except (binascii.Error, ValueError):
        raise refused("signature") from None


def _decoded(proof: Proof, given: str) -> bytes:
    text = given.removeprefix(proof.prefix)
    try:
        if proof.encoding == "hex":
            return bytes.fromhex(text)
        padded = text + "=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_" if proof.encoding == "base64url" else None, validate=True)
    except (binascii.Error, ValueError):
        raise refused("signature") from None


def _check_time(text: str, tolerance: int, now: datetime) -> None:
    at = epoch(text) or moment(text)
    if at is None or abs(now - at) > timedelta(seconds=tolerance):
        raise refused("stale")
