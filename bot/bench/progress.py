"""Progress of long work on standard error; results go to standard output."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

Told = Callable[[str], None]


@contextlib.contextmanager
def progress() -> Iterator[Told]:
    """A spinner that says what is being done (lines where standard error is no terminal)."""
    from rich.console import Console  # noqa: PLC0415  # other commands start faster without it

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: console.print(f"… {text}")
        return
    with console.status("…") as status:
        yield status.update
