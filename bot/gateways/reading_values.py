"""Values in what providers say: times, counts, prices and lists, read with care for what is missing or odd."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.domain.errors import InvalidInput

_MILLISECONDS = 100_000_000_000
"""A number of seconds this large would be in the year 5138: such numbers are milliseconds."""

_DIGITS = 12
"""Figures of a price that are kept as they come; longer ones are rounded."""


def moment(value: object) -> datetime | None:
    """A time with its zone in ISO 8601 (``2023-01-01T09:00:00+09:00``, ``…+0900``, ``…Z``); None for anything else."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else None


def epoch(value: object) -> datetime | None:
    """Unix seconds or milliseconds, as a number or text; None for anything else."""
    try:
        number = float(str(value))
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def count(value: object) -> int | None:
    """A number of segments, None where there is none that makes sense."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value).strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text[:6]) <= 255 else None


def price(amount: object, currency: object, times: int = 1) -> str:
    """``3.30 JPY``, of so many; "" where there is no amount."""
    if isinstance(amount, bool) or not isinstance(amount, int | float | str) or not str(currency or "").strip():
        return ""
    try:
        found = Decimal(str(amount).strip()) * times
    except InvalidOperation:
        return ""
    if not found.is_finite():
        return ""
    return (
        f"{found:f} {str(currency).strip()}" if len(str(amount)) <= _DIGITS else f"{found:.6f} {str(currency).strip()}"
    )


def price_in(text: str) -> str:
    """``3.30 JPY`` as it stands in a text; "" where it is no amount with a currency."""
    amount, _, currency = text.strip().partition(" ")
    return price(amount, currency)


def objects(value: object, name: str) -> list[dict[str, Any]]:
    """A list of JSON objects; raises InvalidInput naming it."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InvalidInput(f"{name}は配列です。", f"{name} must be a list of objects.", field=name)
    return value


def inner(data: dict[str, Any], name: str) -> dict[str, Any]:
    """An object inside another one, {} where it is missing."""
    value = data.get(name)
    return value if isinstance(value, dict) else {}
