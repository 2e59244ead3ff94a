"""How long a text is on the air: GSM-7 or UCS-2, units and segments (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_UNITS = 660
"""Japanese carriers take at most 660 characters in one long message."""

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_EXTENDED = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True, slots=True)
class SmsLength:
    """``encoding`` is ``GSM-7`` or ``UCS-2``; ``units`` are septets or UTF-16 units."""

    encoding: str
    units: int
    segments: int


def is_gsm7(text: str) -> bool:
    """Whether the GSM-7 alphabet and its extension have all of it."""
    return all(char in _GSM7 or char in _GSM7_EXTENDED for char in text)


def sms_length(text: str) -> SmsLength:
    """Length of ``text`` as one message; an empty text is one segment."""
    if is_gsm7(text):
        sizes = [2 if char in _GSM7_EXTENDED else 1 for char in text]
        return SmsLength("GSM-7", sum(sizes), _segments(sizes, single=160, part=153))
    sizes = [2 if ord(char) > 0xFFFF else 1 for char in text]
    return SmsLength("UCS-2", sum(sizes), _segments(sizes, single=70, part=67))


def _segments(sizes: list[int], *, single: int, part: int) -> int:
    if sum(sizes) <= single:
        return 1
    segments, room = 1, part
    for size in sizes:  # a surrogate pair or an escaped character is never cut in two
        if size > room:
            segments, room = segments + 1, part
        room -= size
    return segments
