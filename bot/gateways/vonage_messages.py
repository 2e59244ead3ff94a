"""What Vonage's webhooks and records say, as texts and receipts.

Source: Vonage, OpenAPI definitions of the SMS API (1.0), of the Messages API (v1) and of the Reports API (2.1).
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from bot.domain.errors import InvalidInput
from bot.domain.messages import Inbound, Part, Receipt
from bot.domain.text import DAMAGE
from bot.gateways import vonage_codes
from bot.gateways.base import LONGEST_ID, needed, needed_id
from bot.gateways.number_forms import with_plus
from bot.gateways.reading_values import count, inner, moment, price

_MOST_PARTS = 255
_CODE = re.compile(r"\d{1,6}")


def sms_text(data: dict[str, Any], raw: bytes) -> Inbound:
    """A text by the SMS API; one piece of a long one has ``concat-ref``. Binary ones cannot be read here."""
    is_text = str(data.get("type") or "text") in {"text", "unicode"}
    return Inbound(
        needed_id(data, "messageId"),
        with_plus(needed(data, "msisdn")),
        with_plus(needed(data, "to")),
        needed(data, "text") if is_text else DAMAGE,
        raw,
        _part(data),
        utc(data.get("message-timestamp")),
        damaged=not is_text,
    )


def _part(data: dict[str, Any]) -> Part | None:
    if str(data.get("concat", "")).lower() != "true":
        return None
    number, total = count(data.get("concat-part")), count(data.get("concat-total"))
    if number is None or total is None or not 1 <= number <= total <= _MOST_PARTS:
        raise InvalidInput(
            "concat-partが正しくありません。", "concat-part is not within concat-total.", field="concat-part"
        )
    return Part(needed_id(data, "concat-ref"), number, total)


def sms_receipt(data: dict[str, Any], currency: str) -> Receipt:
    """A delivery receipt by the SMS API; it names no currency, which is that of the account."""
    status, error = needed(data, "status"), str(data.get("err-code") or "0")
    state, reason = vonage_codes.final_state(status, error)
    return Receipt(
        needed_id(data, "messageId" if "messageId" in data else "message-id"),
        state,
        f"{status} {error}" if error != "0" else status,
        str(data.get("client-ref") or "")[:LONGEST_ID],
        reason,
        utc(data.get("message-timestamp")),
        price=price(data.get("price"), currency),
        carrier=str(data.get("network-code") or "")[:40],
    )


def message_text(data: dict[str, Any], raw: bytes) -> Inbound:
    """A text by the Messages API, which joins long ones itself. Anything but text is marked for staff."""
    is_text = str(data.get("message_type") or "text") == "text"
    return Inbound(
        needed_id(data, "message_uuid"),
        with_plus(needed(data, "from")),
        with_plus(needed(data, "to")),
        needed(data, "text") if is_text else DAMAGE,
        raw,
        sent_at=moment(data.get("timestamp")),
        damaged=not is_text,
    )


def message_receipt(data: dict[str, Any]) -> Receipt:
    status, usage = needed(data, "status"), inner(data, "usage")
    error = error_code(inner(data, "error"))
    state, reason = vonage_codes.final_state(status, error)
    return Receipt(
        needed_id(data, "message_uuid"),
        state,
        error or status,
        str(data.get("client_ref") or "")[:LONGEST_ID],
        reason,
        moment(data.get("timestamp")),
        count(inner(data, "sms").get("count_total")),
        price(usage.get("price"), usage.get("currency")),
        str(inner(data, "destination").get("network_code") or "")[:40],
    )


def error_code(problem: dict[str, Any]) -> str:
    """The code in an RFC 7807 problem: ``type`` ends with ``#1120``, or ``title`` is the number; "" without one."""
    _, _, end = str(problem.get("type") or "").rpartition("#")
    for told in (end, str(problem.get("title") or "")):
        if _CODE.fullmatch(told):
            return told
    return ""


def record_text(record: dict[str, Any]) -> Inbound:
    """A text in the Reports API, which does not tell pieces of a long one apart."""
    return Inbound(
        needed_id(record, "message_id"),
        with_plus(needed(record, "from")),
        with_plus(needed(record, "to")),
        str(record.get("message_body") or "") or DAMAGE,
        json.dumps(record, ensure_ascii=False).encode(),
        sent_at=moment(record.get("date_received")),
        damaged=not record.get("message_body"),
    )


def record_receipt(record: dict[str, Any]) -> Receipt:
    status, error = needed(record, "status").lower(), str(record.get("error_code") or "0")
    state, reason = vonage_codes.final_state(status, error)
    return Receipt(
        needed_id(record, "message_id"),
        state,
        f"{status} {error}" if error != "0" else status,
        str(record.get("client_ref") or "")[:LONGEST_ID],
        reason,
        moment(record.get("date_finalized")),
        price=price(record.get("total_price"), record.get("currency")),
        carrier=str(record.get("network_name") or record.get("network") or "")[:40],
    )


def utc(value: object) -> datetime | None:
    """``2020-01-01 12:00:00``, which Vonage documents as UTC."""
    try:
        return datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
