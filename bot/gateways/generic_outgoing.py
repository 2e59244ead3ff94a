"""Requests to a provider and the meaning of its answers, by what an operator wrote."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bot.domain.messages import Outcome, Reason, Submitted
from bot.gateways.base import LONGEST_ID, by_status
from bot.gateways.generic_templates import dig, rendered, rendered_tree
from bot.gateways.reading_values import count, price_in
from bot.gateways.web_proofs import basic_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.messages import Outbound
    from bot.gateways.generic_settings import AnswerRule, GenericAccount, Request

_TYPES = {
    "form": "application/x-www-form-urlencoded",
    "json": "application/json",
    "raw": "text/plain",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def build(
    account: GenericAccount, request: Request, text: Outbound, message_id: str | None, *, masked: bool = False
) -> Outgoing:
    """The request for one text. Raises UnicodeEncodeError for characters that its character code does not have.

    ``masked`` puts three dots in the place of every secret, for showing.
    """
    names = _names(account, text, message_id, masked=masked)
    url = rendered(request.url, names)
    headers = {name: rendered(value, names) for name, value in request.headers.items()}
    if request.user and request.password is not None:
        headers |= {"Authorization": "Basic …"} if masked else basic_header(request.user, request.password)
    if request.content == "query":
        pairs = urlencode(rendered_tree(request.fields, names), encoding=request.charset, errors="strict")
        join = "" if not pairs else "&" if "?" in url else "?"
        return Outgoing(request.method, f"{url}{join}{pairs}", headers)
    headers["Content-Type"] = request.content_type or _TYPES[request.content]
    return Outgoing(request.method, url, headers, _body(request, names))


def _names(account: GenericAccount, text: Outbound, message_id: str | None, *, masked: bool) -> dict[str, Any]:
    return {
        "text": text.text,
        "reference": text.reference,
        "recipient": text.recipient,
        "expires_at": text.expires_at.isoformat(timespec="seconds") if text.expires_at and account.expiry else "",
        "message_id": message_id or "",
        "sender": account.sender,
        "inbound_url": account.inbound_url,
        "receipts_url": account.receipts_url,
        "secrets": {name: "…" if masked else value.get_secret_value() for name, value in account.secrets.items()},
    }


def _body(request: Request, names: Mapping[str, Any]) -> bytes:
    if request.content == "raw":
        return rendered(request.body, names).encode(request.charset)
    fields = rendered_tree(request.fields, names)
    if request.content == "json":
        return json.dumps(fields, ensure_ascii=False).encode(request.charset)
    return urlencode(fields, doseq=True, encoding=request.charset, errors="strict").encode("ascii")


def read_answer(request: Request, reference: str, status: int, body: bytes) -> Submitted:
    """What an answer means: the first rule that fits, else the code, else the HTTP status, else unknown.

    A 503 that nobody described is UNKNOWN with BUSY: proxies say it too when a connection broke after the text was
    handed on. ``Retry-After`` makes it RETRY (``GenericGateway.heard``).
    """
    names = {
        "status": status,
        "body": body.decode(request.charset, "replace"),
        "json": _json(body),
        "reference": reference,
        "match": {},
    }
    for rule in request.answers:
        match = _fits(rule, names)
        if match is not None:
            return _meant(rule, request, {**names, "match": match})
    code = rendered(request.code, names).strip()[:60] or str(status)
    if code in request.codes:
        outcome, reason = request.codes[code]
        return Submitted(outcome, code=code, reason=reason)
    if status < HTTPStatus.BAD_REQUEST:
        return Submitted(Outcome.UNKNOWN, code=code)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Submitted(Outcome.UNKNOWN, code=code, reason=Reason.BUSY)
    by_number = by_status(status)
    return Submitted(by_number.outcome, code=code, reason=by_number.reason)


def _json(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {}


def _fits(rule: AnswerRule, names: Mapping[str, Any]) -> dict[int | str, str] | None:
    """The groups of the pattern ({} without one), or None."""
    status = str(names["status"])
    if rule.status and not {status, f"{status[0]}xx"} & set(rule.status):
        return None
    if rule.path:
        value = dig(names["json"], rule.path)
        if value is None or (rule.equals and _word(value) not in rule.equals):
            return None
    found = re.search(rule.pattern, names["body"])
    if found is None:
        return None
    groups: dict[int | str, str] = {number: found[number] or "" for number in range(found.re.groups + 1)}
    groups |= {name: value or "" for name, value in found.groupdict().items()}
    return groups


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meant(rule: AnswerRule, request: Request, names: Mapping[str, Any]) -> Submitted:
    outcome, reason = rule.means
    code = rendered(rule.code or request.code, names).strip()[:60]
    message_id = rendered(rule.id, names).strip() if rule.id else ""
    if outcome is Outcome.ACCEPTED and rule.id and not 0 < len(message_id) <= LONGEST_ID:
        return Submitted(Outcome.UNKNOWN, code="no_id")
    segments = count(rendered(rule.segments, names)) if rule.segments else None
    charged = price_in(rendered(rule.price, names)) if rule.price else ""
    return Submitted(outcome, message_id or None, code, reason, segments, charged)
