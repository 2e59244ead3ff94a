"""The ids of texts that travel in several parts, and what receipts say of a text of which not all parts went out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.domain.states import TextState

if TYPE_CHECKING:
    from bot.domain.messages import Receipt

_MOST_IDS = 50_000


@dataclass(slots=True)
class Series:
    """One text under way in ``total`` parts."""

    total: int
    ids: list[str] = field(default_factory=list)
    cut_short: bool = False
    done: asyncio.Event = field(default_factory=asyncio.Event)


class SeriesBook:
    """Remembers, in this process, which ids are parts of one text.

    A text has arrived when all its parts have, and failed when one has: that is counted where receipts are kept, by
    the ids that were told with the outcome. A text that was not sent to its end has no such ids: its parts arrive, it
    does not.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Series] = {}
        self._under_way: dict[int, Series] = {}

    def begin(self, total: int) -> Series:
        """A text that is about to go out."""
        series = Series(total)
        if total > 1:
            self._under_way[id(series)] = series
        return series

    def add(self, series: Series, message_id: str) -> None:
        """The SMSC's id of its next part."""
        series.ids.append(message_id)
        self._by_id[message_id] = series
        while len(self._by_id) > _MOST_IDS:
            del self._by_id[next(iter(self._by_id))]

    def end(self, series: Series, *, whole: bool) -> None:
        """All parts were taken, or it went no further."""
        series.cut_short = not whole
        self._under_way.pop(id(series), None)
        series.done.set()

    def is_early(self, receipt: Receipt) -> bool:
        """Whether it may be about a text that is still under way: its id not known yet, or not all parts sent."""
        series = self._by_id.get(receipt.message_id)
        return bool(self._under_way) if series is None else id(series) in self._under_way

    async def settle(self, seconds: float) -> None:
        """Wait until the texts that are under way now are through."""
        waits = [asyncio.create_task(series.done.wait()) for series in self._under_way.values()]
        if waits:
            _, late = await asyncio.wait(waits, timeout=seconds)
            for wait in late:
                wait.cancel()

    def of_whole(self, receipt: Receipt) -> Receipt:
        """What a part's receipt says of the text."""
        series = self._by_id.get(receipt.message_id)
        if series is None or not series.cut_short or receipt.state is not TextState.DELIVERED:
            return receipt
        return replace(receipt, state=TextState.ACCEPTED, code=f"{receipt.code} part")
