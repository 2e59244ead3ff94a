"""What the gateways in front of an SMPP link (Kannel, Jasmin) hand on as SMPP has it: states, errors, receipts, texts.

Source: the SMPP 3.4 specification (5.1.3 command_status, 5.2.28 message_state, appendix B receipts) and
3GPP TS 23.040 (9.2.3.24.1 concatenated messages).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from smpplib import consts

from bot.domain.messages import Part, Reason
from bot.domain.states import TextState
from bot.gateways.smpp_answers import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_SHORTEST_INTERNATIONAL = 11
_STATES = {
    "DELIVRD": (TextState.DELIVERED, None),
    "ACCEPTD": (TextState.ACCEPTED, None),
    "ENROUTE": (TextState.ACCEPTED, None),
    "SCHEDLD": (TextState.ACCEPTED, None),
    "EXPIRED": (TextState.EXPIRED, Reason.EXPIRED),
    "DELETED": (TextState.UNDELIVERED, Reason.OTHER),
    "UNDELIV": (TextState.UNDELIVERED, Reason.OTHER),
    "SKIPPED": (TextState.UNDELIVERED, Reason.OTHER),
    "REJECTD": (TextState.REJECTED, Reason.OTHER),
}
_FIELD = re.compile(r"\b(id|stat|err|done date):\s*(\S*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ReceiptText:
    """The fields of ``id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…`` that say something to us."""

    message_id: str = ""
    stat: str = ""
    err: str = ""
    done: str = ""


def read_receipt_text(text: str) -> ReceiptText:
    """The fields of a receipt's text in any order; "" for those that it has not. What follows ``text:`` is not read."""
    told = re.split(r"\btext:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    found = {name.lower(): value for name, value in reversed(_FIELD.findall(told))}
    return ReceiptText(
        found.get("id", ""), found.get("stat", "").upper(), found.get("err", ""), found.get("done date", "")
    )


def final_state(stat: str, err: str, errors: Mapping[str, Reason]) -> tuple[TextState, Reason | None]:
    """What a receipt's state means; ``errors`` are the carrier's own codes as the operator has written them down.

    ``UNKNOWN`` and words that the specification has not are unknown, never failed.
    """
    state, reason = _STATES.get(stat, (TextState.UNKNOWN, None))
    if reason is not None and err:
        reason = errors.get(err, errors.get(err.lstrip("0"), reason))
    return state, reason


def error_reason(status: int | None) -> Reason:
    """What an SMSC's refusal to take a text (command_status) means."""
    return STATUSES[status][1] if status is not None and status in STATUSES else Reason.OTHER


def status_of(name: str) -> int | None:
    """The command_status of a name such as ``ESME_RINVDSTADR``; None for names that the specification has not."""
    return getattr(consts, f"SMPP_{name}", None) if name.startswith("ESME_") else None


def carrier_time(digits: str, zone: ZoneInfo) -> datetime | None:
    """``YYMMDDhhmm`` or ``YYMMDDhhmmss`` of a receipt, which names no zone; None where it is no time."""
    for length, form in ((10, "%y%m%d%H%M"), (12, "%y%m%d%H%M%S")):
        if len(digits) == length and digits.isascii() and digits.isdigit():
            with suppress(ValueError):
                return datetime.strptime(digits, form).replace(tzinfo=zone).astimezone(UTC)
    return None


def international(number: str) -> str:
    """A number as SMPP gives it: digits alone that are international (``819012345678``) get their plus sign.

    National numbers begin with 0, short codes have fewer than 11 digits: both stay as they are.
    """
    number = number.strip()
    if number.isascii() and number.isdigit() and number[0] != "0" and len(number) >= _SHORTEST_INTERNATIONAL:
        return f"+{number}"
    return number


def decoded(data: bytes, codec: str) -> tuple[str, bool]:
    """Text of bytes, and whether it is damaged: what cannot be read becomes U+FFFD."""
    try:
        return data.decode(codec).removeprefix("\ufeff"), False
    except UnicodeDecodeError:
        return data.decode(codec, "replace").removeprefix("\ufeff"), True


def part_of(udh: bytes) -> Part | None:
    """Where a piece of a long text stands, by its user data header; None where it is no piece or makes no sense."""
    rest = udh[1 : udh[0] + 1] if udh else b""
    while len(rest) >= 2:
        kind, value, rest = rest[0], rest[2 : rest[1] + 2], rest[rest[1] + 2 :]
        if (kind, len(value)) in {(0x00, 3), (0x08, 4)}:
            *reference, total, number = value
            if 1 <= number <= total:
                return Part(bytes(reference).hex(), number, total)
    return None
