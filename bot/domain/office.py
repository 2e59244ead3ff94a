"""The public health center that texts."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.hourly import AN_HOUR
from bot.domain.quiet import QuietHours


@dataclass(frozen=True, slots=True)
class Office:
    """Name, telephone number to call and its hours, and the number that texts are sent from.

    ``in_languages`` holds ``(language, name, hours)`` where they differ from the Japanese ones. ``quiet`` are the hours
    in which the program does not text by itself, ``an_hour`` is how many texts a number gets within an hour.
    ``sender_page`` is the address of the page that says which numbers the texts come from ("" where there is none).
    """

    name: str
    phone: str
    hours: str
    sender: str
    in_languages: tuple[tuple[str, str, str], ...] = ()
    code: str = "main"
    timezone: str = "Asia/Tokyo"
    quiet: QuietHours = field(default_factory=QuietHours)
    sender_page: str = ""
    an_hour: int = AN_HOUR

    def name_and_hours(self, language: str) -> tuple[str, str]:
        """As residents who read that language know them."""
        for code, name, hours in self.in_languages:
            if code == language:
                return name, hours
        return self.name, self.hours
