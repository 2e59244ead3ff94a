"""Wake-ups between the movers: a bell only says "look now"; the truth is in the rows."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator
    from typing import Any


class Bells:
    """Bells of one process. Names: ``inbox``, ``outbox``, ``timers``, ``handled``, ``live``."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    def ring(self, name: str) -> None:
        """Wake everybody who waits for this bell."""
        for event in self._waiting[name]:
            event.set()

    @contextlib.contextmanager
    def listen(self, name: str) -> Iterator[asyncio.Event]:
        """An event that is set at each ring from now on (clear it before looking at the rows)."""
        event = asyncio.Event()
        self._waiting[name].add(event)
        try:
            yield event
        finally:
            self._waiting[name].discard(event)


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Until the bell rings, at the longest so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for would lose a cancellation that comes together with the bell
            await event.wait()


async def run_together(*jobs: Coroutine[Any, Any, None]) -> None:
    """Until all have ended, or one fails: the others are cancelled then, and its error is raised.

    Not ``asyncio.TaskGroup``: one that fails while it is cancelled tells only of the failure, and whoever goes on after
    failures would never end.
    """
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()
