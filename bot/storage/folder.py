"""The data folder of an embedded installation: one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
from typing import TYPE_CHECKING

from bot.domain.errors import StorageUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def only_process(folder: Path) -> Iterator[None]:
    """Hold the folder for the block; raises StorageUnusable where another process does, or it cannot be written to."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
    except OSError as error:
        raise StorageUnusable(
            f"フォルダー {folder} に書き込めません({error.strerror})。",
            f"Cannot write to {folder} ({error.strerror}).",
            field="data",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StorageUnusable(
                f"{folder} では別の mimamori が動いています。", f"Another mimamori runs on {folder}.", field="data"
            ) from None
        yield
