"""Lists of what came in and went out, as providers keep them: one odd record holds up no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = structlog.get_logger(__name__)
T = TypeVar("T")


def readable(read: Callable[[dict[str, Any]], T], records: Iterable[dict[str, Any]], road: str) -> tuple[T, ...]:
    """What ``read`` makes of each; a record that it refuses (InvalidInput) is left out, and the log says so."""
    found: list[T] = []
    for record in records:
        try:
            found.append(read(record))
        except InvalidInput as error:
            log.warning("lookback.odd_record", road=road, field=error.field)
    return tuple(found)
