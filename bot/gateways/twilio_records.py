"""Twilio's Message resource, as its log and its answers give it. Source: Twilio, "Messages resource"."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from bot.domain.messages import Inbound, Outcome, Receipt, Submitted
from bot.domain.text import DAMAGE
from bot.gateways import twilio_codes
from bot.gateways.base import by_status, needed, needed_id, read_object
from bot.gateways.reading_values import count, price


def made_at(record: dict[str, Any]) -> datetime | None:
    """When Twilio made it (``date_created``, RFC 2822 in GMT); None where it does not say."""
    return _moment(record.get("date_created") or record.get("date_sent"))


def submitted(record: dict[str, Any]) -> Submitted:
    """A text that Twilio has; raises InvalidInput where it has no id."""
    return Submitted(
        Outcome.ACCEPTED, needed_id(record, "sid"), segments=count(record.get("num_segments")), price=_price(record)
    )


def asked_by_id(status: int, body: bytes) -> Submitted:
    return submitted(read_object(body)) if status == HTTPStatus.OK else by_status(status)


def inbound(record: dict[str, Any]) -> Inbound:
    has_media = str(record.get("num_media") or "0") != "0"
    return Inbound(
        needed_id(record, "sid"),
        needed(record, "from"),
        needed(record, "to"),
        str(record.get("body") or "") or (DAMAGE if has_media else ""),
        json.dumps(record, ensure_ascii=False).encode(),
        sent_at=_moment(record.get("date_sent")),
        damaged=has_media,
    )


def receipt(record: dict[str, Any]) -> Receipt:
    status, error = needed(record, "status"), str(record.get("error_code") or "")
    state, reason = twilio_codes.final_state(status, error)
    return Receipt(
        needed_id(record, "sid"),
        state,
        (error or status)[:60],
        reason=reason,
        at=_moment(record.get("date_updated")),
        segments=count(record.get("num_segments")),
        price=_price(record),
    )


def _price(record: dict[str, Any]) -> str:
    """What was charged: Twilio writes it as a negative amount."""
    return price(str(record.get("price") or "").removeprefix("-"), str(record.get("price_unit") or "").upper())


def _moment(value: object) -> datetime | None:
    try:
        return parsedate_to_datetime(str(value)).astimezone(UTC)
    except ValueError:
        return None
