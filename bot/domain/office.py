"""The health center that texts."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.quiet import QuietHours


@dataclass(frozen=True, slots=True)
class Office:
    """``phone`` is what residents call, ``hours`` when it is answered, ``sender`` the number that texts come from."""

    code: str = "main"
    name: str = "さくら市保健所"
    phone: str = "03-5550-0123"
    hours: str = "平日 8:30-17:15"
    sender: str = "+815055500100"
    timezone: str = "Asia/Tokyo"
    quiet: QuietHours = field(default_factory=QuietHours)
