"""Times that pass, as people write them: ``24h``, ``1d``, ``15h30m``."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"^\+?(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?$")


def parse_duration(text: str) -> timedelta | None:
    """The time, None where the text is none (or a time of nothing)."""
    match = _DURATION.match(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
