"""Whether a request is Twilio's own.

``X-Twilio-Signature`` is the HMAC-SHA1 (base64, key: the auth token) of the exact public address and, of a form, of
each parameter's name and value, sorted by name. A body that is no form is covered by its SHA-256 in the address
(``bodySHA256``). Requests signed with a shared key name HMAC_SHA256 in ``X-Twilio-Webhooks-Signature-Settings``.
Source: Twilio, "Webhooks security"; RequestValidator of twilio-python 9.13.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, urlsplit

from bot.domain.errors import InvalidInput
from bot.gateways.base import refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.domain.gateway import WebRequest

_PORTS = {"https": 443, "http": 80}


def verify(request: WebRequest, tokens: Sequence[str], shared_keys: Sequence[str]) -> None:
    """Raises RefusedRequest: ``unsigned``, ``payload`` (another body than the signed one) or ``signature``."""
    given = request.header("x-twilio-signature")
    if not given:
        raise refused("unsigned")
    if is_json(request):
        _verify_body(request)
        pairs: Iterable[tuple[str, str]] = ()
    else:
        pairs = _signed_form(request)
    algorithm = _algorithm(request.header("x-twilio-webhooks-signature-settings"))
    keys = {"HMAC_SHA1": ("sha1", tokens), "HMAC_SHA256": ("sha256", shared_keys)}.get(algorithm, ("sha1", ()))
    ends = "".join(f"{name}{value}" for name, value in sorted(set(pairs)))
    expected = [
        base64.b64encode(hmac.digest(key.encode(), (address + ends).encode(errors="replace"), keys[0]))
        for key in keys[1]
        for address in _addresses(request.url)
    ]
    if not sum(hmac.compare_digest(given.encode(errors="replace"), item) for item in expected):  # all are compared
        raise refused("signature")


def is_json(request: WebRequest) -> bool:
    """Whether the request's words are in a JSON body; else they are a form, or in the address."""
    return "json" in request.header("content-type").lower()


def form_pairs(request: WebRequest) -> list[tuple[str, str]]:
    """Names and values as they came, untrimmed; raises InvalidInput for what is no form in UTF-8."""
    try:
        text = request.body.decode("utf-8") if request.method == "POST" else urlsplit(request.url).query
        return parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="strict")
    except ValueError:
        raise InvalidInput("フォームとして読めません。", "This is not a form in UTF-8.", field="body") from None


def _signed_form(request: WebRequest) -> list[tuple[str, str]]:
    """What the signature covers besides the address: a form's parameters; those of a GET are in the address."""
    if request.method != "POST":
        return []
    try:
        return form_pairs(request)
    except InvalidInput:
        raise refused("signature") from None


def _verify_body(request: WebRequest) -> None:
    told = parse_qs(urlsplit(request.url).query).get("bodySHA256", [""])[0]
    if not hmac.compare_digest(
        told.lower().encode(errors="replace"), hashlib.sha256(request.body).hexdigest().encode()
    ):
        raise refused("payload")


def _algorithm(settings: str) -> str:
    """``key=webhooks_sharedkey_…,algorithm=HMAC_SHA256`` -> HMAC_SHA256; HMAC_SHA1 where none is named."""
    named = dict(item.strip().partition("=")[::2] for item in settings.split(","))
    return named.get("algorithm", "").strip().upper() or "HMAC_SHA1"


def _addresses(url: str) -> list[str]:
    """The address without and with its port: Twilio signs either, without a rule (its RequestValidator tries both)."""
    parts = urlsplit(url)
    if parts.port:
        bare = parts.netloc.removesuffix(f":{parts.port}")
        return [parts._replace(netloc=bare).geturl(), url]
    return [url, parts._replace(netloc=f"{parts.netloc}:{_PORTS.get(parts.scheme, 80)}").geturl()]
