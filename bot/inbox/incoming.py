"""Texts as gateways hand them on, sorted: what can enter the inbox, pieces of long ones, senders without a number."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from bot.domain.errors import InvalidInput
from bot.domain.phone import parse_phone
from bot.domain.text import clean_text
from bot.storage.inbox import Arrival
from bot.storage.parts import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.domain.messages import Inbound

_NUMBER = re.compile(r"\+?[0-9() .-]+")
_LONGEST_ID = 120
_MOST_PIECES = 255
"""Of one text: its number is one byte in the header of each piece."""


@dataclass(slots=True)
class Sorted:
    """``nameless`` are texts whose sender is no telephone number (a short code, a name)."""

    arrivals: list[Arrival] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    nameless: list[Inbound] = field(default_factory=list)


def sort_texts(gateway: str, account: str, texts: Iterable[Inbound], came_at: datetime | None = None) -> Sorted:
    """Each text to where it goes; none is lost for another's sake. ``came_at``: when they came, if not just now."""
    found = Sorted()
    for inbound in texts:
        phone, payload, message_id = _phone(inbound.sender), _payload(inbound, came_at), _fitting(inbound.message_id)
        part = inbound.part
        if phone is None:
            found.nameless.append(inbound)
        elif part is not None and 1 <= part.number <= part.total <= _MOST_PIECES and part.total > 1:
            piece = {**payload, "text": inbound.text}  # as it came: a character may be cut in two
            found.pieces.append(
                Piece(
                    gateway, account, message_id, phone, clean_text(part.reference), part.number, part.total, piece,
                    inbound.raw,
                )
            )  # fmt: skip
        else:
            found.arrivals.append(Arrival("reply", gateway, account, message_id, phone, payload, inbound.raw))
    return found


def _phone(sender: str) -> str | None:
    """E.164, None where texts cannot be answered to that sender."""
    sender = sender.strip()
    if not _NUMBER.fullmatch(sender):
        return None
    try:
        return parse_phone(sender)
    except InvalidInput:
        return None


def _payload(inbound: Inbound, came_at: datetime | None) -> dict[str, Any]:
    payload: dict[str, Any] = {"text": clean_text(inbound.text), "to": clean_text(inbound.recipient)}
    if inbound.sent_at is not None:
        payload["sent_at"] = inbound.sent_at.isoformat()
    if came_at is not None:
        payload["came_at"] = came_at.isoformat()
    if inbound.damaged:
        payload["damaged"] = True
    return payload


def _fitting(message_id: str) -> str:
    """An id that the inbox can hold, as different from others as it was."""
    name = clean_text(message_id)
    return name if len(name) <= _LONGEST_ID else f"{name[:55]}~{sha256(name.encode()).hexdigest()}"
