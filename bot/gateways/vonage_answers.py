"""What Vonage answers to us. Source: Vonage, "SMS API", "Messages API", "Reports API" (definitions and examples)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from bot.domain.messages import Outcome, Submitted
from bot.gateways.base import by_status, needed_id, read_object
from bot.gateways.reading_values import inner, objects, price
from bot.gateways.vonage_codes import MESSAGES_ERRORS, SMS_STATUS
from bot.gateways.vonage_messages import error_code

_TAKEN = "0"


def sms(status: int, body: bytes, currency: str) -> Submitted:
    """An answer of the SMS API: always 200, with a status for each piece of a long text."""
    if status != HTTPStatus.OK:
        return by_status(status)
    pieces = objects(read_object(body).get("messages"), "messages")
    codes = [str(piece.get("status")) for piece in pieces]
    ids = [needed_id(piece, "message-id") for piece, code in zip(pieces, codes, strict=True) if code == _TAKEN]
    if not pieces or (ids and len(ids) < len(pieces)):  # a part of the text may be on its way
        code = next((code for code in codes if code != _TAKEN), "empty")
        return Submitted(
            Outcome.UNKNOWN, ids[0] if ids else None, f"part {code}"[:60], also=tuple(ids[1:]), partly=bool(ids)
        )
    if ids:
        charged = price(_sum(pieces), currency)
        return Submitted(Outcome.ACCEPTED, ids[0], segments=len(ids), price=charged, also=tuple(ids[1:]))
    outcome, reason = SMS_STATUS.get(codes[0], (Outcome.UNKNOWN, None))
    return Submitted(outcome, code=codes[0][:60], reason=reason)


def _sum(pieces: list[dict[str, Any]]) -> str | None:
    try:
        return str(sum((Decimal(str(piece["message-price"])) for piece in pieces), Decimal(0)))
    except (KeyError, InvalidOperation):
        return None


def message(status: int, body: bytes) -> Submitted:
    """An answer of the Messages API: 202, or a problem (RFC 7807) whose type ends with a code."""
    if status == HTTPStatus.ACCEPTED:
        return Submitted(Outcome.ACCEPTED, needed_id(read_object(body), "message_uuid"))
    code = error_code(read_object(body)) if body.startswith(b"{") else ""
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.TOO_MANY_REQUESTS}:
        return by_status(status, code)
    if code in MESSAGES_ERRORS:
        outcome, reason = MESSAGES_ERRORS[code]
        return Submitted(outcome, code=code, reason=reason)
    return by_status(status, code)


def looked_at(status: int, body: bytes) -> Submitted:  # noqa: ARG001  # that it answers is enough
    return Submitted(Outcome.ACCEPTED) if status == HTTPStatus.OK else by_status(status)


def next_page(page: dict[str, Any]) -> str:
    """The address of the next page of records, "" after the last."""
    return str(inner(inner(page, "_links"), "next").get("href") or "")
