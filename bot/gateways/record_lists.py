"""Lists of what came in and went out, as providers keep them: one odd record holds up no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

log = structlog.get_logger(__name__)
T = TypeVar("T")
Records = list[dict[str, Any]]

MOST_ASKED = 60
"""Requests for one list at a time; what is not reached by then is asked for at the next look."""


def readable(read: Callable[[dict[str, Any]], T], records: Iterable[dict[str, Any]], road: str) -> tuple[T, ...]:
    """What ``read`` makes of each; a record that it refuses (InvalidInput) is left out, and the log says so."""
    found: list[T] = []
    for record in records:
        try:
            found.append(read(record))
        except InvalidInput as error:
            log.warning("lookback.odd_record", road=road, field=error.field)
    return tuple(found)


async def in_windows(
    ask: Callable[[datetime, datetime], Awaitable[Records]], since: datetime, until: datetime, most: int
) -> tuple[Records, datetime | None]:
    """A list that has no pages and at most ``most`` records in an answer: asked for by times, the oldest first.

    A window whose answer is full is halved. Also up to when the list is whole, None where to its end. Raises what
    ``ask`` raises.
    """
    windows, found = [(since, until)], dict[str, dict[str, Any]]()
    for _ in range(MOST_ASKED):
        if not windows:
            break
        first, last = windows.pop()
        records = await ask(first, last)
        middle = first + (last - first) / 2
        if len(records) < most or not first < middle < last:
            found |= {json.dumps(record, sort_keys=True): record for record in records}  # edges belong to two windows
        else:
            windows += [(middle, last), (first, middle)]
    return list(found.values()), windows[-1][0] if windows else None


def tell_cut_short(road: str, until: datetime | None = None) -> None:
    """A list was longer than we read: until then it is whole (None: its oldest end is missing)."""
    log.error("lookback.cut_short", road=road, until=until.isoformat() if until else None)
