"""The public health center that a text speaks for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Office:
    """Name, telephone number to call and its hours, and the number that texts are sent from.

    ``in_languages`` holds ``(language, name, hours)`` where they differ from the Japanese ones.
    """

    name: str
    phone: str
    hours: str
    sender: str
    in_languages: tuple[tuple[str, str, str], ...] = ()

    def name_and_hours(self, language: str) -> tuple[str, str]:
        """As residents who read that language know them."""
        for code, name, hours in self.in_languages:
            if code == language:
                return name, hours
        return self.name, self.hours


SAMPLE_OFFICE = Office(
    name="さくら市保健所",
    phone="03-0000-0000",
    hours="平日8:30〜17:15",
    sender="+815000000000",
    in_languages=(
        ("ja-easy", "さくら市保健所", "月曜日から金曜日の 8:30から17:15"),
        ("en", "Sakura City Health Center", "8:30-17:15 Mon-Fri"),
    ),
)
"""An invented center: dialogues, the terminal chat and the demo speak for it."""
