"""The invented center that dialogues, the terminal chat and the checks speak for."""

from __future__ import annotations

from bot.domain.office import Office

__all__ = ["SAMPLE_OFFICE", "Office"]

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
