"""The one place where tests wait: a condition is asked again until it holds or its time is up."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

EVERY_SECONDS = 0.02
PATIENT_SECONDS = 60.0
"""Much longer than anything takes: three tests at a time on a busy machine with two cores are no error."""


class TimeIsUpError(AssertionError):
    """The condition did not come true in time."""


def until(condition: Callable[[], T], what: str, *, seconds: float = PATIENT_SECONDS) -> T:
    """Return the first true answer of ``condition``; fail with ``what`` when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            message = f"waited {seconds:g} s in vain: {what} (last answer: {answer!r})"
            raise TimeIsUpError(message)
        time.sleep(EVERY_SECONDS)
    return answer


async def until_async(condition: Callable[[], T | Awaitable[T]], what: str, *, seconds: float = PATIENT_SECONDS) -> T:
    """Like ``until``, in a running event loop; the condition may be a coroutine function."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return answer
        if time.monotonic() > deadline:
            message = f"waited {seconds:g} s in vain: {what} (last answer: {answer!r})"
            raise TimeIsUpError(message)
        await asyncio.sleep(EVERY_SECONDS)


async def pause(seconds: float) -> None:
    """Time that belongs to what is played: a provider's pause between two tries, a process's life between two kills."""
    await asyncio.sleep(seconds)
