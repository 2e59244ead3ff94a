"""What texts may cost an office in a day, and what stops when that is used up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from bot.domain.states import TextKind

WARN_AT = 0.8
"""Share of the budget at which managers and operators are warned."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Texts, segments and money of a day; ``millis`` are thousandths of the currency's unit."""

    texts: int = 0
    segments: int = 0
    millis: int = 0


class Level(StrEnum):
    FREE = "free"
    WARNED = "warned"  # 80 % and more
    USED_UP = "used_up"  # what the program starts by itself waits
    CEILING = "ceiling"  # answers and staff's texts wait too
    LIFTED = "lifted"  # a person lifted it for today


@dataclass(frozen=True, slots=True)
class Budget:
    """Of each office and local day; 0 means no limit. ``ceiling``: percent at which even answers wait."""

    segments: int = 0
    money: Decimal = Decimal(0)
    currency: str = "JPY"
    ceiling: int = 200

    def share(self, spent: Mapping[str, Spent]) -> float:
        """How much is used, 1.0 is all; ``spent`` is by currency. Segments count whatever they cost."""
        shares = [0.0]
        if self.segments:
            shares.append(sum(item.segments for item in spent.values()) / self.segments)
        if self.money:
            shares.append(spent.get(self.currency, Spent()).millis / (float(self.money) * 1000))
        return max(shares)

    def level(self, spent: Mapping[str, Spent], *, lifted: bool) -> Level:
        """Where the day stands."""
        share = self.share(spent)
        if share < WARN_AT:
            return Level.FREE
        if lifted:
            return Level.LIFTED
        if share >= self.ceiling / 100:
            return Level.CEILING
        return Level.USED_UP if share >= 1 else Level.WARNED


def stops(level: Level, kind: str) -> bool:
    """Whether a text of that kind waits. Guidance to call 119 waits for no money."""
    if kind == TextKind.EMERGENCY:
        return False
    return level is Level.CEILING or (level is Level.USED_UP and kind == TextKind.SCHEDULED)


def parse_price(price: str) -> tuple[int, str] | None:
    """``3.30 JPY`` -> (3300, "JPY"): thousandths and currency; None for anything else. A minus is dropped."""
    amount, _, currency = price.strip().partition(" ")
    try:
        millis = int((abs(Decimal(amount)) * 1000).to_integral_value())
    except (InvalidOperation, ValueError, OverflowError):
        return None
    return (millis, currency) if len(currency) == 3 and currency.isupper() and millis < _MOST else None


_MOST = 10_000_000
"""Thousandths; no text costs so much."""
