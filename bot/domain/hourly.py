"""How many texts a number gets within an hour, guidance to call 119 included."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

HOUR = timedelta(hours=1)

AN_HOUR = 30
"""Texts to one number: two robots must not text each other for ever, and no resident has so much to say."""

GUIDANCE_EVERY = timedelta(minutes=10)
"""Guidance beyond that number: seldom enough for robots, soon enough for a person who is in danger again."""

_JUST_AFTER = timedelta(microseconds=1)


def may_go_at(
    sent: Sequence[datetime], guided: datetime | None, most: int, now: datetime, *, guidance: bool
) -> datetime:
    """When one more text may go: ``now`` below ``most`` texts in the hour, else when the hour of the oldest is over.

    Guidance goes beyond that number too, once in GUIDANCE_EVERY: other texts can never stop the first.
    ``sent``: when texts went, the oldest first; ``guided``: when the last guidance among them did, if any.
    """
    recent = [moment for moment in sent if moment > now - HOUR]
    if len(recent) < most:
        return now
    full_until = recent[-most] + HOUR + _JUST_AFTER
    if not guidance:
        return full_until
    return min(full_until, max(now, guided + GUIDANCE_EVERY)) if guided else now
